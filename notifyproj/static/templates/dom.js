// Elements without a library, and a request to a page of ours.

export const DEFAULT = "default"; // the locale without a language of its own
export const languageName = (locale) => locale === DEFAULT ? "the default language" : locale;

/** `make("p", {class: "x", text: "Hi", on: {click}}, ...children)` */
export function make(tag, about = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, then] of Object.entries(value)) made.addEventListener(event, then);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** The answer as an object; {error} when there is none or it refuses. */
export async function post(url, body, signal) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      signal,
    });
    if (answer.redirected) return { error: "You are logged out. Log in in another tab, then continue here." };
    if (answer.headers.get("Content-Type") !== "application/json") {
      return { error: `The server rejected the request (${answer.status}).` };
    }
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return null;
    return { error: "The server cannot be reached. Your changes are still on this page." };
  }
}
