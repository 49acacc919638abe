// Says moments in the reader's language, and counts service-level clocks down.
const language = document.documentElement.lang || "en";
const timeZone = document.documentElement.dataset.timeZone || undefined;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function formatter(options) {
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(language, options);
  }
}

const formats = {
  clock: formatter({ hour: "2-digit", minute: "2-digit", hour12: false }),
  day: formatter({ month: "short", day: "numeric" }),
  date: formatter({ year: "numeric", month: "short", day: "numeric" }),
  full: formatter({ dateStyle: "long", timeStyle: "short" }),
  key: formatter({ year: "numeric", month: "2-digit", day: "2-digit" }),
};
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const unit = (name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "narrow" });
const units = { minute: unit("minute"), hour: unit("hour"), day: unit("day") };

function sinceThen(at, now) {
  const seconds = Math.round((at - now) / 1000);
  const away = Math.abs(seconds);
  if (away < MINUTE) return relative.format(0, "second");
  if (away < HOUR) return relative.format(Math.trunc(seconds / MINUTE), "minute");
  if (formats.key.format(at) === formats.key.format(now)) return formats.clock.format(at);
  if (formats.key.format(at) === formats.key.format(new Date(now - DAY * 1000))) return relative.format(-1, "day");
  if (away < 300 * DAY) return formats.day.format(at);
  return formats.date.format(at);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function say(element, now) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const style = element.dataset.format;
  if (style === "relative") write(element, sinceThen(at, now));
  else if (formats[style]) write(element, formats[style].format(at));
  if (!element.title && style !== "full") element.title = formats.full.format(at);
}

const two = (number) => String(number).padStart(2, "0");

function timeLeft(seconds) {
  const away = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (away < HOUR) return `${sign}${Math.floor(away / MINUTE)}:${two(Math.floor(away % MINUTE))}`;
  if (away < DAY) {
    const hours = Math.floor(away / HOUR);
    const minutes = Math.floor((away % HOUR) / MINUTE);
    return `${sign}${units.hour.format(hours)}${minutes && hours < 10 ? ` ${units.minute.format(minutes)}` : ""}`;
  }
  const days = Math.floor(away / DAY);
  const hours = Math.floor((away % DAY) / HOUR);
  return `${sign}${units.day.format(days)}${hours && days < 3 ? ` ${units.hour.format(hours)}` : ""}`;
}

function count(element, now) {
  const due = new Date(element.dateTime);
  const seconds = Math.trunc((due - now) / 1000);
  write(element, timeLeft(seconds));
  if (!element.title) element.title = formats.full.format(due);
  const chip = element.closest(".chip");
  if (seconds < 0 && element.dataset.due !== "breached") {
    element.dataset.due = "breached";
    chip?.classList.replace("clock--ok", "clock--breached");
    chip?.classList.replace("clock--warn", "clock--breached");
    const use = chip?.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#alert"));
  }
  return Math.abs(seconds) < HOUR;
}

// One timer for the page: each second only while something is within the hour.
let timer = 0;

export function refreshTimes(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-format]")) say(element, now);
  tick();
}

function tick() {
  clearTimeout(timer);
  const now = new Date();
  let soon = false;
  for (const element of document.querySelectorAll("time[data-due]")) soon = count(element, now) || soon;
  const wait = soon ? 1000 : MINUTE * 1000;
  timer = setTimeout(tick, wait - (now.getTime() % wait) + 5);
}

export function startTimes() {
  refreshTimes();
  setInterval(refreshTimes, MINUTE * 1000);
  document.addEventListener("htmx:afterSettle", () => refreshTimes());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refreshTimes();
  });
}
