// The side panel: one tab for what is drawn and how, one for the list of the objects drawn.

class Side {
  constructor(viewer) {
    this.viewer = viewer;
    this.panel = new Panel(viewer);
    this.objects = new ObjectList(viewer);
    this.count = element("span", { class: "count" });
    this.pages = { layers: this.panel.root, objects: this.objects.root };
    this.tabs = { layers: this.tab("layers", "Layers"), objects: this.tab("objects", "Objects", this.count) };
    for (const [name, page] of Object.entries(this.pages)) {
      page.id = `side-${name}`;
      page.setAttribute("role", "tabpanel");
      page.setAttribute("aria-labelledby", `side-tab-${name}`);
      page.classList.add("side-page");
    }
    const tabs = element("div", { class: "side-tabs", role: "tablist", "aria-label": "Side panel" }, ...Object.values(this.tabs));
    tabs.addEventListener("keydown", (event) => this.key(event));
    this.root = element("aside", { class: "panel", "aria-label": "Layers, classes, appearance and objects" }, tabs, ...Object.values(this.pages));
  }

  tab(name, label, count) {
    return element(
      "button",
      { type: "button", role: "tab", id: `side-tab-${name}`, "aria-controls": `side-${name}`, "data-tab": name, onclick: () => this.viewer.settings.set({ side: name }) },
      element("span", { text: label }),
      count,
    );
  }

  key(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const other = this.viewer.settings.side === "layers" ? "objects" : "layers";
    this.viewer.settings.set({ side: other });
    this.tabs[other].focus();
  }

  /** A new frame is drawn. */
  build() {
    this.panel.build();
    this.objects.scrollToTop();
  }

  update() {
    const { viewer } = this;
    for (const [name, tab] of Object.entries(this.tabs)) {
      const chosen = viewer.settings.side === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      this.pages[name].hidden = !chosen;
    }
    setText(this.count, wholeNumber.format(viewer.selection.visibleItems.length));
    this.panel.update();
    this.objects.update();
  }
}
