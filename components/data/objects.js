// Objects of one set as crops: the gallery of frames, with a caption that says which object it is and what was measured.

const CAPTION_HEIGHT = 54; // as objects.css of the gallery of outcomes has it

class SetTile extends Tile {
  constructor(record, scene, on) {
    super(record, scene, on);
    this.node.classList.add("crop");
    this.link.setAttribute("aria-label", `${record.title}, ${record.words}. ${record.file_name}`);
    this.mark.setAttribute("aria-label", `Select ${record.title} in ${record.frame_id}`);
    for (const { object, shape } of this.shapes) shape.classList.toggle("anchor", object.id === record.frame);
  }

  makeFoot() {
    const { title, words, file_name: fileName } = this.record;
    const caption = element("div", "caption");
    caption.title = `${title}: ${words}\n${fileName}`;
    const text = element("span", "caption-text");
    text.append(element("b", "", title), words ? `: ${words}` : "", ` · ${fileName}`);
    caption.append(text);
    caption.onclick = (event) => this.link.onclick(event);
    return caption;
  }

  moveTo(place) {
    super.moveTo(place);
    this.node.style.height = `${place.height + CAPTION_HEIGHT}px`;
  }
}

class SetBar extends Bar {
  get noun() {
    return "object";
  }

  /** "12 of 347 labels", "in 9 of 125 frames". */
  counts({ objects, frames }, scene) {
    [this.total] = objects;
    const noun = scene.layers[0].role === "labels" ? "label" : "prediction";
    return [
      this.counter("objects", objects[0], ` of ${counted(objects[1], noun)}`),
      this.counter("frames", frames[0], ` of ${counted(frames[1], "frame")}`, "on "),
    ];
  }

  toolsFor() {
    return [this.sizeControl()];
  }
}

class SetGallery extends Gallery {
  get storage() {
    return "predscope.set-objects";
  }

  get nouns() {
    return { plural: "Objects" };
  }

  get captionHeight() {
    return CAPTION_HEIGHT;
  }

  makeBar(on) {
    return new SetBar(this.preferences, on);
  }

  makeTile(record, scene, on) {
    return new SetTile(record, scene, on);
  }
}

export default function (component) {
  return mountGallery(component, (root, host) => new SetGallery(root, host));
}
