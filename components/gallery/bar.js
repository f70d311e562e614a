// The bar above the tiles: on the left what is shown, counted; on the right how it is shown.

class Bar {
  /**
   * @param {object} preferences read and changed in place
   * @param {{appearance, size, sort, copy, clear}} on called after a change
   */
  constructor(preferences, on) {
    this.preferences = preferences;
    this.on = on;
    this.key = null;
    this.legend = null; // an element to stand between what is counted and how it is shown
    this.node = element("div", "bar");
  }

  update({ counters, scene, sorts, sort }) {
    const key = JSON.stringify([counters, scene.layers, sort, sorts.length]);
    if (key === this.key) return;
    this.key = key;
    const counts = element("div", "counts");
    this.selection = element("span", "selection");
    counts.append(...this.counts(counters, scene), this.selection);
    const tools = element("div", "tools");
    tools.append(...this.toolsFor(scene, sorts, sort));
    this.node.replaceChildren(counts, ...(this.legend ? [this.legend] : []), tools);
  }

  /** What a tile is called in "Copy frame ids". */
  get noun() {
    return "frame";
  }

  counts(counters, scene) {
    this.total = counters.frames[0];
    return [
      this.counter("frames", counters.frames[0], ` of ${counted(counters.frames[1], "frame")}`),
      ...scene.layers.map((layer, index) => this.layerToggle(scene, layer, index, counters.layers[index])),
    ];
  }

  toolsFor(scene, sorts, sort) {
    const hasPredictions = scene.layers.some((layer) => layer.role === "predictions");
    return [...(hasPredictions ? [this.confidenceToggle()] : []), this.sortControl(sorts, sort), this.sizeControl()];
  }

  /** "70 of 70 frames", the first number standing out. */
  counter(name, count, rest, before = "") {
    const node = element("span", "count");
    node.dataset.counter = name;
    node.append(before, element("b", "", grouped(count)), rest);
    return node;
  }

  toggle(text, pressed, hint, onclick) {
    const node = button("toggle", text, onclick);
    node.title = hint;
    node.setAttribute("aria-pressed", String(pressed));
    return node;
  }

  changed() {
    keepPreferences(this.preferences);
    this.on.appearance();
  }

  /** Legend, counter and switch of a layer in one. */
  layerToggle(scene, layer, index, [shown, total]) {
    const noun = layer.role === "labels" ? "label" : "prediction";
    const hint = `${layer.name}: ${grouped(shown)} of ${counted(total, noun)} in these frames. Click to show or hide.`;
    const node = this.switchOf(scene, layer, index, hint);
    const alone = scene.layers.filter((other) => other.role === layer.role).length === 1;
    const words = element("span");
    words.append(
      alone ? "" : `${layer.name} `,
      element("b", "", grouped(shown)),
      ` of ${alone ? counted(total, noun) : grouped(total)}`,
    );
    node.append(words);
    return node;
  }

  /** A switch of a layer with a sample of its stroke. */
  switchOf(scene, layer, index, hint) {
    const { hidden } = this.preferences;
    const node = this.toggle("", !hidden.has(layer.key), hint, () => {
      if (!hidden.delete(layer.key)) hidden.add(layer.key);
      node.setAttribute("aria-pressed", String(!hidden.has(layer.key)));
      this.changed();
    });
    node.classList.add("layer-toggle");
    node.dataset.counter = layer.key;
    const swatch = svgElement("svg", { class: `swatch layer ${layerStroke(scene, index)}`, viewBox: "0 0 26 14" });
    swatch.append(svgElement("path", { class: "casing", d: "M3 7H23" }), svgElement("path", { class: "shape", d: "M3 7H23" }));
    colorShape(swatch, layerColor(scene, index));
    node.append(swatch);
    return node;
  }

  confidenceToggle() {
    const node = this.toggle("Confidence", this.preferences.confidence, "Write each prediction's confidence beside it", () => {
      this.preferences.confidence = !this.preferences.confidence;
      node.setAttribute("aria-pressed", String(this.preferences.confidence));
      this.changed();
    });
    node.dataset.toggle = "confidence";
    return node;
  }

  sortControl(sorts, { name, descending }) {
    const group = element("span", "group");
    const select = element("select");
    select.setAttribute("aria-label", "Sort by");
    const groups = new Map();
    for (const sort of sorts) {
      const option = element("option", "", sort.title);
      option.value = sort.name;
      if (sort.group && !groups.has(sort.group)) {
        groups.set(sort.group, element("optgroup"));
        groups.get(sort.group).label = sort.group;
        select.append(groups.get(sort.group));
      }
      (groups.get(sort.group) ?? select).append(option);
    }
    select.value = name;
    select.onchange = () => {
      const chosen = sorts.find((sort) => sort.name === select.value);
      this.on.sort((chosen.descending_first ? "-" : "") + chosen.name);
    };
    const direction = button("direction", "", () => this.on.sort((descending ? "" : "-") + name));
    const [first, last] = name === "frame" ? ["First frame first", "Last frame first"] : ["Smallest first", "Largest first"];
    direction.title = `${descending ? last : first}. Click to turn the order round.`;
    direction.setAttribute("aria-label", direction.title);
    const arrow = svgElement("svg", { viewBox: "0 0 16 16", class: descending ? "arrow down" : "arrow" });
    arrow.append(svgElement("path", { d: "M8 13V3M4 7l4-4 4 4" }));
    direction.append(arrow);
    group.append(select, direction);
    return group;
  }

  sizeControl() {
    const group = element("span", "group sizes");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Size of tiles");
    const words = { S: "Small", M: "Medium", L: "Large" };
    for (const size of Object.keys(ROW_HEIGHTS)) {
      const node = this.toggle(size, size === this.preferences.size, `${words[size]} tiles`, () => {
        this.preferences.size = size;
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === node));
        keepPreferences(this.preferences);
        this.on.size();
      });
      node.dataset.size = size;
      group.append(node);
    }
    return group;
  }

  showSelected(count) {
    const words = this.counter("selected", count, ` of ${grouped(this.total)} selected`);
    if (!count) {
      this.selection.replaceChildren(words);
      return;
    }
    const copy = button("plain", `Copy ${this.noun} ids`, async () => {
      copy.textContent = (await this.on.copy()) ? "Copied" : "Could not copy";
      setTimeout(() => (copy.textContent = `Copy ${this.noun} ids`), 1500);
    });
    this.selection.replaceChildren(words, copy, button("plain", "Clear", this.on.clear));
  }
}
