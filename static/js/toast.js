// Toasts: leave after eight seconds, but never while someone reads or reaches for them.
const LIFE = 8000;
const region = () => document.getElementById("toasts");

function live(toast) {
  if (toast.dataset.timed) return;
  toast.dataset.timed = "yes";
  let left = LIFE;
  let started = 0;
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    started = Date.now();
    timer = setTimeout(() => toast.remove(), left);
  };
  const rest = () => {
    clearTimeout(timer);
    left = Math.max(1500, left - (Date.now() - started));
  };
  toast.addEventListener("pointerenter", rest);
  toast.addEventListener("focusin", rest);
  toast.addEventListener("pointerleave", run);
  toast.addEventListener("focusout", run);
  run();
}

export function showToast({ text, level = "info", undo_url: undo = "" }) {
  const template = document.getElementById(undo ? "toast-undo-template" : "toast-template");
  if (!template || !region()) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.classList.replace(undo ? "toast--success" : "toast--info", `toast--${level}`);
  toast.querySelector(".toast__text").textContent = text;
  const form = toast.querySelector("form");
  if (form) {
    form.action = undo;
    form.setAttribute("hx-post", undo);
  }
  region().append(toast);
  window.htmx?.process(toast);
}

function trouble() {
  const template = document.getElementById("toast-trouble");
  if (template && !region().querySelector(".toast--error")) region().append(template.content.cloneNode(true));
}

export function startToasts() {
  if (!region()) return;
  const watch = () => region().querySelectorAll("[data-toast]").forEach(live);
  if (!document.body.classList.contains("public")) {
    new MutationObserver(watch).observe(region(), { childList: true });
    watch();
  }
  document.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
  });
  // It goes at once, but stays in the page until the answer has found its places from there.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const toast = event.target.closest?.("[data-toast]");
    if (toast) toast.hidden = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    event.target.closest?.("[data-toast]")?.remove();
  });
  // The server may answer with HX-Trigger: {"toast": {"text": …, "level": …, "undo_url": …}}.
  document.addEventListener("toast", (event) => showToast(event.detail));
  document.addEventListener("htmx:sendError", trouble);
  document.addEventListener("htmx:responseError", trouble);
}
