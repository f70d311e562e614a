// Lines of words, each a link to what its number counts.

function lineOf({ name, number, words, hint, href }, open) {
  const node = document.createElement(href ? "a" : "span");
  node.className = "line";
  node.dataset.name = name;
  if (hint) node.title = hint;
  const strong = document.createElement("b");
  strong.textContent = number;
  node.append(strong, " ", Object.assign(document.createElement("span"), { textContent: words }));
  if (!href) return node;
  followOnClick(node, href, open);
  return node;
}

/* Lines change in place, so that a link keeps the keyboard's focus. */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lines");
  const focused = root.getRootNode().activeElement?.dataset?.name;
  root.classList.toggle("row", data.row);
  root.replaceChildren(...data.lines.map((line) => lineOf(line, (href) => setTriggerValue("open", href))));
  if (focused) root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
