// The appearance changes at once; the server is told behind it.
export function startTheme() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const theme = event.submitter?.value;
    if (!form.matches("[data-theme-form]") || !theme) return;
    event.preventDefault();
    document.documentElement.dataset.theme = theme;
    for (const button of form.querySelectorAll("button[name=theme]")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
    const body = new FormData(form, event.submitter);
    await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
  });
}
