// The list of the objects that are drawn now. Only the rows in sight exist, so thousands of objects cost no more.

const LIST_COLUMNS = [
  { name: "class", label: "Class", title: "Sort by class", descendingFirst: false },
  { name: "confidence", label: "Confidence", title: "Sort by confidence", descendingFirst: true },
  { name: "size", label: "Size, px", title: "Sort by size: width times height", descendingFirst: true },
];
const ROWS_BEYOND = 6; // rows kept above and below those in sight
const PAGE_ROWS = 10;
const LIST_HEAD_HEIGHT = 28; // the heads stay above the rows that scroll under them

/** Whole pixels, but for the tiny. */
function listPixels(value) {
  return value < 10 ? formatPixels(value) : wholeNumber.format(value);
}

class ObjectList {
  constructor(viewer) {
    this.viewer = viewer;
    this.entries = []; // {object, item} in the order of the list
    this.places = new Map(); // object id -> place in the list
    this.rows = new Map(); // object id -> row element, of the rows that exist
    this.selected = null; // object id
    this.hovered = null;
    this.isStale = true;
    this.sortedBy = null;
    this.heads = LIST_COLUMNS.map((column) => this.head(column));
    this.headRow = element("div", { class: "list-head", role: "row", "aria-rowindex": "1" }, ...this.heads);
    this.body = element("div", { class: "list-body", role: "rowgroup" });
    this.scroller = element("div", { class: "list-scroller", role: "presentation", tabindex: "-1", onscroll: () => this.scrolled() }, this.headRow, this.body);
    this.empty = element("p", { class: "note", hidden: true });
    this.grid = element(
      "div",
      {
        class: "object-list", role: "grid", tabindex: "0", "aria-label": "Objects drawn on the frame", "aria-colcount": LIST_COLUMNS.length,
        onkeydown: (event) => this.key(event),
      },
      this.scroller,
    );
    this.body.addEventListener("click", (event) => this.withRow(event, (id) => {
      this.grid.focus({ preventScroll: true });
      this.choose(id);
    }));
    this.body.addEventListener("dblclick", (event) => this.withRow(event, () => viewer.selection.crop()));
    this.body.addEventListener("pointerover", (event) => this.withRow(event, (id) => viewer.selection.highlight(id)));
    this.body.addEventListener("pointerleave", () => viewer.selection.highlight(null));
    this.resizing = new ResizeObserver(() => this.render());
    this.resizing.observe(this.scroller);
    this.root = element("div", { class: "objects-page" }, this.grid, this.empty);
  }

  head(column) {
    const button = element(
      "button",
      { type: "button", title: column.title, "data-sort": column.name, onclick: () => this.sortBy(column) },
      element("span", { text: column.label }),
      element("i", { class: "arrow", "aria-hidden": "true" }),
    );
    return element("div", { class: `cell ${column.name}`, role: "columnheader" }, button);
  }

  withRow(event, act) {
    const row = event.target.closest("[data-object]");
    if (row) act(row.dataset.object);
  }

  /** What is drawn has changed. Nothing is done for a list that is not on screen. */
  update() {
    if (!this.viewer.listOpen) {
      this.isStale = true;
      return;
    }
    const { objectSort } = this.viewer.settings;
    const isNewOrder = this.isStale || objectSort !== this.sortedBy;
    this.isStale = false;
    this.sortedBy = objectSort;
    const { scene, selection, overlays } = this.viewer;
    this.entries = selection.visibleItems.map((item) => ({ item, object: item.object, ...this.sortKeys(item.object) }));
    this.sort();
    const twoLines = scene.layers.length > 1 || overlays.hasOutcomes;
    this.rowHeight = twoLines ? 40 : 28;
    this.grid.classList.toggle("two-lines", twoLines);
    this.grid.setAttribute("aria-rowcount", this.entries.length + 1);
    this.body.style.height = `${this.entries.length * this.rowHeight}px`;
    this.rows.clear();
    this.body.replaceChildren();
    this.explain();
    this.showSort();
    this.mark(selection.selected, selection.hovered);
    this.render();
    if (isNewOrder && this.selected) this.reveal(this.selected);
  }

  scrollToTop() {
    this.scroller.scrollTop = 0;
  }

  sortKeys(object) {
    const box = objectBox(object);
    return { name: className(this.viewer.scene, object), confidence: object.conf ?? -1, area: box ? box[2] * box[3] : -1, box };
  }

  sort() {
    const { column, descending } = this.viewer.settings.objectSort;
    const sign = descending ? -1 : 1;
    const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    // What has no confidence or size stands last, whichever the direction.
    const byNumber = (key) => (a, b) => (a[key] < 0 || b[key] < 0 ? b[key] - a[key] : sign * (a[key] - b[key]));
    const first = { class: (a, b) => sign * byName(a, b), confidence: byNumber("confidence"), size: byNumber("area") }[column];
    this.entries.sort(
      (a, b) => first(a, b) || byName(a, b) || a.object.layer - b.object.layer || b.confidence - a.confidence || a.item.position - b.item.position,
    );
    this.places = new Map(this.entries.map(({ object }, place) => [object.id, place]));
  }

  sortBy({ name, descendingFirst }) {
    const { column, descending } = this.viewer.settings.objectSort;
    this.viewer.settings.set({ objectSort: { column: name, descending: column === name ? !descending : descendingFirst } });
  }

  showSort() {
    const { column, descending } = this.viewer.settings.objectSort;
    this.heads.forEach((head, i) => {
      const sorted = LIST_COLUMNS[i].name === column;
      head.setAttribute("aria-sort", sorted ? (descending ? "descending" : "ascending") : "none");
    });
  }

  explain() {
    const all = this.viewer.objects.length;
    this.empty.hidden = this.entries.length > 0;
    this.headRow.hidden = !this.empty.hidden;
    setText(this.empty, all ? `Hidden by layer, class or confidence: ${counted(all, "object")}.` : "No objects on this frame.");
  }

  scrolled() {
    this.frameRequest ??= requestAnimationFrame(() => {
      this.frameRequest = null;
      this.render();
    });
  }

  /** Makes the rows in sight and lets go of the others. */
  render() {
    if (!this.viewer.listOpen || this.isStale) return;
    const { scrollTop, clientHeight } = this.scroller;
    const bottom = scrollTop + clientHeight - LIST_HEAD_HEIGHT;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - ROWS_BEYOND);
    const last = Math.min(this.entries.length, Math.ceil(bottom / this.rowHeight) + ROWS_BEYOND);
    const wanted = new Set(this.entries.slice(first, last).map(({ object }) => object.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    const added = [];
    for (let place = first; place < last; place += 1) {
      const { id } = this.entries[place].object;
      if (this.rows.has(id)) continue;
      const row = this.row(this.entries[place], place);
      this.rows.set(id, row);
      added.push(row);
    }
    this.body.append(...added);
    this.markRows();
  }

  row({ object, item, name, box }, place) {
    const { scene } = this.viewer;
    const sample = objectSample(scene, object, item.color, this.viewer.overlays.colorMode);
    const outcome = OUTCOMES[object.outcome];
    const remark = [object.crowd && "crowd", object.ignored && "ignored"].filter(Boolean).join(", ");
    const cell = (column, ...children) => element("div", { class: `cell ${column}`, role: "gridcell" }, ...children);
    const row = element(
      "div",
      { class: "object-row", role: "row", id: `object-row-${place}`, "data-object": object.id, "aria-rowindex": place + 2, title: objectTitle(object, scene) },
      cell("class", sample, element("span", { text: name }), element("small", { text: scene.layers[object.layer].name })),
      cell("confidence", element("span", { text: object.conf === undefined ? "" : object.conf.toFixed(2) }), this.outcome(outcome)),
      cell("size", element("span", { text: box ? `${listPixels(box[2])} × ${listPixels(box[3])}` : "frame" }), element("small", { text: remark })),
    );
    row.style.transform = `translateY(${place * this.rowHeight}px)`;
    return row;
  }

  outcome(outcome) {
    if (!outcome) return null;
    const node = element("small", { class: "outcome", title: outcome.name }, swatch(outcome.color), outcome.short);
    node.setAttribute("aria-label", outcome.name);
    return node;
  }

  // What is selected and hovered, here and on the picture

  mark(selected, hovered) {
    const moved = selected !== this.selected;
    this.selected = selected;
    this.hovered = hovered;
    if (!this.viewer.listOpen || this.isStale) return;
    if (moved && selected) this.reveal(selected);
    this.markRows();
  }

  markRows() {
    for (const [id, row] of this.rows) {
      row.setAttribute("aria-selected", String(id === this.selected));
      row.classList.toggle("hovered", id === this.hovered);
    }
    const place = this.rows.has(this.selected) ? this.places.get(this.selected) : undefined;
    if (place === undefined) this.grid.removeAttribute("aria-activedescendant");
    else this.grid.setAttribute("aria-activedescendant", `object-row-${place}`);
  }

  /** Scrolls, as little as needed, until an object's row is in sight. */
  reveal(id) {
    const place = this.places.get(id);
    if (place === undefined) return;
    const top = place * this.rowHeight;
    const { scrollTop } = this.scroller;
    const height = this.scroller.clientHeight - LIST_HEAD_HEIGHT;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + height) this.scroller.scrollTop = top + this.rowHeight - height;
    else return;
    this.render();
  }

  choose(id) {
    this.viewer.selection.select(id, true);
  }

  key(event) {
    if (event.target !== this.grid) return;
    const { viewer, entries } = this;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") viewer.step(event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === "Enter") viewer.selection.crop();
    else {
      const place = this.places.get(this.selected) ?? -1;
      const last = entries.length - 1;
      const next = {
        ArrowDown: place + 1, ArrowUp: place < 0 ? last : place - 1, PageDown: place + PAGE_ROWS, PageUp: place - PAGE_ROWS, Home: 0, End: last,
      }[event.key];
      if (next === undefined || last < 0) return;
      this.choose(entries[Math.min(Math.max(next, 0), last)].object.id);
    }
    event.preventDefault();
  }

  remove() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.frameRequest);
  }
}
