// COCO run-length masks: decoding, the exact outline of the pixels as an SVG path, point look-up.

/**
 * Decodes COCO's compressed counts (6 bits a character, differences from the third run on).
 * @param {string} counts
 * @returns {number[]} run lengths, background first, column by column
 */
function decodeCounts(counts) {
  const runs = [];
  let place = 0;
  while (place < counts.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more && place < counts.length) {
      const bits = counts.charCodeAt(place) - 48;
      value |= (bits & 0x1f) << (5 * shift);
      more = (bits & 0x20) !== 0;
      place += 1;
      shift += 1;
      if (!more && bits & 0x10) value |= -1 << (5 * shift);
    }
    if (runs.length > 2) value += runs[runs.length - 2];
    runs.push(Math.max(value, 0));
  }
  return runs;
}

/**
 * Foreground stretches of a mask as [column, first row, last row + 1] triples, in one flat array. A run that goes on
 * into the next column is cut there, so each stretch begins below a background pixel or at the top edge.
 */
function maskStretches(mask) {
  const [height, width] = mask.size;
  const end = height * width;
  const runs = Array.isArray(mask.counts) ? mask.counts : decodeCounts(mask.counts);
  const stretches = [];
  let place = 0;
  for (let i = 0; i < runs.length && place < end; i += 1) {
    const next = Math.min(place + runs[i], end);
    if (i % 2 === 1) {
      let start = place;
      while (start < next) {
        const column = Math.floor(start / height);
        const stop = Math.min(next, (column + 1) * height);
        stretches.push(column, start - column * height, stop - column * height);
        start = stop;
      }
    }
    place = next;
  }
  return stretches;
}

let traceBuffer = new Uint8Array(0);

/**
 * The outline of a mask along its pixel edges: closed loops, holes included, to be filled with the even-odd rule.
 * The area inside equals the number of foreground pixels. Pixels that touch only at a corner stay apart.
 * @param {{size: [number, number], counts: string | number[]}} mask
 * @returns {string} SVG path data ("" for an empty mask)
 */
function maskPath(mask) {
  const stretches = maskStretches(mask);
  if (stretches.length === 0) return "";
  const left = stretches[0];
  const right = stretches[stretches.length - 3] + 1;
  let top = Infinity;
  let bottom = 0;
  for (let i = 0; i < stretches.length; i += 3) {
    if (stretches[i + 1] < top) top = stretches[i + 1];
    if (stretches[i + 2] > bottom) bottom = stretches[i + 2];
  }
  // A bitmap of the hull, column by column like the runs, with a background border of one pixel.
  const stride = bottom - top + 2;
  const length = (right - left + 2) * stride;
  if (traceBuffer.length < length) traceBuffer = new Uint8Array(length);
  else traceBuffer.fill(0, 0, length);
  const pixels = traceBuffer;
  const cell = (x, y) => (x - left + 1) * stride + (y - top + 1);
  for (let i = 0; i < stretches.length; i += 3) {
    const first = cell(stretches[i], stretches[i + 1]);
    pixels.fill(1, first, first + stretches[i + 2] - stretches[i + 1]);
  }

  // Every loop has an edge that runs to the right along the top of a stretch; bit 2 marks those already walked.
  // Walking keeps the foreground on the right-hand side. `ahead` holds, for each direction (right, down, left, up),
  // the offsets of the two pixels in front of a corner: on the right-hand side, then on the left.
  const aheadRight = [0, -stride, -stride - 1, -1];
  const aheadLeft = [-1, 0, -stride, -stride - 1];
  const stepCell = [stride, 1, -stride, -1];
  const stepX = [1, 0, -1, 0];
  const stepY = [0, 1, 0, -1];
  let path = "";
  for (let i = 0; i < stretches.length; i += 3) {
    const startX = stretches[i];
    const startY = stretches[i + 1];
    const startCell = cell(startX, startY);
    if (pixels[startCell] & 2) continue;
    let x = startX;
    let y = startY;
    let corner = startCell;
    let direction = 0;
    path += `M${x} ${y}`;
    do {
      if (direction === 0) pixels[corner] |= 2;
      x += stepX[direction];
      y += stepY[direction];
      corner += stepCell[direction];
      let turned = direction;
      if ((pixels[corner + aheadRight[direction]] & 1) === 0) turned = (direction + 1) & 3;
      else if (pixels[corner + aheadLeft[direction]] & 1) turned = (direction + 3) & 3;
      if (turned !== direction) {
        path += direction & 1 ? `V${y}` : `H${x}`;
        direction = turned;
      }
    } while (corner !== startCell || direction !== 0);
    path += "Z";
  }
  return path;
}

const stretchIndexes = new WeakMap();

/** Whether the pixel under (x, y) is foreground. */
function maskContains(mask, x, y) {
  const [height, width] = mask.size;
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < 0 || row < 0 || column >= width || row >= height) return false;
  let stretches = stretchIndexes.get(mask);
  if (!stretches) {
    stretches = maskStretches(mask);
    stretchIndexes.set(mask, stretches);
  }
  let low = 0;
  let high = stretches.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = middle * 3;
    if (stretches[at] < column || (stretches[at] === column && stretches[at + 2] <= row)) low = middle + 1;
    else high = middle;
  }
  return low * 3 < stretches.length && stretches[low * 3] === column && stretches[low * 3 + 1] <= row;
}
