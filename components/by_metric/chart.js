// Performance by bin: a panel a side, with rates as lines in their bands above counts as bars; bins are picked.

const MARGIN = { left: 34, right: 12, top: 6, bottom: 46 };
const HEAD = 26;
const RATE_HEIGHT = 112;
const GAP = 8;
const COUNT_HEIGHT = 34;
const BETWEEN = 14;
const RATE_TICKS = [0, 0.5, 1];
const FEW = "few";

class MetricChart {
  constructor(root) {
    this.root = root;
    this.held = null;
    this.cursor = 0;
    this.svg = svgNode("svg", { role: "group" });
    this.back = svgNode("g");
    this.marks = svgNode("g");
    this.front = svgNode("g");
    this.svg.append(this.back, this.marks, this.front);
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    const save = saveButtons({ drawing: () => this.svg, table: () => this.data.table, name: () => this.data.file_name });
    root.replaceChildren(save, this.svg, this.tip);
    this.svg.onpointerdown = (event) => this.take(event);
    this.svg.onpointermove = (event) => this.move(event);
    this.svg.onpointerup = (event) => this.letGo(event);
    this.svg.onpointercancel = () => this.giveUp();
    this.svg.onpointerleave = () => this.hideTip();
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
  }

  close() {
    this.resize.disconnect();
  }

  update({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    this.data = data;
    this.held = null;
    this.draw();
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  draw() {
    const width = this.root.clientWidth;
    if (!width || !this.data) return;
    const { panels, bins } = this.data;
    const panelHeight = HEAD + RATE_HEIGHT + GAP + COUNT_HEIGHT;
    const height = MARGIN.top + panels.length * panelHeight + (panels.length - 1) * BETWEEN + MARGIN.bottom;
    this.plot = { left: MARGIN.left, right: width - MARGIN.right, bottom: height - MARGIN.bottom };
    this.step = (this.plot.right - this.plot.left) / Math.max(bins.length, 1);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.style.height = `${height}px`;
    this.svg.setAttribute("aria-label", this.data.title);
    this.tops = panels.map((_, place) => MARGIN.top + place * (panelHeight + BETWEEN));
    this.marks.replaceChildren(
      ...panels.flatMap((panel, place) => this.panel(panel, this.tops[place])),
      ...this.axis(),
    );
    this.drawPicked();
    this.drawTargets();
  }

  x(place) {
    return this.plot.left + place * this.step;
  }

  middle(place) {
    return this.x(place + 0.5);
  }

  panel(panel, top) {
    const rates = top + HEAD, floor = rates + RATE_HEIGHT, bars = floor + GAP, ground = bars + COUNT_HEIGHT;
    const y = (rate) => floor - rate * RATE_HEIGHT;
    const { left, right } = this.plot;
    const nodes = [svgNode("text", { class: "panel-name", x: left, y: top + 12 }, panel.title)];
    nodes.push(this.names(panel, top + 12));
    for (const tick of RATE_TICKS) {
      nodes.push(
        svgNode("path", { class: "grid", d: `M${left} ${y(tick)}H${right}` }),
        svgNode("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, tick === 0.5 ? ".5" : String(tick)),
      );
    }
    nodes.push(svgNode("path", { class: "grid", d: `M${left} ${ground}H${right}` }));
    panel.series.forEach((series, place) => {
      // names stand side by side: their dots would only hide each other
      const aside = this.data.is_categorical ? (place - (panel.series.length - 1) / 2) * Math.min(this.step / 8, 12) : 0;
      nodes.push(...this.series(series, y, place === 0, aside));
    });
    const [first] = panel.series;
    const most = Math.max(1, ...panel.series.flatMap(({ total }) => total));
    const share = 1 / panel.series.length;
    panel.series.forEach((series, place) => {
      series.total.forEach((count, bin) => {
        const height = (count / most) * (COUNT_HEIGHT - 12);
        const slot = this.step * 0.76 * share;
        nodes.push(
          svgNode("rect", {
            class: `count ${count < this.data.fewest ? FEW : ""}`,
            x: this.x(bin + 0.12) + place * slot,
            y: ground - height,
            width: Math.max(slot - (share < 1 ? 1 : 0), 1),
            height,
            style: panel.series.length > 1 ? `fill: ${series.color}` : null,
          }),
        );
      });
    });
    if (panel.series.length === 1 && this.step > 24) {
      first.total.forEach((count, bin) => {
        const height = (count / most) * (COUNT_HEIGHT - 12);
        const text = countText(count, this.step);
        nodes.push(svgNode("text", { class: "n", x: this.middle(bin), y: ground - height - 3, "text-anchor": "middle" }, text));
      });
    }
    return nodes;
  }

  /** Names of the lines, in their colours, where there are several; else the rate over all bins. */
  names(panel, y) {
    const text = svgNode("text", { class: "names", x: this.plot.right, y, "text-anchor": "end" });
    panel.series.forEach(({ name, color, overall }, place) => {
      const words = name ? `${name} ${rateText(overall)}` : `overall ${rateText(overall)}`;
      text.append(svgNode("tspan", { fill: panel.series.length > 1 ? color : null, dx: place ? 10 : 0 }, words));
    });
    return text;
  }

  series(series, y, isFirst, aside) {
    const { rate, low, high, total, color, overall } = series;
    const nodes = [];
    if (isFirst && Number.isFinite(overall)) {
      nodes.push(svgNode("path", { class: "overall", d: `M${this.plot.left} ${y(overall)}H${this.plot.right}`, stroke: color }));
    }
    for (const run of runsOf(rate)) {
      const edge = (values) => run.map((bin) => `${this.middle(bin).toFixed(1)} ${y(values[bin]).toFixed(1)}`);
      if (this.data.is_categorical || run.length === 1) continue;
      const band = [...edge(high), ...edge(low).reverse()].join("L");
      nodes.push(svgNode("path", { class: "band", d: `M${band}Z`, fill: color }));
      nodes.push(svgNode("path", { class: "line", d: `M${edge(rate).join("L")}`, stroke: color }));
    }
    rate.forEach((value, bin) => {
      if (!Number.isFinite(value)) return;
      const x = this.middle(bin) + aside;
      const few = total[bin] < this.data.fewest;
      if (this.data.is_categorical || few) {
        const box = { x: x - 5, y: y(high[bin]), width: 10, height: Math.max(y(low[bin]) - y(high[bin]), 1), rx: 2 };
        nodes.push(svgNode("rect", { class: `whisker ${few ? FEW : ""}`, ...box, fill: color }));
      }
      nodes.push(svgNode("circle", { class: `dot ${few ? FEW : ""}`, cx: x, cy: y(value), r: this.data.is_categorical ? 3 : 4, fill: color, stroke: color }));
    });
    return nodes;
  }

  /** Edges between bins, or the name of each category; what has no room is left out, and said in the tooltip. */
  axis() {
    const { bins, edges, is_categorical: isCategorical, axis } = this.data;
    const { left, right, bottom } = this.plot;
    const nodes = [];
    if (isCategorical) {
      const most = Math.max(Math.floor(this.step / 6.4), 3);
      const tilted = bins.some(({ tick }) => tick.length > most);
      bins.forEach(({ tick, text }, place) => {
        const room = tilted ? 9 : most;
        const shown = tick.length > room ? `${tick.slice(0, room - 1)}…` : tick;
        const at = { class: "tick", x: this.middle(place), y: bottom + 16, "text-anchor": "middle" };
        if (tilted) Object.assign(at, { "text-anchor": "end", transform: `rotate(-40 ${this.middle(place)} ${bottom + 14})` });
        nodes.push(svgNode("text", at, shown, svgNode("title", {}, text)));
      });
    } else {
      let free = -Infinity;
      edges.forEach((text, place) => {
        const at = this.x(place + 1), half = text.length * 3.3 + 3;
        nodes.push(svgNode("path", { class: "edge", d: `M${at} ${bottom}V${bottom + 4}` }));
        if (at - half < free) return;
        free = at + half;
        nodes.push(svgNode("text", { class: "tick", x: at, y: bottom + 17, "text-anchor": "middle" }, text));
      });
    }
    nodes.push(svgNode("text", { class: "axis-title", x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, axis));
    return nodes;
  }

  drawPicked() {
    const range = this.held ? ordered(this.held.from, this.held.to) : this.data.picked;
    if (!range) {
      this.back.replaceChildren();
      return;
    }
    const [first, last] = range;
    const x = this.x(first), width = this.x(last + 1) - x;
    this.back.replaceChildren(
      svgNode("rect", { class: "picked", x, y: 0, width, height: this.plot.bottom }),
      svgNode("path", { class: "picked-edge", d: `M${x} ${this.plot.bottom}h${width}` }),
    );
  }

  /** A target a bin, as high as the chart: for the keyboard and for those who hear the page. */
  drawTargets() {
    const focused = this.root.getRootNode().activeElement?.dataset?.bin;
    const { bins } = this.data;
    this.cursor = Math.min(this.cursor, bins.length - 1);
    const targets = bins.map((bin, place) => {
      const node = svgNode("rect", {
        class: "target", "data-bin": place, x: this.x(place), y: 0, width: this.step, height: this.plot.bottom + 20,
        role: "button", tabindex: place === this.cursor ? 0 : -1, "aria-label": `${bin.text}: ${bin.said}`,
      });
      node.onkeydown = (event) => this.onKey(event, place);
      node.onfocus = () => { if (node.matches(":focus-visible")) this.showTip(place); };
      node.onblur = () => this.hideTip();
      return node;
    });
    this.front.replaceChildren(...targets);
    if (focused !== undefined) targets[Number(focused)]?.focus({ preventScroll: true });
  }

  // --- picking -------------------------------------------------------------------------------------------------------

  binAt(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    const x = event.clientX - left, y = event.clientY - top;
    const place = Math.floor((x - this.plot.left) / this.step);
    let panel = 0;
    this.tops.forEach((start, one) => { if (y >= start) panel = one; });
    return { place: Math.min(Math.max(place, 0), this.data.bins.length - 1), inside: x >= this.plot.left && x <= this.plot.right && y <= this.plot.bottom + 20, panel };
  }

  take(event) {
    const at = this.binAt(event);
    if (event.button !== 0 || !at.inside || !this.data.bins.length) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.held = { from: at.place, to: at.place, panel: at.panel };
    this.drawPicked();
  }

  move(event) {
    const at = this.binAt(event);
    if (this.held) {
      this.held.to = at.place;
      this.drawPicked();
    }
    if (at.inside) this.showTip(at.place, event);
    else this.hideTip();
  }

  letGo() {
    if (!this.held) return;
    const { from, to, panel } = this.held;
    this.data.picked = ordered(from, to);
    this.held = null;
    this.drawPicked();
    this.pick(this.data.picked, panel);
  }

  giveUp() {
    this.held = null;
    this.drawPicked();
  }

  onKey(event, place) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.data.bins.length - 1;
    const target = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: last }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      this.cursor = Math.min(Math.max(target, 0), last);
      if (event.shiftKey) this.anchor ??= place;
      else this.anchor = null;
      this.front.children[place].setAttribute("tabindex", -1);
      this.front.children[this.cursor].setAttribute("tabindex", 0);
      this.front.children[this.cursor].focus({ preventScroll: true });
      this.showTip(this.cursor);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.pick(ordered(this.anchor ?? place, place), 0);
      this.anchor = null;
    }
  }

  pick([first, last], panel) {
    this.setTriggerValue("pick", { first, last, side: this.data.panels[panel]?.side ?? "" });
  }

  // --- tooltip -------------------------------------------------------------------------------------------------------

  showTip(place, event) {
    const bin = this.data.bins[place];
    if (!bin) return;
    const line = (className, text) => Object.assign(document.createElement("div"), { className, textContent: text });
    this.tip.replaceChildren(line("tip-title", bin.text), ...bin.lines.map((text) => line("", text)));
    this.tip.hidden = false;
    const width = this.root.clientWidth, own = this.tip.offsetWidth;
    const x = this.middle(place);
    this.tip.style.left = `${x + own + 24 > width ? Math.max(x - own - 14, 0) : x + 14}px`;
    const top = event ? event.clientY - this.svg.getBoundingClientRect().top : 40;
    this.tip.style.top = `${Math.max(top - this.tip.offsetHeight - 14, 0)}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }
}

function ordered(one, other) {
  return one < other ? [one, other] : [other, one];
}

/** Neighbouring bins that have a rate: a line stops where there is none. */
function runsOf(rates) {
  const runs = [];
  rates.forEach((rate, bin) => {
    if (!Number.isFinite(rate)) return;
    if (runs.at(-1)?.at(-1) === bin - 1) runs.at(-1).push(bin);
    else runs.push([bin]);
  });
  return runs;
}

/** A count as long as there is room for, in whole or in thousands. */
function countText(count, room) {
  const whole = count.toLocaleString("en-US");
  return whole.length * 6 < room || count < 1000 ? whole : `${(count / 1000).toFixed(count < 9950 ? 1 : 0)}k`;
}

export default function (component) {
  return mountChart(component, ".chart", MetricChart);
}
