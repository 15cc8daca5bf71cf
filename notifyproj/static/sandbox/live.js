// Puts what arrives in place without reloading, and keeps "2 min ago" true.
// The server renders everything; this only moves it.

const POLL = 2000; // ms, while the stream is away
const PAUSE = 300; // ms between two looks, so that a flood costs little

const state = document.getElementById("state");
const announce = document.getElementById("announce");
let due = null;
let last = 0; // time of the last look
let polling = null;

function look() {
  if (due) return;
  due = setTimeout(async () => {
    due = null;
    last = Date.now();
    try {
      await refresh();
    } catch {
      state.textContent = "The server does not respond; retrying";
    }
  }, Math.max(0, last + PAUSE - Date.now()));
}

async function refresh() {
  const url = new URL(location.href);
  url.searchParams.set("part", "1");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.id;
  const said = [];
  for (const list of fresh.querySelectorAll("[data-live]")) {
    const shown = document.getElementById(list.id);
    if (!shown) continue;
    if (list.dataset.live === "whole") swapWhole(shown, list);
    else said.push(...merge(shown, list));
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  if (said.length) announce.textContent = said[0];
  dress();
}

function swapWhole(shown, fresh) {
  if (shown.dataset.v !== fresh.dataset.v) shown.replaceWith(document.adoptNode(fresh));
}

// Items are known by id; one whose data-v differs has changed. What is the same is left alone, so
// an open request stays open. Returns what to announce, the newest first.
function merge(shown, fresh) {
  const said = [];
  const wanted = [...fresh.children];
  const ids = new Set(wanted.map((item) => item.id));
  for (const item of [...shown.children]) if (!ids.has(item.id)) item.remove();
  wanted.forEach((item, place) => {
    const known = document.getElementById(item.id);
    if (known && known.dataset.v === item.dataset.v) {
      if (shown.children[place] !== known) shown.insertBefore(known, shown.children[place] ?? null);
      return;
    }
    const added = document.adoptNode(item);
    const grown = known && added.id.startsWith("thread-");
    known?.remove();
    shown.insertBefore(added, shown.children[place] ?? null);
    if (known && !grown) return;
    added.classList.add("arrived");
    if (added.dataset.say) said.push(added.dataset.say);
  });
  return said;
}

function words(seconds) {
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function dress() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = words(Math.max(0, Math.floor((now - Date.parse(time.dateTime)) / 1000)));
    if (time.textContent !== text) time.textContent = text;
  }
  const clock = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  for (const face of document.querySelectorAll("[data-clock]")) face.textContent = clock;
  if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
    return;
  }
  const link = event.target.closest("a[data-soft]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  look();
});
addEventListener("popstate", look);

function listen() {
  const stream = new EventSource(document.body.dataset.stream);
  stream.addEventListener("received", look);
  stream.onopen = () => {
    state.textContent = "Live";
    clearInterval(polling);
    polling = null;
  };
  stream.onerror = () => {
    state.textContent = `Refreshing every ${POLL / 1000} s`;
    polling ??= setInterval(look, POLL);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
}

listen();
dress();
setInterval(dress, 5000);
