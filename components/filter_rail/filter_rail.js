// The filter rail. It draws the parameters of the link that is on screen, and sends back the parameters of the one that
// is asked for; the numbers come from Python. Between a click and the answer it shows what was clicked.

const FEW_CLASSES = 14;
const MANY_CLASSES = 20;
const FEW_VALUES = 6;
const PATIENCE = 2000;
const ABSENCE_WORDS = { no_labels: "No labels", no_predictions: "No predictions" };
const IMAGE_WORDS = { ok: "Readable", missing: "Missing", unreadable: "Unreadable" };

const rails = new WeakMap();

class Rail {
  constructor(root) {
    this.root = root;
    this.sequence = 0;
    this.sentAt = 0;
    this.dragging = false;
    this.search = "";
    this.expanded = new Set();
    this.metrics = new MetricSection({
      ask: (ranges) => this.set("m", ranges.length ? ranges : undefined),
      hold: (down) => (this.dragging = down),
      redraw: () => this.draw(),
    });
    root.onsubmit = (event) => event.preventDefault();
  }

  update({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    this.sequence = Math.max(this.sequence, data.sequence);
    const waiting = data.sequence < this.sequence && Date.now() - this.sentAt < PATIENCE;
    this.data = data;
    if (!waiting) this.draft = structuredClone(data.parameters);
    if (!this.dragging) this.draw();
  }

  // --- asking --------------------------------------------------------------------------------------------------------

  send() {
    this.sequence += 1;
    this.sentAt = Date.now();
    this.setTriggerValue("change", { sequence: this.sequence, parameters: this.draft });
    this.draw();
  }

  set(name, value) {
    if (value === undefined || value === "") delete this.draft[name];
    else this.draft[name] = value;
    this.send();
  }

  has(name, value) {
    return listOf(this.draft[name]).includes(value);
  }

  flip(name, value) {
    const values = listOf(this.draft[name]);
    const left = this.has(name, value) ? values.filter((other) => other !== value) : [...values, value];
    this.set(name, left.length ? left : undefined);
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  draw() {
    const { data } = this;
    const scope = this.root.getRootNode();
    const active = scope.activeElement;
    const focused = active?.dataset?.focus;
    const typed = active?.matches?.("input[type=search]") ? { value: active.value, at: active.selectionStart } : null;
    const sections = [this.searchSection()];
    if (data.models.length > 1) sections.push(this.modelSection());
    if (data.models.length) sections.push(this.confidenceSection());
    if (data.missed_count) sections.push(outcomeSection(this));
    if (data.classes.length) sections.push(this.classSection());
    sections.push(this.countSection());
    const metrics = this.metrics.section(data.metrics, listOf(this.draft.m));
    if (metrics) sections.push(metrics);
    const states = this.stateSection();
    if (states) sections.push(states);
    for (const attribute of data.attributes) sections.push(this.attributeSection(attribute));
    this.root.replaceChildren(...sections);
    if (focused) {
      const again = [...this.root.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === focused);
      again?.focus({ preventScroll: true });
      if (typed && again?.matches("input[type=search]")) {
        again.value = typed.value;
        again.setSelectionRange(typed.at, typed.at);
      }
    }
  }

  /** Paints while a slider is dragged; writes its value to the address when it is let go, unless it is the usual one. */
  follow(slider, name, usual, paint) {
    paint();
    slider.onpointerdown = () => (this.dragging = true);
    slider.oninput = paint;
    slider.onchange = () => {
      this.dragging = false;
      const now = Number(slider.value);
      this.set(name, now === usual ? undefined : String(now));
    };
    slider.onpointerup = slider.onpointercancel = () => setTimeout(() => (this.dragging = false));
  }

  section(title, ...children) {
    return element("section", { "aria-label": title }, element("h3", { textContent: title }), ...children);
  }

  searchSection() {
    const input = element("input", {
      type: "search",
      value: this.draft.q ?? "",
      placeholder: "File name, class, metadata",
      "aria-label": "Search frames",
      dataset: { focus: "search" },
    });
    input.onchange = () => {
      if (input.value.trim() !== (this.draft.q ?? "")) this.set("q", input.value.trim());
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") input.onchange();
    };
    input.addEventListener("search", () => input.onchange());
    return element("section", {}, input);
  }

  modelSection() {
    const rows = this.data.models.map(({ name, color }) =>
      this.choice({
        name,
        swatch: color,
        pressed: this.has("model", name),
        focus: `model:${name}`,
        onclick: () => this.flip("model", name),
        hint: `Only ${name}`,
      }),
    );
    return this.section("Models", ...rows);
  }

  confidenceSection() {
    const { confidence } = this.data;
    const value = this.draft.conf === undefined ? confidence.default : Number(this.draft.conf);
    const figure = element("output", { textContent: `≥ ${rateText(value)}` });
    const bars = histogramBars(confidence.histogram, (low) => low + 1e-9 >= value, (low, high, count) =>
      `${rateText(low)} to ${rateText(high)}: ${counted(count, "prediction")}`,
    );
    const slider = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.01,
      value,
      "aria-label": "Lowest confidence that counts",
      dataset: { focus: "confidence" },
    });
    const paint = () => {
      const now = Number(slider.value);
      figure.textContent = `≥ ${rateText(now)}`;
      slider.style.setProperty("--filled", `${now * 100}%`);
      [...bars.children].forEach((bar, i) => bar.classList.toggle("in", confidence.histogram.edges[i] + 1e-9 >= now));
    };
    this.follow(slider, "conf", confidence.default, paint);
    const section = this.section("Confidence", element("div", { className: "plot" }, bars, slider));
    section.querySelector("h3").append(figure);
    return section;
  }

  countRangeOf(name, title, noun, histogram) {
    return countRange({
      name,
      title,
      noun,
      histogram,
      value: this.draft[name],
      hold: (down) => (this.dragging = down),
      ask: (text) => this.set(name, text),
    });
  }

  classSection() {
    const { classes, has_labels: hasLabels, models } = this.data;
    const roles = [...(hasLabels ? ["label"] : []), ...(models.length ? ["pred"] : [])];
    const most = Math.max(1, ...classes.flatMap((row) => roles.map((role) => row[role]?.frames ?? 0)));
    const words = this.search.toLowerCase();
    const few = classes.length > MANY_CLASSES ? FEW_CLASSES : classes.length;
    const all = this.expanded.has("classes") || words;
    const shown = classes.filter(
      (row, place) =>
        row.name.toLowerCase().includes(words) &&
        (all || place < few || this.has("label", row.name) || this.has("pred", row.name)),
    );
    const table = element("div", { className: "classes", role: "group", "aria-label": "Classes" });
    const titles = { label: "Labels", pred: "Predictions" };
    table.style.setProperty("--columns", roles.length);
    table.append(
      element("span", { className: "head", textContent: "Frames with" }),
      ...roles.map((role) => element("span", { className: `head ${role}`, textContent: titles[role] })),
    );
    for (const row of shown) {
      const name = element("span", { className: "class-name", title: row.name });
      name.append(element("i", { className: "dot", style: `background:${row.color}` }), row.name);
      table.append(name, ...roles.map((role) => this.classCell(row, role, most)));
    }
    const parts = [];
    if (classes.length > MANY_CLASSES) parts.push(this.classSearch());
    parts.push(table);
    if (classes.length > few && !words) parts.push(this.showAll("classes", classes.length, "classes"));
    if (words && !shown.length) parts.push(element("p", { className: "hint", textContent: "No class of that name." }));
    return this.section("Classes", ...parts);
  }

  classCell(row, role, most) {
    const facet = row[role] ?? { frames: 0, objects: 0 };
    const pressed = this.has(role, row.name);
    const noun = role === "label" ? "label" : "prediction";
    const cell = element("button", {
      type: "button",
      className: `cell ${role}${facet.frames ? "" : " none"}`,
      title: `${row.name}: ${counted(facet.objects, noun)} in ${counted(facet.frames, "frame")}`,
      "aria-pressed": String(pressed),
      "aria-label": `${noun} ${row.name}, ${counted(facet.frames, "frame")}`,
      dataset: { focus: `${role}:${row.name}`, role, value: row.name },
    });
    cell.style.setProperty("--share", facet.frames / most);
    cell.append(element("span", { textContent: grouped(facet.frames) }));
    cell.onclick = () => this.flip(role, row.name);
    return cell;
  }

  classSearch() {
    const input = element("input", {
      type: "search",
      value: this.search,
      placeholder: "Find a class",
      "aria-label": "Find a class",
      dataset: { focus: "class-search" },
    });
    input.oninput = () => {
      this.search = input.value.trim();
      this.draw();
    };
    input.onkeydown = (event) => event.stopPropagation();
    return input;
  }

  showAll(key, count, noun) {
    const open = this.expanded.has(key);
    const button = element("button", {
      type: "button",
      className: "plain",
      textContent: open ? "Show fewer" : `Show all ${grouped(count)} ${noun}`,
      dataset: { focus: `all:${key}` },
    });
    button.onclick = () => {
      if (!this.expanded.delete(key)) this.expanded.add(key);
      this.draw();
    };
    return button;
  }

  countSection() {
    const { has_labels: hasLabels, models, label_count: labels, prediction_count: predictions } = this.data;
    const parts = [];
    if (hasLabels) parts.push(this.countRangeOf("n_labels", "Labels", "label", labels));
    if (models.length) parts.push(this.countRangeOf("n_preds", "Predictions", "prediction", predictions));
    return this.section("Objects in a frame", ...parts);
  }

  stateSection() {
    const rows = [];
    const single = (name, value, frames, words) =>
      this.choice({
        name: words,
        frames,
        pressed: this.draft[name] === value,
        focus: `${name}:${value}`,
        onclick: () => this.set(name, this.draft[name] === value ? undefined : value),
      });
    for (const { value, frames } of this.data.has) {
      const possible = value === "no_labels" ? this.data.has_labels : this.data.models.length;
      if (possible && (frames || this.draft.has === value)) rows.push(single("has", value, frames, ABSENCE_WORDS[value]));
    }
    if (this.data.image.some(({ value }) => value !== "ok")) {
      for (const { value, frames } of this.data.image) {
        if (value !== "ok" || this.draft.image === "ok") rows.push(single("image", value, frames, `Image ${IMAGE_WORDS[value].toLowerCase()}`));
      }
    }
    return rows.length ? this.section("State", ...rows) : null;
  }

  attributeSection({ key, prefix, values }) {
    const all = this.expanded.has(`meta:${key}`) || values.length <= FEW_VALUES + 2;
    const rows = values
      .filter(({ value }, place) => all || place < FEW_VALUES || this.has("meta", prefix + value))
      .map(({ value, frames }) =>
        this.choice({
          name: value || "(empty)",
          frames,
          pressed: this.has("meta", prefix + value),
          focus: `meta:${prefix}${value}`,
          onclick: () => this.flip("meta", prefix + value),
        }),
      );
    if (values.length > FEW_VALUES + 2) rows.push(this.showAll(`meta:${key}`, values.length, "values"));
    return this.section(key.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase()), ...rows);
  }

  choice({ name, swatch, frames, pressed, focus, onclick, hint }) {
    const button = element("button", {
      type: "button",
      className: `choice${frames === 0 ? " none" : ""}`,
      title: hint ?? (frames === undefined ? name : `${name}: ${counted(frames, "frame")}`),
      "aria-pressed": String(pressed),
      dataset: { focus },
      onclick,
    });
    if (swatch) button.append(element("i", { className: "dot", style: `background:${swatch}` }));
    button.append(element("span", { className: "choice-name", textContent: name }));
    if (frames !== undefined) button.append(element("span", { className: "number", textContent: grouped(frames) }));
    return button;
  }
}

export default function (component) {
  const { parentElement } = component;
  let rail = rails.get(parentElement);
  if (!rail) {
    rail = new Rail(parentElement.querySelector(".rail"));
    rails.set(parentElement, rail);
  }
  rail.update(component);
  return () => rails.delete(parentElement);
}
