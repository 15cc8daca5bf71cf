// The rule builder: stands in for the JSON, which it writes into the field that is saved.
import {KIND_WORDS, NOT_WORDS, fields, select} from "./fields.js";
import {MATCHES, blank, condition, fromRules, group, toRules} from "./model.js";
import {Outlook} from "./outlook.js";

const DEEPEST = 3; // groups within each other that the builder offers; the JSON may go further

class Builder {
  constructor(area) {
    this.area = area;
    this.choices = JSON.parse(area.dataset.choices);
    this.root = element("div", "segment-builder");
    this.outlook = new Outlook(area, (errors) => this.show(errors));
    this.frame = element("div", "segment-frame");
    const left = element("div", "segment-left");
    this.toggle = button("Edit as JSON", () => this.switch());
    left.append(this.root, this.names());
    this.frame.append(left, this.outlook.panel);
    area.before(this.frame);
    area.after(this.toggle);
    area.addEventListener("input", () => this.outlook.soon());
  }

  // False when the JSON is not one that can be drawn: then it stays what it is.
  read() {
    try {
      this.tree = fromRules(JSON.parse(this.area.value));
    } catch {
      return false;
    }
    this.draw();
    return true;
  }

  start() {
    this.asRows(this.read());
    this.outlook.soon(0);
  }

  switch() {
    const asRows = this.area.hidden ? false : this.read();
    if (!this.area.hidden && !asRows) {
      this.outlook.say("This JSON cannot be shown as conditions.");
      return;
    }
    this.asRows(asRows);
  }

  asRows(yes) {
    this.area.hidden = yes;
    this.root.hidden = !yes;
    this.toggle.textContent = yes ? "Edit as JSON" : "Edit as conditions";
  }

  names() {
    const list = element("datalist");
    list.id = "segment-attributes";
    for (const name of this.choices.attributes) list.append(new Option(name, name));
    return list;
  }

  changed() {
    this.touched = true;
    this.area.value = JSON.stringify(toRules(this.tree), null, 2);
    this.area.dispatchEvent(new Event("change", {bubbles: true}));
    this.outlook.soon();
  }

  draw() {
    toRules(this.tree);
    this.drawn = new Map();
    this.root.replaceChildren(this.group(this.tree, 1, null));
  }

  // After a change of shape: what had the focus may be gone, and its place takes it.
  redraw(focus) {
    this.draw();
    this.changed();
    this.drawn.get(focus)?.querySelector("select, input, button")?.focus();
  }

  group(node, depth, parent) {
    const box = element("fieldset", "segment-group");
    const legend = element("legend", "segment-legend");
    legend.textContent = depth === 1 ? "Match people where" : "and where";
    const match = select("Match", MATCHES, node.match, (chosen) => { node.match = chosen; this.changed(); });
    match.box.classList.add("segment-match");
    box.append(legend, match.box, this.wrong(box));
    for (const part of node.parts) box.append(part.parts ? this.group(part, depth + 1, node) : this.row(part, node));
    const acts = element("div", "admin-acts");
    acts.append(button("Add a condition", () => this.add(node, condition())));
    if (depth < DEEPEST) acts.append(button("Add a group", () => this.add(node, group("any"))));
    if (parent) acts.append(button("Remove this group", () => this.remove(parent, node)));
    if (!node.parts.length) {
      const everybody = element("p", "admin-soft");
      everybody.textContent = depth === 1 ? "No condition: everyone." : "No condition yet.";
      box.append(everybody);
    }
    box.append(acts);
    this.drawn.set(node, box);
    return box;
  }

  row(node, parent) {
    const box = element("div", "segment-row");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", KIND_WORDS[node.kind]);
    const kind = select("Condition", KIND_WORDS, node.kind, (chosen) => {
      Object.assign(node, {kind: chosen, not: false, rules: blank(chosen)});
      this.redraw(node);
    });
    const redraw = () => this.redraw(node);
    const own = fields(node.rules, node.kind, this.choices, () => this.changed(), redraw);
    const parts = [kind, ...own];
    const [yes, no] = NOT_WORDS[node.kind];
    if (node.kind !== "attribute" || node.not) {
      parts.splice(1, 0, select("Is true", {yes, no}, node.not ? "no" : "yes", (chosen) => {
        node.not = chosen === "no";
        this.changed();
      }));
    }
    const away = button("Remove", () => this.remove(parent, node));
    away.setAttribute("aria-label", `Remove: ${KIND_WORDS[node.kind]}`);
    box.append(...parts.map((part) => part.box), away, this.wrong(box));
    this.drawn.set(node, box);
    return box;
  }

  add(parent, node) {
    parent.parts.push(node);
    this.redraw(node);
  }

  remove(parent, node) {
    parent.parts = parent.parts.filter((part) => part !== node);
    this.redraw(parent);
  }

  wrong(box) {
    const place = element("p", "segment-wrong");
    place.hidden = true;
    box.wrong = place;
    return place;
  }

  // Each error at the innermost place that is drawn.
  show(errors) {
    if (!this.drawn || !this.touched) return; // nobody is told off for a form they have not begun
    const places = [...this.drawn].sort(([a], [b]) => b.path.length - a.path.length);
    for (const [, box] of places) { box.wrong.hidden = true; box.wrong.textContent = ""; }
    for (const [path, text] of Object.entries(errors)) {
      const found = places.find(([node]) => path.startsWith(node.path));
      if (!found) continue;
      const name = path.slice(found[0].path.length).replace(/^\./, "").replaceAll("_", " ");
      const said = name ? `${name}: ${text}` : text;
      found[1].wrong.textContent = [found[1].wrong.textContent, said].filter(Boolean).join(" ");
      found[1].wrong.hidden = false;
    }
  }
}

function element(name, className = "") {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

function button(text, act) {
  const made = element("button", "admin-button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

const area = document.querySelector("textarea[data-look]");
if (area) new Builder(area).start();
