// The staff pages' entry: starts each behaviour once; they listen on the document.
import { startBell } from "./bell.js";
import { startComposer } from "./composer.js";
import { startDialogs } from "./dialog.js";
import { startDrawers } from "./drawer.js";
import { startKeyboard } from "./keyboard.js";
import { startList } from "./list.js";
import { startMenus } from "./menu.js";
import { startPalette } from "./palette.js";
import { startPresses } from "./press.js";
import { startTheme } from "./theme.js";
import { startTabs } from "./tabs.js";
import { startThread } from "./thread.js";
import { startTimes } from "./time.js";
import { startToasts } from "./toast.js";
import { startVanishing } from "./vanish.js";

startBell();
startTimes();
startMenus();
startTheme();
startDialogs();
startDrawers();
startToasts();
startList();
startThread();
startTabs();
startComposer();
startPalette();
startPresses();
startKeyboard();
startVanishing();

// What the stream asks for is not the reader's doing: it must not keep a session awake.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.triggeringEvent?.type === "live") event.detail.headers["X-Background"] = "1";
});
