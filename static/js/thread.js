// The thread opens at its end, and stays where the reader left it when something arrives.
const thread = () => document.getElementById("thread");
let atEnd = true;
let top = 0;
let shown = "";
let again = false;
let missed = false;

// A form whose answer is on its way must stay in the page until it is there: it brings everything anew.
const sending = () => document.querySelector("#conversation form.htmx-request, #dialog form.htmx-request, #toasts form.htmx-request");

const toEnd = (element) => {
  element.scrollTop = element.scrollHeight;
};

// What arrived in plain view counts as seen; otherwise the server refuses to send past it.
function sawIt(element) {
  for (const field of document.querySelectorAll("#composer [name=seen_seq]")) field.value = element.dataset.seq;
}

export function startThread() {
  if (thread()) toEnd(thread());
  shown = document.getElementById("conversation")?.dataset.number ?? "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const element = thread();
    if (!element) return;
    if (event.detail.target === element && event.detail.requestConfig?.elt === element && sending()) {
      event.detail.shouldSwap = false;
      missed = true;
      return;
    }
    // What is fetched for a thread that is about to go would be shown nowhere: fetch it anew.
    again = event.detail.target?.id === "conversation" && element.classList.contains("htmx-request");
    if (again) window.htmx.trigger(element, "htmx:abort");
    top = element.scrollTop;
    atEnd = element.scrollHeight - element.clientHeight - top < 60;
  });
  document.addEventListener("htmx:afterRequest", () => {
    if (!missed || sending()) return;
    missed = false;
    thread()?.dispatchEvent(new CustomEvent("live"));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!["conversation", "thread"].includes(event.detail.target?.id)) return;
    const element = thread();
    const number = document.getElementById("conversation")?.dataset.number ?? "";
    if (!element) return;
    const own = event.detail.requestConfig?.elt?.matches?.("form[data-kind]");
    if (number !== shown || atEnd || own) toEnd(element);
    else element.scrollTop = top;
    if (event.detail.target.id === "thread" && number === shown && atEnd && !document.hidden) sawIt(element);
    shown = number;
    if (again) element.dispatchEvent(new CustomEvent("live"));
    again = false;
  });
}
