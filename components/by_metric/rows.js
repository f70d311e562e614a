// Rows of words with thin bars at their end; each row is a button. They change in place, so that one keeps the focus.

class Rows {
  constructor(root) {
    this.root = root;
    this.list = make("div", "list");
    const save = saveButtons({ table: () => this.data.table, name: () => this.data.file_name });
    root.replaceChildren(save, this.list);
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    this.root.classList.toggle("wide", data.wide);
    const focused = this.root.getRootNode().activeElement?.dataset?.name;
    const bars = data.rows.flatMap((row) => row.bars);
    const largest = Math.max(1e-9, ...bars.map(({ value, mark }) => Math.max(value, mark ?? 0)));
    this.list.replaceChildren(...data.rows.map((row) => this.row(row, largest)));
    if (focused) this.list.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  row(row, largest) {
    const node = make("button", `row${row.quiet ? " quiet" : ""}`);
    node.type = "button";
    node.dataset.name = row.name;
    if (row.hint) node.title = row.hint;
    const words = make("span", "words");
    words.append(make("span", "title", row.title));
    if (row.note) words.append(make("span", "note", row.note));
    const bars = make("span", "bars");
    bars.append(...row.bars.map((bar) => barOf(bar, largest)));
    node.append(words, bars);
    if (row.name === this.data.chosen) node.setAttribute("aria-current", "true");
    node.onclick = () => this.setTriggerValue("choose", row.name);
    return node;
  }
}

function barOf({ value, text, color, mark, is_faint: faint }, largest) {
  const node = make("span", faint ? "bar faint" : "bar");
  const track = make("span", "track");
  const fill = make("span", "fill");
  fill.style.width = `${(100 * Math.max(value, 0)) / largest}%`;
  fill.style.background = color;
  track.append(fill);
  if (mark !== null) {
    const tick = make("span", "mark");
    tick.style.left = `${(100 * mark) / largest}%`;
    track.append(tick);
  }
  node.append(track, make("span", "number", text));
  return node;
}

export default function (component) {
  return mountChart(component, ".rows", Rows);
}
