// The order of frames: windows of it arrive from Python and are pieced together here.

class FrameOrder {
  constructor() {
    this.key = null;
    this.total = 0;
    this.entries = new Map(); // position (from 0) -> {id, index, image, width, height, apply_exif, sequence?}
    this.places = new Map(); // frame id -> position
    this.sequences = new Map(); // name -> FrameSequence
  }

  /** @param {{key: string, total: number, offset: number, frames: object[], first?: object, last?: object, sequence?: object}} order */
  update(order) {
    if (order.key !== this.key || order.total !== this.total) {
      this.entries.clear();
      this.places.clear();
      this.sequences.clear();
    }
    this.key = order.key;
    this.total = order.total;
    order.frames.forEach((entry, i) => this.put(order.offset + i, entry));
    if (order.first) this.put(0, order.first);
    if (order.last) this.put(order.total - 1, order.last);
    if (order.sequence) this.sequences.set(order.sequence.name, new FrameSequence(order.sequence));
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

/** The frames of one video or image sequence that are part of the order, as the sequence has them. */
class FrameSequence {
  /** @param {{name: string, fps?: number, runs: [number, number, number][]}} sequence runs: position in the order, frame index, frames */
  constructor({ name, fps, runs }) {
    this.name = name;
    this.fps = fps; // undefined: not known
    this.positions = [];
    this.indices = [];
    for (const [position, index, count] of runs) {
      for (let i = 0; i < count; i += 1) {
        this.positions.push(position + i);
        this.indices.push(index + i);
      }
    }
    this.places = new Map(this.positions.map((position, place) => [position, place]));
  }

  get length() {
    return this.positions.length;
  }

  /** Place in the sequence, from 0, of a position in the order; undefined when it is not part of it. */
  placeOf(position) {
    return this.places.get(position);
  }
}
