// The view: moves the photos of all panes together.

class View {
  constructor(viewer) {
    this.viewer = viewer;
    this.viewport = new Viewport();
  }

  get scale() {
    return this.viewport.scale;
  }

  /** @param {boolean} moving more movement is likely to follow at once (a wheel, a pinch) */
  place(moving = false) {
    for (const pane of this.viewer.activePanes) pane.place(this.viewport, moving);
    this.viewer.toolbar.updateZoom();
  }

  moved(moving = false) {
    this.place(moving);
    this.viewer.selection.followView();
  }

  zoomAt(x, y, factor, moving = false) {
    this.viewport.zoomAt(x, y, factor);
    this.moved(moving);
  }

  /** Around the pointer, if it is over the photo, else around the middle. */
  zoomBy(factor) {
    const { at } = this.viewer.interaction;
    this.zoomAt(at?.x ?? this.viewport.width / 2, at?.y ?? this.viewport.height / 2, factor);
  }

  zoomTo(scale) {
    this.zoomAt(this.viewport.width / 2, this.viewport.height / 2, scale / this.scale);
  }

  panBy(dx, dy) {
    this.viewport.panBy(dx, dy);
    this.moved();
  }

  fit() {
    this.viewport.fit();
    this.moved();
  }

  cropTo(box) {
    this.viewport.cropTo(box);
    this.moved();
  }

  /** The smallest view that holds all these objects. */
  cropToObjects(objects) {
    const hull = this.hullOf(objects);
    if (hull) this.cropTo(hull);
  }

  /** These objects in the middle, large, with as much around them again; the whole frame for what has no place in it. */
  closeUp(objects) {
    const hull = this.hullOf(objects);
    if (!hull) {
      this.fit();
      return;
    }
    this.viewport.closeUp(hull);
    this.moved();
  }

  hullOf(objects) {
    const boxes = objects.map(objectBox).filter(Boolean);
    if (!boxes.length) return null;
    const left = Math.min(...boxes.map(([x]) => x));
    const top = Math.min(...boxes.map(([, y]) => y));
    const right = Math.max(...boxes.map(([x, , width]) => x + width));
    const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
    return [left, top, right - left, bottom - top];
  }

  /** Brings an object into sight, if one has zoomed past it. */
  reveal(object) {
    const box = objectBox(object);
    if (!box || this.viewport.fitted) return;
    this.viewport.reveal(box);
    this.place();
  }

  resized() {
    const { clientWidth, clientHeight } = this.viewer.panes[0].root;
    if (!clientWidth || !clientHeight) return;
    this.viewport.setPane(clientWidth, clientHeight);
    if (this.viewer.payload) this.moved();
  }
}
