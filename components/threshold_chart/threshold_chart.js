// The chart: lines, the band of the best F1, and the operating point as a slider.

const MARGIN = { left: 30, right: 14, top: 30, bottom: 44 };
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const STEP = 0.01;
const LARGE_STEP = 0.1;
const KEY_DELAY = 350;
const GRIP = { width: 46, height: 22 };
const LABEL_PX = 15;
const LABEL_RISE = 9; // above the line, which would strike it through

class ThresholdChart {
  constructor(root) {
    this.root = root;
    this.value = null;
    this.given = null;
    this.held = null;
    this.timer = 0;
    this.token = `${Date.now()}-${Math.random()}`;
    this.sent = 0; // moves
    this.asked = null; // the last of them, until Python has heard of it: what it says before is older
    this.svg = svgNode("svg", { role: "group" });
    this.lineLayer = svgNode("g");
    this.handle = svgNode("g", { class: "handle", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 1 });
    this.handle.setAttribute("aria-label", "Confidence threshold");
    this.handle.setAttribute("aria-orientation", "horizontal");
    this.svg.append(this.lineLayer, this.handle);
    const save = saveButtons({
      drawing: () => this.svg,
      table: () => this.table(),
      name: () => this.data.file_name,
    });
    root.replaceChildren(save, this.svg);
    this.svg.onpointerdown = (event) => this.take(event);
    this.svg.onpointermove = (event) => this.drag(event);
    this.svg.onpointerup = (event) => this.letGo(event);
    this.svg.onpointercancel = () => this.giveUp();
    this.handle.onkeydown = (event) => this.onKey(event);
    this.handle.onblur = () => this.send();
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
  }

  close() {
    this.resize.disconnect();
    clearTimeout(this.timer);
  }

  update({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    this.data = data;
    this.lines = new Lines(data);
    this.given = data.confidence;
    const [token, heard] = data.heard;
    if (token === this.token && heard >= this.sent) this.asked = null;
    if (this.value === null || (this.asked === null && !this.held && !this.timer)) this.value = data.confidence;
    this.draw();
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  draw() {
    const width = this.root.clientWidth;
    if (!width || !this.data) return;
    const { height } = this.data;
    this.plot = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.style.height = `${height}px`;
    this.lineLayer.replaceChildren(...this.band(), ...this.axes(), ...this.data.lines.map((line) => this.line(line)), this.names());
    this.drawHandle();
  }

  x(confidence) {
    return this.plot.left + confidence * (this.plot.right - this.plot.left);
  }

  y(rate) {
    return this.plot.bottom - rate * (this.plot.bottom - this.plot.top);
  }

  axes() {
    const { left, right, top, bottom } = this.plot;
    return [
      ...TICKS.flatMap((tick) => [
        svgNode("path", { class: "grid", d: `M${left} ${this.y(tick)}H${right}M${this.x(tick)} ${top}V${bottom}` }),
        svgNode("text", { class: "tick", x: this.x(tick), y: bottom + 20, "text-anchor": "middle" }, tickText(tick)),
        svgNode("text", { class: "tick", x: left - 8, y: this.y(tick) + 4, "text-anchor": "end" }, tickText(tick)),
      ]),
      svgNode("text", { class: "axis-title", x: (left + right) / 2, y: bottom + 40, "text-anchor": "middle" }, "confidence threshold"),
    ];
  }

  /** Where F1 is as good as at its best. */
  band() {
    const { plateau, lines } = this.data;
    if (!plateau) return [];
    const { color } = lines.at(-1);
    const [low, high] = plateau.map((end) => this.x(end));
    const width = Math.max(high - low, 2);
    return [
      svgNode("rect", { class: "band", x: low, y: this.plot.top, width, height: this.plot.bottom - this.plot.top, fill: color }),
      svgNode("text", { class: "band-name", x: low + width / 2, y: this.plot.bottom - 26, fill: color, "text-anchor": "middle" }, "best F1"),
    ];
  }

  line(line) {
    const points = this.lines.path(line).map(([confidence, rate]) => `${this.x(confidence).toFixed(1)} ${this.y(rate).toFixed(1)}`);
    return svgNode("path", { class: "line", d: points.length ? `M${points.join("L")}` : "", stroke: line.color });
  }

  /** Names above the plot, in the colours of their lines. */
  names() {
    const text = svgNode("text", { class: "names", x: this.plot.left, y: 14 });
    this.data.lines.forEach(({ title, color }, place) => {
      text.append(svgNode("tspan", { fill: color, dx: place ? 14 : 0 }, title));
    });
    return text;
  }

  drawHandle() {
    const { top, bottom, left, right } = this.plot;
    const x = this.x(this.value);
    const values = this.lines.at(this.value);
    const shown = this.data.lines.map((line, place) => ({ ...line, value: values[place] })).filter(({ value }) => Number.isFinite(value));
    const places = spreadOut(shown.map(({ value }) => this.y(value) - LABEL_RISE), LABEL_PX, top + 6, bottom - 18);
    const toTheLeft = x > right - 46;
    const grip = Math.min(Math.max(x, left + GRIP.width / 2 - 8), right - GRIP.width / 2 + 8);
    this.handle.replaceChildren(
      svgNode("rect", { class: "reach", x: x - 12, y: top, width: 24, height: bottom - top }),
      svgNode("path", { class: "rule", d: `M${x} ${top}V${bottom}`, stroke: this.data.point_color }),
      ...shown.map(({ value, color }) => svgNode("circle", { class: "dot", cx: x, cy: this.y(value), r: 4, fill: color })),
      ...shown.map(({ value, color }, place) =>
        svgNode(
          "text",
          { class: "value", x: x + (toTheLeft ? -9 : 9), y: places[place] + 4, fill: color, "text-anchor": toTheLeft ? "end" : "start" },
          rateText(value),
        ),
      ),
      svgNode("rect", { class: "grip", x: grip - GRIP.width / 2, y: bottom - GRIP.height / 2, ...GRIP, rx: GRIP.height / 2, fill: this.data.point_color }),
      svgNode("text", { class: "grip-text", x: grip, y: bottom + 4, "text-anchor": "middle" }, thresholdText(this.value)),
    );
    this.handle.setAttribute("aria-valuenow", String(this.value));
    const words = this.data.lines.map(({ title }, place) => `${title} ${rateText(values[place])}`).join(", ");
    this.handle.setAttribute("aria-valuetext", `confidence ${thresholdText(this.value)}: ${words}`);
  }

  // --- moving --------------------------------------------------------------------------------------------------------

  take(event) {
    if (event.button !== 0 || !this.plot) return;
    const { x, y } = this.place(event);
    const { left, right, top, bottom } = this.plot;
    if (x < left - 16 || x > right + 16 || y < top - 8 || y > bottom + 14) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.handle.focus({ preventScroll: true });
    // Taken by the handle, it does not jump; taken elsewhere, it comes to the pointer.
    const offset = this.handle.contains(event.target) ? this.x(this.value) - x : 0;
    this.held = { before: this.value, offset };
    this.root.classList.add("held");
    this.moveTo(this.confidenceAt(x + offset));
  }

  drag(event) {
    if (!this.held) return;
    this.moveTo(this.confidenceAt(this.place(event).x + this.held.offset));
  }

  letGo() {
    if (!this.held) return;
    this.held = null;
    this.root.classList.remove("held");
    this.send();
  }

  giveUp() {
    if (!this.held) return;
    this.moveTo(this.held.before);
    this.held = null;
    this.root.classList.remove("held");
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.held) return this.giveUp();
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const target = {
      ArrowLeft: () => this.value - step,
      ArrowDown: () => this.value - step,
      ArrowRight: () => this.value + step,
      ArrowUp: () => this.value + step,
      PageDown: () => this.value - LARGE_STEP,
      PageUp: () => this.value + LARGE_STEP,
      Home: () => 0,
      End: () => 1,
    }[event.key];
    if (!target) return undefined;
    event.preventDefault();
    event.stopPropagation();
    this.moveTo(rounded(target()));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), KEY_DELAY); // several strokes are one move
    return undefined;
  }

  place(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** Where the pointer is, in whole steps; the value itself where it has hardly been moved. */
  confidenceAt(x) {
    const exact = (x - this.plot.left) / (this.plot.right - this.plot.left);
    return Math.abs(this.x(exact) - this.x(this.value)) < 1 ? this.value : rounded(exact);
  }

  moveTo(confidence) {
    if (confidence === this.value) return;
    this.value = confidence;
    this.drawHandle();
  }

  send() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.held || this.value === (this.asked ?? this.given)) return;
    this.sent += 1;
    this.asked = this.value;
    this.setTriggerValue("move", { token: this.token, clicks: [{ number: this.sent, confidence: this.value }] });
  }

  table() {
    const { confidences, lines } = this.data;
    return {
      columns: ["confidence", ...lines.map(({ name }) => name)],
      rows: confidences.map((confidence, place) => [confidence, ...lines.map(({ values }) => values[place])]),
    };
  }
}

function rounded(confidence) {
  return Math.min(1, Math.max(0, Math.round(confidence / STEP) / Math.round(1 / STEP)));
}

function tickText(tick) {
  return tick === 0 || tick === 1 ? String(tick) : tick.toFixed(1).slice(1);
}

export default function (component) {
  return mountChart(component, ".chart", ThresholdChart);
}
