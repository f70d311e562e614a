// Tags: the short captions beside objects, of constant size on screen, that never cover each other or the picture.

/** Greatest share of the frame's area on screen that all tags together may cover. */
const TAG_AREA_SHARE = 0.05;

function tagText(object, scene) {
  const name = className(scene, object);
  return object.conf === undefined ? name : `${name} ${object.conf.toFixed(2)}`;
}

function overlaps(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * Greedy placement: each candidate, in the order given, takes the first free spot around its box or is left out.
 * @param {{id: string, box: number[], width: number, height: number, required?: boolean}[]} candidates most wanted
 *   first; `box` is [x, y, w, h] in screen pixels, `width` and `height` the tag's; a required one is placed in any case
 * @param {{left: number, top: number, right: number, bottom: number}} bounds where tags may lie, in screen pixels
 * @param {number} areaBudget what the tags that are not required may cover together, in square screen pixels
 * @returns {{id: string, x: number, y: number}[]}
 */
function placeTags(candidates, bounds, areaBudget) {
  const placed = [];
  let covered = 0;
  for (const { id, box, width, height, required } of candidates) {
    const [left, top, boxWidth, boxHeight] = box;
    if (left > bounds.right || top > bounds.bottom || left + boxWidth < bounds.left || top + boxHeight < bounds.top) continue;
    if (!required && covered + width * height > areaBudget) continue;
    const spots = [
      [left, top - height],
      [left + boxWidth - width, top - height],
      [left, top + boxHeight],
      [left, top],
      [left + boxWidth - width, top + boxHeight],
    ].map(([x, y]) => ({ x, y, width, height }));
    const fits = (spot) =>
      spot.x >= bounds.left && spot.y >= bounds.top && spot.x + width <= bounds.right && spot.y + height <= bounds.bottom;
    let spot = spots.find((candidate) => fits(candidate) && !placed.some((other) => overlaps(candidate, other)));
    if (!spot && required) {
      const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
      spot = {
        x: clamp(left, bounds.left, bounds.right - width),
        y: clamp(top - height, bounds.top, bounds.bottom - height),
        width,
        height,
      };
    }
    if (!spot) continue;
    covered += width * height;
    placed.push({ id, ...spot });
  }
  return placed.map(({ id, x, y }) => ({ id, x, y }));
}
