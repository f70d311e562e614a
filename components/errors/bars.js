// Rows of bars; a row that counts objects is a link to them. Numbers change in place, so that a link keeps the focus.

class Bars {
  constructor(root) {
    this.root = root;
    this.head = make("div", "head");
    this.list = make("div", "rows");
    const save = saveButtons({ table: () => this.table(), name: () => this.data.file_name });
    root.replaceChildren(save, this.head, this.list);
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    this.root.style.setProperty("--measures", data.measures.length);
    this.head.replaceChildren(make("span", "", ""), ...data.measures.map((name) => make("span", "measure", name)));
    const focused = this.root.getRootNode().activeElement?.dataset?.name;
    const largest = data.measures.map((_, place) => Math.max(0, ...data.rows.map(({ values }) => values[place])));
    this.list.replaceChildren(...data.rows.map((row) => this.row(row, largest)));
    if (focused) this.list.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  row(row, largest) {
    const node = make(row.href ? "a" : "div", `row${row.part ? " part" : ""}${row.group ? " group" : ""}`);
    node.dataset.name = row.name;
    node.style.setProperty("--color", row.color);
    if (row.hint) node.title = row.hint;
    node.append(make("span", "title", row.title), ...row.values.map((value, place) => bar(value, row.texts[place], largest[place])));
    const words = row.texts.map((text, place) => `${this.data.measures[place]} ${text}`).join(", ");
    node.setAttribute("aria-label", `${row.title}: ${words}`);
    if (row.href) {
      node.href = row.href;
      if (row.name === this.data.chosen) node.setAttribute("aria-current", "true");
      node.onclick = (event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        this.setTriggerValue("open", row.name);
      };
    }
    return node;
  }

  table() {
    const { measures, rows } = this.data;
    return {
      columns: ["name", ...measures],
      rows: rows.map(({ name, values }) => [name, ...values]),
    };
  }
}

function bar(value, text, largest) {
  const node = make("span", "bar");
  const fill = make("span", "fill");
  fill.style.width = `calc((100% - var(--number)) * ${largest > 0 ? Math.max(value, 0) / largest : 0})`;
  node.append(fill, make("span", "number", text));
  return node;
}

export default function (component) {
  return mountChart(component, ".bars", Bars);
}
