// The list never moves under the pointer: what is new waits behind a button; the selection is kept.
const list = () => document.getElementById("list");
const rowsOf = (root) => [...root.querySelectorAll("#rows > li > .row[data-number]")];
let waiting = null;
let pages = 1;
let missed = false;

const openNumber = () => document.getElementById("conversation")?.dataset.number;

export function markSelected() {
  const number = openNumber();
  if (!list()) return;
  for (const row of rowsOf(list())) {
    if (number && row.dataset.number === number) {
      row.setAttribute("aria-current", "true");
      row.classList.remove("row--unread");
      row.querySelector(".dot")?.remove();
    } else row.removeAttribute("aria-current");
  }
}

function busy() {
  const pane = list();
  const scroller = pane.querySelector("[data-scroll-key]");
  return pane.matches(":hover") || pane.contains(document.activeElement) || scroller.scrollTop > 8 || pages > 1;
}

// Rows that are already here may change their words, never their place.
function refreshInPlace(fresh) {
  const here = new Map(rowsOf(list()).map((row) => [row.dataset.number, row]));
  let strangers = 0;
  const arriving = new Set();
  for (const row of rowsOf(fresh)) {
    arriving.add(row.dataset.number);
    const old = here.get(row.dataset.number);
    if (!old) strangers += 1;
    else if (old.innerHTML !== row.innerHTML) {
      old.innerHTML = row.innerHTML;
      old.classList.toggle("row--unread", row.classList.contains("row--unread"));
    }
  }
  let left = 0;
  for (const [number, row] of here) {
    const gone = pages === 1 && !arriving.has(number);
    row.classList.toggle("row--held", gone);
    if (gone) left += 1;
  }
  return { strangers, left };
}

function offer({ strangers, left }) {
  const holder = list().querySelector(".list-new");
  const button = holder.querySelector("button");
  const { one, many, changed } = button.dataset;
  if (strangers > 1) button.textContent = many.replace("{count}", strangers);
  else button.textContent = strangers === 1 ? one : changed;
  holder.hidden = !(strangers || left);
}

const opening = () => list()?.querySelector(".row.htmx-request");

function hold(event) {
  const { target, requestConfig, serverResponse, xhr } = event.detail;
  if (target !== list() || requestConfig.elt !== list() || xhr.status !== 200) return;
  if (opening()) {
    // The row that was just opened stays until its ticket is there.
    event.detail.shouldSwap = false;
    missed = true;
    return;
  }
  const fresh = new DOMParser().parseFromString(serverResponse, "text/html");
  if (!fresh.getElementById("list") || !list().querySelector("#rows") || !busy()) return;
  event.detail.shouldSwap = false;
  const counts = fresh.getElementById("view-links");
  if (counts) document.getElementById("view-links")?.replaceWith(document.importNode(counts, true));
  waiting = fresh.getElementById("list");
  offer(refreshInPlace(fresh));
  markSelected();
  document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
}

function apply() {
  if (!waiting) return;
  const fresh = document.importNode(waiting, true);
  waiting = null;
  pages = 1;
  window.htmx.trigger(list(), "htmx:abort");
  list().replaceWith(fresh);
  window.htmx.process(fresh);
  markSelected();
  document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
  rowsOf(fresh)[0]?.focus({ preventScroll: true });
}

export function startList() {
  document.addEventListener("htmx:beforeSwap", hold);
  document.addEventListener("htmx:afterRequest", () => {
    if (!missed || opening()) return;
    missed = false;
    list()?.dispatchEvent(new CustomEvent("live"));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (requestConfig?.elt?.closest?.(".rows__more")) pages += 1;
    else if (target?.id === "list") {
      pages = 1;
      waiting = null;
    }
    markSelected();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".list-new button")) apply();
  });
  // Opening in a new tab is the browser's business, also where a script would open it here.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[hx-get]");
      if (!link) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) event.stopPropagation();
      // What was swapped in a moment ago is wired now, not when htmx gets to it: no click goes astray.
      else window.htmx?.process(link);
    },
    true,
  );
  markSelected();
  list()?.querySelector(".row[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}
