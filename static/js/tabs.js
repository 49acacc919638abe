// A row of tabs that is wider than the screen begins where the reader is.
export function startTabs() {
  for (const tab of document.querySelectorAll(".tabs > [aria-current='page']")) {
    const row = tab.parentElement;
    const before = tab.getBoundingClientRect().left - row.getBoundingClientRect().left;
    row.scrollLeft += before - (row.clientWidth - tab.offsetWidth) / 2;
  }
}
