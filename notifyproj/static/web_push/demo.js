// Asks for permission, subscribes, and tells the product's back end.

const demo = document.getElementById("demo");
const button = document.getElementById("turn-on");
const state = document.getElementById("state");
const { key, app, endpoint, worker, register, received, user } = demo.dataset;
const POLL = 2000; // ms
const MEMORY = `web-push ${endpoint} ${key}`; // a browser keeps its own subscriptions by itself

const SAID = {
  unsupported: "This browser cannot show notifications, or not on this page: use https or localhost.",
  denied: "Notifications from this site are blocked. Allow them beside the address bar.",
  asked: "Not allowed yet.",
  on: `Notifications are on: this browser is one of ${user}’s.`,
};

if (!("serviceWorker" in navigator && "Notification" in window)) {
  say(SAID.unsupported);
} else {
  button.hidden = !key;
  button.addEventListener("click", () => attempt(ask));
  if (Notification.permission === "denied") say(SAID.denied);
  if (Notification.permission === "granted" && key) attempt(refresh);
}

async function attempt(act) {
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    say(`Something went wrong (${error.message}). Try again.`);
  } finally {
    button.disabled = false;
  }
}

async function ask() {
  const answer = await Notification.requestPermission();
  if (answer !== "granted") return say(answer === "denied" ? SAID.denied : SAID.asked);
  const registration = await ready();
  await turnOn(registration, await (endpoint ? subscribeAtSandbox() : subscribe(registration)));
}

// Each time the page starts: the back end may have given the subscription up, or somebody else's.
async function refresh() {
  const registration = await ready();
  const known = endpoint ? remembered() : (await registration.pushManager.getSubscription())?.toJSON();
  if (known) await turnOn(registration, known);
}

async function ready() {
  await navigator.serviceWorker.register(worker);
  return navigator.serviceWorker.ready;
}

async function turnOn(registration, subscription) {
  await tellBackEnd(subscription);
  say(SAID.on);
  button.hidden = true;
  if (endpoint) relay(registration, subscription.endpoint.split("/").pop());
}

async function subscribe(registration) {
  const found = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  return found.toJSON();
}

// As text/plain, which a page may send anywhere without asking first.
async function subscribeAtSandbox() {
  const body = JSON.stringify({ applicationServerKey: key });
  const made = await json(await fetch(`${endpoint}/subscribe`, { method: "POST", body }));
  localStorage.setItem(MEMORY, JSON.stringify(made));
  return made;
}

function remembered() {
  return JSON.parse(localStorage.getItem(MEMORY) || "null");
}

async function tellBackEnd(subscription) {
  const token = demo.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const body = JSON.stringify({ app, subscription });
  await json(await fetch(register, { method: "POST", headers, body }));
}

// The sandbox cannot wake a browser: this page asks what arrived, and hands it to the worker.
async function relay(registration, name) {
  const since = new Date().toISOString();
  let after = 0;
  for (;;) {
    try {
      const found = await json(await fetch(`${received}?after=${after}`));
      after = found.last;
      const ours = found.received.filter((row) => row.recipient === name && row.accepted);
      for (const row of ours.filter((row) => row.received_at > since)) {
        registration.active.postMessage({ push: row.message.payload });
      }
      if (found.received.length) continue; // there may be more
    } catch {
      // away for a moment; asked again
    }
    await new Promise((done) => setTimeout(done, POLL));
  }
}

async function json(answer) {
  if (!answer.ok) throw new Error(`the server returned ${answer.status}`);
  return answer.json();
}

function say(text) {
  state.textContent = text;
}
