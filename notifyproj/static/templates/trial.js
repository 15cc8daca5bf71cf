// Send a test: first whom it would reach, then, when that is confirmed, the message.
import { byId, make, post } from "./dom.js";

export function openTrial(state, written, url) {
  const there = state.channels.filter((channel) => state.parts[channel.name]);
  byId("test-channels").replaceChildren(...there.map((channel) => make("label", {},
    make("input", { type: "checkbox", value: channel.name, checked: channel.name === state.channel || there.length === 1 }), ` ${channel.label}`)));
  let confirmed = false;
  const go = byId("test-go");
  const reset = () => { confirmed = false; go.textContent = "Check addresses"; byId("test-said").replaceChildren(); };
  const ask = async () => {
    const { person: _, ...sample } = state.shownSample ?? {};
    const { seen: __, ...text } = written();
    go.disabled = true;
    const told = await post(url, {
      ...text, person: byId("test-person").value.trim(), type: byId("test-type").value,
      channels: [...byId("test-channels").querySelectorAll(":checked")].map((box) => box.value),
      variables: sample, confirmed,
    });
    go.disabled = false;
    if (told.error) { reset(); tell(make("p", { class: "admin-note admin-note--bad", text: told.error })); return; }
    if (told.sent) { reset(); tell(sent(told)); return; }
    tell(reaches(told.reaches));
    if (told.reaches.length) { confirmed = true; go.textContent = "Send test"; }
  };
  go.onclick = ask;
  for (const id of ["test-person", "test-type", "test-channels"]) byId(id).oninput = reset;
  reset();
  byId("test").showModal();
}

function tell(...nodes) {
  byId("test-said").replaceChildren(...nodes);
}

function reaches(found) {
  if (!found.length) return make("p", { class: "admin-note admin-note--warn", text: "This person has no address on these channels." });
  return make("div", { class: "admin-note" }, make("p", { text: "The test goes to:" }),
    make("ul", {}, ...found.map((each) => make("li", { text: `${each.label}: ${each.to}` }))));
}

function sent(told) {
  return make("p", { class: "admin-note admin-note--good" }, "Test sent. ",
    told.page ? make("a", { href: told.page, text: "Track delivery" }) : told.sent);
}
