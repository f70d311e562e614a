// Strips of small pictures, each a link to its frame.

function part(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

function pictureOf(picture) {
  const node = part("a", "picture");
  followOnClick(node, picture.href);
  node.dataset.frame = picture.frame;
  node.title = [picture.file_name, picture.words].filter(Boolean).join("\n");
  node.setAttribute("aria-label", [picture.words, picture.file_name].filter(Boolean).join(", "));
  node.style.setProperty("--ratio", picture.ratio);
  const missing = () => part("span", "none", "No image");
  if (picture.thumb) {
    const image = part("img", "");
    image.alt = "";
    image.loading = "lazy";
    image.decoding = "async";
    image.onerror = () => image.replaceWith(missing());
    image.src = picture.thumb;
    node.append(image);
  } else node.append(missing());
  if (picture.words) node.append(part("div", "words", picture.words));
  node.append(part("div", "file", picture.file_name));
  return node;
}

function groupOf({ title, pictures, more, more_href: moreHref }) {
  const node = part("section", "group");
  if (title) node.append(part("h6", "", title));
  const strip = part("div", "strip");
  strip.append(...pictures.map(pictureOf));
  if (more) {
    const words = part(moreHref ? "a" : "span", "more", more);
    if (moreHref) followOnClick(words, moreHref);
    strip.append(words);
  }
  node.append(strip);
  return node;
}

const texts = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".pictures");
  const text = JSON.stringify(data);
  if (texts.get(root) === text) return;
  texts.set(root, text);
  root.style.setProperty("--height", `${data.height}px`);
  root.replaceChildren(...data.groups.map(groupOf));
}
