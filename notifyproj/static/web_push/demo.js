// Asks for permission, subscribes, and tells the product's back end.

const demo = document.getElementById("demo");
const button = document.getElementById("turn-on");
const state = document.getElementById("state");
const { key, app, endpoint, worker, register, received, user } = demo.dataset;
const POLL = 2000; // ms

const SAID = {
  unsupported: "This browser cannot show notifications, or not on this page: use https or localhost.",
  denied: "This browser was told to show none from here. Allow them beside its address bar.",
  asked: "Nothing was decided yet.",
  on: `Notifications are on: this browser is one of ${user}’s.`,
};

if (!("serviceWorker" in navigator && "Notification" in window)) {
  say(SAID.unsupported);
} else {
  button.hidden = !key;
  say(Notification.permission === "denied" ? SAID.denied : "");
  button.addEventListener("click", turnOn);
}

async function turnOn() {
  button.disabled = true;
  try {
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return say(answer === "denied" ? SAID.denied : SAID.asked);
    await navigator.serviceWorker.register(worker);
    const registration = await navigator.serviceWorker.ready;
    const subscription = await (endpoint ? subscribeAtSandbox() : subscribe(registration));
    await tellBackEnd(subscription);
    say(SAID.on);
    button.hidden = true;
    if (endpoint) relay(registration, subscription.endpoint.split("/").pop());
  } catch (error) {
    say(`That did not work (${error.message}). Try again.`);
  } finally {
    button.disabled = false;
  }
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
  return json(await fetch(`${endpoint}/subscribe`, { method: "POST", body }));
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
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

function say(text) {
  state.textContent = text;
}
