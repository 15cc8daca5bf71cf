// Writing a campaign: the preview follows, and the fields of a message come when it is chosen.
const form = document.getElementById("campaign");
const preview = document.getElementById("preview");
const WAIT = 400;
let timer, asked = 0;

async function show() {
  const mine = ++asked;
  const response = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
  if (mine !== asked || !response.ok) return; // something newer was asked for
  preview.innerHTML = await response.text();
}

async function fields() {
  const body = new FormData(form);
  body.set("_fields", "1");
  const response = await fetch(location.href, { method: "POST", body });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.getElementById("variables");
  if (found) document.getElementById("variables").innerHTML = found.innerHTML;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(show, WAIT);
}

if (preview) {
  const people = document.getElementById("preview-person");
  const variant = document.getElementById("preview-variant");
  form.addEventListener("input", soon);
  for (const each of [people, variant]) each.addEventListener("input", soon);
  form.addEventListener("change", async (event) => {
    if (/^variant-\d-version$/.test(event.target.name)) {
      await fields();
      soon();
    }
  });
  document.querySelector('[formtarget="_blank"]').addEventListener("click", (event) => {
    event.preventDefault();
    show();
  });
  show();
}
