// Menus: details close when the reader goes elsewhere; arrow keys walk through them.
export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.dropdown[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".menu");
    const dropdown = event.target.closest?.("details.dropdown[open]");
    if (event.key === "Escape" && dropdown) {
      dropdown.open = false;
      dropdown.querySelector("summary").focus();
      event.stopPropagation();
    }
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const items = [...menu.querySelectorAll("button, a[href]")].filter((item) => item.offsetParent);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = items.indexOf(document.activeElement) + step;
    items[(next + items.length) % items.length]?.focus();
    event.preventDefault();
  });
  // The browser positions popovers and closes them; focus goes to the first thing inside.
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.newState === "open" && event.target.matches(".menu[popover]")) {
        event.target.querySelector("button, a[href]")?.focus({ preventScroll: true });
      }
    },
    true,
  );
}
