// The rates over the confidence threshold, as numbers: what a threshold gives, and which way a line goes.

class Lines {
  /** ``confidences`` fall; ``steps``: every threshold that makes a difference is among them. */
  constructor({ confidences, lines, steps }) {
    this.confidences = confidences;
    this.lines = lines;
    this.steps = steps;
  }

  /** The values of all lines at a threshold; NaN where there are none. */
  at(threshold) {
    return this.lines.map((line) => this.valueAt(line, threshold));
  }

  valueAt({ name, values }, threshold) {
    const { confidences } = this;
    const last = confidences.length - 1;
    if (last < 0) return NaN;
    if (threshold > confidences[0]) return name === "precision" ? NaN : 0; // nothing is predicted
    const kept = this.lastKept(threshold);
    const here = values[kept] ?? NaN;
    if (this.steps || kept === last) return here;
    const share = (confidences[kept] - threshold) / (confidences[kept] - confidences[kept + 1]);
    return here + share * ((values[kept + 1] ?? NaN) - here);
  }

  /** The last of the falling confidences that reaches a threshold. */
  lastKept(threshold) {
    let [low, high] = [0, this.confidences.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.confidences[middle] >= threshold) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Points of one line from the threshold 0 to 1, as [confidence, value]. */
  path({ name, values }) {
    const { confidences } = this;
    const points = [];
    if (!confidences.length) return points;
    if (confidences[0] < 1 && name !== "precision") points.push([1, 0], [confidences[0], 0]);
    confidences.forEach((confidence, place) => {
      const value = values[place];
      if (value === null) return;
      if (this.steps && place > 0 && points.length) points.push([confidence, points.at(-1)[1]]);
      points.push([confidence, value]);
    });
    if (points.length && points.at(-1)[0] > 0) points.push([0, points.at(-1)[1]]);
    return points;
  }
}
