// The tooltip: everything known about the object under the pointer, in words.

class Tooltip {
  constructor() {
    this.root = element("div", { class: "tooltip", role: "tooltip", hidden: true });
    this.objectId = null;
  }

  /**
   * @param {object} [partner] the object matched with it
   * @param {Element} sample a line as it is drawn
   */
  show(object, scene, partner, sample, stackSize) {
    if (this.objectId === object.id && !this.root.hidden) return;
    this.objectId = object.id;
    const rows = objectRows(object, scene, partner).flatMap(([name, value]) => [
      element("dt", { text: name }),
      element("dd", { text: value }),
    ]);
    const parts = [
      element("div", { class: "tooltip-title" }, sample, element("span", { text: objectTitle(object, scene) })),
      object.error ? element("p", { class: "tooltip-error", text: object.error }) : null,
      element("dl", {}, ...rows),
      stackSize > 1 ? element("p", { class: "tooltip-note", text: `${stackSize} objects here: up and down choose` }) : null,
    ];
    this.root.replaceChildren(...parts.filter(Boolean));
    this.root.hidden = false;
  }

  /** Places the tooltip beside a point, inside the bounds (all in pixels of the viewer). */
  moveTo(x, y, bounds) {
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const gap = 16;
    const left = x + gap + width > bounds.width ? Math.max(4, x - gap - width) : x + gap;
    const top = y + gap + height > bounds.height ? Math.max(4, y - gap - height) : y + gap;
    this.root.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.root.hidden = true;
    this.objectId = null;
  }
}
