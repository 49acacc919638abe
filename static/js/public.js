// The customer's pages' entry: times in words, messages that can be closed, one post per form.
import { startTimes } from "./time.js";
import { startToasts } from "./toast.js";

startTimes();
startToasts();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.getAttribute("aria-busy") === "true") event.preventDefault();
  form.setAttribute("aria-busy", "true");
});

// Back brings the page from the cache: it may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) form.removeAttribute("aria-busy");
});
