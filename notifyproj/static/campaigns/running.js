// Keep the page of a running campaign up to date: only what has changed is touched.
const EVERY = 2000;
const KEPT = 10000; // milliseconds over which the speed is taken
const root = document.getElementById("running");
const seen = [];

async function update() {
  if (!document.hidden) {
    try {
      const response = await fetch(root.dataset.live, { headers: { Accept: "application/json" } });
      if (response.redirected) return location.reload(); // logged out meanwhile
      if (response.ok) show(await response.json());
    } catch {
      // The next time may do.
    }
  }
  setTimeout(update, EVERY);
}

function show(live) {
  if (live.state !== root.dataset.state) return location.reload(); // other acts are possible now
  for (const [name, text] of Object.entries({ ...live.texts, ...speed(live) })) {
    for (const place of root.querySelectorAll(`[data-text="${name}"]`)) write(place, text);
  }
  const bar = root.querySelector("[data-share]");
  bar.style.setProperty("--share", live.share);
  bar.setAttribute("aria-valuenow", live.share);
  reasons(live.reasons);
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// The server knows the average; who watches sees how fast it is now.
function speed(live) {
  seen.push({ at: live.at, visited: live.visited });
  while (seen.length > 2 && (live.at - seen[0].at) * 1000 > KEPT) seen.shift();
  const seconds = live.at - seen[0].at;
  if (seconds < 1 || !live.texts.speed) return {};
  const minute = Math.round(((live.visited - seen[0].visited) / seconds) * 60);
  return { speed: `${minute.toLocaleString("en")} people per minute now;` };
}

function reasons(found) {
  const list = root.querySelector("[data-reasons]");
  const before = [...list.children].map((item) => item.dataset.said ?? item.firstChild?.textContent);
  if (before.join("\n") === found.map((reason) => reason.text).join("\n")) return;
  list.replaceChildren(...found.map(item));
}

function item(reason) {
  const line = document.createElement("li");
  line.className = reason.trouble ? "admin-note admin-note--bad" : "admin-note";
  line.dataset.said = reason.text;
  line.append(reason.text);
  if (reason.url) {
    const link = document.createElement("a");
    link.href = reason.url;
    link.textContent = "View";
    line.append(" ", link);
  }
  return line;
}

setTimeout(update, EVERY);
