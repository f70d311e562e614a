// The photo of a frame: its <img>, its size, and the words in its place.

/** An <img> of a frame; EXIF orientation is left alone where the frame's size was given without it. */
function frameImage(entry) {
  const image = new Image();
  image.alt = "";
  image.draggable = false;
  image.decoding = "sync";
  image.className = "photo";
  if (entry.apply_exif === false) image.style.imageOrientation = "none";
  image.src = entry.image;
  return image;
}

/** Size of a frame in pixels: as recorded, else the image's, else what holds all objects. */
function frameSize(payload, image) {
  if (payload.width && payload.height) return [payload.width, payload.height];
  if (image?.naturalWidth) return [image.naturalWidth, image.naturalHeight];
  const boxes = payload.objects.map(objectBox).filter(Boolean);
  const right = Math.max(64, ...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(48, ...boxes.map(([, y, , height]) => y + height));
  return [Math.ceil(right), Math.ceil(bottom)];
}

function missingReason(payload) {
  const name = payload.file_name ?? payload.frame;
  if (payload.status === "missing") return `Image file is missing: ${name}`;
  if (payload.status === "unreadable") return `Image file cannot be read: ${name}`;
  return `Image could not be loaded: ${name}`;
}

/** The second pane's own <img> of the same photo, out of the browser's memory. */
function twinOf(image, entry) {
  if (image.failed) return null;
  image.twin ??= frameImage(entry);
  return image.twin;
}
