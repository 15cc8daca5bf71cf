// The service worker of web push: shows what arrives and opens what is tapped. Copy it to your own
// site; the payload is {title, body, icon, image, badge, url, tag, actions, data, id}.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));

// The demo page hands on what the sandbox's push service took, for it cannot wake a browser.
self.addEventListener("message", (event) => {
  if (event.data?.push) event.waitUntil(show(event.data.push));
});

self.addEventListener("notificationclick", (event) => {
  const { url, unsubscribe_url } = event.notification.data;
  event.notification.close();
  event.waitUntil(open(event.action === "unsubscribe" ? unsubscribe_url : url));
});

function read(data) {
  try {
    return data.json();
  } catch {
    return {}; // still shown: browsers take push away from sites that show nothing
  }
}

function show({ title, body, icon, image, badge, url, tag, actions, data, id }) {
  return self.registration.showNotification(title || "News", {
    body,
    icon,
    image,
    badge,
    tag: tag || id, // the same message twice is one notification
    actions, // "unsubscribe": opens the page that asks once more
    data: { ...data, id, url },
  });
}

async function open(url) {
  const target = new URL(url || "/", self.location.origin);
  if (!["https:", "http:"].includes(target.protocol)) return;
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => tab.url === target.href);
  await (there ? there.focus() : self.clients.openWindow(target.href));
}
