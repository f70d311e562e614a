// The panel of layers, confidence, classes and appearance.

const LOWEST_IOU = 0.1; // as predscope/exploration/query.py has it
const SEARCH_FROM = 12; // lists of at least this many classes get a search box

class Panel {
  constructor(viewer) {
    this.viewer = viewer;
    const { settings } = viewer;
    this.layers = element("div", { class: "rows" });
    this.threshold = this.slider("Confidence", 0, 1, 0.01, (value) => settings.set({ threshold: value }), "threshold", () => viewer.link.tell("threshold"));
    this.iou = this.slider("IoU of a match", LOWEST_IOU, 0.95, 0.05, (value) => settings.set({ iou: value }), "iou", () => viewer.link.tell("iou"));
    this.search = element("input", {
      type: "search",
      class: "search",
      placeholder: "Find a class",
      "aria-label": "Find a class",
      oninput: () => this.findClasses(),
    });
    this.everyClass = element("button", { type: "button", class: "link", text: "Show all", onclick: () => settings.set({ hiddenClasses: [] }) });
    this.classes = element("div", { class: "rows classes", role: "group", "aria-label": "Classes" });
    this.classNote = element("p", { class: "note", text: "Double-click or Alt-click: only this class." });
    this.fill = this.slider("Fill opacity", 0, 1, 0.05, (value) => settings.set({ fill: value }), "fill");
    this.outline = this.slider("Outline width", 0.5, 6, 0.5, (value) => settings.set({ outline: value }), "outline");
    this.colorMode = this.choice("Colour by", "color-mode", (value) => settings.set({ colorMode: value }));
    this.captions = this.choice("Captions", "captions", (value) => settings.set({ captions: value }));
    this.setOptions(this.captions, [["auto", "Automatic"], ["on", "All that fit"], ["off", "Off"]]);
    this.captions.select.title = "Automatic: all of them up to 12 objects, else the hovered and the selected one";
    this.keepZoom = element("input", { type: "checkbox", onchange: (event) => settings.set({ keepZoom: event.target.checked }) });
    const classSection = this.section("Classes", this.search, this.classes, this.classNote, this.everyClass);
    classSection.classList.add("class-section");
    this.thresholdSection = this.section(null, this.threshold.root, this.iou.root);
    this.root = element(
      "div",
      { class: "settings-page" },
      this.section(null, this.layers),
      this.thresholdSection,
      classSection,
      this.section(
        "Appearance",
        this.colorMode.root,
        this.captions.root,
        this.fill.root,
        this.outline.root,
        element("label", { class: "check" }, this.keepZoom, "Keep the zoom from frame to frame"),
      ),
    );
    this.classRows = new Map();
  }

  section(title, ...children) {
    return element("section", {}, title && element("h3", { text: title }), ...children);
  }

  slider(label, min, max, step, onvalue, name, onrelease = () => {}) {
    const value = element("output", { class: "value" });
    const input = element("input", {
      type: "range", min, max, step, name, "aria-label": label,
      oninput: (event) => onvalue(Number(event.target.value)),
      onchange: () => onrelease(),
      onpointerup: (event) => event.target.blur(), // arrow keys step through frames again
    });
    return { input, value, root: element("label", { class: "slider" }, element("span", { text: label }), value, input) };
  }

  setSlider({ input, value }, number, text) {
    if (Number(input.value) !== number) input.value = number;
    setText(value, text);
    const { min, max } = input;
    input.style.setProperty("--part", `${((number - min) / (max - min)) * 100}%`);
  }

  choice(label, name, onvalue) {
    const select = element("select", {
      name, "aria-label": label,
      onpointerdown: () => { select.dataset.byPointer = "yes"; },
      onkeydown: () => { delete select.dataset.byPointer; },
      onchange: (event) => {
        onvalue(event.target.value);
        if (select.dataset.byPointer) select.blur(); // keys are the viewer's again
      },
    });
    return { select, root: element("label", { class: "choice" }, element("span", { text: label }), select) };
  }

  setOptions({ select }, options) {
    const written = JSON.stringify(options);
    if (select.dataset.written === written) return;
    select.dataset.written = written;
    select.replaceChildren(...options.map(([value, text]) => element("option", { value, text })));
  }

  /** Rows of layers and classes, made anew when the scene or the frame changes. */
  build() {
    const { viewer } = this;
    const { scene, settings } = viewer;
    const rank = { labels: 0, predictions: 0 };
    this.layerRows = scene.layers.map((layer, i) => {
      rank[layer.role] += 1;
      const key = layer.role === "labels" ? (rank.labels === 1 ? "G" : "") : rank.predictions <= 9 ? String(rank.predictions) : "";
      const count = element("span", { class: "count" });
      const row = element(
        "button",
        { type: "button", class: "row", "data-layer-toggle": layer.key, title: layer.name, onclick: () => settings.toggle("hiddenLayers", layer.key) },
        layerSample(scene, i), element("span", { class: "row-name", text: layer.name }), key ? element("kbd", { text: key }) : null, count,
      );
      return { layer, row, count };
    });
    this.layers.replaceChildren(...this.layerRows.map(({ row }) => row));
    this.thresholdSection.hidden = !scene.layers.some((layer) => layer.role === "predictions");

    const present = (cls) => viewer.overlays.counts.classes.has(cls.id);
    const ordered = [...scene.classes.filter(present), ...scene.classes.filter((cls) => !present(cls))];
    this.classRows.clear();
    for (const cls of ordered) {
      const count = element("span", { class: "count" });
      const row = element(
        "button",
        {
          type: "button",
          class: present(cls) ? "row chip" : "row chip absent",
          "data-class": cls.id,
          onclick: (event) => (event.altKey ? this.only(cls.id) : event.detail < 2 && settings.toggle("hiddenClasses", cls.id)),
          ondblclick: () => this.only(cls.id),
        },
        swatch(cls.color), element("span", { class: "row-name", text: cls.name }), count,
      );
      this.classRows.set(cls.id, { cls, row, count });
    }
    this.classes.replaceChildren(...[...this.classRows.values()].map(({ row }) => row));
    this.search.hidden = scene.classes.length < SEARCH_FROM;
    this.findClasses();
  }

  /** Only this class; when it is the only one already, all of them again. */
  only(classId) {
    const { scene, settings } = this.viewer;
    const others = scene.classes.map((cls) => cls.id).filter((id) => id !== classId);
    // The first click of a double click has just toggled the class itself, so only the others tell.
    const alone = others.every((id) => settings.hiddenClasses.includes(id));
    settings.set({ hiddenClasses: alone ? [] : others });
  }

  findClasses() {
    const wanted = this.search.hidden ? "" : this.search.value.trim().toLowerCase();
    for (const { cls, row } of this.classRows.values()) row.hidden = !cls.name.toLowerCase().includes(wanted);
  }

  update() {
    const { viewer } = this;
    const { settings } = viewer;
    const { counts, hasOutcomes, colorContext } = viewer.overlays;
    this.layerRows.forEach(({ layer, row, count }, i) => {
      row.setAttribute("aria-pressed", String(!settings.hiddenLayers.includes(layer.key)));
      const [shown, all] = [counts.layers[i], counts.allOfLayers[i]];
      setText(count, shown === all ? wholeNumber.format(all) : `${wholeNumber.format(shown)} of ${wholeNumber.format(all)}`);
    });
    for (const { cls, row, count } of this.classRows.values()) {
      const number = counts.classes.get(cls.id);
      row.setAttribute("aria-pressed", String(!settings.hiddenClasses.includes(cls.id)));
      setText(count, number ? wholeNumber.format(number.passing) : "");
      const title = number
        ? `${cls.name}: ${counted(number.labels, "label")}, ${counted(number.predictions, "prediction")} with confidence of at least ${settings.threshold.toFixed(2)}`
        : `${cls.name}: none on this frame`;
      if (row.title !== title) row.title = title;
    }
    this.everyClass.hidden = settings.hiddenClasses.length === 0;
    this.setSlider(this.threshold, settings.threshold, `≥ ${settings.threshold.toFixed(2)}`);
    this.iou.root.hidden = settings.iou === null || !hasOutcomes;
    if (settings.iou !== null) this.setSlider(this.iou, settings.iou, `≥ ${settings.iou.toFixed(2)}`);
    const { fill } = viewer.overlays;
    this.setSlider(this.fill, fill, `${Math.round(fill * 100)}%`);
    this.setSlider(this.outline, settings.outline, `${settings.outline} px`);
    const automatic = { layer: "layer", class: "class", outcome: "outcome" }[resolveColorMode("auto", colorContext)];
    this.setOptions(this.colorMode, [
      ["auto", `Automatic (${automatic})`],
      ["layer", "Layer"],
      ["class", "Class"],
      ...(hasOutcomes ? [["outcome", "Outcome"]] : []),
      ["instance", "Object"],
      ["confidence", "Confidence"],
    ]);
    const mode = settings.colorMode === "outcome" && !hasOutcomes ? "auto" : settings.colorMode;
    if (this.colorMode.select.value !== mode) this.colorMode.select.value = mode;
    if (this.captions.select.value !== settings.captions) this.captions.select.value = settings.captions;
    this.keepZoom.checked = settings.keepZoom;
  }
}
