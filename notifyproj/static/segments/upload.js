// Shows how far a list is: sent by the browser, then read by the server. Without this, the form
// works as any other.

const EVERY = 1000; // milliseconds

const form = document.querySelector("form[data-upload]");
form?.addEventListener("submit", (event) => {
  if (!form.reportValidity()) return;
  event.preventDefault();
  send();
});

function send() {
  const progress = form.querySelector("[data-progress]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  let timer = 0;
  progress.hidden = false;
  button.disabled = true;
  progress.textContent = "Sending…";
  request.upload.addEventListener("progress", ({loaded, total}) => {
    progress.textContent = `Uploading: ${Math.round((100 * loaded) / total)} %`;
  });
  request.upload.addEventListener("load", () => {
    progress.textContent = "Reading…";
    timer = setInterval(() => tell(progress), EVERY);
  });
  request.addEventListener("loadend", () => {
    clearInterval(timer);
    if (request.status >= 200 && request.status < 300) {
      location.assign(request.responseURL);
      return;
    }
    button.disabled = false;
    progress.textContent = "The upload failed. Rows read so far are kept; upload the same file again.";
  });
  request.open("POST", form.action || location.href);
  request.send(new FormData(form));
}

async function tell(progress) {
  const answer = await fetch(form.dataset.state);
  if (!answer.ok) return;
  const {state, lines, share} = await answer.json();
  if (state !== "running") return;
  const done = share === null ? "" : `, ${share} %`;
  progress.textContent = `Reading: ${lines.toLocaleString("en")} lines${done}`;
}
