// The selected and the hovered object: marks, tooltip, tags, and the ways to reach objects by keyboard.

const ERRORS = ["fp", "fn"];
const ERROR_SEARCH_FRAMES = 16; // how far the search for the next error looks

class Selection {
  constructor(viewer) {
    this.viewer = viewer;
    this.tooltip = new Tooltip();
    this.selected = null; // object id
    this.hovered = null;
  }

  /** Forgets everything: a new frame is drawn. */
  clear() {
    this.selected = null;
    this.hovered = null;
    this.tooltip.hide();
  }

  item(id) {
    return this.viewer.panes[0].item(id);
  }

  object(id) {
    return this.item(id)?.object ?? null;
  }

  /** Items of the objects that are drawn in any pane, in the order of the payload: each object once. */
  get visibleItems() {
    const drawn = this.viewer.activePanes.flatMap((pane) => pane.items.filter((item) => pane.isVisible(item)));
    if (this.viewer.activePanes.length === 1) return drawn;
    return [...new Map(drawn.map((item) => [item.object.id, item])).values()].sort((a, b) => a.position - b.position);
  }

  get visibleObjects() {
    return this.visibleItems.map((item) => item.object);
  }

  /** A selection by the user, of which Python hears. */
  select(id, reveal = false) {
    this.viewer.playback.stop();
    if (id === this.selected && !reveal) return;
    const isNew = id !== this.selected;
    this.set(id, reveal);
    if (isNew) this.viewer.link.notify();
  }

  set(id, reveal) {
    const object = this.object(id);
    this.selected = object ? id : null;
    setText(this.viewer.announcer, object ? objectTitle(object, this.viewer.scene) : "");
    if (object && reveal) this.viewer.view.reveal(object);
    this.mark();
  }

  /** @param {[number, number]} client where the pointer is, in pixels of the window */
  hover(id, client, stackSize = 1) {
    const { viewer } = this;
    const item = this.item(id);
    if (!item) this.tooltip.hide();
    else {
      const { object, position } = item;
      const { colorMode: mode } = viewer.overlays;
      const sample = objectSample(viewer.scene, object, objectColor(object, mode, viewer.scene, position), mode);
      this.tooltip.show(object, viewer.scene, this.object(object.match ?? object.near), sample, stackSize);
      const bounds = viewer.frameBox.getBoundingClientRect();
      this.tooltip.moveTo(client[0] - bounds.left, client[1] - bounds.top, bounds);
    }
    const hovered = item ? id : null;
    if (this.hovered === hovered) return;
    this.hovered = hovered;
    this.mark();
  }

  /** Hovers an object from elsewhere than the picture: it is marked, but nothing is explained. */
  highlight(id) {
    this.tooltip.hide();
    const hovered = this.item(id) ? id : null;
    if (this.hovered === hovered) return;
    this.hovered = hovered;
    this.mark();
  }

  mark() {
    for (const pane of this.viewer.activePanes) pane.mark(this.selected, this.hovered);
    this.viewer.side.objects.mark(this.selected, this.hovered);
    this.placeTags();
  }

  placeTags() {
    const { viewer } = this;
    const marked = viewer.settings.captions === "off" ? [] : [...new Set([this.selected, this.hovered])];
    for (const pane of viewer.activePanes) pane.placeTags(viewer.view.viewport, marked, viewer.overlays.captionsForAll);
  }

  followView() {
    if (!this.viewer.interaction.at) this.hover(null); // a tooltip that the keyboard called stays behind
    if (this.selected || this.hovered || this.viewer.overlays.captionsForAll) this.placeTags();
  }

  /** Up and down: through the objects under the pointer, else around the selection, else of the frame. */
  rotate(delta) {
    const { viewer } = this;
    const { at } = viewer.interaction;
    let stack = at ? viewer.interaction.stackAt(at) : [];
    if (stack.length < 2) stack = this.aroundSelection() ?? this.visibleObjects;
    if (!stack.length) return;
    const place = stack.findIndex((object) => object.id === this.selected);
    const next = place < 0 ? (delta > 0 ? 0 : stack.length - 1) : (place + delta + stack.length) % stack.length;
    this.reach(stack[next], true);
  }

  /** Objects that share the middle of the selected one's box, if there are others there. */
  aroundSelection() {
    const selected = this.object(this.selected);
    const box = selected && objectBox(selected);
    if (!box) return null;
    const around = this.viewer.panes[0].objectsAt(box[0] + box[2] / 2, box[1] + box[3] / 2, 0);
    return around.length > 1 && around.includes(selected) ? around : null;
  }

  /** Selects an object by keyboard and explains it, beside it. */
  reach(object, reveal) {
    const { viewer } = this;
    viewer.playback.stop();
    this.set(object.id, reveal);
    viewer.link.notify();
    this.explain(object);
  }

  /** Explains an object beside it. */
  explain(object) {
    const { viewer } = this;
    const box = objectBox(object);
    if (!box) return;
    const bounds = viewer.panes[0].root.getBoundingClientRect();
    const [x, y, width] = viewer.view.viewport.boxToScreen(box);
    this.hover(object.id, [bounds.left + Math.min(x + width, bounds.width), bounds.top + Math.max(y, 0)]);
  }

  /** The selected object with its match, or what it overlaps. */
  get selectedPair() {
    const selected = this.object(this.selected);
    return selected ? [selected, this.object(selected.match ?? selected.near)].filter(Boolean) : [];
  }

  /** The selected object with its match, or else everything that is drawn. */
  crop() {
    const pair = this.selectedPair;
    this.viewer.view.cropToObjects(pair.length ? pair : this.visibleObjects);
  }

  /** Shows the selected object and its match large, with what is around them, and explains it. */
  zoomIn() {
    this.viewer.view.closeUp(this.selectedPair);
    this.explain(this.object(this.selected));
  }

  /** The next object of the selected one's kind of error: on this frame, else on the frames beyond. */
  async nextError(delta) {
    const { viewer } = this;
    viewer.playback.stop();
    if (viewer.link.walk) {
      await this.nextOfWalk(delta);
      return;
    }
    const kind = this.object(this.selected)?.outcome;
    const wanted = ERRORS.includes(kind) ? [kind] : ERRORS;
    const isShown = ({ layer }) => !viewer.settings.hiddenLayers.includes(viewer.scene.layers[layer]?.key);
    const isError = (object) => wanted.includes(object.outcome) && isShown(object) && viewer.overlays.passes(object);
    const find = () => viewer.objects.filter(isError);
    let errors = find();
    const place = errors.findIndex((object) => object.id === this.selected);
    let next = place < 0 ? (delta > 0 ? 0 : errors.length - 1) : place + delta;
    for (let tries = 0; !errors[next] && tries < ERROR_SEARCH_FRAMES; tries += 1) {
      const position = viewer.position + delta;
      const entry = viewer.order.at(position);
      if (!entry) return;
      await viewer.show(entry, position, null);
      if (viewer.position !== position) return; // the user went elsewhere meanwhile
      errors = find();
      next = delta > 0 ? 0 : errors.length - 1;
    }
    if (errors[next]) this.zoomTo(errors[next]);
  }

  /** The object before or after the selected one of those that Python was asked for, in their order. */
  async nextOfWalk(delta) {
    const { viewer } = this;
    const { items } = viewer.link.walk;
    const isHere = ({ entry }) => entry.id === viewer.payload.frame;
    const place = items.findIndex((item) => item.object === this.selected && isHere(item));
    const item = place < 0 ? (items.find(isHere) ?? items[0]) : items[place + delta];
    if (!item) return;
    if (!isHere(item)) await viewer.show(item.entry, item.position, null);
    const object = isHere(item) && this.object(item.object);
    if (object) this.zoomTo(object);
  }

  zoomTo(object) {
    this.set(object.id, false);
    this.viewer.link.notify();
    this.zoomIn();
  }
}
