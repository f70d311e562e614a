/** A photograph with a painted picture over it. */
function paintedPhoto(record, name) {
  const box = document.createElement("span");
  box.className = `photo ${name}`;
  box.style.aspectRatio = String(record.aspect);
  for (const [className, address] of [["under", record.thumb], ["over", record[name]]]) {
    if (!address) continue;
    const image = document.createElement("img");
    image.className = className;
    image.src = address;
    image.alt = className === "over" ? `${name} of ${record.title}, painted` : "";
    image.loading = className === "under" ? "lazy" : "eager";
    box.append(image);
  }
  return box;
}

function card(record) {
  const item = document.createElement("div");
  item.className = "card";
  item.setAttribute("role", "listitem");
  const link = document.createElement("a");
  followOnClick(link, record.href);
  link.dataset.frame = record.frame;
  link.title = `Open ${record.title}`;
  const pair = document.createElement("span");
  pair.className = "pair";
  pair.append(paintedPhoto(record, "label"), paintedPhoto(record, "prediction"));
  const foot = document.createElement("span");
  foot.className = "foot";
  const [title, words] = ["title", "words"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = record[name];
    return part;
  });
  title.title = record.title;
  foot.append(title, words);
  link.append(pair, foot);
  item.append(link);
  return item;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".pixel-frames");
  const key = JSON.stringify(data.frames);
  if (root.shown === key) return;
  root.shown = key;
  root.replaceChildren(...data.frames.map(card));
}
