/* Pieces of <notify-inbox> as DOM nodes. Text is only ever set as text, never as HTML. */

const SVG = "http://www.w3.org/2000/svg";
const BELL = "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4";
const DAY = 864e5;
const UNITS = [["day", DAY], ["hour", 36e5], ["minute", 6e4]];

/** An element with properties (or attributes, where there is no such property) and children. */
export function make(tag, set = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (name in node && name !== "part") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function bellIcon() {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", BELL);
  const look = {
    viewBox: "0 0 24 24", width: 24, height: 24, fill: "none", stroke: "currentColor",
    "stroke-width": 1.6, "stroke-linejoin": "round", "stroke-linecap": "round",
    "aria-hidden": "true",
  };
  for (const [name, value] of Object.entries(look)) svg.setAttribute(name, value);
  svg.append(path);
  return svg;
}

/** A row of the list: a link (a button, without one) over all of it, the time, what can be done. */
export function itemRow(item, words, onopen, onarchive) {
  const href = safeLink(item.link);
  const open = make(href ? "a" : "button", {
    className: "open", ...(href ? { href } : { type: "button" }), onclick: onopen },
    make("span", { className: "sr", textContent: `${words.dot}: ` }),
    make("span", { className: "title", part: "title", dir: "auto", textContent: item.title }),
    make("span", { className: "body", part: "body", dir: "auto", textContent: item.body }));
  const archive = make("button", {
    className: "act", part: "action", type: "button", textContent: words.archive,
    ariaLabel: `${words.archive}: ${item.title}`, onclick: onarchive });
  const time = make("time", { part: "time", dir: "auto", dateTime: item.created_at });
  const row = make("li", { className: "unread", part: "item unread" },
    open, make("div", { className: "foot" }, time, ...manageLink(item, words), archive));
  if (item.read_at) showRead(item, row);
  return row;
}

/** Where marketing says how to get no more of it. The settings' link ends after 30 days. */
function manageLink({ title, created_at, data }, words) {
  const old = Date.now() - new Date(created_at) > 29 * DAY;
  const href = safeLink(old ? data?.unsubscribe_url : data?.preferences_url);
  return href ? [make("a", {
    className: "act", part: "action manage", href, target: "_blank", rel: "noopener",
    textContent: words.manage, ariaLabel: `${words.manage}: ${title}` })] : [];
}

export function showRead(item, row) {
  item.read_at ??= new Date().toISOString();
  row.classList.remove("unread");
  row.part.remove("unread");
  row.querySelector(".sr").textContent = "";
}

/** "2 min. ago", a date after a month; the exact instant and zone on hover. */
export function writeTimes(times, lang) {
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });
  const date = new Intl.DateTimeFormat(lang, { dateStyle: "medium" });
  const about = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
  for (const time of times) {
    const at = new Date(time.dateTime);
    const ago = Math.max(0, Date.now() - at);
    const [unit, size] = UNITS.find(([, length]) => ago >= length) ?? ["second", Infinity];
    const count = Math.floor(ago / size);
    time.textContent = ago > 30 * DAY ? date.format(at) : about.format(count && -count, unit);
    time.title = exact.format(at);
  }
}

/** Never `javascript:`: a message's link comes from somebody's variables. */
function safeLink(link) {
  if (!link || !URL.canParse(link, document.baseURI)) return "";
  const url = new URL(link, document.baseURI);
  return /^https?:$/.test(url.protocol) ? url.href : "";
}
