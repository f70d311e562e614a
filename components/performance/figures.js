function strokeOf(outcome) {
  const stroke = document.createElement("span");
  stroke.className = "stroke";
  stroke.style.setProperty("--stroke", outcome.color);
  stroke.style.borderTopStyle = outcome.line;
  return stroke;
}

/** An element with a text; with ``door`` ({name, href}) it is a link to what it counts. */
function textOf(name, text, door, open) {
  const element = document.createElement(door?.href ? "a" : door ? "span" : "div");
  element.className = name;
  element.textContent = text;
  if (!door?.href) return element;
  element.href = door.href;
  element.dataset.door = door.name;
  element.onclick = (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(door.name);
  };
  return element;
}

function figureOf(figure, open) {
  const element = document.createElement("div");
  element.className = figure.small ? "figure small" : "figure";
  element.dataset.name = figure.name;
  if (figure.hint) element.title = figure.hint;
  const label = textOf("label", "");
  if (figure.outcome) label.append(strokeOf(figure.outcome));
  label.append(figure.label);
  const door = figure.href ? { name: figure.name, href: figure.href } : null;
  const value = textOf("value", figure.value, door, open);
  if (door) value.setAttribute("aria-label", `${figure.label}: ${figure.value}`);
  element.append(label, value);
  if (figure.note) element.append(textOf("note", figure.note, figure.note_door, open));
  return element;
}

function sentenceOf(parts, open) {
  const element = textOf("sentence", "");
  element.append(...parts.map((part) => (typeof part === "string" ? part : textOf("door", part.text, part, open))));
  return element;
}

/* Numbers change in place, so that a link keeps the keyboard's focus. */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".numbers");
  const focused = root.getRootNode().activeElement?.dataset?.door;
  const open = (name) => setTriggerValue("open", name);
  const row = textOf("figures", "");
  row.append(...data.figures.map((figure) => figureOf(figure, open)));
  root.replaceChildren(row, ...(data.sentence ? [sentenceOf(data.sentence, open)] : []));
  if (focused) root.querySelector(`[data-door="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
