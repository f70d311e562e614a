// Justified rows: tiles of their own shapes, in rows that fill the width exactly.

const GAP = 6;

/**
 * @param {number[]} aspects width / height of each tile
 * @param {number} width of the grid, pixels
 * @param {number} wantedHeight of a row, pixels
 * @param {number} [below] height of what stands below each tile, pixels
 * @returns {{places: {left: number, top: number, width: number, height: number}[], height: number}}
 */
function justifiedRows(aspects, width, wantedHeight, below = 0) {
  const places = [];
  let top = 0;
  let start = 0;
  const heightOf = (end) => {
    const sum = aspects.slice(start, end).reduce((total, aspect) => total + aspect, 0);
    return (width - GAP * (end - start - 1)) / sum;
  };
  const close = (end, height) => {
    let left = 0;
    for (let i = start; i < end; i += 1) {
      places.push({ left, top, width: aspects[i] * height, height });
      left += aspects[i] * height + GAP;
    }
    top += height + below + GAP;
    start = end;
  };
  for (let end = 1; end <= aspects.length; end += 1) {
    const height = heightOf(end);
    if (height > wantedHeight) continue;
    // Whichever is closer to the wanted height: with this tile lower, or without it higher.
    const without = end - 1 > start ? heightOf(end - 1) : Infinity;
    if (without / wantedHeight < wantedHeight / height) close(end - 1, without);
    if (heightOf(end) <= wantedHeight) close(end, heightOf(end));
  }
  if (start < aspects.length) close(aspects.length, Math.min(wantedHeight, heightOf(aspects.length)));
  return { places, height: Math.max(top - GAP, 0) };
}

/**
 * How many tiles stand in the first rows, whole ones only; all of them where there is but one row.
 * @param {{left: number, top: number, width: number}[]} places of tiles in rows
 */
function tilesInWholeRows(places, width, mostRows) {
  const tops = [...new Set(places.map((place) => place.top))];
  const last = places.at(-1);
  const isWhole = !last || last.left + last.width > width - 2;
  const rows = Math.min(mostRows, tops.length - (isWhole || tops.length < 2 ? 0 : 1));
  return rows < tops.length ? places.findIndex((place) => place.top === tops[rows]) : places.length;
}
