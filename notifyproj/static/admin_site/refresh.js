// A part of a page that asks for itself again: only while it is looked at, and replaced only when
// it has changed, so that nothing flickers and no focus is lost.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const seconds = Number(part.dataset.refreshSeconds || 5);
  let last = "";
  const again = async () => {
    const busy = document.hidden || part.contains(document.activeElement);
    if (!busy) {
      try {
        const answer = await fetch(part.dataset.refresh, { headers: { Accept: "text/html" } });
        if (answer.redirected || answer.status === 403) { location.reload(); return; }
        if (answer.ok) show(await answer.text());
      } catch { /* the next one may get through */ }
    }
    setTimeout(again, seconds * 1000);
  };
  const show = (text) => {
    if (text === last) return;
    last = text;
    part.innerHTML = text;
  };
  setTimeout(again, seconds * 1000);
}
