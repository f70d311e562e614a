// Frames at hand: objects and images, fetched ahead of the user, one request at a time.

const OBJECTS_WINDOW = 16; // frames a request for objects covers
const IMAGES_KEPT = 12;
const PAYLOADS_KEPT = 256;
const AHEAD = [1, 2, 3, -1]; // neighbours whose images are decoded in advance, most wanted first
const IDLE_MS = 300; // what is not urgent waits until the user has rested this long

class FrameStore {
  /** @param {() => void} onpayloads called when objects have arrived */
  constructor(onpayloads) {
    this.onpayloads = onpayloads;
    this.objectsUrl = null;
    this.payloads = new Map(); // frame index -> payload
    this.requests = new Map(); // frame index -> promise of the request under way
    this.images = new Map(); // URL and orientation -> record
    this.inFlight = 0;
    this.timer = 0;
  }

  /** Payloads are kept as long as `objectsUrl`, which names the sets and their versions, stays the same. */
  configure(objectsUrl, payloads) {
    const fresh = objectsUrl !== this.objectsUrl;
    if (fresh) {
      this.objectsUrl = objectsUrl;
      this.payloads.clear();
      this.requests.clear();
    }
    for (const payload of payloads) if (!this.payloads.has(payload.index)) this.payloads.set(payload.index, payload);
    return fresh;
  }

  payload(index) {
    return this.payloads.get(index);
  }

  /** Indices of frames around a position whose objects are neither here nor on their way: at most one window. */
  missingObjects(order, position) {
    const missing = [];
    for (let step = 0; missing.length < OBJECTS_WINDOW && step < OBJECTS_WINDOW * 2; step += 1) {
      const entry = order.at(position - 2 + step);
      if (entry && !this.payloads.has(entry.index) && !this.requests.has(entry.index)) missing.push(entry.index);
    }
    return missing;
  }

  fetchObjects(indices) {
    const url = this.objectsUrl;
    const request = this.tracked(
      fetch(`${url}${url.includes("?") ? "&" : "?"}frames=${indices.join(",")}`).then(async (response) => {
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        const { frames } = await response.json();
        if (url !== this.objectsUrl) return;
        for (const payload of frames) this.payloads.set(payload.index, payload);
        for (const index of this.payloads.keys()) {
          if (this.payloads.size <= PAYLOADS_KEPT) break;
          if (!indices.includes(index)) this.payloads.delete(index);
        }
        this.onpayloads();
      }),
    );
    const settled = request.finally(() => {
      for (const index of indices) if (this.requests.get(index) === settled) this.requests.delete(index);
    });
    for (const index of indices) this.requests.set(index, settled);
    settled.catch(() => {}); // whoever needs these objects asks again and shows the reason
    return settled;
  }

  /**
   * The objects of a frame. Without an answer from the server the payload is empty and `problem` says why.
   * @param {object} entry of the order
   */
  async loadPayload(entry, order, position) {
    try {
      if (!this.payloads.has(entry.index)) {
        if (!this.requests.has(entry.index)) {
          const indices = this.missingObjects(order, position);
          this.fetchObjects(indices.includes(entry.index) ? indices : [entry.index]);
        }
        await this.requests.get(entry.index);
      }
      const payload = this.payloads.get(entry.index);
      if (payload) return payload;
      throw new Error("the server left this frame out");
    } catch (error) {
      return { ...entry, frame: entry.id, status: "ok", objects: [], problem: String(error.message ?? error) };
    }
  }

  /** The image of a frame, loading if it is not here yet: {element, settled, failed, promise}. */
  image(entry) {
    const key = `${entry.image}\n${entry.apply_exif === false}`;
    let record = this.images.get(key);
    if (record && !record.failed) {
      this.images.delete(key);
      this.images.set(key, record);
      return record;
    }
    record = { url: entry.image, element: null, settled: !entry.image, failed: !entry.image, promise: Promise.resolve() };
    if (entry.image) {
      record.element = frameImage(entry);
      record.promise = this.tracked(record.element.decode()).then(
        () => { record.settled = true; },
        () => { record.settled = true; record.failed = true; },
      );
    }
    this.images.set(key, record);
    for (const old of this.images.keys()) {
      if (this.images.size <= IMAGES_KEPT) break;
      this.images.delete(old);
    }
    return record;
  }

  hasImage(entry) {
    return !entry.image || this.images.has(`${entry.image}\n${entry.apply_exif === false}`);
  }

  tracked(promise) {
    this.inFlight += 1;
    return promise.finally(() => { this.inFlight -= 1; });
  }

  /** The next thing worth fetching around a position, or null when all of it is here. */
  nextTask(order, position) {
    const wantsObjects = [0, 1, 2, 3, 4, -1].some((step) => {
      const entry = order.at(position + step);
      return entry && !this.payloads.has(entry.index) && !this.requests.has(entry.index);
    });
    if (wantsObjects) return () => this.fetchObjects(this.missingObjects(order, position)).catch(() => {});
    for (const step of AHEAD) {
      const entry = order.at(position + step);
      if (entry && !this.hasImage(entry)) return () => this.image(entry).promise;
    }
    return null;
  }

  /** Called after a step: sends at most one request now and the others one by one once the user rests. */
  prefetch(order, position) {
    clearTimeout(this.timer);
    if (this.inFlight === 0) this.nextTask(order, position)?.();
    let failures = 0;
    const work = async () => {
      const ticket = this.timer;
      while (ticket === this.timer && failures < 3) {
        const task = this.nextTask(order, position);
        if (!task) return;
        const before = this.payloads.size + this.images.size;
        await task();
        if (this.payloads.size + this.images.size === before) failures += 1;
      }
    };
    this.timer = setTimeout(work, IDLE_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}
