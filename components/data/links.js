// Lines of words, each a link to what its number counts.

function lineOf({ name, number, words, hint, href }) {
  const node = document.createElement(href ? "a" : "span");
  node.className = "line";
  node.dataset.name = name;
  if (hint) node.title = hint;
  const strong = document.createElement("b");
  strong.textContent = number;
  node.append(strong, " ", Object.assign(document.createElement("span"), { textContent: words }));
  if (href) followOnClick(node, href);
  return node;
}

/* Lines change in place, so that a link keeps the keyboard's focus. */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lines");
  const focused = root.getRootNode().activeElement?.dataset?.name;
  root.classList.toggle("row", data.row);
  root.replaceChildren(...data.lines.map(lineOf));
  if (focused) root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
