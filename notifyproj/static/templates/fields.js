// The fields of one channel in one language: an input for each, what is wrong beside it.
import { DEFAULT, languageName, make } from "./dom.js";

const LOCALE = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/;

/** Draws `state.channel` in `state.locale` into `panel`. `changed()` after every stroke. */
export function drawFields(panel, state, changed, redraw) {
  const channel = state.channels.find((each) => each.name === state.channel);
  const part = state.parts[state.channel][state.locale];
  panel.replaceChildren(languages(channel, state, changed, redraw));
  if (!part) {
    panel.append(notWritten(channel, state, changed, redraw));
    return;
  }
  const fields = channel.fields.filter((field) => part[field.name] || !part[field.unless]);
  const shown = fields.filter((field) => !field.more || part[field.name]);
  const more = fields.filter((field) => field.more && !part[field.name]);
  panel.append(...shown.map((field) => fieldOf(field, part, state, changed)));
  if (channel.data) panel.append(dataOf(part, state, changed));
  if (more.length) {
    panel.append(make("details", { class: "editor-more" },
      make("summary", { text: `More fields (${more.length})` }),
      ...more.map((field) => fieldOf(field, part, state, changed))));
  }
  if (state.mayWrite) panel.append(removals(channel, state, changed, redraw));
}

/** Each problem beside the field it is about. */
export function placeProblems(panel, state, problems) {
  for (const slot of panel.querySelectorAll("[data-problems]")) {
    const own = problems.filter((problem) => problem.channel === state.channel
      && problem.locale === state.locale && problem.field === slot.dataset.problems);
    slot.replaceChildren(...own.map((problem) => make("span", {
      class: problem.warning ? "said-warn" : "said-bad",
      text: problem.line ? `Line ${problem.line}: ${problem.message}` : problem.message,
    })));
    const input = panel.querySelector(`#${CSS.escape(slot.dataset.input)}`);
    if (input) input.setAttribute("aria-invalid", String(own.some((problem) => !problem.warning)));
  }
}

export function localesOf(state) {
  const found = new Set([DEFAULT]);
  for (const locales of Object.values(state.parts)) Object.keys(locales).forEach((name) => found.add(name));
  return [...found].sort((a, b) => (b === DEFAULT) - (a === DEFAULT) || a.localeCompare(b));
}

function languages(channel, state, changed, redraw) {
  const own = state.parts[channel.name];
  const buttons = localesOf(state).map((locale) => make("button", {
    type: "button", class: own[locale] ? "pill" : "pill pill--missing", "aria-pressed": String(locale === state.locale),
    title: own[locale] ? null : `No translation for ${locale} yet`, text: locale === DEFAULT ? "Default language" : locale,
    on: { click: () => { state.locale = locale; redraw(); } },
  }));
  const row = make("div", { class: "editor-languages", role: "group", "aria-label": "Language" }, ...buttons);
  if (!state.mayWrite) return row;
  const input = make("input", { class: "pill-input", "aria-label": "Another language", placeholder: "+ de-AT", size: 7, maxlength: 35 });
  const add = () => {
    const locale = input.value.trim();
    if (!LOCALE.test(locale)) { input.setAttribute("aria-invalid", String(Boolean(locale))); return; }
    own[locale] ??= structuredClone(own[DEFAULT] ?? {});
    state.locale = locale;
    changed(); redraw();
  };
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
  input.addEventListener("change", add);
  row.append(input);
  return row;
}

function notWritten(channel, state, changed, redraw) {
  const start = (from) => () => {
    state.parts[channel.name][state.locale] = from ? structuredClone(from) : {};
    changed(); redraw();
  };
  const first = state.parts[channel.name][DEFAULT];
  return make("div", { class: "admin-empty" },
    make("p", { text: `${channel.label} has no content for ${languageName(state.locale)}. People get ${state.locale === DEFAULT ? "nothing" : "the default language"}.` }),
    state.mayWrite ? make("div", { class: "admin-acts admin-acts--middle" },
      first ? make("button", { type: "button", class: "admin-button admin-button--main", text: "Copy from the default language", on: { click: start(first) } }) : null,
      make("button", { type: "button", class: "admin-button", text: "Start empty", on: { click: start(null) } })) : null);
}

function fieldOf(field, part, state, changed) {
  const id = `field-${field.name}`;
  const about = {
    id, spellcheck: String(!field.code), dir: "auto", class: field.code ? "code" : null,
    "aria-describedby": `${id}-help ${id}-problems`, readonly: !state.mayWrite,
  };
  const input = field.rows > 1 ? make("textarea", { ...about, rows: field.rows }) : make("input", about);
  input.value = part[field.name] ?? "";
  input.addEventListener("input", () => {
    if (input.value) part[field.name] = input.value; else delete part[field.name];
    changed();
  });
  return make("div", { class: "admin-field" },
    make("label", { for: id, text: field.label }), input,
    make("p", { class: "admin-help", id: `${id}-help`, text: field.help }),
    make("p", { class: "said", id: `${id}-problems`, "data-problems": field.name, "data-input": id, "aria-live": "polite" }));
}

function dataOf(part, state, changed) {
  const rows = make("div", { class: "data-rows" });
  const write = () => {
    const pairs = [...rows.children].map((row) => [...row.querySelectorAll("input")].map((input) => input.value));
    const kept = pairs.filter(([name, text]) => name && text);
    if (kept.length) part.data = Object.fromEntries(kept); else delete part.data;
    changed();
  };
  const draw = (name, text) => rows.append(make("div", {},
    make("input", { "aria-label": "Name", value: name, class: "code", readonly: !state.mayWrite, on: { input: write } }),
    make("input", { "aria-label": `Value of ${name || "the new name"}`, value: text, class: "code", readonly: !state.mayWrite, on: { input: write } }),
    make("p", { class: "said", "data-problems": `data.${name}`, "data-input": "none" })));
  Object.entries(part.data ?? {}).forEach(([name, text]) => draw(name, text));
  return make("fieldset", { class: "admin-field" },
    make("legend", { text: "Data" }), rows,
    make("p", { class: "said", "data-problems": "data", "data-input": "none" }),
    state.mayWrite ? make("button", { type: "button", class: "admin-button", text: "Add data field",
      on: { click: () => { draw("", ""); rows.lastChild.querySelector("input").focus(); } } }) : null,
    make("p", { class: "admin-help", text: "Passed to your app with the message." }));
}

function removals(channel, state, changed, redraw) {
  const language = () => { delete state.parts[channel.name][state.locale]; state.locale = DEFAULT; changed(); redraw(); };
  const whole = () => {
    if (!window.confirm(`Remove ${channel.label} with all its languages from this draft?`)) return;
    delete state.parts[channel.name];
    state.channel = state.channels.find((each) => state.parts[each.name])?.name ?? ""; state.locale = DEFAULT;
    changed(); redraw();
  };
  return make("div", { class: "admin-acts editor-removals" },
    state.locale === DEFAULT ? null : make("button", { type: "button", class: "link-button", text: `Remove ${state.locale} from ${channel.label}`, on: { click: language } }),
    state.channels.length > 1 ? make("button", { type: "button", class: "link-button", text: `Remove ${channel.label}`, on: { click: whole } }) : null);
}
