"""Masks of a part of a frame, as run lengths of the whole frame, and the encodings that such masks come in."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.formats.coco.shapes import OddRecords, canonical_rle
from predscope.formats.json_files.values import UnusableShape, as_text, shown
from predscope.media.image_info import IMAGE_FAULTS, describe_fault
from predscope.run_lengths import read_run_lengths

MAX_FRAME_PIXELS: Final = 1 << 31
"""A frame larger than this is taken for damage."""
MAX_CROP_PIXELS: Final = 1 << 28
"""The largest mask that is unpacked into memory, one byte a pixel."""
_MAX_PNG_BYTES: Final = 1 << 27


@dataclass(frozen=True, slots=True)
class PlacedMask:
    """A mask in its frame.

    Attributes:
        counts: COCO compressed run lengths of the whole frame.
        size: height, width of the frame.
        box: x, y, w, h around its pixels.
        area: how many pixels it has.
    """

    counts: bytes
    size: tuple[int, int]
    box: list[float]
    area: float


def invalid_mask(detail: str) -> UnusableShape:
    return UnusableShape("mask_invalid", "The pixels of a mask cannot be read.", detail, "Export the objects again.")


def place_mask(crop: np.ndarray, left: int, top: int, height: int | None, width: int | None) -> PlacedMask:
    """A mask (h, w) whose top-left pixel is at ``left``, ``top`` of the frame. What reaches over the frame is cut off.

    Raises:
        UnusableShape: the size of the frame is not known, or too large; no pixel of the mask is inside it.
    """
    if height is None or width is None:
        raise UnusableShape(
            "mask_without_frame_size",
            "A mask covers a part of its frame, whose size the file does not give.",
            fix="Write the width and height of the frames into the file.",
        )
    if height * width > MAX_FRAME_PIXELS:
        raise invalid_mask(f"the frame would be {width:,} x {height:,} pixels")
    x0, y0 = max(-left, 0), max(-top, 0)
    inside = crop[y0 : max(height - top, 0), x0 : max(width - left, 0)].astype(bool)
    if not inside.any():
        raise UnusableShape("mask_empty", "A mask has no pixels inside its frame.")
    columns = np.flatnonzero(inside.any(axis=0))
    rows = np.flatnonzero(inside.any(axis=1))
    inside = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y = max(left, 0) + int(columns[0]), max(top, 0) + int(rows[0])
    h, w = inside.shape
    counts = _encode(inside, x, y, height, width)
    return PlacedMask(counts, (height, width), [float(x), float(y), float(w), float(h)], float(inside.sum()))


def _encode(crop: np.ndarray, x: int, y: int, height: int, width: int) -> bytes:
    """Run lengths of the frame, found in the crop alone, so that large frames with small masks cost little."""
    padded = np.zeros((crop.shape[0] + 2, crop.shape[1]), np.int8)
    padded[1:-1] = crop
    column, row = np.nonzero(np.diff(padded, axis=0).T)
    # In each column, edges are in turn the first pixel inside and the first one behind.
    edges = (column + x).astype(np.int64) * height + row + y
    # A run that ends at the foot of a column and goes on at the head of the next is one.
    keep = np.ones(len(edges), bool)
    goes_on = edges[1:-1:2] == edges[2::2]
    keep[1:-1:2][goes_on] = False
    keep[2::2][goes_on] = False
    runs = np.diff(np.concatenate([[0], edges[keep], [height * width]]))
    counts = runs.tolist() if runs[-1] else runs[:-1].tolist()
    encoded: bytes = rle_codec.frPyObjects({"size": [height, width], "counts": counts}, height, width)["counts"]
    return encoded


def decode_base64(value: Any) -> bytes:
    """Bytes of base64 text; a ``data:`` address before it is left out.

    Raises:
        UnusableShape: it is not.
    """
    text = as_text(value)
    if text is None:
        raise invalid_mask(f"found {shown(value)}, expected base64 text")
    try:
        return base64.b64decode(text.rpartition("base64,")[2], validate=False)
    except (binascii.Error, ValueError):
        raise invalid_mask("it is not base64 text") from None


def inflate(data: bytes) -> bytes:
    """Bytes packed by zlib, at most ``_MAX_PNG_BYTES``.

    Raises:
        UnusableShape: they are not, or cut short, or too many.
    """
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(data, _MAX_PNG_BYTES)
    except zlib.error:
        raise invalid_mask("it is not packed by zlib") from None
    if not unpacker.eof:
        raise invalid_mask("its packed data are cut short or too large")
    return content


def mask_of_png(content: bytes) -> np.ndarray:
    """bool (h, w): where a PNG image is not 0; where it has an alpha channel, where that is not 0.

    Raises:
        UnusableShape: not a whole PNG image.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.width * image.height > MAX_CROP_PIXELS:
                raise invalid_mask(f"it would be {image.width:,} x {image.height:,} pixels")
            pixels = np.asarray(image)
    except IMAGE_FAULTS as error:
        if isinstance(error, UnusableShape):
            raise
        raise invalid_mask(f"its PNG image is damaged ({describe_fault(error)})") from None
    if pixels.ndim == 3:
        return np.asarray(pixels[..., -1] != 0) if pixels.shape[2] in (2, 4) else np.asarray(pixels.any(axis=2))
    return np.asarray(pixels != 0)


def mask_of_row_runs(runs: np.ndarray, height: int, width: int) -> np.ndarray:
    """bool (h, w) of run lengths along the rows, outside first.

    Raises:
        UnusableShape: they do not add up to the size.
    """
    if height <= 0 or width <= 0 or height * width > MAX_CROP_PIXELS:
        raise invalid_mask(f"it would be {width:,} x {height:,} pixels")
    if (runs < 0).any() or (runs > height * width).any() or int(runs.sum()) != height * width:
        raise invalid_mask(f"run lengths do not add up to {width} x {height} pixels")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(height, width)


def coco_mask(value: Any) -> PlacedMask:
    """A mask in COCO's run lengths: ``{"size": [height, width], "counts": text or list}``.

    Raises:
        UnusableShape: it is not, or its run lengths do not add up to its size.
    """
    try:
        rle = canonical_rle(value if isinstance(value, dict) else {})
    except OddRecords:
        raise invalid_mask(f"found {shown(value)}, expected COCO's run lengths") from None
    height, width = rle["size"]
    found = read_run_lengths([rle["counts"]], np.array([[height, width]]))
    if not found.is_valid[0]:
        raise invalid_mask("its run lengths do not add up to its size")
    return PlacedMask(rle["counts"], (height, width), found.box[0].tolist(), float(found.area[0]))
