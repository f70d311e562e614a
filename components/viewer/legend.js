// The legend, always on screen: what lines and colours mean now. A click on an entry shows or hides it.

class Legend {
  constructor(viewer) {
    this.viewer = viewer;
    this.root = element("div", { class: "legend", role: "group", "aria-label": "Legend: click to show or hide" });
    this.written = "";
  }

  update() {
    const { viewer } = this;
    const { scene, settings } = viewer;
    const { counts, colorMode: mode } = viewer.overlays;
    const entries = scene.layers.map((layer, i) => ({
      kind: "layer",
      name: layer.name,
      count: counts.layers[i],
      sample: layerSample(scene, i, mode),
      hidden: settings.hiddenLayers.includes(layer.key),
      toggle: () => settings.toggle("hiddenLayers", layer.key),
    }));
    if (mode === "outcome" || (viewer.overlays.hasOutcomes && settings.hiddenOutcomes.length)) {
      for (const [outcome, { plural }] of Object.entries(OUTCOMES)) {
        const count = counts.outcomes[outcome] ?? 0;
        if (!count && outcome === "ignored") continue;
        entries.push({
          kind: "outcome",
          name: plural,
          count,
          sample: outcomeSample(outcome, "sample"),
          hidden: settings.hiddenOutcomes.includes(outcome),
          toggle: () => settings.toggle("hiddenOutcomes", outcome),
        });
      }
    } else if (mode === "class") {
      for (const cls of scene.classes) {
        const count = counts.classes.get(cls.id);
        if (count === undefined) continue;
        entries.push({
          kind: "class",
          name: cls.name,
          count: count.passing,
          color: cls.color,
          hidden: settings.hiddenClasses.includes(cls.id),
          toggle: () => settings.toggle("hiddenClasses", cls.id),
        });
      }
    }
    const signature = JSON.stringify([entries, viewer.link.sceneText, mode, counts.crowds > 0, counts.ignored > 0]);
    if (signature === this.written) return;
    this.written = signature;
    const nodes = entries.map((entry) => this.entry(entry));
    if (mode === "confidence") nodes.push(this.scale());
    if (mode === "instance") nodes.push(element("span", { class: "legend-note", text: "one colour an object" }));
    if (counts.crowds && mode !== "outcome") nodes.push(element("span", { class: "legend-note" }, element("i", { class: "swatch hatched" }), "crowd"));
    if (counts.ignored && mode !== "outcome") nodes.push(element("span", { class: "legend-note" }, element("i", { class: "swatch dotted" }), "ignored"));
    // Focus survives the redrawing of the entry that was clicked.
    const focused = [...this.root.children].indexOf(this.root.getRootNode().activeElement);
    this.root.replaceChildren(...nodes);
    if (focused >= 0) this.root.children[focused]?.focus();
  }

  entry({ kind, name, count, sample, color, hidden, toggle }) {
    const mark = sample ?? swatch(color);
    return element(
      "button",
      {
        type: "button",
        class: `legend-entry ${kind}`,
        "data-name": name,
        "aria-pressed": String(!hidden),
        title: `${hidden ? "Show" : "Hide"} ${name}`,
        onclick: toggle,
      },
      mark,
      element("span", { class: "legend-name", text: name }),
      element("span", { class: "count", text: wholeNumber.format(count) }),
    );
  }

  scale() {
    const colors = [0, 0.25, 0.5, 0.75, 1].map(confidenceColor).join(", ");
    const bar = element("i", { class: "scale" });
    bar.style.background = `linear-gradient(to right, ${colors})`;
    return element("span", { class: "legend-note" }, "confidence 0", bar, "1");
  }
}
