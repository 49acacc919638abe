// The bell: asks for its number again when the stream tells of something new.
const REST = 400;
let timer = 0;
let newest = "";

function ask() {
  const bell = document.getElementById("bell");
  if (!bell || !window.htmx) return;
  // A toast for what is new, but only where somebody looks.
  const named = newest && !document.hidden ? `?new=${encodeURIComponent(newest)}` : "";
  newest = "";
  window.htmx.ajax("GET", `${bell.dataset.url}${named}`, {
    source: bell,
    target: bell,
    swap: "outerHTML",
    headers: { "X-Background": "1" },
  });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, REST);
}

export function startBell() {
  document.addEventListener("live:event", ({ detail }) => {
    if (detail.kind !== "notified") return;
    if (detail.ref !== "read") newest = detail.ref;
    later();
  });
  document.addEventListener("live:reset", later);
}
