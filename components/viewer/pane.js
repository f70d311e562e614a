// A pane: one photo with its overlays. Side by side there are two of them, with the same view and frame.

const LIVE_OBJECTS = 120; // above this, lines keep their width in frame pixels until a zoom has come to rest
const REST_MS = 200;
const TAG_HEIGHT = 16;

const tagRuler = document.createElement("canvas").getContext("2d");
const tagWidths = new Map();

function tagWidth(text) {
  let width = tagWidths.get(text);
  if (width === undefined) {
    tagRuler.font = "500 11px system-ui, sans-serif";
    width = Math.ceil(tagRuler.measureText(text).width) + 10;
    tagWidths.set(text, width);
  }
  return width;
}

class Pane {
  constructor(index) {
    this.index = index;
    this.sheet = null; // what is drawn
    this.visible = new Set(); // indices of the layers shown here
    this.image = null;
    this.shapes = svgElement("g", { class: "shapes" });
    this.focus = svgElement("g", { class: "focus" });
    this.hatch = crowdHatch();
    const definitions = svgElement("defs");
    if (index === 0) definitions.append(this.hatch);
    this.svg = svgElement("svg", { class: "overlay", role: "group", "aria-label": "Objects on the frame" });
    this.svg.append(definitions, this.shapes, this.focus);
    this.missing = element("div", { class: "missing", hidden: true });
    this.stage = element("div", { class: "stage" }, this.missing, this.svg);
    this.badges = element("div", { class: "badges", role: "group", "aria-label": "Classifications of the whole frame" });
    this.tags = element("div", { class: "tags", "aria-hidden": "true" });
    this.head = element("div", { class: "pane-head" });
    this.root = element("div", { class: "pane", "data-pane": index }, this.stage, this.tags, this.badges, this.head);
    this.restTimer = 0;
    this.movements = 0;
  }

  /** Shows a sheet. `image` is decoded already, or null for a placeholder with the words in `reason`. */
  draw(sheet, size, image, reason) {
    this.sheet = sheet;
    const [width, height] = size;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    if (this.image !== image) {
      this.image?.remove();
      if (image) this.stage.prepend(image);
      this.image = image;
    }
    this.missing.hidden = Boolean(image);
    this.missing.replaceChildren(...(image ? [] : [element("span", { text: reason })]));
    this.shapes.replaceChildren(...sheet.layers.map((layer) => layer.group));
    this.badges.replaceChildren(...sheet.badges);
    this.focus.replaceChildren();
    this.tags.replaceChildren();
    this.root.classList.toggle("many", sheet.isCrowded);
  }

  get scene() {
    return this.sheet.scene;
  }

  get items() {
    return this.sheet?.items ?? [];
  }

  /** The item of an object: {object, node, position, shown, color}. */
  item(id) {
    return id ? this.sheet?.byId.get(id) : undefined;
  }

  showLayers(visible) {
    this.visible = visible;
    this.sheet.showLayers(visible);
  }

  isVisible(item) {
    return item.shown && this.visible.has(item.object.layer);
  }

  /** Objects under a point of the frame, the smallest first. */
  objectsAt(x, y, tolerance) {
    const found = this.items.filter((item) => this.isVisible(item) && objectContains(item.object, x, y, tolerance));
    return found.map((item) => item.object).sort((a, b) => objectArea(a) - objectArea(b));
  }

  /** Marks the selected and the hovered object, with their partners, above everything else. */
  mark(selectedId, hoveredId) {
    const marks = [];
    const partners = [];
    let joined = false;
    for (const [id, kind] of [[selectedId, "selected"], [hoveredId === selectedId ? null : hoveredId, "hovered"]]) {
      const item = this.item(id);
      if (!item || !this.isVisible(item)) continue;
      const partner = this.item(item.object.match ?? item.object.near);
      if (partner && this.isVisible(partner)) {
        joined = true;
        partners.push(this.partnerLine(item, partner), this.markOf(partner, "matched"));
        const rival = item.object.match ? null : this.item(partner.object.match); // who took what it overlaps
        if (rival && rival !== item && this.isVisible(rival)) partners.push(this.markOf(rival, "matched"));
      }
      marks.push(this.markOf(item, kind));
    }
    this.focus.replaceChildren(...[...partners, ...marks].filter(Boolean));
    this.root.classList.toggle("joined", joined);
    for (const node of this.sheet?.badges ?? []) node.classList.toggle("selected", node.dataset.id === selectedId);
  }

  markOf(item, kind) {
    if (item.object.kind === "classification") return null;
    const strokes = `${layerStroke(this.scene, item.object.layer)}${this.sheet.mode === "outcome" ? " by-outcome" : ""}`;
    const group = svgElement("g", { class: `mark ${kind} ${strokes}`, "data-mark": kind });
    const path = shapePath(item.object);
    if (path) group.append(svgElement("path", { d: path, class: "halo dark" }), svgElement("path", { d: path, class: "halo light" }));
    const copy = item.node.cloneNode(true);
    colorShape(copy, item.color);
    copy.removeAttribute("data-id");
    copy.removeAttribute("role");
    copy.removeAttribute("aria-label");
    group.append(copy);
    return group;
  }

  partnerLine(one, other) {
    const centre = (object) => {
      const [x, y, width, height] = objectBox(object);
      return [x + width / 2, y + height / 2];
    };
    if (!objectBox(one.object) || !objectBox(other.object)) return null;
    const [x1, y1] = centre(one.object);
    const [x2, y2] = centre(other.object);
    return svgElement("line", { x1, y1, x2, y2, class: "partner-line" });
  }

  /**
   * Moves the photo; `--px` tells the style sheet how long a screen pixel is. While many objects are moving, it waits
   * until they rest: new line widths mean drawing all lines anew.
   */
  place(viewport, moving) {
    const { stage } = this;
    stage.style.transform = `translate(${viewport.x}px, ${viewport.y}px) scale(${viewport.scale})`;
    stage.classList.toggle("pixels", viewport.scale * window.devicePixelRatio > 3);
    if (!moving || this.items.length <= LIVE_OBJECTS) this.rest(viewport.scale);
    if (!moving) return;
    stage.classList.add("moving");
    this.movements += 1;
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.comeToRest(viewport), REST_MS);
  }

  /**
   * Sharp lines of the right width again. Two frames are let pass first: on a busy machine the time may be over only
   * because drawing took long, and the next movement is already waiting.
   */
  comeToRest(viewport) {
    const { movements } = this;
    const settle = () => {
      if (movements !== this.movements) return;
      this.stage.classList.remove("moving");
      this.rest(viewport.scale);
    };
    requestAnimationFrame(() => requestAnimationFrame(settle));
  }

  rest(scale) {
    if (this.restedScale === scale) return;
    this.restedScale = scale;
    this.stage.style.setProperty("--px", `${1 / scale}px`);
    this.hatch.setAttribute("patternTransform", `rotate(45) scale(${1 / scale})`);
  }

  /**
   * Places tags: for every visible object, or for the marked ones only.
   * @param {(string | null)[]} markedIds most important first
   */
  placeTags(viewport, markedIds, everyObject) {
    const marked = markedIds.map((id) => this.item(id)).filter((item) => item && this.isVisible(item));
    let items = marked;
    if (everyObject && !this.root.classList.contains("joined")) {
      const others = this.items.filter((item) => this.isVisible(item) && !marked.includes(item));
      others.sort((a, b) => (b.object.conf ?? 1) - (a.object.conf ?? 1) || objectArea(b.object) - objectArea(a.object));
      items = [...marked, ...others];
    }
    const candidates = [];
    for (const item of items) {
      const box = objectBox(item.object);
      if (!box || item.object.kind === "classification") continue;
      const text = tagText(item.object, this.scene);
      candidates.push({
        id: item.object.id,
        box: viewport.boxToScreen(box),
        width: tagWidth(text),
        height: TAG_HEIGHT,
        required: marked.includes(item),
        text,
        color: item.color,
      });
    }
    // Beside the picture is fine too: there a tag hides nothing.
    const bounds = { left: 0, top: 0, right: viewport.width, bottom: viewport.height };
    const area = viewport.visibleArea;
    const texts = new Map(candidates.map((candidate) => [candidate.id, candidate]));
    const nodes = placeTags(candidates, bounds, area * TAG_AREA_SHARE).map(({ id, x, y }) => {
      const { text, color, width } = texts.get(id);
      const node = element("div", { class: "tag", text, "data-tag": id });
      node.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      node.style.width = `${width}px`;
      node.style.setProperty("--color", color);
      return node;
    });
    this.tags.replaceChildren(...nodes);
  }
}
