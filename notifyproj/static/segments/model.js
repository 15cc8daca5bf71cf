// Rules as the builder shows them: groups of conditions, and back to the JSON that is saved.
// A group is {match, parts}, a condition {kind, not, ...fields}.

export const MATCHES = {
  all: "all of these are true",
  any: "any of these is true",
  none: "none of these is trues",
  notAll: "not all of these are true",
};
const GROUPS = {all: ["all", false], any: ["any", false], none: ["any", true], notAll: ["all", true]};
export const KINDS = [
  "attribute", "locale", "timezone", "reachable", "created", "activity", "segment", "member_of_upload",
];

export function group(match = "all", parts = [condition()]) {
  return {match, parts};
}

export function condition(kind = "attribute") {
  return {kind, not: false, rules: blank(kind)};
}

export function blank(kind) {
  return {
    attribute: {attribute: "", is: ""},
    locale: {locale: []},
    timezone: {timezone: []},
    reachable: {reachable: "email"},
    created: {created: {within_days: 30}},
    activity: {activity: "opened", within_days: 30},
    segment: {segment: ""},
    member_of_upload: {member_of_upload: true},
  }[kind];
}

// Throws for what is no tree of rules.
export function fromRules(rules) {
  const node = read(rules, false);
  return node.parts ? node : group("all", [node]);
}

function read(rules, negated) {
  if (rules === null || typeof rules !== "object") throw new TypeError("not an object");
  if ("not" in rules) return read(rules.not, !negated);
  for (const word of ["all", "any"]) {
    if (Array.isArray(rules[word])) {
      const match = negated ? {all: "notAll", any: "none"}[word] : word;
      return group(match, rules[word].map((part) => read(part, false)));
    }
  }
  const kind = KINDS.find((name) => name in rules);
  if (!kind) throw new TypeError("no condition");
  return {kind, not: negated, rules: structuredClone(rules)};
}

// Also leaves on each node its place in the JSON, by which errors name it.
export function toRules(node, path = "rules") {
  node.path = path;
  if (!node.parts) {
    if (!node.not) return node.rules;
    node.path = `${path}.not`;
    return {not: node.rules};
  }
  const [word, negated] = GROUPS[node.match];
  const here = negated ? `${path}.not.${word}` : `${path}.${word}`;
  const rules = {[word]: node.parts.map((part, i) => toRules(part, `${here}[${i}]`))};
  return negated ? {not: rules} : rules;
}
