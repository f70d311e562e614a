// A folder as a list: folders are gone into, files are chosen. Names are filtered here; what Python is told are clicks.

const NARROW_DELAY = 300;
const browsers = new WeakMap();

function node(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function button(className, label, onclick) {
  return node("button", { type: "button", className, textContent: label, onclick });
}

class FileBrowser {
  constructor(root) {
    this.clicks = 0;
    this.text = "";
    this.crumbs = node("nav", { className: "crumbs", ariaLabel: "Folder" });
    this.filter = node("input", {
      type: "search",
      placeholder: "Filter by name",
      ariaLabel: "Filter by name",
      oninput: () => this.narrow(),
    });
    this.places = node("div", { className: "places" });
    this.take = button("take", "Use this folder", () => this.tell("choose", { path: this.data.path }));
    this.list = node("ul", { className: "entries" });
    this.note = node("p", { className: "note" });
    this.list.onkeydown = (event) => this.step(event);
    root.replaceChildren(
      node("div", { className: "head" }, this.crumbs, this.take),
      node("div", { className: "head" }, this.filter, this.places),
      this.note,
      this.list,
    );
  }

  update({ data, setTriggerValue }) {
    const moved = this.data?.path !== data.path;
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    if (moved) {
      this.text = "";
      this.filter.value = "";
    }
    this.draw();
    if (moved) this.list.scrollTop = 0;
  }

  draw() {
    const { crumbs, places, entries, left_out: leftOut, problem } = this.data;
    this.crumbs.replaceChildren(...crumbs.map((crumb) => button("crumb", crumb.name, () => this.tell("go", crumb))));
    this.crumbs.lastChild.ariaCurrent = "location";
    this.crumbs.scrollLeft = this.crumbs.scrollWidth;
    this.places.replaceChildren(...places.map((place) => button("place", place.name, () => this.tell("go", place))));
    const shown = entries.filter(({ name }) => name.toLowerCase().includes(this.text.toLowerCase()));
    this.list.replaceChildren(...shown.map((entry) => this.row(entry)));
    const empty = this.text ? "Nothing here has this in its name." : "This folder is empty.";
    this.note.textContent =
      problem || (leftOut ? `${leftOut.toLocaleString()} more: filter by name.` : shown.length ? "" : empty);
  }

  row(entry) {
    const { name, folder, size, modified } = entry;
    const date = new Date(modified).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
    const open = button(`entry ${folder ? "folder" : "file"}`, "", () => this.tell(folder ? "go" : "choose", { path: name }));
    open.title = folder ? `Open ${name}` : `Choose ${name}`;
    open.append(
      node("span", { className: "icon", ariaHidden: "true" }),
      node("span", { className: "name", textContent: name }),
      node("span", { className: "size", textContent: size }),
      node("span", { className: "date", textContent: date }),
    );
    const item = node("li", {}, open);
    if (folder) {
      const use = button("use", "Use", () => this.tell("choose", { path: name }));
      use.title = `Choose the folder ${name}`;
      item.append(use);
    }
    return item;
  }

  tell(what, { path }) {
    this.setTriggerValue(what, { path, click: (this.clicks += 1) });
  }

  narrow() {
    this.text = this.filter.value;
    this.draw();
    clearTimeout(this.timer);
    if (!this.data.left_out && !this.data.text) return;
    const ask = () => this.setTriggerValue("narrow", { text: this.text, click: (this.clicks += 1) });
    this.timer = setTimeout(ask, NARROW_DELAY);
  }

  /** Up and down go through the entries. */
  step(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way) return;
    const entries = [...this.list.querySelectorAll(".entry")];
    const next = entries[entries.indexOf(event.target) + way];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".browser");
  if (!browsers.has(root)) browsers.set(root, new FileBrowser(root));
  browsers.get(root).update(component);
}
