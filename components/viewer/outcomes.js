// Outcomes at the threshold of the slider, without asking Python.
//
// Raising the threshold takes the least confident predictions away and changes no other match. So a prediction keeps its
// outcome for as long as it counts, and a label is found for as long as the prediction that matches it counts.

const givenOutcomes = new WeakMap(); // label -> what the server said of it

/** What the server said of a label against the predictions of a layer. */
function givenOutcome(label, layerKey) {
  let given = givenOutcomes.get(label);
  if (!given) {
    const { outcome, match, near, iou, error } = label;
    given = { outcome, match, near, iou, error };
    givenOutcomes.set(label, given);
  }
  return label.by?.[layerKey] ?? given;
}

function outcomeOfLabel(given, finder, threshold) {
  if (given.outcome === "ignored" || given.outcome === undefined) return given.outcome;
  if (!given.match) return "fn";
  if (!finder) return given.outcome;
  return (finder.conf ?? 1) >= threshold ? "tp" : "fn";
}

/**
 * Puts the outcomes of labels right.
 * @param {object[]} objects of a frame
 * @param {string} [layerKey] of the predictions that labels are compared with
 * @returns {object[]} the labels that changed
 */
function deriveOutcomes(objects, scene, layerKey, threshold) {
  const changed = [];
  let byId = null;
  for (const label of objects) {
    if (label.conf !== undefined || (label.outcome === undefined && !givenOutcomes.has(label))) continue;
    if (scene.layers[label.layer]?.role !== "labels") continue;
    byId ??= new Map(objects.map((object) => [object.id, object]));
    const given = givenOutcome(label, layerKey);
    const finder = given.match && byId.get(given.match);
    const outcome = outcomeOfLabel(given, finder, threshold);
    const isFound = outcome === "tp" || outcome === "ignored";
    const reason =
      outcome === "fn" && given.outcome !== "fn" && finder
        ? `Found only by ${tagText(finder, scene)}, below the confidence threshold ${threshold.toFixed(2)}.`
        : given.error;
    const now = {
      outcome,
      match: isFound ? given.match : undefined,
      near: isFound ? undefined : given.near,
      iou: isFound || given.near ? given.iou : undefined,
      error: outcome === "tp" ? undefined : reason,
    };
    if (label.outcome === now.outcome && label.match === now.match && label.error === now.error) continue;
    Object.assign(label, now);
    changed.push(label);
  }
  return changed;
}
