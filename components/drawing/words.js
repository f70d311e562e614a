// Objects in words: what tooltips, screen readers and notes say about them.

const wholeNumber = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** "3 labels", "1 label", "1,204 labels" */
function counted(count, singular, plural = `${singular}s`) {
  return `${wholeNumber.format(count)} ${count === 1 ? singular : plural}`;
}

function formatPixels(value) {
  return value < 100 ? oneDigit.format(value) : wholeNumber.format(value);
}

function formatValue(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** One line: "Label: car" or "Prediction of model_a: car, confidence 0.87"; with an outcome, that first. */
function objectTitle(object, scene) {
  const layer = scene.layers[object.layer];
  const name = className(scene, object);
  const confidence = object.conf === undefined ? "" : `, confidence ${object.conf.toFixed(2)}`;
  const outcome = OUTCOMES[object.outcome];
  if (outcome) return `${outcome.name}: ${name}${confidence}`;
  return layer?.role === "predictions" ? `Prediction: ${name}${confidence}` : `Label: ${name}`;
}

/**
 * Everything known about an object, as [name, value] rows in words.
 * @param {object} object
 * @param {object} scene
 * @param {object} [partner] the object that `object.match` names, if it is at hand
 */
function objectRows(object, scene, partner) {
  const rows = [];
  const layer = scene.layers[object.layer];
  if (layer) rows.push([layer.role === "predictions" ? "Model" : "Set", layer.name]);
  const box = objectBox(object);
  if (box) rows.push(["Size", `${formatPixels(box[2])} × ${formatPixels(box[3])} px`]);
  if (object.area !== undefined && object.kind !== "box") rows.push(["Area", `${wholeNumber.format(object.area)} px²`]);
  if (object.points) {
    const count = object.points.filter((value, i) => i % 3 === 2 && value > 0).length;
    rows.push(["Keypoints", `${count} of ${object.points.length / 3}`]);
  }
  const likeness = scene.likeness ?? "IoU";
  if (object.iou !== undefined && likeness) rows.push([likeness.replace(/^./, (letter) => letter.toUpperCase()), object.iou.toFixed(2)]);
  if (partner) rows.push([object.match ? "Matched with" : "Overlaps", objectTitle({ ...partner, outcome: undefined }, scene)]);
  if (object.crowd) rows.push(["Crowd", "yes: stands for many objects"]);
  if (object.ignored) rows.push(["Ignored", "yes: counts neither way"]);
  if (object.track !== undefined && object.track !== null) rows.push(["Track", String(object.track)]);
  for (const [name, value] of Object.entries(object.attrs ?? {})) rows.push([name, formatValue(value)]);
  return rows;
}
