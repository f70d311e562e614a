// The gallery: justified rows of thumbnails with their objects drawn over them. Python sends one page of tiles; showing
// and hiding layers, tile size, confidence tags, selection and moving about happen here without any request.

const SELECTION_DELAY = 250;

class Gallery {
  constructor(root, parentElement) {
    this.root = root;
    this.host = parentElement.host ?? parentElement;
    this.preferences = readPreferences(this.storage);
    this.tiles = [];
    this.selected = new Set();
    this.anchor = null;
    this.focused = 0;
    this.timer = 0;
    this.bar = this.makeBar({
      appearance: () => this.paint(),
      size: () => this.layout({ keepInView: true }),
      sort: (text) => this.setTriggerValue("sort", text),
      copy: () => copyText([...this.selected].join("\n")),
      clear: () => this.clear(),
    });
    this.legend = new TileLegend(() => this.paint());
    this.bar.legend = this.legend.node;
    this.live = element("div", "quiet");
    this.live.setAttribute("aria-live", "polite");
    this.grid = element("div", "grid");
    this.grid.setAttribute("role", "list");
    this.grid.setAttribute("aria-label", this.nouns.plural);
    this.grid.onkeydown = (event) => this.onKey(event);
    root.replaceChildren(this.bar.node, this.live, this.grid);
    this.resize = new ResizeObserver(() => this.layout());
    this.resize.observe(root);
    this.scroller = this.findScroller();
    this.keepScroll = () => {
      if (this.place) sessionStorage.setItem(`predscope.scroll:${this.place}`, String(Math.round(this.scroller.scrollTop)));
    };
    this.scroller.addEventListener("scroll", this.keepScroll, { passive: true });
  }

  /** Under which name the browser keeps what this reader prefers. */
  get storage() {
    return "predscope.gallery";
  }

  /** What tiles are called. */
  get nouns() {
    return { plural: "Frames" };
  }

  makeBar(on) {
    return new Bar(this.preferences, on);
  }

  makeTile(record, scene, on) {
    return new Tile(record, scene, on);
  }

  /** Height of what stands below each tile, pixels. */
  get captionHeight() {
    return 0;
  }

  close() {
    this.resize.disconnect();
    this.scroller.removeEventListener("scroll", this.keepScroll);
    clearTimeout(this.timer);
  }

  findScroller() {
    for (let node = this.host.parentElement; node; node = node.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(node).overflowY)) return node;
    }
    return document.scrollingElement;
  }

  update({ data, setStateValue, setTriggerValue }) {
    const before = this.data;
    this.data = data;
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    if (before?.place !== data.place) this.selected = new Set(data.selected);
    this.bar.update(data);
    if (before?.digest !== data.digest) this.build();
    this.layout();
    this.showSelection();
    if (before?.place === data.place) return;
    this.place = data.place;
    if (before) this.scroller.scrollTop = 0;
    else this.returnTo();
  }

  /** Back where the reader was: the scroll position kept for this very page of the gallery, else the opened frame. */
  returnTo() {
    const kept = sessionStorage.getItem(`predscope.scroll:${this.place}`);
    const opened = this.tiles.findIndex((tile) => tile.record.frame === this.data.opened);
    if (opened >= 0) this.rove(opened, { focus: document.activeElement === document.body });
    const settle = (attempts) => {
      if (kept === null && opened >= 0) this.tiles[opened].node.scrollIntoView({ block: "nearest" });
      if (kept === null) return;
      this.scroller.scrollTop = Number(kept);
      // The rest of the page may still be arriving, and with it the height to scroll in.
      if (attempts > 0 && Math.abs(this.scroller.scrollTop - Number(kept)) > 2) setTimeout(() => settle(attempts - 1), 60);
    };
    requestAnimationFrame(() => settle(8));
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  build() {
    const { scene, tiles } = this.data;
    this.tiles = tiles.map(
      (record, place) =>
        this.makeTile(record, scene, {
          open: (event) => this.onClick(event, place),
          mark: (event) => (event.shiftKey ? this.selectRange(place) : this.toggleSelected(place)),
          focus: () => this.rove(place),
        }),
    );
    const definitions = svgElement("svg", { class: "definitions", "aria-hidden": "true" });
    const holder = svgElement("defs");
    holder.append(crowdHatch());
    definitions.append(holder);
    this.grid.replaceChildren(definitions, ...this.tiles.map((tile) => tile.node));
    this.laidOut = null;
    this.anchor = null;
    this.focused = Math.min(this.focused, Math.max(this.tiles.length - 1, 0));
    this.rove(this.focused);
    this.paint();
  }

  paint() {
    const { hidden, confidence } = this.preferences;
    const shown = this.data.scene.layers.filter((layer) => !hidden.has(layer.key));
    const modelsShown = shown.filter((layer) => layer.role === "predictions").length;
    const { scene, evaluated, counters } = this.data;
    const hasOutcomes = this.data.has_outcomes === true && !hidden.has(evaluated);
    const mode = resolveColorMode("auto", { layersShown: shown.length, modelsShown, hasOutcomes });
    this.root.dataset.mode = mode;
    const drawn = this.tiles.flatMap((tile) => tile.objects.filter(({ layer }) => !hidden.has(scene.layers[layer].key)));
    this.legend.update(mode, scene, drawn, counters.outcomes ?? undefined);
    for (const tile of this.tiles) {
      tile.color(hidden, mode, (object) => this.legend.shows(object));
      tile.tag(confidence, hidden);
    }
  }

  layout({ keepInView = false } = {}) {
    const width = this.grid.clientWidth;
    if (!width || !this.data) return;
    const wanted = ROW_HEIGHTS[this.preferences.size];
    const key = `${width}:${wanted}`;
    if (key === this.laidOut) return;
    this.laidOut = key;
    const { places, height } = justifiedRows(this.tiles.map((tile) => tile.aspect), width, wanted, this.captionHeight);
    const { most_rows: mostRows } = this.data;
    const shown = mostRows ? tilesInWholeRows(places, width, mostRows) : places.length;
    const cut = shown < places.length ? places[shown].top - GAP : height;
    this.grid.style.height = `${Math.ceil(cut)}px`;
    const header = document.querySelector("[data-testid='stHeader']");
    this.root.style.setProperty("--header", `${header?.offsetHeight ?? 0}px`);
    this.root.style.setProperty("--bar", `${this.bar.node.offsetHeight}px`);
    this.tiles.forEach((tile, index) => {
      tile.node.hidden = index >= shown;
      tile.moveTo(places[index]);
      tile.tag(this.preferences.confidence, this.preferences.hidden);
    });
    if (keepInView) this.tiles[this.focused]?.node.scrollIntoView({ block: "nearest" });
  }

  // --- moving about --------------------------------------------------------------------------------------------------

  /** Makes a tile the one that Tab reaches. */
  rove(place, { focus = false } = {}) {
    if (!this.tiles.length) return;
    if (this.tiles[this.focused]) this.tiles[this.focused].link.tabIndex = -1;
    this.focused = place;
    const tile = this.tiles[place];
    tile.link.tabIndex = 0;
    if (focus) {
      tile.link.focus({ preventScroll: true });
      tile.node.scrollIntoView({ block: "nearest" });
    }
  }

  onClick(event, place) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey) this.selectRange(place);
    else this.open(place);
  }

  open(place) {
    const { frame, href } = this.tiles[place].record;
    this.keepScroll();
    // The entry of this page notes which frame was opened; Streamlit then adds one entry for the other page, not two.
    history.replaceState(history.state, "", location.pathname + href.slice(href.indexOf("?")));
    // The selection travels along: sent on its own a moment later, it would run this page again and undo the opening.
    clearTimeout(this.timer);
    this.setTriggerValue("open", { frame, selected: [...this.selected] });
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.tiles.length) return;
    const act = {
      ArrowLeft: () => this.move(this.focused - 1, event),
      ArrowRight: () => this.move(this.focused + 1, event),
      ArrowUp: () => this.move(this.inNextRow(-1), event),
      ArrowDown: () => this.move(this.inNextRow(1), event),
      Home: () => this.move(0, event),
      End: () => this.move(this.tiles.length - 1, event),
      Enter: () => this.open(this.focused),
      " ": () => this.toggleSelected(this.focused),
      x: () => this.toggleSelected(this.focused),
      a: () => this.select(this.tiles),
      Escape: () => this.clear(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  move(place, event) {
    const target = Math.min(Math.max(place, 0), this.tiles.length - 1);
    if (event.shiftKey) {
      this.anchor ??= this.focused;
      this.selectRange(target);
    }
    this.rove(target, { focus: true });
  }

  /** The tile above or below whose middle is nearest. */
  inNextRow(step) {
    const here = this.tiles[this.focused].place;
    const tops = [...new Set(this.tiles.map((tile) => tile.place.top))];
    const top = tops[tops.indexOf(here.top) + step];
    if (top === undefined) return this.focused;
    const middle = here.left + here.width / 2;
    let nearest = this.focused;
    let distance = Infinity;
    this.tiles.forEach(({ place }, index) => {
      const apart = Math.abs(place.left + place.width / 2 - middle);
      if (place.top === top && apart < distance) [nearest, distance] = [index, apart];
    });
    return nearest;
  }

  // --- selecting -----------------------------------------------------------------------------------------------------

  toggleSelected(place) {
    const { frame } = this.tiles[place].record;
    if (!this.selected.delete(frame)) this.selected.add(frame);
    this.anchor = place;
    this.rove(place, { focus: true });
    this.selectionChanged();
  }

  selectRange(place) {
    this.anchor ??= place;
    const [low, high] = this.anchor < place ? [this.anchor, place] : [place, this.anchor];
    this.select(this.tiles.slice(low, high + 1));
  }

  select(tiles) {
    for (const tile of tiles) this.selected.add(tile.record.frame);
    this.selectionChanged();
  }

  clear() {
    this.anchor = null;
    this.selected.clear();
    this.selectionChanged();
  }

  selectionChanged() {
    this.showSelection();
    this.live.textContent = `${grouped(this.selected.size)} selected`;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setStateValue("selected", [...this.selected]), SELECTION_DELAY);
  }

  showSelection() {
    for (const tile of this.tiles) tile.select(this.selected.has(tile.record.frame));
    this.grid.classList.toggle("selecting", this.selected.size > 0);
    this.bar.showSelected(this.selected.size);
  }
}
