// The order of frames: windows of it arrive from Python and are pieced together here.

class FrameOrder {
  constructor() {
    this.key = null;
    this.total = 0;
    this.entries = new Map(); // position (from 0) -> {id, index, image, width, height, apply_exif}
    this.places = new Map(); // frame id -> position
  }

  /** @param {{key: string, total: number, offset: number, frames: object[], first?: object, last?: object}} order */
  update(order) {
    if (order.key !== this.key || order.total !== this.total) {
      this.entries.clear();
      this.places.clear();
    }
    this.key = order.key;
    this.total = order.total;
    order.frames.forEach((entry, i) => this.put(order.offset + i, entry));
    if (order.first) this.put(0, order.first);
    if (order.last) this.put(order.total - 1, order.last);
  }

  put(position, entry) {
    this.entries.set(position, entry);
    this.places.set(entry.id, position);
  }

  at(position) {
    return this.entries.get(position);
  }

  positionOf(frameId) {
    return this.places.get(frameId);
  }
}
