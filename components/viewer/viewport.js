// Zoom and pan: the one view that all panes share. Screen = frame * scale + offset, within a pane.

const MAX_SCALE = 64;
const MAX_CLOSE_UP = 8; // beyond it there is nothing to recognise

class Viewport {
  constructor() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.width = 1; // of a pane, screen pixels
    this.height = 1;
    this.frameWidth = 1; // frame pixels
    this.frameHeight = 1;
    this.fitted = true;
  }

  get fitScale() {
    return Math.min(this.width / this.frameWidth, this.height / this.frameHeight);
  }

  setPane(width, height) {
    if (width === this.width && height === this.height) return;
    const centre = this.toFrame(this.width / 2, this.height / 2);
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    if (this.fitted) this.fit();
    else {
      this.x = this.width / 2 - centre[0] * this.scale;
      this.y = this.height / 2 - centre[1] * this.scale;
      this.clamp();
    }
  }

  setFrame(width, height, keep) {
    const same = width === this.frameWidth && height === this.frameHeight;
    this.frameWidth = width;
    this.frameHeight = height;
    if (!(same && keep) || this.fitted) this.fit();
  }

  fit() {
    this.scale = this.fitScale;
    this.fitted = true;
    this.clamp();
  }

  zoomAt(x, y, factor) {
    const scale = Math.min(Math.max(this.scale * factor, Math.min(this.fitScale, 1)), Math.max(MAX_SCALE, this.fitScale));
    const ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.fitted = Math.abs(scale - this.fitScale) < 1e-6;
    this.clamp();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.clamp();
  }

  /** Shows a box of the frame as large as it goes, with a margin. */
  cropTo(box) {
    this.centreOn(box, 0.12, MAX_SCALE);
  }

  /** Shows a box of the frame large, with its surroundings. */
  closeUp(box) {
    this.centreOn(box, 0.75, MAX_CLOSE_UP);
  }

  centreOn([x, y, width, height], margin, limit) {
    const scale = Math.min(
      this.width / (Math.max(width, 8) * (1 + 2 * margin)),
      this.height / (Math.max(height, 8) * (1 + 2 * margin)),
      limit,
    );
    this.scale = Math.max(scale, this.fitScale);
    this.x = this.width / 2 - (x + width / 2) * this.scale;
    this.y = this.height / 2 - (y + height / 2) * this.scale;
    this.fitted = this.scale === this.fitScale;
    this.clamp();
  }

  /** Pans, as little as needed, until the box is in sight. */
  reveal([x, y, width, height]) {
    const shift = (low, size, offset, limit) => {
      const start = low * this.scale + offset;
      const end = start + size * this.scale;
      if (start >= 0 && end <= limit) return 0;
      if (size * this.scale > limit) return start > limit || end < 0 ? limit / 2 - (start + end) / 2 : 0;
      return start < 0 ? 24 - start : limit - 24 - end;
    };
    this.panBy(shift(x, width, this.x, this.width), shift(y, height, this.y, this.height));
  }

  /** The picture fills the pane where it is larger, and stands in the middle where it is smaller. */
  clamp() {
    const place = (offset, size, limit) => (size <= limit ? (limit - size) / 2 : Math.min(0, Math.max(limit - size, offset)));
    this.x = place(this.x, this.frameWidth * this.scale, this.width);
    this.y = place(this.y, this.frameHeight * this.scale, this.height);
  }

  /** How much of the pane the picture covers, in square screen pixels. */
  get visibleArea() {
    return Math.min(this.width, this.frameWidth * this.scale) * Math.min(this.height, this.frameHeight * this.scale);
  }

  toFrame(x, y) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  boxToScreen([x, y, width, height]) {
    return [x * this.scale + this.x, y * this.scale + this.y, width * this.scale, height * this.scale];
  }
}
