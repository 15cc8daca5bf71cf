// What a person would see of the channel that is being written.
import { languageName, make } from "./dom.js";

const MODES = ["Desktop", "Mobile", "Dark", "Text"];
let mode = MODES[0];

export function drawPreview(place, state) {
  const one = state.shown.find((each) => each.channel === state.channel);
  if (!one) {
    place.replaceChildren(make("p", { class: "admin-empty", text: emptyWords(state) }));
    return;
  }
  if (one.problem) {
    place.replaceChildren(make("p", { class: "admin-note admin-note--bad", text: `Cannot be rendered: ${one.problem}` }));
    return;
  }
  if (one.channel === "email" && refreshMail(place, one)) return;
  const draw = DEVICES[one.channel] ?? asJson;
  place.replaceChildren(draw(one.fields, one, () => drawPreview(place, state)), languageOf(one, state));
}

function emptyWords(state) {
  if (state.channel === "variables") return "Choose a channel to preview it.";
  return state.problems.some((problem) => !problem.warning)
    ? "Fix the errors below to preview."
    : "Write some content to preview it.";
}

function languageOf(one, state) {
  const asked = state.person ? "their language" : languageName(state.locale);
  const text = one.locale === state.locale ? `In ${languageName(one.locale)}` : `In ${languageName(one.locale)}, used for ${asked}`;
  return make("p", { class: "admin-soft show-foot", text });
}

const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function push(fields) {
  const card = (kind) => make("div", { class: `note note--${kind}` },
    make("div", { class: "note-head" }, make("span", { class: "note-app", text: "App" }), make("span", { text: "now" })),
    fields.title || fields.body ? null : make("p", { class: "admin-soft", text: "A silent push: the app gets the data, nothing is shown." }),
    make("p", { class: "note-title", dir: "auto", text: fields.title ?? "" }),
    fields.subtitle && kind === "ios" ? make("p", { class: "note-title", dir: "auto", text: fields.subtitle }) : null,
    make("p", { class: "note-body", dir: "auto", text: fields.body ?? "" }),
    fields.image ? make("p", { class: "note-image", text: `Image: ${fields.image}` }) : null);
  const phone = (kind, label) => make("div", { class: `phone phone--${kind}`, role: "group", "aria-label": label },
    make("p", { class: "phone-clock", "aria-hidden": "true", text: clock() }), card(kind));
  return make("div", { class: "phones" }, phone("ios", "iPhone lock screen"), phone("android", "Android lock screen"), data(fields));
}

function webPush(fields) {
  return make("div", {}, make("div", { class: "toast", role: "group", "aria-label": "Browser notification" },
    make("div", { class: "toast-icon", "aria-hidden": "true" }),
    make("div", {}, make("p", { class: "note-title", dir: "auto", text: fields.title ?? "" }),
      make("p", { class: "note-body", dir: "auto", text: fields.body ?? "" }),
      make("p", { class: "admin-soft", text: "your site" }))), data(fields));
}

function sms(fields, one) {
  const count = one.sms.parts === 1 ? "1 SMS" : `${one.sms.parts} SMS`;
  return make("div", { class: "phone phone--sms", role: "group", "aria-label": "SMS" },
    make("p", { class: "bubble", dir: "auto", text: fields.body ?? "" }),
    make("p", { class: one.sms.parts > 3 ? "bubble-count said-warn" : "bubble-count", text: `${count} · ${one.sms.characters} characters · ${one.sms.encoding}` }));
}

function inbox(fields) {
  return make("div", {}, make("div", { class: "inbox", role: "group", "aria-label": "In-app inbox" },
    make("p", { class: "inbox-head", text: "Notifications" }),
    make("div", { class: "inbox-item" }, make("span", { class: "inbox-dot", "aria-label": "unread" }),
      make("div", {}, make("p", { class: "note-title", dir: "auto", text: fields.title ?? "" }),
        make("p", { class: "note-body", dir: "auto", text: fields.body ?? "" }),
        make("p", { class: "admin-soft", text: "just now" })))), data(fields));
}

function email(fields, one, redraw) {
  const modes = make("div", { class: "editor-languages", role: "group", "aria-label": "View" }, ...MODES.map((name) => make("button", {
    type: "button", class: "pill", "aria-pressed": String(name === mode), text: name, on: { click: () => { mode = name; frameOf = null; redraw(); } } })));
  const head = make("div", { class: "mail-head" },
    make("p", { class: "note-title mail-subject", dir: "auto", text: fields.subject ?? "" }),
    make("p", { class: "admin-soft", text: `${Math.ceil(one.bytes / 1024)} KB · external images are not loaded here` }));
  const body = mode === "Text" || !fields.html ? make("pre", { class: "mail-text", dir: "auto", text: fields.text ?? "" }) : frame(fields.html);
  return make("div", {}, modes, make("div", { class: `mail mail--${mode.toLowerCase()}` }, head, body));
}

let frameOf = null; // the frame that is there, and the text in it: the same text is not loaded anew

function frame(html) {
  const made = make("iframe", { title: "Email as the recipient sees it", sandbox: "", srcdoc: dressed(html) });
  frameOf = { made, html, mode };
  return made;
}

/** True when the mail in the frame is the one to show: it is left as it is, and where it was scrolled to. */
function refreshMail(place, one) {
  if (!frameOf || frameOf.mode !== mode || !place.contains(frameOf.made) || frameOf.html !== one.fields.html) return false;
  place.querySelector(".mail-subject").textContent = one.fields.subject ?? "";
  return true;
}

/** Dark: a mail with colours of its own for it shows them; others are turned as many programs do. */
function dressed(html) {
  if (mode !== "Dark") return html;
  const own = /prefers-color-scheme:\s*dark/.test(html);
  const style = own ? "html{background:#1b1e23}" : "html{background:#fff;filter:invert(0.92) hue-rotate(180deg)}img{filter:invert(1) hue-rotate(180deg)}";
  return `${html.replace(/prefers-color-scheme:\s*dark/g, "min-width:0")}<style>${style}</style>`;
}

function slack(fields) {
  return make("div", { class: "slack", role: "group", "aria-label": "Slack" },
    make("p", { class: "note-title" }, "Your app ", make("span", { class: "slack-app", text: "APP" })),
    make("p", { class: "note-body", dir: "auto", text: fields.text ?? "" }),
    fields.blocks ? make("pre", { class: "json", text: pretty(fields.blocks) }) : null);
}

function asJson(fields) {
  const { json, event, ...rest } = fields;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => name.startsWith("data_")).map(([name, text]) => [name.slice(5), text]));
  const body = { type: event || "the type's name", data: { ...parsed(json), ...own } };
  return make("pre", { class: "json", tabindex: "0", "aria-label": "Webhook payload", text: JSON.stringify(body, null, 2) });
}

function data(fields) {
  const own = Object.entries(fields).filter(([name]) => name.startsWith("data_") || name === "link");
  if (!own.length) return "";
  return make("dl", { class: "admin-facts show-data" }, ...own.flatMap(([name, text]) => [
    make("dt", { text: name === "link" ? "Link" : name.slice(5) }), make("dd", { class: "admin-mono", text })]));
}

function pretty(text) {
  const found = parsed(text);
  return found === null ? text : JSON.stringify(found, null, 2);
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

const DEVICES = { push, web_push: webPush, sms, inbox, email, slack, webhook: asJson };
