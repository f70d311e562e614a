// Colours and strokes: what a colour or a dash means is decided here, once for every component.

/** Outcomes of the evaluation, in the order in which legends list them. */
const OUTCOMES = {
  tp: { name: "True positive", plural: "True positives", short: "TP", color: "#009E73" },
  fp: { name: "False positive", plural: "False positives", short: "FP", color: "#D55E00" },
  fn: { name: "False negative", plural: "False negatives", short: "FN", color: "#CC79A7" },
  ignored: { name: "Ignored", plural: "Ignored", short: "Ignored", color: "#8A8F98" },
};

const IGNORED_COLOR = "#A3A9B2";
const LABEL_COLOR = "#FFFFFF";
const PREDICTION_COLORS = ["#0072B2", "#E69F00", "#56B4E9", "#F0E442", "#AA4499", "#44AA99", "#882255", "#999933", "#BBBBBB"];
const UNKNOWN_CLASS_COLOR = "#BBBBBB";

/** Dark violet to bright yellow: luminance rises with confidence, so it also reads without hue. */
const CONFIDENCE_STOPS = [[91, 63, 168], [181, 54, 122], [232, 96, 76], [251, 162, 56], [252, 241, 81]];

/** Index of a layer among the layers of its role: 0 for the first prediction set, 1 for the second, ... */
function layerRank(scene, layerIndex) {
  const role = scene.layers[layerIndex]?.role;
  let rank = 0;
  for (let i = 0; i < layerIndex; i += 1) if (scene.layers[i].role === role) rank += 1;
  return rank;
}

function layerColor(scene, layerIndex) {
  const layer = scene.layers[layerIndex];
  if (!layer) return UNKNOWN_CLASS_COLOR;
  if (layer.color) return layer.color;
  if (layer.role === "labels") return LABEL_COLOR;
  return PREDICTION_COLORS[layerRank(scene, layerIndex) % PREDICTION_COLORS.length];
}

/** Name of the layer's stroke, a CSS class of shapes.css: labels are solid, each prediction set has a dash of its own. */
function layerStroke(scene, layerIndex) {
  if (scene.layers[layerIndex]?.role !== "predictions") return "stroke-solid";
  return `stroke-dash-${(layerRank(scene, layerIndex) % 3) + 1}`;
}

function confidenceColor(confidence) {
  const place = Math.min(Math.max(confidence, 0), 1) * (CONFIDENCE_STOPS.length - 1);
  const low = Math.min(Math.floor(place), CONFIDENCE_STOPS.length - 2);
  const share = place - low;
  const mixed = CONFIDENCE_STOPS[low].map((value, i) => Math.round(value + (CONFIDENCE_STOPS[low + 1][i] - value) * share));
  return `rgb(${mixed.join(" ")})`;
}

/** A colour of its own for the n-th object of a frame: hues by the golden angle stay apart however many there are. */
function instanceColor(position) {
  const hue = (position * 137.508 + 20) % 360;
  return `hsl(${hue.toFixed(1)} ${position % 2 ? 85 : 70}% ${position % 3 === 2 ? 70 : 60}%)`;
}

/**
 * What "auto" means now: outcomes when there are any, else layers when two or more are shown, else classes.
 * @param {string} mode "auto" | "layer" | "class" | "outcome" | "instance" | "confidence"
 * With the predictions of several models on screen, whose outcome is meant could not be seen: layers it is, then.
 * @param {{layersShown: number, modelsShown?: number, hasOutcomes: boolean}} context
 */
function resolveColorMode(mode, { layersShown, modelsShown = 1, hasOutcomes }) {
  if (mode === "outcome" && !hasOutcomes) return layersShown > 1 ? "layer" : "class";
  if (mode !== "auto") return mode;
  if (hasOutcomes && modelsShown < 2) return "outcome";
  return layersShown > 1 ? "layer" : "class";
}

/**
 * Colour of an object. `mode` is a resolved mode, `position` the object's place in its frame (for "instance").
 * Ignored objects are grey in every mode.
 */
function objectColor(object, mode, scene, position = 0) {
  if (object.ignored) return IGNORED_COLOR;
  if (mode === "layer") return layerColor(scene, object.layer);
  if (mode === "outcome") return OUTCOMES[object.outcome]?.color ?? IGNORED_COLOR;
  if (mode === "instance") return instanceColor(position);
  if (mode === "confidence") return object.conf === undefined ? LABEL_COLOR : confidenceColor(object.conf);
  return classOf(scene, object)?.color ?? UNKNOWN_CLASS_COLOR;
}

const classTables = new WeakMap();

/** The object's entry in scene.classes, found by id. */
function classOf(scene, object) {
  let table = classTables.get(scene);
  if (!table) {
    table = new Map((scene.classes ?? []).map((entry) => [entry.id, entry]));
    classTables.set(scene, table);
  }
  return table.get(object.cls);
}

function className(scene, object) {
  return classOf(scene, object)?.name ?? `class ${object.cls}`;
}

/** Colour of the thin edge under a layer's lines: light under dark colours, dark under the others. */
function casingColor(scene, layerIndex, mode) {
  const light = mode === "layer" && readableOn(layerColor(scene, layerIndex)) === "#fff";
  return light ? "rgb(255 255 255 / 0.7)" : "rgb(0 0 0 / 0.45)";
}

/** "#000" or "#fff", whichever reads better on a #rrggbb background. */
function readableOn(color) {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!match) return "#000";
  const [red, green, blue] = match.slice(1).map((hex) => {
    const value = parseInt(hex, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3 ? "#000" : "#fff";
}
