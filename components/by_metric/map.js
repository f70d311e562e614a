// A grid of cells, the second metric from bottom to top; each cell is a button, the arrow keys go from one to the next.

class MetricMapView {
  constructor(root) {
    this.root = root;
    this.grid = make("div", "cells");
    this.grid.setAttribute("role", "group");
    const save = saveButtons({ table: () => this.data.table, name: () => this.data.file_name });
    root.replaceChildren(save, this.grid);
    this.grid.onkeydown = (event) => this.onKey(event);
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    const focused = this.root.getRootNode().activeElement?.dataset?.cell;
    this.root.style.setProperty("--columns", data.columns.length);
    this.root.style.setProperty("--color", data.color);
    this.grid.setAttribute("aria-label", data.title);
    const nodes = [make("span", "axis vertical", data.axes[1])];
    nodes[0].style.gridRow = `1 / span ${data.rows.length}`;
    for (let y = data.rows.length - 1; y >= 0; y -= 1) {
      const name = make("span", "tick row-name", data.rows[y].tick);
      name.title = data.rows[y].text;
      nodes.push(name, ...data.cells[y].map((cell, x) => this.cell(cell, x, y)));
    }
    nodes.push(make("span", "corner"), ...data.columns.map(({ tick, text }) => {
      const name = make("span", "tick column-name", tick);
      name.title = text;
      return name;
    }));
    nodes.push(make("span", "axis horizontal", data.axes[0]));
    this.grid.replaceChildren(...nodes);
    if (focused) this.grid.querySelector(`[data-cell="${focused}"]`)?.focus({ preventScroll: true });
  }

  cell(cell, x, y) {
    const { columns, rows, picked } = this.data;
    const node = make("button", `cell${cell.few ? " few" : ""}${cell.depth === null ? " empty" : ""}`, cell.text);
    node.type = "button";
    node.dataset.cell = `${x},${y}`;
    node.title = `${columns[x].text}\n${rows[y].text}\n${cell.said}`;
    node.setAttribute("aria-label", `${columns[x].text}, ${rows[y].text}: ${cell.said}`);
    node.style.setProperty("--depth", `${Math.round(8 + 84 * (cell.depth ?? 0))}%`);
    node.classList.toggle("deep", (cell.depth ?? 0) > 0.62);
    node.disabled = cell.said === "";
    node.tabIndex = picked ? (x === picked[0] && y === picked[1] ? 0 : -1) : x || y ? -1 : 0;
    if (picked && x === picked[0] && y === picked[1]) node.setAttribute("aria-current", "true");
    node.onclick = () => this.setTriggerValue("pick", { first: x, second: y });
    return node;
  }

  onKey(event) {
    const at = event.target.dataset?.cell?.split(",").map(Number);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!at || !move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.grid.querySelector(`[data-cell="${at[0] + move[0]},${at[1] + move[1]}"]`)?.focus();
  }
}

export default function (component) {
  return mountChart(component, ".map", MetricMapView);
}
