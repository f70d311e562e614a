// Keys: one table that the listener obeys and the help shows.

const withOutcomes = (viewer) => viewer.overlays.hasOutcomes;
const inSequence = (viewer) => viewer.playback.available;

/** `when`: whether the key means anything now; without it, always. `once`: holding the key down does nothing more. */
const KEYS = [
  { group: "Frames", keys: ["arrowright", "d"], label: "→ or D", text: "Next frame", run: (viewer) => viewer.step(1) },
  { group: "Frames", keys: ["arrowleft", "a"], label: "← or A", text: "Previous frame", run: (viewer) => viewer.step(-1) },
  { group: "Frames", keys: ["home"], label: "Home", text: "First frame", run: (viewer) => viewer.goTo(0) },
  { group: "Frames", keys: ["end"], label: "End", text: "Last frame", run: (viewer) => viewer.goTo(viewer.order.total - 1) },
  { group: "Frames", keys: [" "], label: "Space", text: "Play or pause the sequence", when: inSequence, once: true, run: (viewer) => viewer.playback.toggle() },
  { group: "Frames", keys: ["."], label: ".", text: "Next error of the same kind", when: withOutcomes, run: (viewer) => viewer.selection.nextError(1) },
  { group: "Frames", keys: [","], label: ",", text: "Previous error of the same kind", when: withOutcomes, run: (viewer) => viewer.selection.nextError(-1) },
  { group: "View", keys: ["+", "="], label: "+", text: "Zoom in (wheel: at the pointer)", run: (viewer) => viewer.view.zoomBy(1.4) },
  { group: "View", keys: ["-", "_"], label: "-", text: "Zoom out", run: (viewer) => viewer.view.zoomBy(1 / 1.4) },
  { group: "View", keys: ["r"], label: "R", text: "Fit the frame (drag: pan)", run: (viewer) => viewer.view.fit() },
  { group: "View", keys: ["z"], label: "Z", text: "Zoom to the selected object, or to all", run: (viewer) => viewer.selection.crop() },
  { group: "View", keys: ["s"], label: "S", text: "Side by side", run: (viewer) => viewer.toggleSplit() },
  { group: "View", keys: ["f"], label: "F", text: "Full screen", run: (viewer) => viewer.toggleFullscreen() },
  { group: "Overlays", keys: [], label: "Shift", text: "Hold: the bare photo" },
  { group: "Overlays", keys: ["g"], label: "G", text: "Show or hide the labels", run: (viewer) => viewer.overlays.toggleLayers("labels") },
  {
    group: "Overlays",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    label: "1 to 9",
    text: "Show or hide a prediction set",
    run: (viewer, key) => viewer.overlays.toggleLayers("predictions", Number(key) - 1),
  },
  { group: "Overlays", keys: ["t"], label: "T", text: "Show or hide true positives", when: withOutcomes, run: (viewer) => viewer.settings.toggle("hiddenOutcomes", "tp") },
  { group: "Overlays", keys: ["p"], label: "P", text: "Show or hide false positives", when: withOutcomes, run: (viewer) => viewer.settings.toggle("hiddenOutcomes", "fp") },
  { group: "Overlays", keys: ["n"], label: "N", text: "Show or hide false negatives", when: withOutcomes, run: (viewer) => viewer.settings.toggle("hiddenOutcomes", "fn") },
  { group: "Overlays", keys: ["["], label: "[", text: "Lower the confidence threshold", run: (viewer) => viewer.overlays.changeThreshold(-0.05) },
  { group: "Overlays", keys: ["]"], label: "]", text: "Raise the confidence threshold", run: (viewer) => viewer.overlays.changeThreshold(0.05) },
  { group: "Overlays", keys: ["c"], label: "C", text: "Captions on or off", run: (viewer) => viewer.overlays.toggleCaptions() },
  { group: "Objects", keys: ["arrowdown"], label: "↓", text: "Next object here, or in the frame", run: (viewer) => viewer.selection.rotate(1) },
  { group: "Objects", keys: ["arrowup"], label: "↑", text: "Previous object here, or in the frame", run: (viewer) => viewer.selection.rotate(-1) },
  { group: "Objects", keys: ["o"], label: "O", text: "List of the objects, or the layers again", run: (viewer) => viewer.toggleList() },
  { group: "Objects", keys: ["escape"], label: "Esc", text: "Select nothing; close what is open", run: (viewer) => viewer.escape() },
  { group: "Help", keys: ["?"], label: "?", text: "This list", run: (viewer) => (viewer.help.isOpen ? viewer.help.close() : viewer.help.open()) },
];

const KEY_TABLE = new Map(KEYS.flatMap((entry) => entry.keys.map((key) => [key, entry])));

const TYPING = new Set(["text", "search", "number", "email", "password", "url", "tel", "date", "time"]);
const ARROW_ROLES = new Set(["slider", "combobox", "listbox", "option", "radio", "tab", "menuitem", "spinbutton", "grid", "gridcell", "treeitem"]);
const PRESSED_BY_SPACE =
  "button, summary, a[href], input:not([type='range']), " +
  ["button", "checkbox", "radio", "switch", "tab", "option", "menuitem", "link"].map((role) => `[role='${role}']`).join(", ");
const MOVING_KEYS = new Set(["arrowleft", "arrowright", "arrowup", "arrowdown", "home", "end"]);

/** Whether the element that has the focus needs this key for itself. */
function belongsToFocus(event, key) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const tag = target.tagName;
  if (target.isContentEditable || tag === "TEXTAREA" || tag === "SELECT") return true;
  if (tag === "INPUT" && (TYPING.has(target.type) || MOVING_KEYS.has(key))) return true;
  if (key === " ") return target.matches(PRESSED_BY_SPACE);
  if (!MOVING_KEYS.has(key)) return false;
  return tag === "CANVAS" || ARROW_ROLES.has(target.getAttribute("role"));
}

class Keyboard {
  constructor(viewer) {
    this.viewer = viewer;
    this.listeners = [
      // In the capture phase, because Streamlit has keys of its own (R reruns the app).
      [document, "keydown", (event) => this.down(event), true],
      [document, "keyup", (event) => event.key === "Shift" && viewer.showBare(false), true],
      [window, "blur", () => viewer.showBare(false), false],
    ];
    for (const [target, type, handler, capture] of this.listeners) target.addEventListener(type, handler, capture);
  }

  down(event) {
    const { viewer } = this;
    const key = event.key.toLowerCase();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || viewer.isOutOfPlay) return;
    if (belongsToFocus(event, key)) return;
    if (event.key === "Shift") {
      if (viewer.payload) viewer.showBare(true);
      return;
    }
    const entry = KEY_TABLE.get(key);
    if (!entry || (entry.when && !entry.when(viewer))) return;
    if (!viewer.payload && entry.group !== "Frames" && entry.group !== "Help") return; // the first frame is on its way
    if (viewer.help.isOpen && key !== "escape" && key !== "?") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (entry.once && event.repeat) return;
    entry.run(viewer, key);
  }

  remove() {
    for (const [target, type, handler, capture] of this.listeners) target.removeEventListener(type, handler, capture);
  }
}
