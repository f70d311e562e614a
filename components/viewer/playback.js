// Playback: steps through the frames of a video or image sequence, never faster than they are ready.

const PLAYBACK_MS = 100; // a frame stays at least this long, where the sequence has no rate of its own
const IMAGES_AHEAD = 8;
const OBJECTS_AHEAD = 24; // frames; a request goes out when fewer than a third of them are here

class Playback {
  constructor(viewer) {
    this.viewer = viewer;
    this.playing = false;
    this.run = 0; // names the newest run; older ones end
    this.hide = () => document.hidden && this.stop();
    document.addEventListener("visibilitychange", this.hide);
  }

  get available() {
    return this.viewer.sequence !== null;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  async play() {
    const { viewer } = this;
    const { sequence } = viewer;
    if (!sequence || viewer.pending !== null) return;
    this.playing = true;
    this.run += 1;
    const { run } = this;
    const isOver = () => run !== this.run;
    viewer.updateControls();
    const period = sequence.fps ? 1000 / sequence.fps : PLAYBACK_MS;
    let next = sequence.placeOf(viewer.position) + 1;
    if (next === sequence.length) next = 0;
    let due = performance.now(); // when the frame should be on screen; one that is late is not made up for
    while (next < viewer.sequence?.length) {
      await this.showPlace(next, isOver);
      if (isOver()) return;
      due = Math.max(due + period, performance.now());
      await new Promise((done) => setTimeout(done, due - performance.now()));
      if (isOver()) return;
      const reached = viewer.sequence?.placeOf(viewer.position);
      if (reached === undefined || viewer.payload.problem) break;
      next = reached + 1;
    }
    this.stop();
  }

  async showPlace(place, isOver) {
    const { viewer } = this;
    const { sequence } = viewer;
    this.fetchAhead(place);
    const index = sequence.indices[place];
    if (!this.entry(place)) await viewer.store.requests.get(index)?.catch(() => {});
    if (isOver()) return;
    const entry = this.entry(place);
    if (entry) await viewer.show(entry, sequence.positions[place], null);
    else this.stop();
  }

  /** The entry of a frame of the sequence: as the order knows it, else out of its payload. */
  entry(place) {
    const { order, store, sequence } = this.viewer;
    const position = sequence.positions[place];
    const known = order.at(position);
    const payload = store.payload(sequence.indices[place]);
    if (!known && payload) order.put(position, { ...payload, id: payload.frame, objects: undefined });
    return order.at(position);
  }

  /** Keeps the images of the next few frames decoding, and their objects coming. */
  fetchAhead(place) {
    const { store, sequence } = this.viewer;
    const isHere = (index) => store.payload(index) || store.requests.has(index);
    const ahead = sequence.indices.slice(place, place + OBJECTS_AHEAD);
    if (!ahead.slice(0, OBJECTS_AHEAD / 3).every(isHere)) {
      store.fetchObjects(ahead.filter((index) => !isHere(index))).catch(() => {});
    }
    for (let next = place; next < Math.min(place + IMAGES_AHEAD, sequence.length); next += 1) {
      const entry = this.entry(next);
      if (entry) store.image(entry);
    }
  }

  /** Ends here; Python hears which frame this is. */
  stop() {
    if (!this.playing) return;
    this.halt();
    this.viewer.link.notify(this.viewer.entry.id);
    this.viewer.store.prefetch(this.viewer.order, this.viewer.position ?? 0);
  }

  /** Ends without a word. */
  halt() {
    if (!this.playing) return;
    this.playing = false;
    this.run += 1;
    this.viewer.updateControls();
  }

  remove() {
    this.playing = false;
    this.run += 1;
    document.removeEventListener("visibilitychange", this.hide);
  }
}
