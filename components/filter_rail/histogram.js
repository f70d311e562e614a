// Histograms of the rail, and the range that is chosen by dragging over one.

/** Bars as tall as the root of their count, so that a few stay visible beside many. */
function histogramBars({ edges, counts }, inside, describe) {
  const most = Math.sqrt(Math.max(1, ...counts));
  const bars = element("div", { className: "bars", "aria-hidden": "true" });
  counts.forEach((count, i) => {
    const bar = element("i", { title: describe(edges[i], edges[i + 1], count) });
    bar.style.setProperty("--share", count ? Math.max(Math.sqrt(count) / most, 0.06) : 0);
    bar.classList.toggle("in", inside(edges[i], edges[i + 1]));
    bars.append(bar);
  });
  return bars;
}

/** "2..10", "2..", "..10", "2" as [lowest, highest]; null: no end. */
function parseRange(text) {
  if (text === undefined) return [null, null];
  const [low, high] = text.split("..");
  if (high === undefined) return [Number(low), Number(low)];
  return [low === "" ? null : Number(low), high === "" ? null : Number(high)];
}

/** The text of a range, or undefined for one that leaves nothing out. */
function rangeText(from, to, highest) {
  const open = to === null || to >= highest;
  if ((from ?? 0) <= 0 && open) return undefined;
  return from === to ? String(from) : `${from ?? 0}..${open ? "" : to}`;
}

/** Lets a pointer choose bars by dragging over them; `done` gets the first and the last. */
function brush(bars, { hold, done }) {
  const barAt = ({ clientX }) => {
    const share = (clientX - bars.getBoundingClientRect().left) / bars.clientWidth;
    return Math.min(Math.max(Math.floor(share * bars.childElementCount), 0), bars.childElementCount - 1);
  };
  bars.classList.add("brush");
  bars.onpointerdown = (event) => {
    event.preventDefault();
    bars.setPointerCapture(event.pointerId);
    hold(true);
    const start = barAt(event);
    let [first, last] = [start, start];
    const paint = () => [...bars.children].forEach((bar, i) => bar.classList.toggle("in", i >= first && i <= last));
    paint();
    bars.onpointermove = (moved) => {
      const now = barAt(moved);
      [first, last] = now < start ? [now, start] : [start, now];
      paint();
    };
    bars.onpointerup = bars.onpointercancel = () => {
      bars.onpointermove = bars.onpointerup = bars.onpointercancel = null;
      hold(false);
      done(first, last);
    };
  };
}

/**
 * How many objects a frame may have: a histogram to drag over, and the two ends as numbers.
 * @param {{name, title, noun, histogram, value: string | undefined, hold, ask}} options `ask` gets the text of the
 *   range wanted, or undefined; `hold(true)` while the pointer is down
 */
function countRange({ name, title, noun, histogram, value, hold, ask }) {
  const { edges } = histogram;
  const highest = edges[edges.length - 1] - 1;
  const [low, high] = parseRange(value);
  const inside = (from, to) => to - 1 >= (low ?? 0) && from <= (high ?? Infinity);
  const bars = histogramBars(histogram, inside, (from, to, count) => {
    const span = to - from > 1 ? `${grouped(from)} to ${grouped(to - 1)}` : grouped(from);
    return `${span} ${from === 1 && to === 2 ? noun : `${noun}s`}: ${counted(count, "frame")}`;
  });
  brush(bars, { hold, done: (first, last) => ask(rangeText(edges[first], edges[last + 1] - 1, highest)) });
  const end = (present, placeholder, label, change) => {
    const input = element("input", {
      type: "number",
      min: 0,
      value: present ?? "",
      placeholder,
      "aria-label": label,
      dataset: { focus: `${name}:${label}` },
    });
    input.onchange = () => change(input.value === "" ? null : Math.max(0, Math.round(Number(input.value))));
    input.onkeydown = (event) => event.stopPropagation();
    return input;
  };
  const from = end(low, "0", `Fewest ${noun}s`, (wanted) =>
    ask(rangeText(wanted, high === null ? null : Math.max(high, wanted ?? 0), highest)),
  );
  const to = end(high, grouped(highest), `Most ${noun}s`, (wanted) =>
    ask(rangeText(wanted === null ? low : Math.min(low ?? 0, wanted), wanted, highest)),
  );
  return element(
    "div",
    { className: "range", dataset: { range: name } },
    element(
      "div",
      { className: "range-head" },
      element("span", { textContent: title }),
      element("span", { className: "ends" }, from, " to ", to),
    ),
    bars,
  );
}
