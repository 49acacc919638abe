// A value that is shown once leaves the page after its time, and when the page is left.
const running = new WeakSet();

function end(box) {
  box.querySelector("[data-vanish-value]")?.remove();
  box.querySelector("[data-vanish-left]")?.remove();
  const gone = box.querySelector("[data-vanish-gone]");
  if (gone) gone.hidden = false;
  delete box.dataset.vanish;
}

function start(box) {
  if (running.has(box)) return;
  running.add(box);
  // By the clock, not by ticks: a tab in the background ticks slowly, a laptop sleeps.
  const until = Date.now() + Number(box.dataset.vanish) * 1000;
  const left = box.querySelector("[data-vanish-left]");
  const number = box.querySelector("[data-vanish-seconds]");
  if (left) left.hidden = false;
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (!box.isConnected) clearInterval(timer);
    else if (seconds <= 0) {
      clearInterval(timer);
      end(box);
    } else if (number) number.textContent = seconds;
  }, 500);
}

const look = () => document.querySelectorAll("[data-vanish]").forEach(start);

export function startVanishing() {
  look();
  document.addEventListener("htmx:afterSwap", look);
  // The browser keeps pages to go back to: not with this on them.
  window.addEventListener("pagehide", () => document.querySelectorAll("[data-vanish]").forEach(end));
}
