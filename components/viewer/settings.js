// Settings of the viewer: they outlive frames, and, in the browser's session storage, the page.

const DEFAULT_SETTINGS = {
  threshold: 0, // predictions below this confidence are hidden
  iou: null, // lowest overlap of a match, for Python; null: nothing is evaluated
  hiddenLayers: [], // layer keys
  hiddenClasses: [], // class ids
  hiddenOutcomes: [], // "tp", "fp", "fn", "ignored"
  colorMode: "auto",
  fill: null, // opacity of polygons and masks; null: by the number of layers shown
  outline: 2, // line width in screen pixels
  captions: "auto", // "auto": for all when they are few; "on"; "off"
  panel: null, // side panel open; null: when there is room for it
  side: "layers", // tab of the side panel: "layers" or "objects"
  objectSort: { column: "class", descending: false }, // of the list of objects
  split: false,
  paneLayers: null, // layer keys of each pane, [[...], [...]]; null: chosen by the layers' roles
  keepZoom: false,
};

class Settings {
  /**
   * @param {string} storageKey
   * @param {object} scene hidden classes are remembered for these classes only: ids mean others in another project
   * @param {(patch: object) => void} onchange called after every change with what changed
   */
  constructor(storageKey, scene, onchange) {
    this.storageKey = `predscope.viewer.${storageKey}`;
    this.classNames = scene.classes.map((cls) => cls.name).join("\n");
    this.onchange = onchange;
    this.received = "{}";
    Object.assign(this, structuredClone(DEFAULT_SETTINGS), this.stored());
  }

  stored() {
    try {
      const stored = JSON.parse(window.sessionStorage.getItem(this.storageKey) ?? "{}");
      if (stored.classNames !== this.classNames) delete stored.hiddenClasses;
      return Object.fromEntries(Object.entries(stored).filter(([name]) => name in DEFAULT_SETTINGS));
    } catch {
      return {}; // storage may be forbidden or damaged: the defaults serve as well
    }
  }

  /**
   * Takes what Python asks for: at first, and again only where it asks for something else than before.
   * @param {object} [follows] by name, settings that Python keeps too, and whether it knows what the user chose: then
   *   what it says holds, else it does not
   */
  receive(given, follows = {}) {
    const before = JSON.parse(this.received);
    const patch = {};
    for (const [name, value] of Object.entries(given ?? {})) {
      if (!(name in DEFAULT_SETTINGS) || follows[name] === false) continue;
      if (JSON.stringify(follows[name] ? this[name] : before[name]) !== JSON.stringify(value)) patch[name] = value;
    }
    this.received = JSON.stringify(given ?? {});
    if (Object.keys(patch).length) this.set(patch);
  }

  set(patch) {
    Object.assign(this, patch);
    const stored = Object.fromEntries(Object.keys(DEFAULT_SETTINGS).map((name) => [name, this[name]]));
    try {
      window.sessionStorage.setItem(this.storageKey, JSON.stringify({ ...stored, classNames: this.classNames }));
    } catch {
      // nothing is lost but the memory of it
    }
    this.onchange(patch);
  }

  /** Puts a value into, or takes it out of, one of the lists of hidden things. */
  toggle(list, value) {
    const without = this[list].filter((item) => item !== value);
    this.set({ [list]: without.length === this[list].length ? [...without, value] : without });
  }
}
