// Objects as SVG: geometry to path data, path data to elements, and which object lies under a point.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function svgElement(name, attributes = {}) {
  const node = document.createElementNS(SVG_NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function pointsPath(points, closed) {
  let path = "";
  for (let i = 0; i + 1 < points.length; i += 2) path += `${i ? "L" : "M"}${points[i]} ${points[i + 1]}`;
  return closed && path ? `${path}Z` : path;
}

/** Corners of an oriented box, clockwise from its own top-left, as a flat array. */
function orientedCorners([centreX, centreY, width, height, angle]) {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const corners = [];
  for (const [sideX, sideY] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
    const x = (sideX * width) / 2;
    const y = (sideY * height) / 2;
    corners.push(centreX + x * cos - y * sin, centreY + x * sin + y * cos);
  }
  return corners;
}

function skeletonPath(points, skeleton) {
  let path = "";
  for (const [from, to] of skeleton ?? []) {
    if (points[from * 3 + 2] > 0 && points[to * 3 + 2] > 0) {
      path += `M${points[from * 3]} ${points[from * 3 + 1]}L${points[to * 3]} ${points[to * 3 + 1]}`;
    }
  }
  return path;
}

const shapePaths = new WeakMap();

/**
 * Path data of an object's outline in frame pixels (computed once an object). "" for a classification.
 * @param {object} object of a frame payload
 * @param {object} [cls] its entry in scene.classes (skeleton of keypoints)
 */
function shapePath(object, cls) {
  let path = shapePaths.get(object);
  if (path !== undefined) return path;
  path = "";
  if (object.kind === "mask" && object.mask) path = maskPath(object.mask);
  else if (object.kind === "polygon" && object.parts) {
    for (const part of object.parts) for (const ring of part) path += pointsPath(ring, true);
  } else if (object.kind === "oriented_box" && object.obb) path = pointsPath(orientedCorners(object.obb), true);
  else if (object.kind === "polyline" && object.lines) for (const line of object.lines) path += pointsPath(line, false);
  else if (object.kind === "keypoints" && object.points) path = skeletonPath(object.points, cls?.skeleton);
  else if (object.kind !== "classification" && object.box) {
    const [x, y, width, height] = object.box;
    path = `M${x} ${y}h${width}v${height}h${-width}Z`;
  }
  shapePaths.set(object, path);
  return path;
}

function keypointsElement(object, cls) {
  const group = svgElement("g");
  const bones = shapePath(object, cls);
  if (bones) group.append(svgElement("path", { d: bones, class: "bones" }));
  for (let i = 0; i + 2 < object.points.length; i += 3) {
    const visibility = object.points[i + 2];
    if (visibility <= 0) continue;
    group.append(
      svgElement("circle", {
        cx: object.points[i],
        cy: object.points[i + 1],
        class: visibility < 2 ? "joint hollow" : "joint",
        "data-point": i / 3,
      }),
    );
  }
  return group;
}

/**
 * The element that draws an object, with `data-id`, `data-kind` and the classes that shapes.css styles; its colour is
 * the CSS variable `--color` (see `colorShape`). Null for a classification, which has no place in the frame.
 */
function shapeElement(object, cls) {
  if (object.kind === "classification") return null;
  let node;
  if (object.kind === "keypoints" && object.points) node = keypointsElement(object, cls);
  else if (object.kind === "box" && object.box) {
    const [x, y, width, height] = object.box;
    node = svgElement("rect", { x, y, width: Math.max(width, 0), height: Math.max(height, 0) });
  } else {
    const path = shapePath(object, cls);
    if (!path) return null;
    node = svgElement("path", { d: path });
  }
  const classes = ["shape", `kind-${object.kind}`];
  if (object.kind === "polygon" || object.kind === "mask") classes.push("area");
  if (object.crowd) classes.push("crowd");
  if (object.ignored) classes.push("ignored");
  node.setAttribute("class", classes.join(" "));
  node.setAttribute("data-id", object.id);
  node.setAttribute("data-kind", object.kind);
  return node;
}

function colorShape(node, color) {
  node.style.setProperty("--color", color);
}

/** Tells the style sheet what became of an object; it matters in groups of the class "by-outcome". */
function markOutcome(node, outcome) {
  if (outcome === undefined) node.removeAttribute("data-outcome");
  else if (node.getAttribute("data-outcome") !== outcome) node.setAttribute("data-outcome", outcome);
}

/** A short line as objects of an outcome are drawn. */
function outcomeSample(outcome, className) {
  const node = svgElement("svg", { class: `${className} by-outcome stroke-solid`, viewBox: "0 0 26 14", "aria-hidden": "true" });
  const path = outcome === "ignored" ? "M4 12l7-10M10 12l7-10M16 12l7-10" : "M3 7H23";
  node.append(svgElement("path", { class: "casing", d: path }), svgElement("path", { class: "shape", d: path }));
  if (outcome !== "ignored") markOutcome(node.lastChild, outcome);
  colorShape(node, OUTCOMES[outcome].color);
  return node;
}

/** The pattern that hatches crowds; shapes.css refers to it as url(#crowd-hatch). One is enough for a shadow root. */
function crowdHatch() {
  const pattern = svgElement("pattern", {
    id: "crowd-hatch",
    class: "crowd-hatch",
    width: 8,
    height: 8,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(svgElement("path", { d: "M0 2h8", class: "hatch-light" }), svgElement("path", { d: "M0 6h8", class: "hatch-dark" }));
  return pattern;
}

/** A layer's group: <g class="layer stroke-..." data-layer="labels">. */
function layerGroup(scene, layerIndex) {
  const group = svgElement("g", { class: `layer ${layerStroke(scene, layerIndex)}`, "data-layer": scene.layers[layerIndex].key });
  return group;
}

/** The object's hull [x, y, width, height], whatever its kind; null when it has none. */
function objectBox(object) {
  if (object.box) return object.box;
  let points = [];
  if (object.obb) points = orientedCorners(object.obb);
  else if (object.parts) points = object.parts.flat(2);
  else if (object.lines) points = object.lines.flat();
  else if (object.points) points = object.points.filter((_, i) => i % 3 < 2 && object.points[i - (i % 3) + 2] > 0);
  if (points.length < 2) return null;
  let [left, top] = points;
  let [right, bottom] = points;
  for (let i = 2; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]);
    right = Math.max(right, points[i]);
    top = Math.min(top, points[i + 1]);
    bottom = Math.max(bottom, points[i + 1]);
  }
  return [left, top, right - left, bottom - top];
}

function objectArea(object) {
  if (object.area !== undefined) return object.area;
  const box = objectBox(object);
  return box ? box[2] * box[3] : Infinity;
}

function ringContains(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i + 1 < ring.length; j = i, i += 2) {
    const crosses = ring[i + 1] > y !== ring[j + 1] > y;
    if (crosses && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
  }
  return inside;
}

function segmentDistance(x, y, x0, y0, x1, y1) {
  const lengthSquared = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const share = lengthSquared ? Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / lengthSquared, 0), 1) : 0;
  return Math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0));
}

function nearLines(lines, x, y, tolerance) {
  return lines.some((line) => {
    for (let i = 0; i + 3 < line.length; i += 2) {
      if (segmentDistance(x, y, line[i], line[i + 1], line[i + 2], line[i + 3]) <= tolerance) return true;
    }
    return false;
  });
}

/**
 * Whether (x, y) in frame pixels touches the object. `tolerance` (frame pixels) makes thin and tiny shapes reachable.
 */
function objectContains(object, x, y, tolerance = 0) {
  const box = objectBox(object);
  if (!box) return false;
  const [left, top, width, height] = box;
  if (x < left - tolerance || y < top - tolerance || x > left + width + tolerance || y > top + height + tolerance) return false;
  // What is only a few screen pixels wide is hit by its hull.
  if (width <= 2 * tolerance || height <= 2 * tolerance) return true;
  switch (object.kind) {
    case "mask":
      return maskContains(object.mask, x, y);
    case "polygon":
      return object.parts.some((part) => part.reduce((inside, ring) => inside !== ringContains(ring, x, y), false));
    case "oriented_box":
      return ringContains(orientedCorners(object.obb), x, y);
    case "polyline":
      return nearLines(object.lines, x, y, 2 * tolerance);
    default:
      return true;
  }
}
