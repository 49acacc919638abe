// Dialogs: what is fetched into the dialog opens it; a refused form stays in it.
const body = () => document.getElementById("dialog-body");
const dialog = () => document.getElementById("dialog");
let opener = null;
let fromDialog = false;
let intoDialog = false;

function open(element) {
  opener = document.activeElement;
  if (!element.open) element.showModal();
}

function firstField(root) {
  return root.querySelector(
    "[autofocus], [aria-invalid=true], input:not([type=hidden], [type=submit]), textarea, select, button[type=submit]",
  );
}

function startLoading(event) {
  if (event.detail.target !== body() || event.detail.requestConfig.verb !== "get") return;
  body().replaceChildren(document.getElementById("dialog-loading").content.cloneNode(true));
  open(dialog());
}

function choosePlace(event) {
  const { requestConfig, xhr } = event.detail;
  fromDialog = Boolean(dialog()?.contains(requestConfig.elt));
  if (fromDialog && xhr.status === 422) {
    event.detail.target = body();
    event.detail.selectOverride = "#action";
    event.detail.swapOverride = "innerHTML";
  }
  intoDialog = Boolean(dialog()?.contains(event.detail.target));
  if (intoDialog && requestConfig.verb === "get" && xhr.status >= 400) dialog().close();
}

function afterSwap() {
  if (intoDialog) {
    const title = body().querySelector("h1, h2");
    if (title) {
      title.id = "dialog-title";
      dialog().setAttribute("aria-labelledby", "dialog-title");
    }
    firstField(body())?.focus();
    return;
  }
  if (fromDialog && dialog().open) dialog().close();
  fromDialog = false;
}

export function startDialogs() {
  document.addEventListener("htmx:beforeRequest", startLoading);
  document.addEventListener("htmx:beforeSwap", choosePlace);
  document.addEventListener("htmx:afterSwap", afterSwap);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open]");
    if (button) {
      button.closest("[popover]")?.hidePopover();
      open(document.querySelector(button.dataset.open));
    }
    if (event.target.closest("#dialog [data-cancel]")) {
      event.preventDefault();
      dialog().close();
    }
    // A click on the backdrop reaches the dialog itself.
    if (event.target instanceof HTMLDialogElement && outside(event)) event.target.close();
  });
  document.addEventListener(
    "close",
    (event) => {
      if (!(event.target instanceof HTMLDialogElement)) return;
      if (event.target === dialog()) body().replaceChildren();
      if (opener?.isConnected) opener.focus({ preventScroll: true });
    },
    true,
  );
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
