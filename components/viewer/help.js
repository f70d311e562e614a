// The list of all keys.

class Help {
  constructor(viewer) {
    this.viewer = viewer;
    this.list = element("div", { class: "help-list" });
    this.closeButton = iconButton("close", "Close", "Escape", () => this.close());
    this.card = element(
      "div",
      { class: "help-card", role: "dialog", "aria-modal": "true", "aria-label": "Keys of the viewer", tabindex: "-1" },
      element("header", {}, element("h2", { text: "Keys" }), this.closeButton),
      this.list,
    );
    this.root = element("div", { class: "help", hidden: true, onclick: (event) => event.target === this.root && this.close() }, this.card);
    // The only control inside is the close button, so Tab has nowhere else to go.
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Tab") {
        event.preventDefault();
        this.closeButton.focus();
      }
    });
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open() {
    this.returnTo = this.root.getRootNode().activeElement;
    const groups = new Map();
    for (const { group, label, text, when } of KEYS) {
      if (when && !when(this.viewer)) continue;
      if (!groups.has(group)) groups.set(group, []);
      const keys = label.split(" ").map((part) => (part === "or" || part === "to" ? ` ${part} ` : element("kbd", { text: part })));
      groups.get(group).push(element("dt", {}, ...keys), element("dd", { text }));
    }
    this.list.replaceChildren(
      ...[...groups].map(([group, rows]) => element("section", {}, element("h3", { text: group }), element("dl", {}, ...rows))),
    );
    this.root.hidden = false;
    this.closeButton.focus();
  }

  close() {
    this.root.hidden = true;
    this.returnTo?.focus?.();
  }
}
