// What is drawn over the photo, and how: layers, filters, colours, and the counts that go with them.

const FILL = 0.3; // opacity of areas until the user chooses
const STACKED_FILL = 0.1; // the same with several layers, whose areas lie over each other
const FEW_OBJECTS = 12; // up to this many, automatic captions are for all

class Overlays {
  constructor(viewer) {
    this.viewer = viewer;
    this.settings = viewer.settings;
    this.hasOutcomes = false;
    this.hiddenClasses = new Set();
    this.counts = { layers: [], allOfLayers: [], classes: new Map(), outcomes: {}, crowds: 0, ignored: 0 };
  }

  get scene() {
    return this.viewer.scene;
  }

  get colorContext() {
    const shown = this.scene.layers.filter((layer) => !this.settings.hiddenLayers.includes(layer.key));
    const modelsShown = shown.filter((layer) => layer.role === "predictions").length;
    return { layersShown: shown.length, modelsShown, hasOutcomes: this.hasOutcomes };
  }

  get colorMode() {
    return resolveColorMode(this.settings.colorMode, this.colorContext);
  }

  get fill() {
    return this.settings.fill ?? (this.colorContext.layersShown > 1 ? STACKED_FILL : FILL);
  }

  get captionsForAll() {
    const { captions } = this.settings;
    return captions === "on" || (captions === "auto" && this.counts.layers.reduce((sum, count) => sum + count, 0) <= FEW_OBJECTS);
  }

  /** Key of the predictions that labels are compared with: the first that are shown. */
  get comparedLayer() {
    const models = this.scene.layers.filter((layer) => layer.role === "predictions");
    return (models.find((layer) => !this.settings.hiddenLayers.includes(layer.key)) ?? models[0])?.key;
  }

  /** Outcomes at the threshold and for the layers that are shown now. */
  derive(sheet) {
    const changed = deriveOutcomes(sheet.payload.objects, this.scene, this.comparedLayer, this.settings.threshold);
    sheet.outcomesChanged(changed);
    return changed.length > 0;
  }

  /** Everything, after a frame was drawn. */
  apply() {
    for (const { sheet } of this.viewer.activePanes) this.derive(sheet);
    this.hasOutcomes = this.viewer.objects.some((object) => object.outcome !== undefined);
    this.arrange();
    this.filter();
    this.colorize();
  }

  /** Only what a change of settings asks for. */
  refresh(changed) {
    const any = (...names) => names.some((name) => changed.has(name));
    if (any("split", "hiddenLayers", "paneLayers")) this.arrange();
    if (any("threshold", "hiddenLayers")) {
      // Both panes show the same objects: the first finds what changed, and all are coloured anew.
      const sheets = this.viewer.activePanes.map((pane) => pane.sheet);
      const outcomesChanged = sheets.some((sheet) => this.derive(sheet));
      if (outcomesChanged) {
        for (const sheet of sheets) sheet.mode = null;
        this.coloredBy = null;
        this.viewer.selection.tooltip.objectId = null;
      }
    }
    if (any("threshold", "hiddenClasses", "hiddenOutcomes", "hiddenLayers")) this.filter();
    if (any("colorMode", "hiddenLayers", "split", "threshold") && (this.colorMode !== this.coloredBy || changed.has("split"))) this.colorize();
    if (any("fill", "outline")) this.applyAppearance();
  }

  /** Which layers each pane shows. */
  arrange() {
    const { scene, viewer } = this;
    const { split, hiddenLayers } = this.settings;
    viewer.canvas.classList.toggle("split", split);
    this.applyAppearance();
    const choices = split ? this.paneChoices() : [scene.layers.map((layer) => layer.key)];
    viewer.activePanes.forEach((pane, i) => {
      const visible = scene.layers.flatMap(({ key }, layer) => (choices[i].includes(key) && !hiddenLayers.includes(key) ? [layer] : []));
      pane.showLayers(new Set(visible));
      pane.head.replaceChildren(...(split ? scene.layers.map((layer, l) => this.paneChip(pane, layer, l, choices)) : []));
    });
    viewer.view.resized();
  }

  /** Layer keys of the two panes: as chosen, else labels on both sides with one prediction set each. */
  paneChoices() {
    const { scene, settings } = this;
    const known = new Set(scene.layers.map((layer) => layer.key));
    if (settings.paneLayers?.flat().some((key) => known.has(key))) return settings.paneLayers;
    const keys = (role) => scene.layers.filter((layer) => layer.role === role).map((layer) => layer.key);
    const [labels, predictions] = [keys("labels"), keys("predictions")];
    if (predictions.length < 2) return [labels, predictions];
    return [[...labels, predictions[0]], [...labels, predictions[1]]];
  }

  paneChip(pane, layer, layerIndex, choices) {
    const chosen = choices[pane.index].includes(layer.key);
    const toggle = () => {
      const paneLayers = choices.map((keys) => [...keys]);
      paneLayers[pane.index] = chosen ? paneLayers[pane.index].filter((key) => key !== layer.key) : [...paneLayers[pane.index], layer.key];
      this.settings.set({ paneLayers });
    };
    return element(
      "button",
      { type: "button", class: "pane-chip", "aria-pressed": String(chosen), title: `${chosen ? "Leave out" : "Show"} ${layer.name} here`, onclick: toggle },
      layerSample(this.scene, layerIndex),
      element("span", { text: layer.name }),
    );
  }

  passes(object) {
    if (object.conf !== undefined && object.conf < this.settings.threshold) return false;
    if (this.hiddenClasses.has(object.cls)) return false;
    return object.outcome === undefined || !this.settings.hiddenOutcomes.includes(object.outcome);
  }

  filter() {
    this.hiddenClasses = new Set(this.settings.hiddenClasses);
    for (const { sheet } of this.viewer.activePanes) sheet.filter((object) => this.passes(object));
    this.count();
  }

  /** Objects of the frame by layer, class and outcome. A hidden class keeps its number, so that one knows what is hidden. */
  count() {
    const { scene, settings } = this;
    const layers = scene.layers.map(() => 0);
    const allOfLayers = scene.layers.map(() => 0);
    const classes = new Map();
    const outcomes = {};
    let crowds = 0;
    let ignored = 0;
    for (const object of this.viewer.objects) {
      const layer = scene.layers[object.layer];
      if (!layer) continue;
      allOfLayers[object.layer] += 1;
      if (!classes.has(object.cls)) classes.set(object.cls, { labels: 0, predictions: 0, passing: 0 });
      if (object.conf === undefined || object.conf >= settings.threshold) {
        const number = classes.get(object.cls);
        number[layer.role] += 1;
        if (!settings.hiddenLayers.includes(layer.key)) number.passing += 1;
        if (this.countsOutcome(object, layer)) outcomes[object.outcome] = (outcomes[object.outcome] ?? 0) + 1;
      }
      if (object.crowd) crowds += 1;
      if (object.ignored) ignored += 1;
      if (this.passes(object)) layers[object.layer] += 1;
    }
    this.counts = { layers, allOfLayers, classes, outcomes, crowds, ignored };
  }

  /** A match is one true positive, not two: predictions are counted, and the labels that they miss. */
  countsOutcome(object, layer) {
    if (object.outcome === undefined) return false;
    return layer.role === "labels" ? object.outcome === "fn" : layer.key === this.comparedLayer;
  }

  colorize() {
    this.coloredBy = this.colorMode;
    for (const { sheet } of this.viewer.activePanes) sheet.colorize(this.coloredBy);
  }

  /** Filters and colours a sheet that is not on screen yet. */
  style(sheet) {
    this.derive(sheet);
    sheet.filter((object) => this.passes(object));
    const hasOutcomes = sheet.payload.objects.some((object) => object.outcome !== undefined);
    sheet.colorize(resolveColorMode(this.settings.colorMode, { ...this.colorContext, hasOutcomes }));
  }

  applyAppearance() {
    this.viewer.canvas.style.setProperty("--fill", this.fill);
    this.viewer.canvas.style.setProperty("--outline", this.settings.outline);
  }

  /** Shows or hides the layers of a role, or its n-th alone. */
  toggleLayers(role, rank) {
    const layers = this.scene.layers.filter((layer) => layer.role === role);
    const chosen = rank === undefined ? layers : layers.slice(rank, rank + 1);
    if (!chosen.length) return;
    const keys = chosen.map((layer) => layer.key);
    const { hiddenLayers } = this.settings;
    const hide = keys.some((key) => !hiddenLayers.includes(key));
    const without = hiddenLayers.filter((key) => !keys.includes(key));
    this.settings.set({ hiddenLayers: hide ? [...without, ...keys] : without });
  }

  changeThreshold(delta) {
    const threshold = Math.min(Math.max(Math.round((this.settings.threshold + delta) * 20) / 20, 0), 1);
    this.settings.set({ threshold });
    this.viewer.link.tell("threshold");
  }

  toggleCaptions() {
    this.settings.set({ captions: this.captionsForAll ? "off" : "on" });
  }
}
