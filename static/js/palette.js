// The command palette: finds among the links that the page carries, and goes there.
const palette = () => document.getElementById("palette");
const input = () => document.getElementById("palette-input");
const options = () => [...palette().querySelectorAll("[role=option]")];
const shown = () => options().filter((option) => !option.hidden);

const plain = (text) => text.normalize("NFKC").toLowerCase();

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) input().setAttribute("aria-activedescendant", option.id);
  else input().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function filter() {
  const words = plain(input().value).split(/\s+/).filter(Boolean);
  for (const option of options()) {
    const text = plain(option.textContent);
    option.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of palette().querySelectorAll("[role=group]")) {
    group.hidden = !group.querySelector("[role=option]:not([hidden])");
  }
  palette().querySelector(".palette__none").hidden = shown().length > 0;
  choose(shown()[0]);
}

export function openPalette() {
  const element = palette();
  if (!element || element.open) return;
  element.showModal();
  input().value = "";
  filter();
  input().focus();
}

function go() {
  const option = palette().querySelector("[aria-selected=true]:not([hidden])");
  const form = document.getElementById("palette-search");
  if (option) option.click();
  else if (form && input().value.trim()) {
    // Posted: what is looked for belongs in no address.
    form.elements.words.value = input().value.trim();
    form.requestSubmit();
  }
}

export function startPalette() {
  if (!palette()) return;
  input().addEventListener("input", filter);
  palette().addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const list = shown();
    const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(list[(at + 1) % list.length]);
    else if (event.key === "ArrowUp") choose(list[(at - 1 + list.length) % list.length]);
    else if (event.key === "Enter") go();
    else return;
    event.preventDefault();
  });
  palette().addEventListener("toggle", (event) => {
    if (event.newState === "open") filter();
  });
}
