// Small makings of the rail: elements, numbers, lists.

function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "dataset") Object.assign(node.dataset, value);
    else if (key.startsWith("aria-") || key === "role" || key === "style") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children);
  return node;
}

const grouped = (count) => wholeNumber.format(count);
const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const rateText = (value) => value.toFixed(2).replace(/^0/, "");
