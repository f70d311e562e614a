// The link to Python: what it asks for is done where it is news; what the user does is told once they have come to rest.

const STATE_DELAY_MS = 150;

class PythonLink {
  constructor(viewer) {
    this.viewer = viewer;
    this.setStateValue = null;
    this.sceneText = "";
    this.serverNav = null; // Python's own moves so far
    this.walk = null; // objects to go through with , and . in place of the errors of frames: {items}
    this.events = 0; // number of the user's own steps and selections
    this.told = { threshold: 0, iou: 0 }; // number of the event that told Python of what the user chose
    this.timer = 0;
  }

  // What Python sends

  receive({ data, setStateValue }) {
    const { viewer } = this;
    this.setStateValue = setStateValue;
    viewer.root.style.setProperty("--height", data.height);
    const sceneText = JSON.stringify(data.scene);
    const sceneChanged = sceneText !== this.sceneText;
    if (sceneChanged) {
      this.sceneText = sceneText;
      viewer.scene = data.scene;
    }
    const objectsChanged = viewer.store.configure(data.objects_url, data.frames);
    const orderChanged = viewer.order.key !== data.order.key;
    viewer.order.update(data.order);
    this.walk = data.walk ?? null;
    // Until Python has heard of what the user chose, what it says of it is out of date.
    const follows = Object.fromEntries(Object.entries(this.told).map(([name, event]) => [name, data.heard >= event]));
    viewer.settings.receive(data.settings, follows);

    const obey = this.serverNav === null || data.server_nav > this.serverNav;
    this.serverNav = data.server_nav;
    if (obey) {
      this.obey(data);
      return;
    }
    if (orderChanged && viewer.payload) viewer.position = viewer.order.positionOf(viewer.payload.frame) ?? null;
    if (viewer.pending !== null && viewer.order.at(viewer.pending)) viewer.arrive();
    else if ((sceneChanged || objectsChanged) && viewer.entry) viewer.show(viewer.entry, viewer.position, viewer.selection.selected);
    viewer.updatePlace();
  }

  async obey(data) {
    const { viewer } = this;
    viewer.pending = null;
    viewer.playback.halt();
    clearTimeout(this.timer);
    const position = viewer.order.positionOf(data.current) ?? null;
    const given = data.frames.find((payload) => payload.frame === data.current);
    const entry = position === null ? given && { ...given, id: given.frame } : viewer.order.at(position);
    if (!entry) {
      viewer.say(viewer.order.total ? "This frame is not in the project." : "No frames to show. Loosen the filters to see some.");
      viewer.updatePlace();
      return;
    }
    const isDrawn = viewer.payload !== null && viewer.payload === viewer.store.payload(entry.index) && viewer.drawnScene === this.sceneText;
    if (isDrawn && viewer.entry.id === entry.id) {
      viewer.say(null);
      viewer.position = position;
      viewer.selection.set(data.selected, true);
      viewer.updatePlace();
    } else await viewer.show(entry, position, data.selected);
    if (data.zoom && data.selected && viewer.selection.selected === data.selected) viewer.selection.zoomIn();
  }

  // What Python hears

  /** Tells Python, once the user rests, what is shown now (or which position was asked for) and what is selected. */
  notify(frameId = this.viewer.payload.frame, position = this.viewer.position) {
    this.events += 1;
    clearTimeout(this.timer);
    const { selection, settings } = this.viewer;
    const state = {
      frame: frameId,
      position,
      selected: frameId ? selection.selected : null,
      threshold: settings.threshold,
      iou: settings.iou,
      seq: this.events,
    };
    this.timer = setTimeout(() => this.setStateValue("view", state), STATE_DELAY_MS);
  }

  /** The user has come to rest at a confidence or an IoU: Python evaluates there, and keeps it in the address. */
  tell(setting) {
    if (!this.viewer.payload) return;
    this.notify();
    this.told[setting] = this.events;
  }

  close() {
    clearTimeout(this.timer);
  }
}
