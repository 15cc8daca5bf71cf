// Fetch the part of a page that takes its time, and put it in its place.
for (const place of document.querySelectorAll("[data-load]")) {
  load(place);
}

async function load(place) {
  try {
    const response = await fetch(place.dataset.load, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(response.status);
    place.innerHTML = await response.text();
  } catch {
    const text = document.createElement("p");
    text.className = "admin-note admin-note--bad";
    text.textContent = "This part could not be loaded. Reload the page to try again.";
    place.replaceChildren(text);
  }
}
