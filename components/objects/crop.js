// One crop: a part of a frame with an object and its counterpart, and below it what became of the object and why.

class CropTile extends Tile {
  constructor(record, scene, on) {
    super(record, scene, on);
    this.node.classList.add("crop");
    this.node.dataset.outcome = record.outcome;
    this.link.setAttribute("aria-label", `${record.title}, ${record.words}. ${record.file_name}`);
    this.mark.setAttribute("aria-label", `Select ${record.title} in ${record.frame_id}`);
    for (const { object, shape } of this.shapes) shape.classList.toggle("anchor", object.id === record.frame);
  }

  makeFoot() {
    const { title, words, value, file_name: fileName, outcome } = this.record;
    const caption = element("div", "caption");
    caption.title = `${title}: ${words}${value ? `\n${value}` : ""}\n${fileName}`;
    const dot = element("i", "dot");
    dot.style.background = OUTCOMES[outcome].color;
    const text = element("span", "caption-text");
    if (value) text.append(dot, element("b", "", value), " · ", element("b", "", title), `: ${words}`);
    else text.append(dot, element("b", "", title), `: ${words}`);
    caption.append(text);
    caption.onclick = (event) => this.link.onclick(event);
    return caption;
  }

  moveTo(place) {
    super.moveTo(place);
    this.node.style.height = `${place.height + CAPTION_HEIGHT}px`;
  }
}
