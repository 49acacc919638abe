// The keys of the workspace: off while typing or composing, and when the reader has switched them off.
import { openPalette } from "./palette.js";

const typing = (element) =>
  element.isContentEditable || element.matches?.("input:not([type=checkbox], [type=radio], [type=button]), textarea, select");
const singleKeys = () => document.body.dataset.singleKeys === "on";
const visible = (element) => element.offsetParent !== null;

function move(step) {
  const rows = [...document.querySelectorAll("main .row")].filter(visible);
  if (!rows.length) return;
  let at = rows.indexOf(document.activeElement);
  if (at < 0) {
    at = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
    if (at < 0) at = step > 0 ? -1 : rows.length;
  }
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
  if (!element) return false;
  if (element.matches("input, textarea")) element.focus();
  else element.click();
  return true;
}

function search() {
  const field = [...document.querySelectorAll("input[type=search]")].find(visible);
  const page = document.querySelector("[data-search]");
  if (field) {
    field.focus();
    field.select();
  } else if (page) page.click();
  else openPalette();
}

function escape(event) {
  if (typing(event.target) && !event.target.closest("dialog")) {
    event.target.blur();
    event.preventDefault();
  }
}

const single = {
  j: () => move(1),
  k: () => move(-1),
  "/": search,
  "?": () => document.getElementById("keys")?.showModal(),
};

function pressed(event) {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (key === "Escape") {
    escape(event);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(key)) return;
  if (!singleKeys() || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (single[key]) single[key]();
  else if (key.length > 1 || !press(key)) return;
  event.preventDefault();
}

export function startKeyboard() {
  document.addEventListener("keydown", pressed);
}
