/* <notify-inbox api="…" stream="…" token-url="…">: a bell, its count, and the list behind it.
 *
 * Token: attribute `token-url` (answers {"token"}), or property `getToken` (async), or `token`.
 * Theme: --notify-ink -ink-soft -line -paper -paper-2 -accent -on-accent -font -z, or ::part of
 * bell count panel header list item title body time action manage state. Words: property `labels`.
 * Events: notify-item and notify-open (cancelable) {item}, notify-count {unread}, notify-token.
 */
import { Client } from "./client.js";
import { sheet } from "./style.js";
import { bellIcon, itemRow, make, showRead, writeTimes } from "./view.js";

const LABELS = {
  bell: "Notifications", unread: "{n} unread", dot: "Unread", all: "Mark all read",
  archive: "Archive", manage: "Manage", close: "Close", loading: "Loading…", fresh: "New: {title}",
  empty: "Nothing here yet", hint: "News about your account will appear here.",
  error: "Notifications could not be loaded.", retry: "Try again",
};
class NotifyInbox extends HTMLElement {
  static observedAttributes = ["token", "token-url", "api", "stream"];
  #items = new Map(); // id → {item, row}; the DOM keeps the order
  #seen = new Set();
  #unread = 0;
  #cursor = ""; // null: everything is loaded
  #stale = true;
  #busy = false;
  #round = 0; // of loading the list
  #client = null;
  #life = null;
  #words = LABELS;
  #ui = {};

  get labels() { return this.#words; }
  set labels(words) {
    this.#words = { ...LABELS, ...words };
    if (this.shadowRoot) this.#build();
  }
  get unread() { return this.#unread; }

  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.#build();
    }
    this.#begin();
  }
  disconnectedCallback() { this.#life?.abort(); }
  attributeChangedCallback(_name, before, now) {
    if (!this.#life || before === now) return;
    this.#stale = true;
    this.#begin();
  }

  #begin() {
    this.#life?.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    const outside = (event) => event.composedPath().includes(this) || this.#close(false);
    document.addEventListener("pointerdown", outside, { signal });
    const get = (name, standard) => this.getAttribute(name) ?? standard;
    this.#client = new Client(
      { api: get("api", "/inbox/api"), stream: get("stream", "/inbox/stream"),
        ask: () => this.#askToken() },
      { event: (name, data) => this.#event(name, data),
        refused: () => this.#emit("notify-token", {}) });
    setTimeout(() => this.#client.listen(signal)); // once the page has had time to set getToken
    const clock = setInterval(() => this.#tick(), 3e4);
    signal.addEventListener("abort", () => clearInterval(clock));
  }

  // --- what is seen -------------------------------------------------------------------------

  #build() {
    const t = this.#words;
    const ui = (this.#ui = {});
    ui.count = make("span", { className: "count", part: "count", hidden: true });
    ui.bell = make("button", { className: "bell", part: "bell", type: "button",
      "aria-haspopup": "dialog", "aria-expanded": "false",
      onclick: () => (ui.panel.hidden ? this.#open() : this.#close()) }, bellIcon(), ui.count);
    ui.all = make("button", { className: "act", part: "action", type: "button",
      textContent: t.all, onclick: () => this.#readAll() });
    ui.close = make("button", { className: "act close", part: "action", type: "button",
      textContent: t.close, onclick: () => this.#close() });
    ui.list = make("ul", { part: "list", role: "list" });
    ui.state = make("div", { className: "state", part: "state", role: "status", hidden: true });
    ui.scroll = make("div", { className: "scroll" }, ui.list, ui.state);
    ui.panel = make("div", { className: "panel", part: "panel", role: "dialog", tabIndex: -1,
      "aria-label": t.bell, hidden: true, onkeydown: (event) => this.#key(event) },
      make("div", { className: "head", part: "header" },
        make("h2", { textContent: t.bell }), ui.all, ui.close),
      ui.scroll);
    ui.live = make("div", { className: "sr", role: "status" });
    this.shadowRoot.replaceChildren(ui.bell, ui.panel, ui.live);
    ui.scroll.onscroll = () => this.#nearEnd() && this.#more();
    this.#items.clear();
    this.#stale = true;
    this.#setUnread(this.#unread);
  }

  #add(item, first = false) {
    this.#seen.add(item.id);
    if (this.#items.has(item.id)) return;
    const row = itemRow(item, this.#words,
      (event) => this.#visit(item, event), () => this.#archive(item));
    row.onfocusin = () => this.#rove(row);
    this.#items.set(item.id, { item, row });
    if (first) { row.classList.add("fresh"); this.#ui.list.prepend(row); }
    else this.#ui.list.append(row);
  }

  #tick() {
    const lang = this.closest("[lang]")?.lang || undefined;
    writeTimes(this.#ui.list.querySelectorAll("time"), lang);
  }

  #setUnread(n) {
    const { bell, count, all } = this.#ui;
    this.#unread = Math.max(0, n);
    const shown = this.#unread > 99 ? "99+" : String(this.#unread);
    count.textContent = shown;
    count.hidden = all.disabled = !this.#unread;
    bell.setAttribute("aria-label", this.#unread
      ? `${this.#words.bell}, ${this.#words.unread.replace("{n}", shown)}` : this.#words.bell);
    this.#emit("notify-count", { unread: this.#unread });
  }

  #say(title, text = "", retry = null) {
    const { state } = this.#ui;
    state.hidden = !title;
    state.classList.toggle("more", this.#items.size > 0);
    state.replaceChildren(...(title ? [make("b", { textContent: title }), text] : []));
    if (retry) state.append(make("button", { className: "act", part: "action", type: "button",
      textContent: this.#words.retry, onclick: retry }));
  }

  // --- what is done -------------------------------------------------------------------------

  async #open() {
    const { bell, panel } = this.#ui;
    panel.hidden = false;
    bell.setAttribute("aria-expanded", "true");
    panel.focus();
    if (this.#stale) await this.#reload();
    this.#tick();
    if (this.shadowRoot.activeElement === panel) this.#focus(this.#ui.list.firstElementChild);
  }

  #close(refocus = true) {
    const { bell, panel } = this.#ui;
    if (panel.hidden) return;
    panel.hidden = true;
    bell.setAttribute("aria-expanded", "false");
    if (refocus) bell.focus();
  }

  #reload() {
    this.#round++;
    this.#busy = false;
    this.#items.clear();
    this.#ui.list.replaceChildren();
    this.#cursor = "";
    return this.#more();
  }

  async #more() {
    if (this.#busy || this.#cursor === null) return;
    const round = this.#round;
    this.#busy = true;
    this.#say(this.#words.loading);
    try {
      const query = new URLSearchParams({ limit: 20, before: this.#cursor });
      const page = await this.#client.call(`items?${query}`);
      if (round !== this.#round) return; // an answer to a list that was thrown away
      page.items.forEach((item) => this.#add(item));
      this.#cursor = page.next_cursor;
      this.#stale = false;
      this.#settle();
    } catch {
      if (round === this.#round) this.#say(this.#words.error, "", () => this.#more());
    } finally {
      if (round === this.#round) this.#busy = false;
    }
    if (!this.#stale && this.#nearEnd()) this.#more();
  }

  #nearEnd() {
    const { scroll } = this.#ui;
    return scroll.clientHeight && scroll.scrollTop + scroll.clientHeight * 2 > scroll.scrollHeight;
  }

  #settle() {
    const { list } = this.#ui;
    this.#say(...(this.#items.size ? [] : [this.#words.empty, this.#words.hint]));
    this.#rove(list.querySelector("li[data-at]") ?? list.firstElementChild);
    this.#tick();
  }

  #visit(item, event) {
    if (!this.#emit("notify-open", { item })) event.preventDefault();
    if (item.read_at) return;
    showRead(item, this.#items.get(item.id).row);
    this.#change(`items/${item.id}/read`, this.#unread - 1);
  }

  #readAll() {
    const [newest] = this.#ui.list.children;
    const up_to = [...this.#items.values()].find(({ row }) => row === newest)?.item.id ?? null;
    this.#items.forEach(({ item, row }) => showRead(item, row));
    this.#ui.panel.focus();
    this.#change("read_all", 0, { up_to });
  }

  #archive(item) {
    const { row } = this.#items.get(item.id);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#items.delete(item.id);
    this.#settle();
    next ? this.#focus(next) : this.#ui.panel.focus();
    this.#change(`items/${item.id}/archive`, this.#unread - !item.read_at);
    if (this.#nearEnd()) this.#more();
  }

  async #change(path, unread, body = {}) {
    this.#setUnread(unread);
    try {
      const answer = await this.#client.call(path, { method: "POST", body: JSON.stringify(body) });
      this.#setUnread(answer.unread);
    } catch {
      await this.#reload(); // show what is true
    }
  }

  #key(event) {
    const rows = [...this.#ui.list.children];
    const at = rows.indexOf(this.shadowRoot.activeElement?.closest("li"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === "Escape") this.#close();
    else if (to === undefined || !rows.length) return;
    else this.#focus(rows[Math.min(Math.max(to, 0), rows.length - 1)]);
    event.preventDefault();
    event.stopPropagation();
  }

  #focus(row) {
    if (!row) return;
    this.#rove(row);
    row.querySelector(".open").focus();
  }

  #rove(row) {
    for (const other of this.#ui.list.children) {
      other.toggleAttribute("data-at", other === row);
      for (const stop of other.querySelectorAll("a,button")) stop.tabIndex = other === row ? 0 : -1;
    }
  }

  #emit(name, detail) {
    return this.dispatchEvent(new CustomEvent(name,
      { detail, bubbles: true, composed: true, cancelable: true }));
  }

  // --- what arrives --------------------------------------------------------------------------

  #event(name, data) {
    if (name === "item" && !this.#seen.has(data.id)) this.#arrive(data);
    if (name !== "count" || data.unread === this.#unread) return;
    this.#setUnread(data.unread);
    this.#ui.panel.hidden ? (this.#stale = true) : this.#reload(); // another window did it
  }

  async #askToken() {
    if (this.getToken) return this.getToken();
    const url = this.getAttribute("token-url");
    if (!url) return this.getAttribute("token") ?? "";
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`token: ${response.status}`);
    return (await response.json()).token;
  }

  #arrive(item) {
    this.#seen.add(item.id);
    if (!item.read_at) this.#setUnread(this.#unread + 1);
    if (!this.#stale || this.#busy) this.#add(item, true);
    if (!this.#stale) this.#settle();
    this.#ui.live.textContent = this.#words.fresh.replace("{title}", item.title);
    this.#emit("notify-item", { item });
  }
}

customElements.get("notify-inbox") ?? customElements.define("notify-inbox", NotifyInbox);
