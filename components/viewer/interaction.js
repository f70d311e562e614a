// The pointer: wheel zooms, dragging pans, hovering explains, a click selects.

const CLICK_SLACK = 4; // screen pixels a pointer may move and still click
const HIT_TOLERANCE = 4; // screen pixels around a shape that count as on it

class Interaction {
  constructor(viewer, canvas) {
    this.viewer = viewer;
    this.canvas = canvas;
    this.pointers = new Map(); // pointer id -> {x, y}
    this.at = null; // where the pointer hovers: {pane, x, y} in pane pixels
    this.hoverRequest = 0;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("dblclick", (event) => this.doubleClick(event));
  }

  /** Place of an event in its pane; null outside of the panes or on a control that lies over them. */
  locate(event) {
    const pane = this.viewer.panes.find((candidate) => event.composedPath().includes(candidate.root));
    if (!pane) return null;
    const bounds = pane.root.getBoundingClientRect();
    return { pane, x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  badgeAt(event) {
    return event.composedPath().find((node) => node instanceof Element && node.classList.contains("badge")) ?? null;
  }

  wheel(event) {
    const at = this.locate(event);
    if (!at) return;
    const { viewport } = this.viewer.view;
    const outward = event.deltaY > 0 && viewport.scale <= Math.min(viewport.fitScale, 1) * 1.0001;
    if (outward) return; // nothing left to zoom out of: the page scrolls
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const delta = Math.max(-240, Math.min(240, event.deltaY * lines));
    this.viewer.view.zoomAt(at.x, at.y, Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.002)), true);
  }

  down(event) {
    if (event.composedPath().some((node) => node instanceof Element && node.closest("button, .pane-head"))) return;
    if (event.button > 1) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) {
      this.hover(event);
      return;
    }
    const dx = event.clientX - last.x;
    const dy = event.clientY - last.y;
    if (this.pointers.size === 2) this.pinch(event, last);
    else {
      // Movement counts from where the pointer was pressed, so the photo stays under it once this is a drag.
      this.travelled = Math.max(this.travelled, Math.hypot(dx, dy));
      if (this.travelled <= CLICK_SLACK) return;
      this.canvas.classList.add("dragging");
      this.viewer.selection.hover(null);
      this.viewer.view.panBy(dx, dy);
    }
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  pinch(event, last) {
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    const bounds = this.viewer.panes[0].root.getBoundingClientRect();
    if (before > 0) this.viewer.view.zoomAt((event.clientX + other.x) / 2 - bounds.left, (event.clientY + other.y) / 2 - bounds.top, after / before, true);
  }

  up(event) {
    const clicked = this.pointers.has(event.pointerId) && this.travelled <= CLICK_SLACK;
    this.release(event);
    if (!clicked) return;
    // While captured, the event belongs to the canvas: ask the document what lies beneath.
    const pane = this.paneAt(event.clientX, event.clientY);
    if (pane) this.viewer.selection.select(this.stackAt(pane)[0]?.id ?? null);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    this.canvas.classList.remove("dragging");
  }

  paneAt(clientX, clientY) {
    for (const pane of this.viewer.activePanes) {
      const bounds = pane.root.getBoundingClientRect();
      const x = clientX - bounds.left;
      const y = clientY - bounds.top;
      if (x >= 0 && y >= 0 && x < bounds.width && y < bounds.height) return { pane, x, y };
    }
    return null;
  }

  /** Objects under a place, the smallest first. */
  stackAt({ pane, x, y }) {
    const { viewport } = this.viewer.view;
    const [frameX, frameY] = viewport.toFrame(x, y);
    return pane.objectsAt(frameX, frameY, HIT_TOLERANCE / viewport.scale);
  }

  hover(event) {
    const badge = this.badgeAt(event);
    this.at = this.locate(event);
    this.client = [event.clientX, event.clientY];
    if (badge) this.viewer.selection.hover(badge.dataset.id, this.client, 1);
    else if (!this.hoverRequest) {
      this.hoverRequest = requestAnimationFrame(() => {
        this.hoverRequest = 0;
        if (this.pointers.size) return;
        this.refresh();
      });
    }
  }

  /** Finds anew what lies under the resting pointer, after zooming or a change of what is visible. */
  refresh() {
    if (!this.at || this.canvas.classList.contains("bare")) {
      this.viewer.selection.hover(null);
      return;
    }
    const stack = this.stackAt(this.at);
    this.viewer.selection.hover(stack[0]?.id ?? null, this.client, stack.length);
  }

  leave() {
    this.at = null;
    if (!this.pointers.size) this.viewer.selection.hover(null);
  }

  doubleClick(event) {
    const at = this.locate(event);
    if (!at || this.badgeAt(event)) return;
    const [object] = this.stackAt(at);
    const box = object && objectBox(object);
    if (box) this.viewer.view.cropTo(box);
    else this.viewer.view.fit();
  }
}
