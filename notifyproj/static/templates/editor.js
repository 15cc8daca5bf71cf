// A template in writing: tabs of channels, fields, and beside them what a person would get.
import { byId, make, post } from "./dom.js";
import { drawFields, placeProblems } from "./fields.js";
import { drawPreview } from "./preview.js";
import { openTrial } from "./trial.js";
import { drawVariables } from "./variables.js";

const VARIABLES = "variables";
const AFTER = 350; // ms without a stroke
const page = byId("editor");
const panel = byId("panel");
const state = JSON.parse(byId("state").textContent);
Object.assign(state, {
  channel: state.channels.find((channel) => state.parts[channel.name])?.name ?? "", locale: "default",
  problems: [], shown: [], accepts: null, shownSample: null, dirty: false, person: "",
});
const isPartial = state.channels.length === 1;
let waiting = 0;
let asking = null;

function written() {
  return { parts: state.parts, schema: state.schema, sample: state.sample, note: state.note, seen: state.seen };
}

function changed() {
  state.dirty = true;
  byId("draft-state").textContent = "Not saved yet.";
  clearTimeout(waiting);
  waiting = setTimeout(refresh, AFTER);
}

async function refresh() {
  asking?.abort();
  asking = new AbortController();
  const locale = state.locale === "default" ? "" : state.locale;
  const told = await post(page.dataset.preview, { ...written(), locale, person: state.person }, asking.signal);
  if (told === null) return;
  if (told.error) { say(told.error, "bad"); return; }
  Object.assign(state, { problems: told.problems, shown: told.shown, accepts: told.accepts, shownSample: told.sample });
  if (byId("person")) {
    byId("person-help").textContent = told.person_problem || "Recipient ID. Empty: sample data.";
    byId("person").setAttribute("aria-invalid", String(Boolean(told.person_problem)));
  }
  showProblems();
  if (byId("show")) drawPreview(byId("show"), state);
}

function showProblems() {
  placeProblems(panel, state, state.problems);
  const list = state.problems.map((problem) => {
    const place = [problem.channel, problem.locale, problem.field].filter(Boolean).join(" / ");
    const text = `${place}${problem.line ? `, line ${problem.line}` : ""}${place ? ": " : ""}${problem.message}`;
    return make("li", { class: problem.warning ? "said-warn" : "said-bad" },
      make("button", { type: "button", class: "link-button", text, on: { click: () => goTo(problem) } }));
  });
  byId("problems").replaceChildren(...list);
  byId("problems-part").hidden = list.length === 0;
  byId("problems-title").textContent = state.problems.some((problem) => !problem.warning) ? "Errors" : "Warnings";
  for (const tab of byId("tabs").querySelectorAll("[role=tab]")) {
    const own = state.problems.filter((problem) => (problem.channel || VARIABLES) === tab.dataset.tab && !problem.warning);
    tab.querySelector(".count").textContent = own.length ? String(own.length) : "";
  }
}

function goTo(problem) {
  if (!problem.channel) { choose(problem.field === "schema" ? VARIABLES : state.channel); return; }
  if (state.parts[problem.channel]) {
    state.locale = problem.locale || "default";
    choose(problem.channel);
  }
  const input = byId(`field-${problem.field}`);
  input?.closest("details")?.setAttribute("open", "");
  input?.focus();
}

function redraw() {
  drawTabs();
  if (state.channel === VARIABLES) drawVariables(panel, state, changed, again);
  else if (state.channel) drawFields(panel, state, changed, again);
  else panel.replaceChildren(make("p", { class: "admin-empty", text: "No content yet. Add a channel above to write its content." }));
  showProblems();
  if (byId("show")) drawPreview(byId("show"), state);
}

function again() {
  redraw();
  refresh();
}

function choose(name) {
  state.channel = name;
  again();
}

function drawTabs() {
  const there = state.channels.filter((channel) => state.parts[channel.name]);
  const tabs = [...there.map((channel) => [channel.name, channel.label]), ...(isPartial ? [] : [[VARIABLES, "Variables"]])];
  const drawn = tabs.map(([name, label]) => make("button", {
    type: "button", role: "tab", id: `tab-${name}`, "data-tab": name, "aria-selected": String(name === state.channel),
    "aria-controls": "panel", tabindex: name === state.channel ? "0" : "-1", on: { click: () => choose(name) },
  }, label, make("span", { class: "count" })));
  byId("tabs").replaceChildren(...drawn);
  panel.setAttribute("aria-labelledby", `tab-${state.channel}`);
  drawAdd();
}

function drawAdd() {
  const missing = state.channels.filter((channel) => !state.parts[channel.name]);
  byId("add-channel")?.parentElement.remove();
  if (!state.mayWrite || missing.length === 0) return;
  const select = make("select", { id: "add-channel", "aria-label": "Add a channel" },
    make("option", { value: "", text: "Add channel" }), ...missing.map((channel) => make("option", { value: channel.name, text: channel.label })));
  select.addEventListener("change", () => {
    state.parts[select.value] = { default: {} };
    state.locale = "default";
    changed();
    choose(select.value);
    panel.querySelector("input:not(.pill-input), textarea")?.focus();
  });
  byId("tabs").after(make("div", { class: "editor-add" }, select));
}

async function save() {
  const button = byId("save");
  button.disabled = true;
  const told = await post(page.dataset.save, written());
  button.disabled = false;
  if (!told || told.error) { say(told?.error ?? "", "bad"); return false; }
  Object.assign(state, { seen: told.seen, problems: told.problems, dirty: false });
  byId("draft-state").textContent = "Saved just now.";
  const wrong = told.problems.filter((problem) => !problem.warning).length;
  say(wrong ? `Saved. Fix ${wrong === 1 ? "one error" : `${wrong} errors`} before publishing.` : "Saved.", wrong ? "warn" : "good");
  showProblems();
  return true;
}

function say(text, tone) {
  const said = byId("said");
  said.textContent = text;
  said.className = `admin-note admin-note--${tone}`;
  said.hidden = !text;
}

byId("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...byId("tabs").querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  choose(next.dataset.tab);
  byId(`tab-${next.dataset.tab}`).focus();
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && state.mayWrite) { event.preventDefault(); save(); }
});
window.addEventListener("beforeunload", (event) => { if (state.dirty) event.preventDefault(); });
byId("save")?.addEventListener("click", save);
byId("publish")?.addEventListener("click", async (event) => {
  if (!state.dirty) return;
  event.preventDefault();
  if (await save()) window.location.assign(byId("publish").href);
});
byId("person")?.addEventListener("change", () => { state.person = byId("person").value.trim(); refresh(); });
byId("open-test")?.addEventListener("click", () => openTrial(state, written, page.dataset.test));

again();
