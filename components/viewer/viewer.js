// The viewer: puts the parts together and shows frames.

const BUSY_DELAY_MS = 150; // what is faster than this shows no progress
const WIDE_PX = 1000; // from this width on, the side panel stands beside the photo

class Viewer {
  constructor(host, data) {
    this.host = host;
    this.scene = { layers: [], classes: [] };
    this.entry = null; // of the order, for the frame shown or on its way
    this.payload = null; // of the frame drawn
    this.position = null; // in the order, from 0; null: the frame is not part of it
    this.pending = null; // position that was asked for but is not known here yet
    this.token = 0; // names the newest request to show a frame; older ones give up
    this.order = new FrameOrder();
    this.store = new FrameStore(() => this.prepareAhead());
    this.settings = new Settings(data.storage, data.scene, (patch) => this.refresh(patch));
    this.panes = [new Pane(0), new Pane(1)];
    this.view = new View(this);
    this.overlays = new Overlays(this);
    this.shelf = new SheetShelf(this.overlays);
    this.selection = new Selection(this);
    this.playback = new Playback(this);
    this.link = new PythonLink(this);
    this.build();
    this.interaction = new Interaction(this, this.canvas);
    this.keyboard = new Keyboard(this);
    this.resizing = new ResizeObserver(() => this.resized());
    this.resizing.observe(this.canvas);
    this.resizing.observe(this.root);
  }

  build() {
    this.toolbar = new Toolbar(this);
    this.side = new Side(this);
    this.positionBar = new PositionBar(this);
    this.legend = new Legend(this);
    this.help = new Help(this);
    this.canvas = element(
      "div",
      { class: "canvas", tabindex: "0", role: "application", "aria-label": "Frame. Press question mark for the keys." },
      ...this.panes.map((pane) => pane.root),
    );
    this.message = element("div", { class: "message", role: "status", hidden: true });
    this.progress = element("div", { class: "progress", hidden: true });
    this.announcer = element("div", { class: "announcer", "aria-live": "polite" });
    const picture = element("div", { class: "picture" }, this.canvas, this.message);
    this.frameBox = element(
      "div",
      { class: "frame-box" },
      this.toolbar.root,
      this.progress,
      element("div", { class: "body" }, element("div", { class: "photo-column" }, picture, this.positionBar.root), this.side.root),
      this.legend.root,
      this.announcer,
      this.selection.tooltip.root,
      this.help.root,
    );
    this.root = element("div", { class: "viewer" }, this.frameBox);
    this.host.append(this.root);
  }

  get activePanes() {
    return this.settings.split ? this.panes : [this.panes[0]];
  }

  get objects() {
    return this.payload?.objects ?? [];
  }

  get isWide() {
    return this.root.clientWidth >= WIDE_PX;
  }

  get panelOpen() {
    return this.settings.panel ?? this.isWide;
  }

  get listOpen() {
    return this.panelOpen && this.settings.side === "objects";
  }

  /** The video or image sequence of the frame, where there is more of it to see; else null. */
  get sequence() {
    const sequence = this.order.sequences.get(this.entry?.sequence);
    return sequence?.length > 1 && sequence.placeOf(this.position) !== undefined ? sequence : null;
  }

  // Frames

  step(delta) {
    const from = this.pending ?? this.position;
    this.goTo(from === null ? 0 : from + delta);
  }

  goTo(wanted) {
    this.playback.stop();
    const position = Math.min(Math.max(wanted, 0), this.order.total - 1);
    if (position < 0 || position === (this.pending ?? this.position)) return;
    const entry = this.order.at(position);
    this.selection.set(null, false);
    if (!entry) {
      this.pending = position;
      this.busy(true);
      this.positionBar.update();
      this.link.notify(null, position);
      return;
    }
    this.pending = null;
    this.show(entry, position, null);
    this.link.notify(entry.id, position);
  }

  /** The window with the position that was waited for is here. */
  arrive() {
    const position = this.pending;
    this.pending = null;
    const entry = this.order.at(position);
    this.show(entry, position, null);
    this.link.notify(entry.id, position);
  }

  /** Shows a frame as soon as its image is decoded and its objects are here; a newer call takes over. */
  async show(entry, position, selected) {
    this.token += 1;
    const { token, store } = this;
    this.entry = entry;
    this.position = position;
    const image = store.image(entry);
    let payload = store.payload(entry.index);
    if (!payload || !image.settled) {
      this.busy(true);
      this.updatePlace();
      [payload] = await Promise.all([store.loadPayload(entry, this.order, position ?? 0), image.promise]);
      if (token !== this.token) return;
    }
    this.busy(false);
    this.draw(entry, payload, image, selected);
    if (!this.playback.playing) store.prefetch(this.order, position ?? 0);
    this.prepareAhead();
  }

  /** Draws the neighbours whose objects are here already, off screen, when there is time. */
  prepareAhead() {
    const near = [1, -1, 2].map((step) => this.order.at((this.position ?? 0) + step));
    this.shelf.prepare(this.scene, near.map((entry) => entry && this.store.payload(entry.index)));
  }

  draw(entry, payload, image, selected) {
    const isSame = this.payload?.frame === payload.frame; // with other outcomes: the view stays
    this.payload = payload;
    this.drawnScene = this.link.sceneText;
    this.selection.clear();
    const photo = image.failed ? null : image.element;
    const size = frameSize(payload, photo);
    const reason = missingReason(payload);
    this.panes[0].draw(this.shelf.take(this.scene, payload), size, photo, reason);
    if (this.settings.split) this.panes[1].draw(new Sheet(this.scene, payload), size, twinOf(image, entry), reason);
    else this.panes[1].sheet = null;
    this.view.viewport.setFrame(...size, isSame || this.settings.keepZoom || this.playback.playing);
    this.view.place();
    this.overlays.apply();
    this.side.build();
    this.updateControls();
    this.say(payload.problem ? `The objects of this frame could not be loaded: ${payload.problem}. Step away and back to try again.` : null);
    this.selection.set(selected, true);
    this.interaction.refresh();
  }

  busy(on) {
    clearTimeout(this.busyTimer);
    if (on) this.busyTimer = setTimeout(() => { this.progress.hidden = false; }, BUSY_DELAY_MS);
    else this.progress.hidden = true;
  }

  say(text) {
    this.message.hidden = !text;
    setText(this.message, text ?? "");
  }

  // Controls

  /** What changed in the settings decides what is done again. */
  refresh(patch) {
    if (!this.payload) return;
    const changed = new Set(Object.keys(patch));
    if (changed.has("split") && this.settings.split && this.panes[1].sheet?.payload !== this.payload) {
      this.draw(this.entry, this.payload, this.store.image(this.entry), this.selection.selected);
      return;
    }
    this.overlays.refresh(changed);
    this.updateControls();
    this.selection.mark();
    this.interaction.refresh();
  }

  updateControls() {
    this.frameBox.classList.toggle("with-panel", this.panelOpen);
    this.side.update();
    this.legend.update();
    this.updatePlace();
  }

  updatePlace() {
    this.toolbar.update();
    this.positionBar.update();
  }

  resized() {
    this.frameBox.classList.toggle("with-panel", this.panelOpen);
    this.view.resized();
  }

  togglePanel() {
    this.settings.set({ panel: !this.panelOpen });
  }

  /** Opens the list of objects, or goes back to the layers. */
  toggleList() {
    this.settings.set(this.listOpen ? { side: "layers" } : { side: "objects", panel: true });
  }

  toggleSplit() {
    this.settings.set({ split: !this.settings.split });
  }

  toggleFullscreen() {
    const inFullscreen = this.root.getRootNode().fullscreenElement === this.root;
    const done = inFullscreen ? document.exitFullscreen() : this.root.requestFullscreen?.();
    done?.catch(() => this.say("This browser does not allow full screen here."));
  }

  /** The photo without anything over it, as long as a key is held. */
  showBare(on) {
    if (this.canvas.classList.contains("bare") === on) return;
    this.canvas.classList.toggle("bare", on);
    if (on) this.selection.hover(null);
    else this.interaction.refresh();
  }

  escape() {
    if (this.help.isOpen) this.help.close();
    else if (this.panelOpen && !this.isWide) this.settings.set({ panel: false });
    else {
      this.selection.tooltip.hide();
      this.selection.select(null);
    }
  }

  /** Whether the viewer is off the page or under a dialog of the page, so that keys are not meant for it. */
  get isOutOfPlay() {
    return !this.root.isConnected || document.querySelector("[role='dialog'][aria-modal='true']") !== null;
  }

  destroy() {
    this.token += 1;
    this.store.stop();
    this.shelf.cancel();
    this.playback.remove();
    this.side.objects.remove();
    this.keyboard.remove();
    this.resizing.disconnect();
    this.link.close();
    clearTimeout(this.busyTimer);
    this.root.remove();
  }
}

const viewers = new WeakMap();

export default function (component) {
  const host = component.parentElement.querySelector(".viewer-host");
  let viewer = viewers.get(host);
  if (!viewer) {
    viewer = new Viewer(host, component.data);
    viewers.set(host, viewer);
  }
  viewer.link.receive(component);
  return () => {
    viewer.destroy();
    viewers.delete(host);
  };
}
