// A chart as a file: the drawing as PNG, its numbers as CSV.

const SAVED_STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline",
  "paint-order", "display", "font-variant-numeric",
];
const SAVED_SCALE = 2;

/**
 * Small buttons, to be put above the drawing; without ``drawing`` there is no picture to save.
 * @param {{drawing?: () => SVGSVGElement, table: () => {columns: string[], rows: any[][]}, name: () => string}} chart
 */
function saveButtons({ drawing, table, name }) {
  const group = document.createElement("div");
  group.className = "save";
  const add = (text, hint, onclick) => {
    const node = document.createElement("button");
    Object.assign(node, { type: "button", textContent: text, title: hint, onclick });
    group.append(node);
  };
  if (drawing) add("PNG", "Save the chart as a picture", () => savePicture(drawing(), `${name()}.png`));
  add("CSV", "Save the numbers of the chart", () => saveTable(table(), `${name()}.csv`));
  return group;
}

function saveTable({ columns, rows }, name) {
  const lines = [columns, ...rows].map((row) => row.map(cellText).join(","));
  saveFile(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }), name);
}

function cellText(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function savePicture(drawing, name) {
  const { width, height } = drawing.getBoundingClientRect();
  const copy = styledCopy(drawing);
  copy.setAttribute("xmlns", SVG_NAMESPACE);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * SAVED_SCALE);
  canvas.height = Math.round(height * SAVED_SCALE);
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(drawing).getPropertyValue("--st-background-color") || "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => saveFile(blob, name), "image/png");
}

/** The drawing with its styles written into it: outside of the page there is no style sheet. */
function styledCopy(drawing) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((node, index) => {
    const computed = getComputedStyle(node);
    for (const property of SAVED_STYLES) to[index].style.setProperty(property, computed.getPropertyValue(property));
  });
  return copy;
}

function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
