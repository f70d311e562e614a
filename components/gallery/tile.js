// One tile: a thumbnail, its objects as vectors over it, and what is said about the frame.

const MIN_ASPECT = 0.4;
const MAX_ASPECT = 3.2;
const TAG_SIZE = { width: 24, height: 13 };
/** Share of a tile that confidence tags may cover when they are asked for. */
const TAG_SHARE = 0.12;

const GEOMETRY_KEYS = {
  box: "box",
  oriented_box: "obb",
  polygon: "parts",
  mask: "parts",
  polyline: "lines",
  keypoints: "points",
};

/** By their codes in bits 2 and up of an object's flags, from 1. */
const OUTCOME_CODES = ["tp", "fp", "fn", "ignored"];

/** An object of a frame payload from its compact row; a mask comes as its outline. `own`: its own shape, if another. */
function expandObject([row, layer, cls, kind, conf, flags, geometry, ownKind, ownGeometry], scene) {
  const object = { id: `${scene.layers[layer].key}:${row}`, layer, cls, kind: kind === "mask" ? "polygon" : kind };
  if (kind in GEOMETRY_KEYS) object[GEOMETRY_KEYS[kind]] = geometry;
  if (conf !== null) object.conf = conf;
  if (flags & 1) object.crowd = true;
  if (flags & 2) object.ignored = true;
  if (flags >> 2) object.outcome = OUTCOME_CODES[(flags >> 2) - 1];
  if (ownKind !== undefined) object.own = expandObject([row, layer, cls, ownKind, conf, 0, ownGeometry], scene);
  return object;
}

/** "night/003.jpg: 12 labels, 14 predictions of model_a" */
function describeTile(record, scene) {
  const parts = scene.layers.map((layer, index) =>
    layer.role === "labels"
      ? counted(record.counts[index], "label")
      : `${counted(record.counts[index], "prediction")} of ${layer.name}`,
  );
  if (record.badge && !parts.includes(record.badge)) parts.push(record.badge);
  return `${record.file_name}${parts.length ? `: ${parts.join(", ")}` : ""}`;
}

class Tile {
  /** @param {{open, mark, focus}} on called with the event, where there is one */
  constructor(record, scene, on) {
    this.record = record;
    this.scene = scene;
    this.shapes = []; // {object, shape, own: the element of its own shape or null, shown}
    this.layers = []; // {group, casing, objects}
    this.objects = record.objects.map((row) => expandObject(row, scene));
    this.frameWords = []; // {object, word} of classifications
    this.place = null;
    this.node = element("div", `tile ${record.status}`);
    this.node.setAttribute("role", "listitem");
    this.node.dataset.frame = record.frame;
    this.link = this.makeLink(on);
    this.svg = svgElement("svg", { class: "overlay", viewBox: `0 0 ${record.size.join(" ")}`, "aria-hidden": "true" });
    this.words = element("div", "frame-classes");
    this.tags = element("div", "tags");
    this.draw();
    this.mark = button("mark", "", on.mark);
    this.mark.tabIndex = -1;
    this.mark.setAttribute("role", "checkbox");
    this.mark.setAttribute("aria-label", `Select ${record.frame}`);
    const tick = svgElement("svg", { viewBox: "0 0 16 16" });
    tick.append(svgElement("path", { d: "M3.5 8.5l3 3 6-7" }));
    this.mark.append(tick);
    this.link.append(this.svg, this.tags);
    this.node.append(this.link, this.words, this.mark, this.makeFoot());
    if (record.status !== "ok") this.explain(record.status);
  }

  get aspect() {
    const [width, height] = this.record.size;
    return Math.min(Math.max(width / height, MIN_ASPECT), MAX_ASPECT);
  }

  makeLink(on) {
    const link = element("a", "open");
    link.href = this.record.href;
    link.draggable = false;
    link.tabIndex = -1;
    link.setAttribute("aria-label", describeTile(this.record, this.scene));
    link.onclick = on.open;
    link.onfocus = on.focus;
    if (!this.record.thumb) return link;
    const image = element("img");
    image.alt = "";
    image.loading = "lazy";
    image.decoding = "async";
    image.draggable = false;
    image.onerror = () => {
      image.remove();
      this.explain("unreadable");
    };
    image.src = this.record.thumb;
    link.append(image);
    return link;
  }

  draw() {
    this.scene.layers.forEach((_, index) => {
      const group = layerGroup(this.scene, index);
      const casing = svgElement("path", { class: "casing" });
      group.append(casing);
      this.layers.push({ group, casing });
      this.svg.append(group);
    });
    this.objects.forEach((object, position) => {
      const shape = shapeElement(object, classOf(this.scene, object));
      if (shape) {
        const { group } = this.layers[object.layer];
        const own = object.own ? shapeElement(object.own, classOf(this.scene, object)) : null;
        if (own) {
          own.removeAttribute("data-id");
          own.classList.add("own-shape");
          group.append(own);
        }
        shape.setAttribute("data-kind", this.record.objects[position][3]);
        group.append(shape);
        this.shapes.push({ object, shape, own, shown: true });
      } else if (object.kind === "classification") {
        const word = element("span", "frame-class", tagText(object, this.scene));
        this.words.append(word);
        this.frameWords.push({ object, word });
      }
    });
  }

  makeFoot() {
    const foot = element("div", "foot");
    const { badge, file_name: fileName, more } = this.record;
    if (badge) {
      const node = element("span", "badge", badge);
      node.title = badge;
      foot.append(node);
    }
    const name = element("span", "name");
    name.append(element("bdi", "", fileName));
    name.title = describeTile(this.record, this.scene);
    foot.append(name);
    if (more) {
      const node = element("span", "more", `+${grouped(more)}`);
      node.title = `${counted(more, "more object")} in this frame: open it to see all`;
      foot.append(node);
    }
    return foot;
  }

  /** Says why there is no picture. */
  explain(status) {
    this.node.classList.remove("ok");
    this.node.classList.add(status);
    const note = element("div", "note");
    note.append(
      element("b", "", status === "missing" ? "Image missing" : "Image cannot be read"),
      element("span", "", this.record.file_name),
    );
    this.link.prepend(note);
  }

  moveTo(place) {
    this.place = place;
    const { style } = this.node;
    style.transform = `translate(${place.left}px, ${place.top}px)`;
    style.width = `${place.width}px`;
    style.height = `${place.height}px`;
    const [width, height] = this.record.size;
    this.svg.style.setProperty("--px", `${Math.max(width / place.width, height / place.height).toFixed(3)}px`);
  }

  /**
   * @param {Set<string>} hidden keys of layers
   * @param {string} mode a resolved colour mode
   * @param {(object: object) => boolean} shows whether an object of a layer that is shown is drawn
   */
  color(hidden, mode, shows) {
    const casings = this.layers.map(() => "");
    this.shapes.forEach((entry, position) => {
      const { object, shape, own } = entry;
      entry.shown = shows(object);
      for (const node of own ? [shape, own] : [shape]) {
        node.style.display = entry.shown ? "" : "none";
        colorShape(node, objectColor(object, mode, this.scene, position));
      }
      markOutcome(shape, object.outcome);
      if (entry.shown && object.kind !== "keypoints" && !object.ignored) casings[object.layer] += shapePath(object);
    });
    this.layers.forEach(({ group, casing }, index) => {
      group.style.display = hidden.has(this.scene.layers[index].key) ? "none" : "";
      group.classList.toggle("by-outcome", mode === "outcome");
      casing.setAttribute("d", casings[index]);
    });
    this.frameWords.forEach(({ object, word }, position) => {
      word.hidden = hidden.has(this.scene.layers[object.layer].key) || !shows(object);
      word.style.setProperty("--color", objectColor(object, mode, this.scene, position));
    });
  }

  /** Writes the confidence beside each prediction, as far as there is room. */
  tag(shown, hidden) {
    if (!shown || !this.place) {
      if (this.tags.childElementCount) this.tags.replaceChildren();
      return;
    }
    const scale = this.place.height / this.record.size[1];
    const tagged = this.shapes
      .filter(({ shown: isDrawn }) => isDrawn)
      .map(({ object }) => object)
      .filter((object) => object.conf !== undefined && !hidden.has(this.scene.layers[object.layer].key) && objectBox(object))
      .sort((a, b) => b.conf - a.conf);
    const confidence = new Map(tagged.map((object) => [object.id, object.conf]));
    const candidates = tagged.map((object) => ({
      id: object.id,
      box: objectBox(object).map((side) => side * scale),
      ...TAG_SIZE,
    }));
    const bounds = { left: 0, top: 0, right: this.place.width, bottom: this.place.height };
    const placed = placeTags(candidates, bounds, TAG_SHARE * bounds.right * bounds.bottom);
    this.tags.replaceChildren(
      ...placed.map(({ id, x, y }) => {
        const tag = element("span", "tag", confidence.get(id).toFixed(2).replace(/^0/, ""));
        tag.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
        return tag;
      }),
    );
  }

  select(chosen) {
    this.node.classList.toggle("selected", chosen);
    this.mark.setAttribute("aria-checked", String(chosen));
  }
}
