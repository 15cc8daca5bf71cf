// The fields of one condition. Each writes into `rules` as somebody types, and calls `changed`.

export const KIND_WORDS = {
  attribute: "Attribute",
  locale: "Language",
  timezone: "Time zone",
  reachable: "Can be reached by",
  created: "Created",
  activity: "Activity",
  segment: "Another segment",
  member_of_upload: "The uploaded list",
};
// What negates a condition, where its fields do not do it themselves.
export const NOT_WORDS = {
  attribute: ["is true", "is not true"],
  locale: ["is", "is not"],
  timezone: ["is", "is not"],
  reachable: ["yes", "no"],
  created: ["is true", "is not true"],
  activity: ["did", "did not"],
  segment: ["is in", "is not in"],
  member_of_upload: ["is in it", "is not in it"],
};
const OPERATOR_WORDS = {
  is: "is", is_not: "is not", in: "is one of", has: "has in its list", contains: "contains",
  starts_with: "starts with", greater: "is greater than", less: "is less than",
  between: "is between", exists: "is known", before: "is a day before", after: "is a day after",
  within_days: "was in the last days", in_next_days: "is in the next days",
};
const SHAPES = {
  is: "scalar", is_not: "scalar", has: "scalar", in: "list", contains: "text", starts_with: "text",
  greater: "number", less: "number", between: "span", exists: "flag", before: "day", after: "day",
  within_days: "days", in_next_days: "days",
};
const CREATED_WORDS = {within_days: "in the last days", before: "before the day", after: "after the day"};
const ACTIVITY_WORDS = {opened: "opened", clicked: "clicked", received: "was sent"};
const EMPTY = {scalar: "", list: [], text: "", number: 0, span: [0, 1], flag: true, day: "", days: 30};

export function fields(rules, kind, choices, changed, redraw) {
  return BUILD[kind](rules, choices, changed, redraw);
}

const BUILD = {
  attribute(rules, choices, changed, redraw) {
    const operator = Object.keys(rules).find((name) => name in OPERATOR_WORDS) ?? "is";
    const name = input("Attribute", rules.attribute, (text) => { rules.attribute = text; changed(); });
    name.control.setAttribute("list", "segment-attributes");
    const how = select("Comparison", OPERATOR_WORDS, operator, (chosen) => {
      const before = rules[operator];
      delete rules[operator];
      rules[chosen] = SHAPES[chosen] === SHAPES[operator] ? before : EMPTY[SHAPES[chosen]];
      redraw();
    });
    return [name, how, ...values(rules, operator, SHAPES[operator], changed)];
  },
  locale: (rules, choices, changed) => [several("Languages", "de, en-GB", rules, "locale", changed)],
  timezone: (rules, choices, changed) => [several("Zones", "Europe/Vienna, America/", rules, "timezone", changed)],
  reachable: (rules, choices, changed) => [
    select("Channel", named(choices.channels), rules.reachable, (chosen) => { rules.reachable = chosen; changed(); }),
  ],
  created(rules, choices, changed, redraw) {
    const operator = Object.keys(rules.created)[0];
    const how = select("When", CREATED_WORDS, operator, (chosen) => {
      rules.created = {[chosen]: EMPTY[SHAPES[chosen]]};
      redraw();
    });
    return [how, ...values(rules.created, operator, SHAPES[operator], changed)];
  },
  activity(rules, choices, changed, redraw) {
    const kind = select("What", ACTIVITY_WORDS, rules.activity, (chosen) => {
      rules.activity = chosen;
      if (chosen === "received") delete rules.at_least;
      redraw();
    });
    const days = optional("In the last days", rules, "within_days", 30, changed);
    days.control.max = choices.activity_days;
    const type = select("Type", {"": "any", ...named(choices.types)}, rules.type ?? "", (chosen) => {
      if (chosen) rules.type = chosen; else delete rules.type;
      changed();
    });
    const campaign = optional("Campaign (number)", rules, "campaign", undefined, changed);
    const often = optional("At least, times", rules, "at_least", undefined, changed);
    return rules.activity === "received" ? [kind, days, type, campaign] : [kind, days, type, campaign, often];
  },
  segment: (rules, choices, changed) => [
    select("Segment", {"": "choose one", ...named(choices.segments)}, rules.segment, (chosen) => { rules.segment = chosen; changed(); }),
  ],
  member_of_upload: () => [],
};

function values(into, name, shape, changed) {
  const set = (value) => { into[name] = value; changed(); };
  const value = into[name];
  switch (shape) {
    case "flag":
      return [select("Known", {yes: "yes", no: "no"}, value ? "yes" : "no", (chosen) => set(chosen === "yes"))];
    case "list":
      return [input("Values, separated by commas", value.map(shown).join(", "), (text) => set(parts(text).map(scalar)))];
    case "span":
      return [0, 1].map((at) => number(at ? "to" : "from", value[at], (n) => {
        into[name] = into[name].map((old, i) => (i === at ? n : old));
        changed();
      }));
    case "number":
      return [number("Number", value, set)];
    case "days":
      return [number("Days", value, set)];
    case "day":
      return [input("Day", value, set, "date")];
    case "scalar":
      return [input("Value", shown(value), (text) => set(scalar(text)))];
    default:
      return [input("Text", value, set)];
  }
}

// `5` and `true` are a number and a yes; in quotation marks they are texts.
function scalar(text) {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  return /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}

function shown(value) {
  return typeof value === "string" && typeof scalar(value) !== "string" ? `"${value}"` : String(value);
}

function parts(text) {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}

function several(label, example, rules, name, changed) {
  const field = input(label, [rules[name]].flat().join(", "), (text) => { rules[name] = parts(text); changed(); });
  field.control.placeholder = example;
  return field;
}

function optional(label, rules, name, fallback, changed) {
  const field = number(label, rules[name] ?? fallback, (value) => {
    if (field.control.value === "") delete rules[name]; else rules[name] = value;
    changed();
  });
  return field;
}

function number(label, value, set) {
  const field = input(label, value ?? "", () => set(Number(field.control.value)), "number");
  field.control.step = "any";
  return field;
}

let ids = 0;

function wrapped(label, control) {
  const box = document.createElement("label");
  box.className = "segment-field";
  const words = document.createElement("span");
  words.textContent = label;
  control.id = `segment-${++ids}`;
  box.append(words, control);
  return {box, control};
}

export function input(label, value, set, type = "text") {
  const control = document.createElement("input");
  control.type = type;
  control.value = value;
  control.autocomplete = "off";
  control.addEventListener("input", () => set(control.value));
  return wrapped(label, control);
}

export function select(label, words, value, set) {
  const control = document.createElement("select");
  if (!(value in words)) words = {...words, [value]: value};
  for (const [name, text] of Object.entries(words)) control.add(new Option(text, name, false, name === value));
  control.addEventListener("change", () => set(control.value));
  return wrapped(label, control);
}

function named(names) {
  return Object.fromEntries(names.map((name) => [name, name.replaceAll("_", " ")]));
}
