// What every page of the admin can do: copy an id.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
});

// What Unfold's frame does not say to a screen reader, nor let a keyboard do.
addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main");
  for (const toggle of document.querySelectorAll("span[x-on\\:click*='sidebar']")) {
    toggle.setAttribute("role", "button");
    toggle.setAttribute("aria-label", "Show or hide the sidebar");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle.click();
    });
  }
});
addEventListener("load", () => {
  document.querySelectorAll(".simplebar-content-wrapper").forEach((part, place) => {
    const inside = part.closest("#nav-sidebar") ? "Pages" : `Part ${place}`;
    part.setAttribute("aria-label", `${inside}, scrolls`);
  });
});
