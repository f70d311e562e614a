// The bar above the photo: where one is, and the few things one does all the time.

class Toolbar {
  constructor(viewer) {
    this.viewer = viewer;
    this.place = element("span", { class: "place", "aria-live": "polite" });
    this.name = element("span", { class: "file-name" });
    this.zoom = element("button", { type: "button", class: "zoom", title: "Actual size: one frame pixel a screen pixel", onclick: () => viewer.view.zoomTo(1) });
    this.captions = iconButton("captions", "Captions", "C", () => viewer.overlays.toggleCaptions(), "captions-button");
    this.split = iconButton("split", "Side by side", "S", () => viewer.toggleSplit(), "split-button");
    this.panel = iconButton("panel", "Layers and objects", "", () => viewer.togglePanel(), "panel-button");
    this.previous = iconButton("previous", "Previous frame", "Left arrow or A", () => viewer.step(-1), "previous");
    this.next = iconButton("next", "Next frame", "Right arrow or D", () => viewer.step(1), "next");
    this.root = element(
      "div",
      // A pressed button leaves the focus where it is, so that the keys stay the viewer's.
      { onmousedown: (event) => event.target.closest("button") && event.preventDefault(), class: "toolbar", role: "toolbar", "aria-label": "Viewer" },
      this.previous,
      this.place,
      this.next,
      this.name,
      element("span", { class: "space" }),
      iconButton("minus", "Zoom out", "-", () => viewer.view.zoomBy(1 / 1.4)),
      this.zoom,
      iconButton("plus", "Zoom in", "+", () => viewer.view.zoomBy(1.4)),
      iconButton("fit", "Fit the frame", "R", () => viewer.view.fit()),
      iconButton("crop", "Zoom to the objects", "Z", () => viewer.selection.crop()),
      element("span", { class: "divider" }),
      this.captions,
      this.split,
      iconButton("fullscreen", "Full screen", "F", () => viewer.toggleFullscreen()),
      iconButton("help", "All keys", "?", () => viewer.help.open(), "help-button"),
      this.panel,
    );
  }

  update() {
    this.place.setAttribute("aria-live", this.viewer.playback.playing ? "off" : "polite");
    const { viewer } = this;
    const { order, position } = viewer;
    const inOrder = position !== null && position < order.total;
    setText(this.place, inOrder ? `${wholeNumber.format(position + 1)} of ${wholeNumber.format(order.total)}` : `${wholeNumber.format(order.total)} frames`);
    this.previous.disabled = !inOrder || position <= 0;
    this.next.disabled = inOrder && position >= order.total - 1;
    setText(this.name, viewer.payload?.file_name ?? "");
    this.name.title = viewer.payload ? `${viewer.payload.file_name} (frame ${viewer.payload.frame})` : "";
    this.captions.setAttribute("aria-pressed", String(viewer.overlays.captionsForAll));
    this.split.setAttribute("aria-pressed", String(viewer.settings.split));
    this.panel.setAttribute("aria-pressed", String(viewer.panelOpen));
    this.updateZoom();
  }

  updateZoom() {
    setText(this.zoom, this.viewer.payload ? `${Math.round(this.viewer.view.scale * 100)}%` : "");
  }
}
