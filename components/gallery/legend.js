// The legend: what colours and strokes mean now. A click on an entry shows or hides what it stands for.

const MOST_CLASSES = 12;

class TileLegend {
  /** @param {() => void} onchange called after an entry was shown or hidden */
  constructor(onchange) {
    this.onchange = onchange;
    this.mode = null;
    this.hidden = { outcome: new Set(), class: new Set() };
    this.key = "";
    this.node = element("div", "legend");
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", "Legend: click to show or hide");
  }

  /** Whether an object is shown. What is hidden stays visible in the legend, so it holds in the mode that lists it. */
  shows(object) {
    if (this.mode === "outcome") return !this.hidden.outcome.has(object.outcome);
    if (this.mode === "class") return !this.hidden.class.has(object.cls);
    return true;
  }

  /**
   * @param {string} mode a resolved colour mode
   * @param {object[]} objects of the page, of the layers shown
   * @param {Record<string, number>} [outcomes] how many there are of each outcome, on all pages
   */
  update(mode, scene, objects, outcomes) {
    this.mode = mode;
    const entries = { outcome: () => this.outcomeEntries(objects, outcomes), class: () => this.classEntries(scene, objects) }[mode]?.() ?? [];
    const key = JSON.stringify([mode, entries, [...this.hidden.outcome], [...this.hidden.class]]);
    if (key === this.key) return;
    this.key = key;
    const focused = [...this.node.children].indexOf(this.node.getRootNode().activeElement);
    this.node.replaceChildren(...entries.slice(0, MOST_CLASSES).map((entry) => this.entry(entry)));
    const more = entries.length - MOST_CLASSES;
    if (more > 0) this.node.append(element("span", "more-classes", `and ${counted(more, "more class", "more classes")}`));
    this.node.hidden = !entries.length;
    if (focused >= 0) this.node.children[focused]?.focus();
  }

  outcomeEntries(objects, outcomes) {
    const drawn = new Set(objects.map((object) => object.outcome));
    return Object.keys(OUTCOMES)
      .filter((outcome) => outcome !== "ignored" || outcomes?.ignored || drawn.has("ignored"))
      .map((outcome) => ({ kind: "outcome", value: outcome, name: OUTCOMES[outcome].plural, count: outcomes?.[outcome] || (outcome === "ignored" ? undefined : outcomes?.[outcome]) }));
  }

  classEntries(scene, objects) {
    const counts = new Map();
    for (const { cls } of objects) counts.set(cls, (counts.get(cls) ?? 0) + 1);
    return scene.classes
      .filter(({ id }) => counts.has(id))
      .sort((a, b) => counts.get(b.id) - counts.get(a.id))
      .map(({ id, name, color }) => ({ kind: "class", value: id, name, color }));
  }

  entry({ kind, value, name, color, count }) {
    const hidden = this.hidden[kind];
    const node = button("toggle legend-entry", "", () => {
      if (!hidden.delete(value)) hidden.add(value);
      this.onchange();
    });
    node.dataset.legend = value;
    node.setAttribute("aria-pressed", String(!hidden.has(value)));
    node.title = `${hidden.has(value) ? "Show" : "Hide"} ${name}`;
    if (kind === "outcome") node.append(outcomeSample(value, "swatch"));
    else {
      const dot = element("i", "dot");
      dot.style.background = color;
      node.append(dot);
    }
    node.append(element("span", "", name));
    if (count !== undefined) node.append(element("b", "", grouped(count)));
    return node;
  }
}
