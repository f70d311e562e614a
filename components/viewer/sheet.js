// A sheet: the nodes of one frame's objects. It can be made before the frame is shown, so that a step only swaps nodes.

const CASED_OBJECTS = 600; // above this, lines have no casing: one path of so many shapes takes long to stroke
const SHEETS_KEPT = 5;

class Sheet {
  constructor(scene, payload) {
    this.scene = scene;
    this.payload = payload;
    this.items = []; // {object, node, position, shown, color}; node: shape or badge
    this.byId = new Map();
    this.badges = [];
    this.layers = scene.layers.map((layer, i) => {
      const group = layerGroup(scene, i);
      const casing = svgElement("path", { class: "casing" });
      group.append(casing);
      return { key: layer.key, group, casing, cased: false, color: null };
    });
    payload.objects.forEach((object, position) => this.add(object, position));
  }

  add(object, position) {
    const { scene } = this;
    const layer = this.layers[object.layer];
    if (!layer) return;
    let node = shapeElement(object, classOf(scene, object));
    if (node) {
      node.setAttribute("role", "img");
      node.setAttribute("aria-label", objectTitle(object, scene));
      layer.group.append(node);
    } else if (object.kind === "classification") {
      node = this.badge(object, layer);
      this.badges.push(node);
    } else return;
    const item = { object, node, position, shown: true, color: null };
    this.items.push(item);
    this.byId.set(object.id, item);
  }

  badge(object, layer) {
    const { scene } = this;
    const label = objectTitle(object, scene);
    return element(
      "button",
      { type: "button", class: "badge", "data-id": object.id, "data-layer": layer.key, "aria-label": label },
      layerSample(scene, object.layer),
      element("span", { text: tagText(object, scene) }),
    );
  }

  get isCrowded() {
    return this.items.length > CASED_OBJECTS;
  }

  /** Which layers are shown: one class on each group, the style sheet does the rest. */
  showLayers(visible) {
    this.layers.forEach((layer, i) => layer.group.classList.toggle("off", !visible.has(i)));
    for (const node of this.badges) node.classList.toggle("off", !visible.has(this.byId.get(node.dataset.id).object.layer));
  }

  /** Shows exactly the objects that pass; only those that change are touched. */
  filter(passes) {
    const changed = new Set();
    for (const item of this.items) {
      const shown = passes(item.object);
      if (shown !== item.shown) {
        item.shown = shown;
        item.node.style.display = shown ? "" : "none";
        changed.add(item.object.layer);
      }
    }
    this.layers.forEach((layer, i) => {
      if (!changed.has(i) && layer.cased) return;
      layer.cased = true;
      if (this.isCrowded) return;
      let path = "";
      for (const { object, shown } of this.items) if (shown && object.layer === i) path += shapePath(object);
      layer.casing.setAttribute("d", path);
    });
  }

  /** Objects have other outcomes than when they were drawn. */
  outcomesChanged(objects) {
    if (objects.length) this.mode = null;
    for (const object of objects) {
      const item = this.byId.get(object.id);
      if (item) item.node.setAttribute("aria-label", objectTitle(object, this.scene));
    }
  }

  /** Colours the objects; those in their layer's own colour inherit it, which spares thousands of styles. */
  colorize(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.layers.forEach(({ group }, i) => {
      group.classList.toggle("by-outcome", mode === "outcome");
      group.style.setProperty("--casing", casingColor(this.scene, i, mode));
      colorShape(group, layerColor(this.scene, i));
    });
    for (const item of this.items) {
      const { object, node, position } = item;
      item.color = objectColor(object, mode, this.scene, position);
      if (mode === "outcome") markOutcome(node, object.outcome);
      const inherits = object.kind !== "classification" && item.color === layerColor(this.scene, object.layer);
      if (!inherits) colorShape(node, item.color);
      else if (node.style.length) node.style.removeProperty("--color");
    }
  }
}

/** The sheets of frames just seen and of frames about to be. */
class SheetShelf {
  constructor(overlays) {
    this.overlays = overlays;
    this.sheets = new Map(); // payload -> sheet, the oldest first
    this.request = 0;
  }

  /** The sheet of a payload, made now if it is not ready. */
  take(scene, payload) {
    let sheet = this.sheets.get(payload);
    if (sheet?.scene !== scene) sheet = new Sheet(scene, payload);
    this.sheets.delete(payload);
    this.sheets.set(payload, sheet);
    for (const oldest of this.sheets.keys()) {
      if (this.sheets.size <= SHEETS_KEPT) break;
      this.sheets.delete(oldest);
    }
    return sheet;
  }

  /** Makes one sheet whenever the browser has nothing else to do. */
  prepare(scene, payloads) {
    this.cancel();
    const missing = payloads.filter((payload) => payload && this.sheets.get(payload)?.scene !== scene);
    if (!missing.length) return;
    this.request = whenIdle(() => {
      const sheet = this.take(scene, missing[0]);
      this.overlays.style(sheet);
      this.prepare(scene, missing.slice(1));
    });
  }

  cancel() {
    cancelIdle(this.request);
    this.request = 0;
  }
}

const whenIdle = window.requestIdleCallback?.bind(window) ?? ((act) => setTimeout(act, 50));
const cancelIdle = window.cancelIdleCallback?.bind(window) ?? clearTimeout;
