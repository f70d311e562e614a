"""Pixels out of the bytes of an image file.

A JPEG is decoded to a half, quarter or eighth of its size where that suffices, which is several times faster than in
full. What OpenCV does not know, such as TGA, Pillow decodes.

Values of more than 8 bits (16-bit PNG and TIFF, fractions) are spread from the darkest to the brightest of the image:
nothing says which range they have. A camera of 12 bits leaves the upper four empty, a thermal one uses a narrow band.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageOps

from predscope.errors import InputError
from predscope.media.image_info import IMAGE_FAULTS

_FAULTS: Final[tuple[type[Exception], ...]] = (*IMAGE_FAULTS, cv2.error)


def decode_image(
    data: np.ndarray, where: Path | str, *, apply_exif: bool = True, min_height: int | None = None
) -> np.ndarray:
    """Decode an image.

    Args:
        data: uint8 (n,): the bytes of the file; any format that OpenCV or Pillow reads.
        where: for messages.
        apply_exif: rotate by the file's EXIF orientation.
        min_height: where given, a smaller version of at least this height may be returned.

    Returns:
        uint8 (height, width, 3), blue-green-red.

    Raises:
        InputError: it cannot be decoded.
    """
    orientation = 0 if apply_exif else cv2.IMREAD_IGNORE_ORIENTATION
    reduction = _reduction(data, min_height)
    try:
        image = cv2.imdecode(data, reduction | orientation) if data.size else None
    except cv2.error:
        image = None
    if image is None and data.size:
        image = _decoded_by_pillow(data, apply_exif=apply_exif)
    if image is None:
        raise InputError("this image cannot be decoded.", where=where, fix="Open it in an image viewer, or replace it.")
    return image if image.dtype == np.uint8 else _spread(image)


def is_deep_png(head: bytes) -> bool:
    """Whether a file is, by its first 25 bytes, a PNG of 16 bits, which browsers do not spread."""
    return head.startswith(b"\x89PNG\r\n\x1a\n") and head[24:25] == b"\x10"


def _spread(image: np.ndarray) -> np.ndarray:
    """Values of any type as uint8, 0 for the darkest of the image and 255 for its brightest."""
    values = np.nan_to_num(image.astype(np.float32), copy=False, posinf=0.0, neginf=0.0)
    darkest, brightest = float(values.min()), float(values.max())
    if darkest == brightest:  # of one value: by the range of its type
        darkest, brightest = 0.0, float(np.iinfo(image.dtype).max) if image.dtype.kind in "iu" else 1.0
    values -= darkest
    values *= 255.0 / (brightest - darkest)
    return np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8)


def _decoded_by_pillow(data: np.ndarray, *, apply_exif: bool) -> np.ndarray | None:
    """(height, width, 3), blue-green-red, uint8 or a deeper type; None: Pillow cannot decode it either."""
    try:
        with Image.open(io.BytesIO(data.tobytes())) as opened:
            image = ImageOps.exif_transpose(opened) if apply_exif else opened
            if image.mode[0] in "FI":
                return np.repeat(np.asarray(image)[:, :, None], 3, axis=2)
            return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
    except _FAULTS:
        return None


def _reduction(data: np.ndarray, min_height: int | None) -> int:
    """The strongest of OpenCV's reduced decodings that keeps both sides at ``min_height`` or above."""
    if min_height is None or data[:2].tobytes() != b"\xff\xd8":
        return cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    shortest = _jpeg_shortest_side(data)
    for factor, flag in (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    ):
        if shortest // factor >= min_height:
            return flag
    return cv2.IMREAD_COLOR


def _jpeg_shortest_side(data: np.ndarray) -> int:
    """The smaller of width and height in a JPEG's frame header; 0 where there is none."""
    raw = data[: 1 << 18].tobytes()
    position = 2
    while position + 9 < len(raw) and raw[position] == 0xFF:
        marker = raw[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(raw[position + 5 : position + 7])
            width = int.from_bytes(raw[position + 7 : position + 9])
            return min(height, width)
        position += 2 + int.from_bytes(raw[position + 2 : position + 4])
    return 0
