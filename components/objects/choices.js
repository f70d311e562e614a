// The choices beside the gallery of objects. It shows what the page says, and sends back what was clicked.

const FEW_ROWS = 14;

const choices = new WeakMap();

class Choices {
  constructor(root) {
    this.root = root;
    this.expanded = new Set();
    this.token = `${Date.now()}-${Math.random()}`;
    this.count = 0;
    this.clicks = []; // that Python may not have heard of yet
    this.dragging = false;
    this.metrics = new MetricSection({
      ask: (ranges) => {
        this.dragging = false;
        this.setTriggerValue("ranges", { ranges, click: (this.count += 1) });
        this.draw();
      },
      hold: (down) => (this.dragging = down),
      redraw: () => this.draw(),
    });
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    const [token, heard] = data.heard;
    if (token === this.token) this.clicks = this.clicks.filter(({ number }) => number > heard);
    if (!this.dragging) this.draw();
  }

  choose(field, name) {
    this.clicks.push({ number: (this.count += 1), field, name });
    this.setTriggerValue("choose", { token: this.token, clicks: this.clicks });
  }

  draw() {
    const { sections, metrics, ranges } = this.data;
    const active = this.root.getRootNode().activeElement;
    const focused = active?.dataset?.focus;
    const parts = sections.filter(({ rows }) => rows.length).map((section) => this.section(section));
    const measured = metrics && this.metrics.section(metrics, ranges);
    if (measured) parts.push(measured);
    this.root.replaceChildren(...parts);
    if (focused) [...this.root.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === focused)?.focus({ preventScroll: true });
  }

  section({ field, title, rows }) {
    const all = this.expanded.has(field) || rows.length <= FEW_ROWS + 2;
    const nodes = rows.filter(({ chosen }, place) => all || place < FEW_ROWS || chosen).map((row) => this.row(field, row));
    if (rows.length > FEW_ROWS + 2) {
      const toggle = () => {
        if (!this.expanded.delete(field)) this.expanded.add(field);
        this.draw();
      };
      const textContent = all ? "Show fewer" : `Show all ${grouped(rows.length)}`;
      nodes.push(element("button", { type: "button", className: "plain", textContent, onclick: toggle }));
    }
    return element("section", { "aria-label": title }, element("h3", { textContent: title }), ...nodes);
  }

  row(field, { name, words, count, chosen, color }) {
    const button = element("button", {
      type: "button",
      className: `choice${count ? "" : " none"}`,
      title: `${words}: ${counted(count, "object")}`,
      "aria-pressed": String(chosen),
      dataset: { focus: `${field}:${name}`, field, value: name },
      onclick: () => this.choose(field, name),
    });
    if (color) button.append(element("i", { className: "dot", style: `background:${color}` }));
    button.append(
      element("span", { className: "choice-name", textContent: words }),
      element("span", { className: "number", textContent: grouped(count) }),
    );
    return button;
  }
}

export default function (component) {
  const { parentElement } = component;
  let shown = choices.get(parentElement);
  if (!shown) {
    shown = new Choices(parentElement.querySelector(".rail"));
    choices.set(parentElement, shown);
  }
  shown.update(component);
  return () => choices.delete(parentElement);
}
