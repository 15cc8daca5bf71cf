// The tab of variables: the schema requests are held against, and data to show the text with.
import { make } from "./dom.js";

export function drawVariables(panel, state, changed, redraw) {
  panel.replaceChildren(
    make("p", { text: state.schema === null
      ? "The variables are read from the content and shown here as a JSON Schema. Edit it to add types, limits and descriptions."
      : "Requests are validated against this JSON Schema." }),
    jsonField("schema", "Variables (JSON Schema)", state.schema ?? state.accepts ?? {}, 14, state, changed, redraw),
    jsonField("sample", "Sample data", state.sample ?? state.shownSample ?? {}, 10, state, changed, redraw),
    make("div", { class: "admin-field" },
      make("label", { for: "note-field", text: "Change note" }),
      noteInput(state, changed),
      make("p", { class: "admin-help", text: "Shown beside the version once it is published." })));
}

function noteInput(state, changed) {
  const input = make("input", { id: "note-field", maxlength: 500, value: state.note, readonly: !state.mayWrite });
  input.addEventListener("input", () => { state.note = input.value; changed(); });
  return input;
}

function jsonField(name, label, value, rows, state, changed, redraw) {
  const id = `json-${name}`;
  const input = make("textarea", { id, rows, class: "code", spellcheck: "false", readonly: !state.mayWrite, "aria-describedby": `${id}-said` });
  const said = make("p", { class: "said", id: `${id}-said`, "aria-live": "polite" });
  input.value = JSON.stringify(value, null, 2);
  input.addEventListener("input", () => {
    const found = parsed(input.value);
    input.setAttribute("aria-invalid", String(found === undefined));
    said.replaceChildren(found === undefined ? make("span", { class: "said-bad", text: "This is not a valid JSON object yet." }) : "");
    if (found !== undefined) { state[name] = found; changed(); }
  });
  const own = state[name] !== null;
  return make("div", { class: "admin-field" },
    make("label", { for: id, text: label }), input, said,
    own && state.mayWrite ? make("button", { type: "button", class: "link-button",
      text: name === "schema" ? "Read from the content again" : "Generate from the variables again",
      on: { click: () => { state[name] = null; changed(); setTimeout(redraw, 700); } } }) : null);
}

function parsed(text) {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
