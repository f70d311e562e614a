// Building blocks of the interface: elements (data becomes text, never markup), icons, buttons.

/**
 * An HTML element. `properties`: `class`, `text`, `on<event>` handlers, anything else becomes an attribute
 * (false, null and undefined are left out).
 */
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

const ICONS = {
  previous: ["M10 3 5 8l5 5"],
  next: ["M6 3l5 5-5 5"],
  plus: ["M8 3v10M3 8h10"],
  minus: ["M3 8h10"],
  fit: ["M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"],
  crop: ["M4.5 1.5v10h10M1.5 4.5h10v10"],
  split: ["M2.5 3h11v10h-11zM8 3v10"],
  captions: ["M2 4h7l4.5 4L9 12H2z", "M4.5 8h3"],
  fullscreen: ["M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9"],
  help: ["M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8", "M6.2 6.2a1.9 1.9 0 1 1 2.7 1.9c-.6.3-.9.7-.9 1.3M8 11.6v.1"],
  panel: ["M2.5 3h11v10h-11zM10 3v10"],
  play: ["M4.5 2.8v10.4l8.5-5.2z"],
  pause: ["M5 3v10M11 3v10"],
  eye: ["M1.5 8S4 3.7 8 3.7 14.5 8 14.5 8 12 12.3 8 12.3 1.5 8 1.5 8", "M8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6"],
  close: ["M3.5 3.5l9 9M12.5 3.5l-9 9"],
};

function icon(name) {
  const node = svgElement("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" });
  for (const path of ICONS[name]) node.append(svgElement("path", { d: path }));
  return node;
}

/** A button with an icon; its label is its tooltip and its name for screen readers. */
function iconButton(name, label, shortcut, onclick, className = "") {
  const title = shortcut ? `${label} (${shortcut})` : label;
  return element("button", { type: "button", class: `icon-button ${className}`, title, "aria-label": label, onclick }, icon(name));
}

/** Sets text only where it changed, so that nothing is laid out anew for nothing. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function swatch(color) {
  const node = element("i", { class: "swatch" });
  node.style.setProperty("--color", color);
  return node;
}

/** A short line as a layer is drawn: in its own colour, or, where colours mean something else, in white. */
function layerSample(scene, layerIndex, mode = "layer") {
  const color = mode === "layer" ? layerColor(scene, layerIndex) : "#fff";
  const node = strokeSample(layerStroke(scene, layerIndex), color);
  node.style.setProperty("--casing", casingColor(scene, layerIndex, mode));
  return node;
}

/** A short line as an object is drawn. */
function objectSample(scene, object, color, mode) {
  if (mode === "outcome" && object.outcome) return outcomeSample(object.outcome, "sample");
  const sample = strokeSample(layerStroke(scene, object.layer), color);
  sample.style.setProperty("--casing", casingColor(scene, object.layer, mode));
  return sample;
}

/** A short line in a stroke and a colour. */
function strokeSample(strokeClass, color) {
  const node = svgElement("svg", { viewBox: "0 0 24 10", class: `sample ${strokeClass}`, "aria-hidden": "true" });
  node.append(svgElement("path", { d: "M1 5h22", class: "casing" }), svgElement("path", { d: "M1 5h22", class: "shape" }));
  node.style.setProperty("--color", color);
  return node;
}
