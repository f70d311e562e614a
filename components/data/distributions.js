// One row a metric. Histograms, outliers and the names of categories are links to what they count.

const HISTOGRAM = { width: 240, height: 26, gap: 1 };
const HEADS = [
  ["", "Metric", ""],
  ["", "Distribution", "Every bar opens what it counts. The first and the last take in all that lies beyond."],
  ["number", "Median", ""],
  ["number quartiles", "Middle half", "First and third quartile"],
  ["number", "Missing", "Without a value: the image cannot be read, or it does not apply"],
  ["number", "Outliers below", "More than 1.5 interquartile ranges below the first quartile; severe: more than 2.5"],
  ["number", "Outliers above", "More than 1.5 interquartile ranges above the third quartile; severe: more than 2.5"],
];
const wholeCount = new Intl.NumberFormat("en-US");

class Distributions {
  constructor(root) {
    this.root = root;
    this.head = make("div", "head");
    this.list = make("div", "rows");
    const save = saveButtons({ table: () => this.table(), name: () => this.data.file_name });
    root.replaceChildren(save, this.head, this.list);
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    const text = JSON.stringify(data);
    if (text === this.text) return; // what is focused or hovered stays
    this.text = text;
    this.head.replaceChildren(
      ...HEADS.map(([className, title, hint]) => Object.assign(make("span", className, title), hint ? { title: hint } : {})),
    );
    this.list.replaceChildren(...data.rows.map((row) => this.row(row)));
  }

  row(row) {
    const node = make("div", "row");
    node.dataset.name = row.name;
    const title = make("span", "title", row.title);
    title.title = row.definition;
    if (row.unit) title.append(" ", make("span", "unit", row.unit));
    node.append(
      title,
      this.histogram(row),
      make("span", "number", row.median || "–"),
      make("span", "number quartiles", row.quartiles || "–"),
      make("span", `number missing${row.missing ? "" : " nothing"}`, wholeCount.format(row.missing)),
      this.outliers(row.low, row, "below"),
      this.outliers(row.high, row, "above"),
    );
    return node;
  }

  histogram(row) {
    const { width, height, gap } = HISTOGRAM;
    const holder = make("span", "histogram");
    const svg = svgNode("svg", {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "group",
      "aria-label": `Histogram of ${row.title}`,
    });
    const most = Math.max(1, ...row.bars.map(({ count }) => count));
    const step = Math.min(width / row.bars.length, 48);
    row.bars.forEach((bar, place) => {
      const tall = bar.count ? Math.max((bar.count / most) * (height - 2), 1.5) : 0;
      const left = place * step;
      const group = svgNode(
        bar.href ? "a" : "g",
        {},
        svgNode("title", {}, bar.text),
        svgNode("rect", { class: "hit", x: left, y: 0, width: step, height }),
        svgNode("rect", { class: "bar", x: left, y: height - tall, width: step - gap, height: tall }),
      );
      if (bar.href) this.door(group, bar);
      svg.append(group);
    });
    holder.append(svg);
    if (row.categorical) {
      const names = make("span", "names");
      names.title = row.bars.map(({ text }) => text).join("\n");
      row.names.forEach((name, place) => {
        if (place) names.append(", ");
        names.append(this.link("", name, row.bars[place]));
      });
      holder.append(names);
    } else {
      const limits = make("span", "limits");
      limits.append(make("span", "", row.limits[0]), make("span", "", row.limits[1]));
      holder.append(limits);
    }
    return holder;
  }

  outliers(tail, row, side) {
    const node = make("span", `number outliers ${side}`);
    if (!tail) {
      node.append(make("span", "nothing", row.categorical ? "" : "–"));
      return node;
    }
    node.append(this.link("all", wholeCount.format(tail.count), tail));
    if (tail.severe) {
      const severe = make("span", "severe");
      severe.append(" ", this.link("", `${wholeCount.format(tail.severe.count)} severe`, tail.severe));
      node.append(severe);
    }
    return node;
  }

  link(className, text, bar) {
    const node = make(bar.href ? "a" : "span", className, text);
    node.title = bar.text;
    if (bar.href) this.door(node, bar);
    return node;
  }

  door(node, { href, text }) {
    node.setAttribute("aria-label", text);
    followOnClick(node, href);
  }

  table() {
    const columns = ["metric", "unit", "median", "quartiles", "lowest", "highest", "missing", "below", "above"];
    const rows = this.data.rows.map((row) => [
      row.name, row.unit, row.median, row.quartiles, ...row.limits, row.missing, row.low?.count ?? 0, row.high?.count ?? 0,
    ]);
    return { columns, rows };
  }
}

export default function (component) {
  return mountChart(component, ".distributions", Distributions);
}
