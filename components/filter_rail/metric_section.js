// Filters by metrics: those that are in force, each with its histogram or its categories, and a search for one more.
// A range travels as the link spells it: the prefix that Python gives, then "low..high" or "~category~category".

const METRIC_NUMBER = "[-+]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[eE][-+]?\\d{1,3})?";
const METRIC_LIMITS = new RegExp(`^(${METRIC_NUMBER})?\\.\\.(${METRIC_NUMBER})?$`);
const FEW_CATEGORIES = 8;

/** A number for people: three digits that count, thousands apart, as chips have it. */
function metricNumber(value) {
  if (Math.abs(value) >= 1000 || Number.isInteger(value)) return wholeNumber.format(Math.round(value));
  return String(Number(value.toPrecision(3))).replace(/^(-?)0\./, "$1.");
}

class MetricSection {
  /** @param {{ask: (ranges: string[]) => void, hold: (down: boolean) => void, redraw: () => void}} on */
  constructor(on) {
    this.on = on;
    this.search = null; // null: closed
    this.expanded = new Set();
    this.explained = new Set();
  }

  /**
   * @param {{chosen: object[], offered: object[], noun: string}} metrics what Python says
   * @param {string[]} ranges those that are asked for
   */
  section(metrics, ranges) {
    this.metrics = metrics;
    this.ranges = ranges;
    const known = metrics.chosen.filter(({ prefix }) => ranges.some((range) => range.startsWith(prefix)));
    const parts = known.map((metric) => this.filter(metric));
    if (metrics.offered.length) parts.push(...(this.search === null ? [this.opener()] : this.finder()));
    if (!parts.length) return null;
    return element("section", { className: "metrics", "aria-label": "Metrics" }, element("h3", { textContent: "Metrics" }), ...parts);
  }

  // --- asking --------------------------------------------------------------------------------------------------------

  /** Puts the ranges of a metric in place of those that it has; none takes it away. */
  put({ prefix }, ...texts) {
    const place = this.ranges.findIndex((range) => range.startsWith(prefix));
    const others = this.ranges.filter((range) => !range.startsWith(prefix));
    others.splice(place < 0 ? others.length : place, 0, ...texts.map((text) => prefix + text));
    this.on.ask(others);
  }

  add(metric) {
    this.search = null;
    this.put(metric, "..");
  }

  // --- one filter ----------------------------------------------------------------------------------------------------

  filter(metric) {
    const text = this.ranges.find((range) => range.startsWith(metric.prefix)).slice(metric.prefix.length);
    const title = element("button", {
      type: "button",
      className: "metric-title",
      textContent: metric.title,
      title: "How this is measured",
      "aria-expanded": String(this.explained.has(metric.name)),
      dataset: { focus: `explain:${metric.name}` },
    });
    title.onclick = () => {
      if (!this.explained.delete(metric.name)) this.explained.add(metric.name);
      this.on.redraw();
    };
    const remove = element("button", {
      type: "button",
      className: "remove",
      textContent: "×",
      title: `Remove the filter by ${metric.title}`,
      "aria-label": `Remove the filter by ${metric.title}`,
      onclick: () => this.put(metric),
    });
    const head = element("div", { className: "range-head metric-head" }, title, remove);
    let body;
    if (metric.yes_or_no) body = this.answers(metric, text);
    else body = metric.edges ? this.numbers(metric, text) : this.categories(metric, text);
    const parts = [head, ...body];
    if (this.explained.has(metric.name)) parts.splice(1, 0, element("p", { className: "hint", textContent: metric.definition }));
    if (metric.missing) {
      const hint = `${counted(metric.missing, this.metrics.noun)} without a value`;
      parts.push(element("p", { className: "hint", textContent: hint }));
    }
    return element("div", { className: "range metric", dataset: { metric: metric.name } }, ...parts);
  }

  numbers(metric, text) {
    const { edges, counts, unit } = metric;
    const [low, high] = (METRIC_LIMITS.exec(text) ?? [null, undefined, undefined])
      .slice(1)
      .map((limit) => (limit === undefined ? null : Number(limit)));
    const last = counts.length;
    const limit = (place) => (place <= 0 || place >= last ? "" : String(edges[place]));
    const ask = (from, to) => this.put(metric, `${from}..${to}`);
    const place = (value, open) => {
      if (value === null) return open;
      const nearest = edges.reduce((best, edge, i) => (Math.abs(edge - value) < Math.abs(edges[best] - value) ? i : best), 0);
      return nearest;
    };
    let [first, end] = [place(low, 0), place(high, last)];
    if (end <= first) end = Math.min(first + 1, last);
    const shown = (from, to, i) => {
      const upper = metric.integer ? to - 1 : to;
      const words = metric.integer && upper === from ? grouped(from) : `${metricNumber(from)} to ${metricNumber(upper)}`;
      const open = last === 1 ? "" : i === 0 ? " or less" : i === last - 1 ? " or more" : "";
      return `${words}${unit ? ` ${unit}` : ""}${open}`;
    };
    const histogram = { edges, counts };
    const bars = histogramBars(histogram, () => false, () => "");
    [...bars.children].forEach((bar, i) => (bar.title = `${shown(edges[i], edges[i + 1], i)}: ${counted(counts[i], this.metrics.noun)}`));
    const paint = () => [...bars.children].forEach((bar, i) => bar.classList.toggle("in", i >= first && i < end));
    brush(bars, { hold: this.on.hold, done: (from, to) => ask(limit(from), limit(to + 1)) });
    paint();
    const thumb = (value, label, focus) => {
      const slider = element("input", { type: "range", min: 0, max: last, step: 1, value, "aria-label": label, dataset: { focus } });
      slider.onpointerdown = () => this.on.hold(true);
      slider.onpointerup = slider.onpointercancel = () => setTimeout(() => this.on.hold(false));
      return slider;
    };
    const title = metric.title;
    const lower = thumb(first, `Lowest ${title}`, `from:${metric.name}`);
    const upper = thumb(end, `Highest ${title}`, `to:${metric.name}`);
    const track = element("div", { className: "thumbs" }, lower, upper);
    const moved = (ours, theirs, sign) => {
      const wanted = Number(ours.value);
      ours.value = sign > 0 ? Math.max(wanted, Number(theirs.value) + 1) : Math.min(wanted, Number(theirs.value) - 1);
      [first, end] = [Number(lower.value), Number(upper.value)];
      colour();
      paint();
    };
    const colour = () => {
      track.style.setProperty("--from", `${(first / last) * 100}%`);
      track.style.setProperty("--to", `${(end / last) * 100}%`);
      lower.setAttribute("aria-valuetext", first ? metricNumber(edges[first]) : "any");
      upper.setAttribute("aria-valuetext", end < last ? metricNumber(edges[end]) : "any");
    };
    colour();
    lower.oninput = () => moved(lower, upper, -1);
    upper.oninput = () => moved(upper, lower, 1);
    lower.onchange = () => {
      this.on.hold(false);
      ask(limit(Number(lower.value)), high === null ? "" : String(high));
    };
    upper.onchange = () => {
      this.on.hold(false);
      ask(low === null ? "" : String(low), limit(Number(upper.value)));
    };
    return [bars, track, this.ends(metric, low, high, ask)];
  }

  /** The two ends as numbers, for those that know which they want; of whole numbers the last one is told. */
  ends(metric, low, high, ask) {
    const step = metric.integer ? 1 : 0;
    const end = (value, placeholder, label, change) => {
      const input = element("input", {
        type: "number",
        step: "any",
        value: value ?? "",
        placeholder: metricNumber(placeholder),
        "aria-label": label,
        dataset: { focus: `${metric.name}:${label}` },
      });
      input.onchange = () => change(input.value === "" || !Number.isFinite(Number(input.value)) ? null : Number(input.value));
      input.onkeydown = (event) => event.stopPropagation();
      return input;
    };
    const text = (value) => (value === null ? "" : String(value));
    const from = end(low, metric.lowest, "From", (wanted) => {
      const crossed = wanted !== null && high !== null && wanted >= high;
      ask(text(wanted), crossed ? "" : text(high));
    });
    const to = end(high === null ? null : high - step, metric.highest, "To", (wanted) => {
      const limit = wanted === null ? null : wanted + step;
      const crossed = limit !== null && low !== null && low >= limit;
      ask(crossed ? "" : text(low), text(limit));
    });
    return element("div", { className: "ends" }, from, " to ", to, metric.unit ? ` ${metric.unit}` : "");
  }

  /** Of what is 1 or 0. */
  answers(metric, text) {
    const count = (from, to) => metric.counts.reduce((sum, one, i) => (metric.edges[i] >= from && metric.edges[i] < to ? sum + one : sum), 0);
    return [
      ["Yes", "1..", count(1, Infinity)],
      ["No", "..1", count(-Infinity, 1)],
    ].map(([name, range, number]) =>
      this.row(metric, { part: range, name, count: number }, text === range, () => this.put(metric, text === range ? ".." : range)),
    );
  }

  row(metric, { part, name, count }, pressed, onclick) {
    const button = element("button", {
      type: "button",
      className: `choice${count ? "" : " none"}`,
      title: `${name || "(empty)"}: ${counted(count, this.metrics.noun)}`,
      "aria-pressed": String(pressed),
      dataset: { focus: `${metric.name}~${part}` },
      onclick,
    });
    button.append(
      element("span", { className: "choice-name", textContent: name || "(empty)" }),
      element("span", { className: "number", textContent: grouped(count) }),
    );
    return button;
  }

  categories(metric, text) {
    const chosen = text.startsWith("~") ? text.slice(1).split("~") : [];
    const all = this.expanded.has(metric.name) || metric.categories.length <= FEW_CATEGORIES + 2;
    const rows = metric.categories
      .filter(({ part }, place) => all || place < FEW_CATEGORIES || chosen.includes(part))
      .map((category) => {
        const pressed = chosen.includes(category.part);
        return this.row(metric, category, pressed, () => {
          const left = pressed ? chosen.filter((other) => other !== category.part) : [...chosen, category.part];
          this.put(metric, left.length ? left.map((one) => `~${one}`).join("") : "..");
        });
      });
    if (metric.categories.length > FEW_CATEGORIES + 2) {
      const toggle = () => {
        if (!this.expanded.delete(metric.name)) this.expanded.add(metric.name);
        this.on.redraw();
      };
      const textContent = this.expanded.has(metric.name) ? "Show fewer" : `Show all ${grouped(metric.categories.length)}`;
      rows.push(element("button", { type: "button", className: "plain", textContent, onclick: toggle }));
    }
    return rows;
  }

  // --- one more ------------------------------------------------------------------------------------------------------

  opener() {
    const button = element("button", {
      type: "button",
      className: "plain",
      textContent: "Add a metric",
      dataset: { focus: "metric-search" },
    });
    button.onclick = () => {
      this.search = "";
      this.on.redraw();
    };
    return button;
  }

  finder() {
    const input = element("input", {
      type: "search",
      value: this.search,
      placeholder: "Find a metric",
      "aria-label": "Find a metric",
      dataset: { focus: "metric-search" },
    });
    const list = element("div", { className: "offers", role: "group", "aria-label": "Metrics to filter by" });
    const fill = () => {
      const words = this.search.toLowerCase().split(/\s+/);
      const chosen = ({ prefix }) => this.ranges.some((range) => range.startsWith(prefix));
      const found = this.metrics.offered.filter(
        (metric) => !chosen(metric) && words.every((word) => `${metric.title} ${metric.name}`.toLowerCase().includes(word)),
      );
      list.replaceChildren(
        ...found.map((metric) => {
          const button = element("button", {
            type: "button",
            className: "choice offer",
            title: metric.definition,
            disabled: !metric.ready,
            dataset: { focus: `offer:${metric.name}`, offer: metric.name },
            onclick: () => this.add(metric),
          });
          const remark = metric.ready ? metric.unit : "not measured yet";
          button.append(
            element("span", { className: "choice-name", textContent: metric.title }),
            element("span", { className: "number", textContent: remark }),
          );
          return button;
        }),
      );
      if (!found.length) list.append(element("p", { className: "hint", textContent: "No metric of that name." }));
      return found;
    };
    fill();
    input.oninput = () => {
      this.search = input.value;
      fill();
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      const first = fill().find(({ ready }) => ready);
      if (event.key === "Enter" && first) this.add(first);
      if (event.key === "Escape") close.onclick();
    };
    const close = element("button", { type: "button", className: "plain", textContent: "Close" });
    close.onclick = () => {
      this.search = null;
      this.on.redraw();
    };
    return [input, list, close];
  }
}
