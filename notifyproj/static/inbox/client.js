/* How <notify-inbox> talks to the platform: a token, its calls, and the stream that comes back. */

const LONGEST_PAUSE = 6e4;
const SILENCE = 45e3; // three heartbeats

export class Client {
  #token = null; // a promise, so that many askers fetch one
  #lastId = "";

  /** `setup` gives {api, stream} URLs and `ask()`, which promises a token. `on` gets
   *  `event(name, data)` for every event, and `refused()` when the token is not taken. */
  constructor(setup, on) {
    this.setup = setup;
    this.on = on;
  }

  /** JSON of an API path; a refused token is replaced once. */
  async call(path, options = {}, again = true) {
    const headers = await this.#headers(options.body && { "Content-Type": "application/json" });
    const url = `${this.setup.api.replace(/\/$/, "")}/${path}`;
    const response = await fetch(url, { ...options, headers, keepalive: true });
    if (response.status === 401 && again) {
      this.#token = null;
      return this.call(path, options, false);
    }
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  /** Until `life` (an AbortSignal) ends: connect, read, and come back, ever more slowly. */
  async listen(life) {
    for (let failures = 0; !life.aborted; failures++) {
      try {
        await this.#read(life, () => (failures = 0));
      } catch {
        // away, or refused: later
      }
      const pause = Math.min(LONGEST_PAUSE, 1e3 * 2 ** Math.min(failures, 6));
      await this.#sleep(pause * (0.5 + Math.random() / 2), life);
      await this.#visible(life);
    }
  }

  async #headers(more) {
    this.#token ??= this.setup.ask();
    try {
      return { Authorization: `Bearer ${await this.#token}`, ...more };
    } catch (error) {
      this.#token = null;
      throw error;
    }
  }

  async #read(life, connected) {
    const silence = new AbortController();
    const stop = () => silence.abort();
    let watch;
    life.addEventListener("abort", stop);
    try {
      const headers = await this.#headers(this.#lastId && { "Last-Event-ID": this.#lastId });
      const options = { headers, signal: silence.signal, cache: "no-store" };
      const response = await fetch(this.setup.stream, options);
      if (response.status === 401) {
        this.#token = null;
        this.on.refused();
      }
      if (!response.ok) throw new Error(String(response.status));
      connected();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ; ) {
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        const { value, done } = await reader.read();
        if (done) return;
        const frames = (text + value).split("\n\n");
        text = frames.pop();
        frames.forEach((frame) => this.#take(frame));
      }
    } finally {
      clearTimeout(watch);
      stop();
      life.removeEventListener("abort", stop);
    }
  }

  #take(frame) {
    const field = Object.fromEntries(frame.split("\n").map((line) => line.split(/: (.*)/s, 2)));
    if (field.id) this.#lastId = field.id;
    if (field.event === "expired") this.#token = null;
    if (field.data) this.on.event(field.event, JSON.parse(field.data));
  }

  /** A page nobody looks at does not come back: browsers allow few connections to a host. */
  #visible(life) {
    if (!document.hidden) return null;
    return this.#until([[document, "visibilitychange"], [life, "abort"]]);
  }

  #sleep(milliseconds, life) {
    const timer = setTimeout(() => life.dispatchEvent(new Event("wake")), milliseconds);
    return this.#until([[life, "wake"], [life, "abort"], [window, "online"]])
      .finally(() => clearTimeout(timer));
  }

  #until(events) {
    const done = new AbortController();
    return new Promise((resume) => {
      const options = { once: true, signal: done.signal };
      for (const [target, name] of events) target.addEventListener(name, resume, options);
    }).finally(() => done.abort());
  }
}
