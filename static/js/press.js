// A press that began on something which was drawn anew meanwhile still counts, if the same stands there.
const CONTROLS = "a[href], button, summary";
let pressed = null;

const written = (control) =>
  ["href", "id", "name", "value", "formaction"].map((name) => control.getAttribute(name));

function same(one, other) {
  return (
    one.tagName === other.tagName &&
    written(one).join("\n") === written(other).join("\n") &&
    one.textContent.trim() === other.textContent.trim() &&
    one.closest("form")?.action === other.closest("form")?.action
  );
}

function down(event) {
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  pressed = plain ? event.target.closest?.(CONTROLS) : null;
}

// The browser itself clicks only what was there from the beginning of the press to its end.
function up(event) {
  const before = pressed;
  pressed = null;
  if (!before || before.isConnected) return;
  const now = document.elementFromPoint(event.clientX, event.clientY)?.closest(CONTROLS);
  if (now && !now.disabled && same(before, now)) now.click();
}

export function startPresses() {
  document.addEventListener("pointerdown", down, true);
  document.addEventListener("pointerup", up, true);
  document.addEventListener("pointercancel", () => {
    pressed = null;
  });
}
