// The composer: tabs, drafts, Ctrl+Enter, a key per message, the text kept until it has arrived.
const DRAFT_AFTER = 800;
const timers = new WeakMap();

const box = (element) => element?.closest?.("#composer");
const composing = (event) => event.isComposing || event.keyCode === 229;

export function showTab(tab, focus = true) {
  const composer = box(tab);
  for (const other of composer.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (chosen) panel.dataset.active = "true";
    else delete panel.dataset.active;
    if (chosen && focus) panel.querySelector("textarea").focus();
  }
}

function prepare() {
  for (const field of document.querySelectorAll("#composer [name=client_key]")) {
    if (!field.value) field.value = crypto.randomUUID();
  }
  const tabs = [...document.querySelectorAll("#composer [role=tab]")];
  for (const tab of tabs) tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
}

function state(form, key) {
  const place = form.querySelector("[data-draft-state]");
  if (place) place.textContent = key ? box(form).dataset[key] : "";
}

async function saveDraft(form) {
  const url = box(form)?.dataset.draftUrl;
  if (!url || !form.isConnected) return;
  const body = form.querySelector("textarea").value;
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const answer = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({ kind: form.dataset.kind, body }),
    headers: { "X-CSRFToken": token, "HX-Request": "true" },
    keepalive: true,
  }).catch(() => null);
  if (form.isConnected && form.getAttribute("aria-busy") !== "true") state(form, answer?.ok ? (body ? "saved" : "") : "unsaved");
}

function draftSoon(form) {
  clearTimeout(timers.get(form));
  timers.set(
    form,
    setTimeout(() => {
      timers.delete(form);
      saveDraft(form);
    }, DRAFT_AFTER),
  );
}

function showPending(form) {
  if (form.dataset.kind !== "reply") return;
  const template = document.getElementById("pending-message");
  const item = template.content.firstElementChild.cloneNode(true);
  item.querySelector("[data-text]").textContent = form.querySelector("textarea").value;
  const thread = document.getElementById("thread");
  thread.querySelector("ol").append(item);
  thread.scrollTop = thread.scrollHeight;
}

function dropPending() {
  document.querySelector("#thread .message--pending")?.remove();
}

function sending(event) {
  const form = event.target;
  if (!form.matches?.("#composer form")) return;
  clearTimeout(timers.get(form));
  timers.delete(form);
  form.setAttribute("aria-busy", "true");
  state(form, "sending");
  showPending(form);
}

function failed(event) {
  const form = event.target;
  if (!form.matches?.("#composer form")) return;
  form.removeAttribute("aria-busy");
  state(form, "failed");
  dropPending();
}

// Text of this ticket that is not sent yet outlives every exchange of the conversation.
let kept = null;

function keep(event) {
  if (event.detail.target?.id !== "conversation") return;
  const form = event.detail.requestConfig.elt;
  const arrived = form.matches("#composer form") && event.detail.xhr.status < 300;
  kept = { number: event.detail.target.dataset.number, forms: [] };
  for (const old of document.querySelectorAll("#composer form")) {
    if (arrived && old === form) continue;
    kept.forms.push({
      kind: old.dataset.kind,
      body: old.querySelector("textarea").value,
      key: old.querySelector("[name=client_key]").value,
      files: old.querySelector("input[type=file]"),
      active: old.closest("[role=tabpanel]").dataset.active === "true",
    });
  }
}

function giveBack() {
  if (kept?.number !== document.getElementById("conversation")?.dataset.number) return;
  for (const { kind, body, key, files, active } of kept.forms) {
    const form = document.querySelector(`#composer form[data-kind=${kind}]`);
    if (!form) continue;
    const field = form.querySelector("textarea");
    if (body) {
      field.value = body;
      form.querySelector("[name=client_key]").value = key;
    }
    if (files?.files.length) {
      form.querySelector("input[type=file]")?.replaceWith(files);
      files.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const tab = document.getElementById(`tab-${kind}`);
    if (active && tab) showTab(tab, false);
  }
  kept = null;
}

// After its own answer the composer is new: the same tab, the cursor in it, and what follows.
function arrived(event) {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.("form[data-kind]") || event.detail.target?.id !== "conversation") return;
  prepare();
  const fresh = document.querySelector(`#composer form[data-kind=${form.dataset.kind}]`);
  if (event.detail.xhr.status === 422) {
    (fresh?.querySelector("[aria-invalid=true]") ?? fresh?.querySelector("textarea"))?.focus();
    return;
  }
  const tab = document.getElementById(`tab-${form.dataset.kind}`);
  if (tab) showTab(tab);
  const then = form.dataset.then;
  if (then) document.querySelector(`#conversation-head [data-key="${then}"]`)?.click();
}

function keys(event) {
  const form = event.target.closest?.("#composer form");
  if (event.target.matches?.("#composer [role=tab]") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
    const other = event.target.parentElement.querySelector("[role=tab][aria-selected=false]");
    if (other) {
      showTab(other, false);
      other.focus();
    }
  }
  if (!form || event.key !== "Enter" || composing(event)) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".button--primary[type=submit]"));
  }
}

export function startComposer() {
  prepare();
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#composer [role=tab]");
    if (tab) showTab(tab);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("#composer form");
    if (form && event.target.matches("textarea") && !event.isComposing) draftSoon(form);
  });
  document.addEventListener("compositionend", (event) => {
    const form = event.target.closest?.("#composer form");
    if (form) draftSoon(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("#composer form");
    if (!form || event.target.type !== "file") return;
    const files = event.target.files.length;
    form.querySelector("[data-file-count]").textContent = files ? box(form).dataset.files.replace("{count}", files) : "";
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("#composer form")) form.dataset.then = event.submitter?.dataset.then ?? "";
  });
  document.addEventListener("keydown", keys);
  document.addEventListener("htmx:beforeRequest", sending);
  document.addEventListener("htmx:beforeSwap", keep);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "conversation") {
      giveBack();
      prepare();
    }
    arrived(event);
  });
  // Leaving the page, or the ticket, must not lose the last words.
  const flush = () => {
    for (const form of document.querySelectorAll("#composer form")) {
      if (!timers.has(form)) continue;
      clearTimeout(timers.get(form));
      timers.delete(form);
      saveDraft(form);
    }
  };
  window.addEventListener("pagehide", flush);
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "conversation" && !event.detail.requestConfig.elt.matches("form[data-kind]")) flush();
  });
}
