// The gallery of objects: the gallery of frames, with crops for tiles.

const CAPTION_HEIGHT = 54; // as objects.css has it

class ObjectBar extends Bar {
  get noun() {
    return "object";
  }

  /** "119 of 452 predictions", "in 26 of 100 frames": what is counted are predictions, labels (missed ones, mostly), or both. */
  counts({ objects, predictions, labels, frames, side, has_ignored: hasIgnored }, scene) {
    [this.total] = objects;
    const counters = [];
    if (predictions[0] || (!labels[0] && side !== "labels")) {
      counters.push(this.counter("predictions", predictions[0], ` of ${counted(predictions[1], "prediction")}`));
    }
    if (labels[0] || side === "labels") {
      const missed = side === "labels" || hasIgnored ? "" : " missed";
      counters.push(this.counter("labels", labels[0], ` of ${counted(labels[1], "label")}${missed}`));
    }
    counters.push(this.counter("frames", frames[0], ` of ${counted(frames[1], "frame")}`, "in "));
    return [...counters, ...scene.layers.map((layer, index) => this.layerSwitch(scene, layer, index))];
  }

  layerSwitch(scene, layer, index) {
    const node = this.switchOf(scene, layer, index, `Show or hide ${layer.role === "labels" ? "labels" : "predictions"}`);
    node.append(element("span", "", layer.role === "labels" ? "Label" : layer.name));
    return node;
  }

  toolsFor(scene, sorts, sort) {
    return [this.sortControl(sorts, sort), this.sizeControl()];
  }
}

class ObjectGallery extends Gallery {
  get storage() {
    return "predscope.objects";
  }

  get nouns() {
    return { plural: "Objects" };
  }

  get captionHeight() {
    return CAPTION_HEIGHT;
  }

  makeBar(on) {
    return new ObjectBar(this.preferences, on);
  }

  makeTile(record, scene, on) {
    return new CropTile(record, scene, on);
  }
}

export default function (component) {
  return mountGallery(component, (root, host) => new ObjectGallery(root, host));
}
