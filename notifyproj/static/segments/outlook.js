// Beside the rules: how many people they choose, and some of them. Asked a moment after a change.

const PAUSE = 500; // milliseconds

export class Outlook {
  constructor(area, showErrors) {
    this.area = area;
    this.showErrors = showErrors;
    this.panel = document.createElement("aside");
    this.panel.className = "segment-outlook";
    this.panel.setAttribute("aria-label", "Matching people");
    this.text = document.createElement("p");
    this.text.className = "segment-count";
    this.text.setAttribute("role", "status");
    this.list = document.createElement("ul");
    this.panel.append(this.text, this.list);
  }

  soon(pause = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), pause);
  }

  say(text) {
    this.text.textContent = text;
  }

  async ask() {
    this.request?.abort();
    const request = this.request = new AbortController();
    let rules;
    try {
      rules = JSON.parse(this.area.value);
    } catch {
      this.fail("This is not valid JSON yet.");
      return;
    }
    this.panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(this.area.dataset.look, {
        method: "POST",
        signal: request.signal,
        headers: {"Content-Type": "application/json", "X-CSRFToken": token(this.area)},
        body: JSON.stringify({rules, segment: Number(this.area.dataset.segment)}),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.fail("The number of people is not available right now.");
    } finally {
      if (this.request === request) this.panel.removeAttribute("aria-busy");
    }
  }

  fail(text) {
    this.say(text);
    this.list.replaceChildren();
  }

  show({errors, text, people}) {
    this.showErrors(errors ?? {});
    if (errors) {
      const others = Object.entries(errors).map(([place, text]) => `${place}: ${text}`);
      this.fail(this.area.hidden ? "Complete the conditions to see who matches." : others.join("\n"));
      return;
    }
    this.say(text[0].toUpperCase() + text.slice(1));
    this.list.replaceChildren(...people.map(line));
  }
}

function line(person) {
  const item = document.createElement("li");
  const name = document.createElement("b");
  name.textContent = person.external_id;
  const why = document.createElement("span");
  const speaking = person.reasons.filter((reason) => reason.speaks_for);
  why.textContent = speaking.map(({holds, words}) => (holds ? words : `not: ${words}`)).join("; ");
  item.append(name, " ", why);
  return item;
}

function token(area) {
  return area.form.elements.csrfmiddlewaretoken.value;
}
