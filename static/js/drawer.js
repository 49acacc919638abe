// Drawers: the browser opens and closes them; this moves the focus and closes what has done its work.
const openDrawers = () => document.querySelectorAll(".pane:popover-open");

export function startDrawers() {
  document.addEventListener(
    "toggle",
    (event) => {
      const pane = event.target;
      if (!pane.matches?.(".pane[popover]")) return;
      if (event.newState === "open") pane.querySelector("[aria-current], .drawer-close, a[href], button")?.focus();
    },
    true,
  );
  // The wide layout shows the panes as columns: a drawer left open would hide nothing, so close it.
  window.matchMedia("(min-width: 1281px)").addEventListener("change", (change) => {
    if (change.matches) for (const pane of openDrawers()) pane.hidePopover();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== "dialog-body") return;
    for (const pane of openDrawers()) pane.hidePopover();
  });
}
