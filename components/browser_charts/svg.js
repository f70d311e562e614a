// SVG elements and numbers as text.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children (elements or text). */
function svgNode(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  node.append(...children);
  return node;
}

/** A rate as all pages write it: ".42", "1.00"; a dash for none. */
function rateText(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits).replace(/^0(?=\.)/, "") : "–";
}

/** A threshold with as many digits as it has, at least two. */
function thresholdText(value) {
  const rounded = value.toFixed(2);
  return Number(rounded) === value ? rateText(value) : String(Number(value.toPrecision(6))).replace(/^0(?=\.)/, "");
}

/** Places for labels of one height so that none covers another: as near to where they belong as that allows. */
function spreadOut(places, apart, lowest, highest) {
  const order = places.map((_, index) => index).sort((a, b) => places[a] - places[b]);
  const result = [...places];
  let floor = lowest;
  for (const index of order) {
    result[index] = Math.max(result[index], floor);
    floor = result[index] + apart;
  }
  let ceiling = highest;
  for (const index of order.reverse()) {
    result[index] = Math.min(result[index], ceiling);
    ceiling = result[index] - apart;
  }
  return result;
}
