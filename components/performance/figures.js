function strokeOf(outcome) {
  const stroke = document.createElement("span");
  stroke.className = "stroke";
  stroke.style.setProperty("--stroke", outcome.color);
  stroke.style.borderTopStyle = outcome.line;
  return stroke;
}

function textOf(name, text) {
  const element = document.createElement("div");
  element.className = name;
  element.textContent = text;
  return element;
}

function figureOf(figure, open) {
  const element = document.createElement(figure.href ? "a" : "div");
  element.className = figure.small ? "figure small" : "figure";
  element.dataset.name = figure.name;
  if (figure.hint) element.title = figure.hint;
  const label = textOf("label", "");
  if (figure.outcome) label.append(strokeOf(figure.outcome));
  label.append(figure.label);
  element.append(label, textOf("value", figure.value));
  if (figure.note) element.append(textOf("note", figure.note));
  if (figure.href) {
    element.href = figure.href;
    element.onclick = (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open(figure.name);
    };
  }
  return element;
}

/* Numbers change in place, so that a link keeps the keyboard's focus. */
export default function ({ data, parentElement, setTriggerValue }) {
  const row = parentElement.querySelector(".figures");
  const focused = row.getRootNode().activeElement?.dataset?.name;
  row.replaceChildren(...data.figures.map((figure) => figureOf(figure, (name) => setTriggerValue("open", name))));
  if (focused) row.querySelector(`[data-name="${focused}"]`)?.focus();
}
