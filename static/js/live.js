/**
 * Live updates: one event stream for all tabs of a browser, and parts that refresh.
 *
 * <body> carries what `servicedesk.core.live.views.live_page` returns:
 *   data-live-token-url  where a new token comes from; without it nothing starts
 *   data-live-channels   JSON list of the channels of this page
 *   data-live-token      first token, for exactly these channels (may be absent)
 *   data-live-session    name of the session: only tabs of one session share a stream
 *   data-live-since      when the page was rendered, epoch seconds of the server
 *
 * An element with data-live-on="team:3 ticket:…" gets the event "live" (it does not
 * bubble) when something happens there: write hx-trigger="live". Its channels are
 * listened to for as long as it is in the page. Everything else listens to
 * "live:event" on the document ({channel, kind, ref, id}), "live:reset" (reload what
 * you show) and "live:signed-out". #connection-banner is shown after 3 s without.
 */

const BANNER_AFTER = 3000;
const DEBOUNCE = 200;
const SILENCE = 40000; // the server says something every 15 s
const LONGEST_WAIT = 30000;
const MOST_CHANNELS = 90;

const config = document.body.dataset;
const me = Math.random().toString(36).slice(2);
const seen = new Set();
const timers = new WeakMap();
let cursor = null;
let bannerTimer = 0;
let air = null;
let leader = null;

/** Say what the server's clock shows, as far as this page can know. */
function serverTime() {
  return Number(config.liveSince || 0) + Math.floor(performance.now() / 1000);
}

function ownChannels() {
  const channels = new Set(JSON.parse(config.liveChannels || "[]"));
  for (const element of document.querySelectorAll("[data-live-on]")) {
    for (const channel of element.dataset.liveOn.split(/\s+/)) {
      if (channel) channels.add(channel);
    }
  }
  return [...channels].sort();
}

// --- in every tab: show what happened ---

function refresh(element) {
  clearTimeout(timers.get(element));
  // An answer that was on its way may have put another in its place meanwhile.
  const present = () => (element.isConnected ? element : document.getElementById(element.id));
  const tell = () => present()?.dispatchEvent(new CustomEvent("live"));
  timers.set(element, setTimeout(tell, DEBOUNCE));
}

function showEvent(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  if (seen.size > 4000) {
    for (const id of [...seen].slice(0, 2000)) seen.delete(id);
  }
  let wanted = JSON.parse(config.liveChannels || "[]").includes(event.channel);
  for (const element of document.querySelectorAll("[data-live-on]")) {
    if (element.dataset.liveOn.split(/\s+/).includes(event.channel)) {
      wanted = true;
      refresh(element);
    }
  }
  if (wanted) {
    document.dispatchEvent(new CustomEvent("live:event", { detail: event }));
  }
}

function showReset() {
  document.querySelectorAll("[data-live-on]").forEach(refresh);
  document.dispatchEvent(new CustomEvent("live:reset"));
}

function showState(up) {
  const banner = document.getElementById("connection-banner");
  if (up) {
    clearTimeout(bannerTimer);
    bannerTimer = 0;
    if (banner) banner.hidden = true;
  } else if (!bannerTimer) {
    bannerTimer = setTimeout(() => {
      if (banner) banner.hidden = false;
    }, BANNER_AFTER);
  }
}

function show(message) {
  if (message.cursor) cursor = message.cursor;
  if (message.type === "event") showEvent(message.event);
  else if (message.type === "reset") showReset();
  else if (message.type === "state") showState(message.up);
  else if (message.type === "signed-out") {
    showState(true);
    document.dispatchEvent(new CustomEvent("live:signed-out"));
  }
}

function tellAll(message) {
  air?.postMessage(message);
  show(message);
}

function hello(since) {
  const message = { type: "hello", tab: me, channels: ownChannels(), since };
  if (leader) leader.join(message);
  else air?.postMessage(message);
}

// --- in one tab: hold the stream ---

class Leader {
  constructor() {
    this.tabs = new Map();
    this.held = new Set(); // channels of the token in use
    this.recent = [];
    this.since = null; // from when on newly joined channels need a replay
    this.failures = 0;
    this.sign = 0;
    this.attempt = 0;
    this.source = null;
    this.timer = 0;
    this.up = false;
    this.stopped = false;
    setInterval(() => this.watch(), 5000);
    for (const name of ["online", "visibilitychange"]) {
      (name === "online" ? window : document).addEventListener(name, () => this.hurry());
    }
  }

  /** Take a tab's wishes; a channel that is not held yet needs a new token. */
  join({ tab, channels, since }) {
    this.tabs.set(tab, channels);
    const limit = Date.now() - 60000;
    this.recent = this.recent.filter((one) => one.at > limit);
    for (const { event } of this.recent) air?.postMessage({ type: "event", event });
    air?.postMessage({ type: "state", up: this.up });
    if (channels.every((channel) => this.held.has(channel))) return;
    this.since = Math.min(this.since ?? since, since);
    this.failures = 0;
    this.later(50);
  }

  leave(tab) {
    this.tabs.delete(tab);
  }

  union() {
    const all = new Set();
    for (const channels of [...this.tabs.values()].reverse()) {
      channels.forEach((channel) => all.add(channel));
    }
    return [...all].slice(0, MOST_CHANNELS).sort();
  }

  later(milliseconds) {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), milliseconds);
  }

  async token(channels) {
    const first = config.liveToken;
    delete config.liveToken;
    const young = performance.now() < 300000;
    const asRendered = JSON.parse(config.liveChannels || "[]").sort().join(" ");
    if (first && young && channels.join(" ") === asRendered) return first;
    const query = new URLSearchParams(channels.map((channel) => ["channel", channel]));
    const response = await fetch(`${config.liveTokenUrl}?${query}`, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(10000),
    });
    if (response.status === 401) return null;
    if (!response.ok) throw new Error(String(response.status));
    return (await response.json()).token;
  }

  async connect() {
    this.close();
    const attempt = ++this.attempt;
    const channels = this.union();
    let token;
    try {
      token = await this.token(channels);
    } catch {
      if (attempt === this.attempt) this.fail();
      return;
    }
    if (attempt !== this.attempt) return;
    if (token === null) {
      this.stopped = true;
      tellAll({ type: "signed-out" });
      return;
    }
    this.held = new Set(channels);
    this.open(token);
  }

  open(token) {
    const query = new URLSearchParams({ token });
    if (cursor) query.set("after", cursor);
    if (this.since) query.set("since", this.since);
    const source = new EventSource(`/events/?${query}`);
    this.source = source;
    this.sign = Date.now();
    const on = (name, act) =>
      source.addEventListener(name, (message) => {
        if (this.source === source) act(message);
      });
    on("message", (message) => this.take(message));
    on("ping", (message) => this.alive(message));
    on("reset", (message) => {
      cursor = null;
      this.alive(message);
      tellAll({ type: "reset", cursor });
    });
    on("expired", () => this.later(0));
    on("bye", () => this.later(500 + Math.random() * 2000));
    on("signed_out", () => this.later(1200));
    on("error", () => this.fail());
  }

  alive(message) {
    this.sign = Date.now();
    this.failures = 0;
    if (message.lastEventId) {
      cursor = message.lastEventId;
      this.since = null;
    }
    if (!this.up) {
      this.up = true;
      tellAll({ type: "state", up: true, cursor });
    } else if (message.lastEventId) {
      air?.postMessage({ type: "cursor", cursor });
    }
  }

  take(message) {
    this.alive(message);
    const event = JSON.parse(message.data);
    this.recent.push({ at: Date.now(), event });
    if (this.recent.length > 500) this.recent.shift();
    tellAll({ type: "event", event });
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  fail() {
    this.close();
    if (this.up || this.failures === 0) {
      this.up = false;
      tellAll({ type: "state", up: false });
    }
    const wait = Math.min(1000 * 2 ** this.failures++, LONGEST_WAIT);
    this.later(wait * (0.5 + Math.random() / 2));
  }

  /** Notice a line that died silently, and a machine that slept. */
  watch() {
    if (this.source && Date.now() - this.sign > SILENCE) this.fail();
  }

  hurry() {
    this.watch();
    if (!this.source && !document.hidden && this.failures > 1) {
      this.failures = 1;
      this.later(Math.random() * 500);
    }
  }
}

function lead() {
  leader = new Leader();
  // Before the first connection the other tabs say what they listen to.
  air?.postMessage({ type: "who" });
  const since = cursor ? serverTime() - 60 : Number(config.liveSince || 0);
  leader.join({ tab: me, channels: ownChannels(), since });
  leader.later(air ? 100 : 0);
}

function hear(message) {
  if (message.type === "who") hello(serverTime());
  else if (message.type === "hello") leader?.join(message);
  else if (message.type === "bye") leader?.leave(message.tab);
  else show(message);
}

function start() {
  const name = `servicedesk-live-${config.liveSession || ""}`;
  if (navigator.locks && "BroadcastChannel" in window) {
    air = new BroadcastChannel(name);
    air.addEventListener("message", ({ data }) => hear(data));
    // Held until the tab goes: then the next tab in the queue leads.
    navigator.locks.request(name, () => {
      lead();
      return new Promise(() => {});
    });
    hello(Number(config.liveSince || 0));
  } else {
    lead();
  }
  // Parts that came later may listen to more.
  let known = ownChannels().join(" ");
  document.addEventListener("htmx:afterSettle", () => {
    const current = ownChannels().join(" ");
    if (current === known) return;
    known = current;
    hello(serverTime() - 5);
  });
  window.addEventListener("pagehide", () => air?.postMessage({ type: "bye", tab: me }));
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    hello(serverTime());
    showReset();
  });
}

if (config.liveTokenUrl) start();
