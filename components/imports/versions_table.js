// Every version of every set, one row each; Python is told which button was pressed.

const tables = new WeakMap();

function node(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function cell(className, text, title = "") {
  return node("td", { className, textContent: text, title });
}

class VersionsTable {
  constructor(root) {
    this.root = root;
    this.clicks = 0;
  }

  update({ data, setTriggerValue }) {
    this.whyNot = data.why_not;
    this.setTriggerValue = setTriggerValue;
    const focused = this.root.getRootNode().activeElement?.dataset?.focus;
    const groups = [];
    data.rows.forEach((row, place) => {
      if (row.newest) groups.push(node("tbody", { ariaLabel: row.name }, this.title(row, place)));
      groups.at(-1).append(this.row(row, place));
    });
    const head = node("thead", {}, node("tr", {}, ...this.heads()));
    this.root.replaceChildren(node("table", {}, head, ...groups));
    if (focused) [...this.root.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
  }

  heads() {
    const names = { version: "Version", created: "Imported", number: "Objects", changed: "Repaired, rejected", source: "From", actions: "" };
    return Object.entries(names).map(([className, textContent]) => node("th", { className, textContent, scope: "col" }));
  }

  /** A set: its name, and what concerns all of its versions. */
  title({ role, name, count }, place) {
    const words = `${count} ${count === 1 ? "version" : "versions"}`;
    const kind = node("span", { className: "kind", textContent: `${role === "labels" ? "Labels" : "Predictions"}, ${words}` });
    const buttons = node(
      "span",
      { className: "buttons" },
      this.button("rename", "Rename", `Give ${name} another name`, place),
      this.button("delete_set", "Delete", `Delete ${name} with ${count === 1 ? "its only version" : `all ${count} versions`}`, place),
    );
    const line = node("div", { className: "set" }, node("b", { textContent: name }), kind, buttons);
    return node("tr", { className: "title" }, node("th", { colSpan: 6, scope: "rowgroup" }, line));
  }

  row(row, place) {
    const { version, newest, created, objects, repaired, rejected, format, source, restored_from: origin, size } = row;
    const changed = [repaired && `${repaired.toLocaleString()} repaired`, rejected && `${rejected.toLocaleString()} rejected`];
    const from = node("td", { className: "source", title: source }, node("span", { textContent: source.split(/[\\/]/).at(-1) || source }));
    from.append(node("small", { textContent: origin ? `restored from version ${origin}` : `${format}, ${size}` }));
    const number = cell("version", String(version));
    if (newest) number.append(node("small", { textContent: "newest" }));
    const named = `version ${version} of ${row.name}`;
    const actions = node("td", { className: "actions" }, this.button("look", "Look", `Look at ${named}`, place));
    if (!newest) actions.append(this.button("restore", "Restore", `Make ${named} the newest again`, place));
    actions.append(this.button("delete", "Delete", `Delete ${named}`, place));
    const date = new Date(created);
    const when = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    return node(
      "tr",
      { className: newest ? "newest" : "old" },
      number,
      cell("created", when, date.toLocaleString()),
      cell("number", objects.toLocaleString()),
      cell("changed", changed.filter(Boolean).join(", ") || "–"),
      from,
      actions,
    );
  }

  button(action, label, title, place) {
    const isOff = action !== "look" && Boolean(this.whyNot);
    const made = node("button", {
      type: "button",
      textContent: label,
      ariaLabel: title,
      title: isOff ? this.whyNot : title,
      disabled: isOff,
      onclick: () => this.setTriggerValue("act", { action, place, click: (this.clicks += 1) }),
    });
    made.dataset.focus = `${action}:${place}`;
    return made;
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".versions");
  if (!tables.has(root)) tables.set(root, new VersionsTable(root));
  tables.get(root).update(component);
}
