// The part of the rail that chooses frames by what became of their objects, and says how much overlap makes a match.

/** What the first of the chosen models missed and invented, and how much overlap makes a match. */
function outcomeSection(rail) {
  const { missed_count: missed, false_count: wrong, models, iou } = rail.data;
  const chosen = models.filter(({ name }) => rail.has("model", name));
  const title = models.length > 1 ? `Outcomes of ${(chosen[0] ?? models[0]).name}` : "Outcomes";
  const value = rail.draft.iou === undefined ? iou.default : Number(rail.draft.iou);
  const figure = element("output", { textContent: `≥ ${rateText(value)}` });
  const slider = element("input", {
    type: "range",
    min: iou.lowest,
    max: 0.95,
    step: 0.05,
    value,
    title: "How much a prediction and a label must overlap to be a match",
    "aria-label": "Lowest IoU of a match",
    dataset: { focus: "iou" },
  });
  const paint = () => {
    const now = Number(slider.value);
    figure.textContent = `≥ ${rateText(now)}`;
    slider.style.setProperty("--filled", `${((now - iou.lowest) / (0.95 - iou.lowest)) * 100}%`);
  };
  rail.follow(slider, "iou", iou.default, paint);
  const head = element("div", { className: "range-head" }, element("span", { textContent: "IoU" }), figure);
  return rail.section(
    title,
    ...kindRows(rail),
    rail.countRangeOf("n_missed", "Missed", "missed label", missed),
    rail.countRangeOf("n_false", "False alarms", "false alarm", wrong),
    head,
    slider,
  );
}

/** Frames by what became of their objects; the reasons of false positives stand below them. */
function kindRows(rail) {
  const rows = rail.data.kinds
    .filter(({ value, frames }) => value !== "ignored" || frames || rail.has("kind", value))
    .map(({ value, frames, words, color }) => {
      const row = rail.choice({
        name: words,
        swatch: color,
        frames,
        pressed: rail.has("kind", value),
        focus: `kind:${value}`,
        onclick: () => rail.flip("kind", value),
      });
      row.classList.toggle("reason", !color);
      return { row, value };
    });
  const isReason = ({ row }) => row.classList.contains("reason");
  const place = rows.findIndex(({ value }) => value === "fp") + 1;
  const others = rows.filter((entry) => !isReason(entry));
  return [...others.slice(0, place), ...rows.filter(isReason), ...others.slice(place)].map(({ row }) => row);
}
