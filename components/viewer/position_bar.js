// The bar under the photo: where the frame stands in the order, and in its video or image sequence, with play and pause.

class PositionBar {
  constructor(viewer) {
    this.viewer = viewer;
    this.play = iconButton("play", "Play", "Space", () => viewer.playback.toggle(), "play");
    this.title = element("span", {}); // gives way where there is little room; the number does not
    this.number = element("span", {});
    this.name = element("span", { class: "sequence-name" }, this.title, this.number);
    this.sequence = this.slider("Frame of the sequence", "sequence", (place) => viewer.sequence?.positions[place]);
    this.order = this.slider("Position in the order of frames", "position", (place) => place);
    this.sequencePart = element("div", { class: "sequence-part" }, this.play, this.name, this.sequence.root);
    this.orderName = element("span", { text: "All frames" });
    this.root = element(
      "div",
      { class: "position-bar" },
      this.sequencePart,
      element("div", { class: "order-part" }, this.orderName, this.order.root),
    );
    this.root.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  }

  /** @param {(place: number) => number | undefined} positionOf position in the order that a place of the slider stands for */
  slider(label, name, positionOf) {
    const bubble = element("output", { class: "bubble", hidden: true });
    const input = element("input", {
      type: "range", min: 1, step: 1, name, "aria-label": label,
      oninput: () => {
        this.viewer.playback.stop();
        slider.held = true;
        this.show(slider, Number(input.value), Number(input.max));
        this.hint(slider, positionOf(Number(input.value) - 1));
      },
      onchange: () => {
        const position = positionOf(Number(input.value) - 1);
        this.release(slider);
        if (position !== undefined) this.viewer.goTo(position);
      },
      onpointerup: () => setTimeout(() => input.blur()), // after the change; arrow keys step through frames again
      onblur: () => this.release(slider),
    });
    const slider = { input, bubble, held: false, root: element("div", { class: "place-slider" }, input, bubble) };
    return slider;
  }

  show({ input }, place, total) {
    if (Number(input.max) !== total) input.max = total;
    if (Number(input.value) !== place) input.value = place;
    input.style.setProperty("--part", total > 1 ? (place - 1) / (total - 1) : 0);
    input.setAttribute("aria-valuetext", `${wholeNumber.format(place)} of ${wholeNumber.format(total)}`);
  }

  /** While a slider is dragged: where it would lead. */
  hint({ input, bubble }, position) {
    const entry = position === undefined ? undefined : this.viewer.order.at(position);
    setText(bubble, [input.getAttribute("aria-valuetext"), entry?.id].filter(Boolean).join(" · "));
    bubble.style.setProperty("--part", input.style.getPropertyValue("--part"));
    bubble.hidden = false;
  }

  release(slider) {
    slider.held = false;
    slider.bubble.hidden = true;
    this.update();
  }

  update() {
    const { order, position, pending, sequence, playback } = this.viewer;
    this.root.hidden = order.total < 2;
    const place = pending ?? position;
    this.order.root.classList.toggle("unplaced", place === null);
    if (!this.order.held) this.show(this.order, (place ?? 0) + 1, order.total);
    this.sequencePart.hidden = !sequence;
    this.orderName.hidden = !sequence; // alone, the slider needs no name
    if (!sequence) return;
    const number = sequence.placeOf(position) + 1;
    if (!this.sequence.held) this.show(this.sequence, number, sequence.length);
    setText(this.title, sequence.name);
    setText(this.number, ` · frame ${wholeNumber.format(number)} of ${wholeNumber.format(sequence.length)}`);
    this.name.title = this.name.textContent;
    this.showPlaying(playback.playing);
  }

  showPlaying(playing) {
    if (this.play.dataset.playing === String(playing)) return;
    this.play.dataset.playing = String(playing);
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
    this.play.title = playing ? "Pause (Space)" : "Play (Space)";
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  }
}
