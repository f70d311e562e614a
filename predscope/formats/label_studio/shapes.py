"""Shapes in Label Studio's results (https://labelstud.io/guide/task_format and https://labelstud.io/tags).

Coordinates are percents of the image; a rotated box turns clockwise around its top-left corner. The pixels of a brush
are packed as in the ``@thi.ng/rle-pack`` package (https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack):
32 bits of how many values, 5 of the size of a value, four times 4 of the sizes of a length, each less one; then runs of
one bit (repeated or not), 2 bits (which size of length), the length less one, and the value or the values.
The values are those of an image with four channels, of which the last is the mask.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from predscope.formats.json_files.values import (
    UnusableShape,
    as_list,
    as_number,
    as_size,
    as_text,
    invalid_shape,
    numbers_of,
    points_of,
    shape_not_read,
    shown,
)
from predscope.formats.masks.placed import MAX_CROP_PIXELS, PlacedMask, coco_mask, invalid_mask, place_mask
from predscope.formats.shape_rows import (
    Shape,
    box_shape,
    ellipse_shape,
    frame_class,
    line_shape,
    mask_shape,
    oriented_shape,
    points_shape,
    polygon_shape,
)

LABEL_KEYS: Final = {
    "rectanglelabels": "rectangle",
    "polygonlabels": "polygon",
    "brushlabels": "brush",
    "bitmasklabels": "bitmask",
    "keypointlabels": "keypoint",
    "ellipselabels": "ellipse",
    "vectorlabels": "vector",
    "timelinelabels": "timeline",
    "choices": "choices",
    "labels": "",
}
"""Members of a value that hold its class -> the kind of shape it then has."""
SHAPE_KINDS: Final = frozenset({*LABEL_KEYS.values(), "videorectangle"} - {""})


def read_value(kind: str, value: dict[str, Any], width: int | None, height: int | None) -> tuple[Shape, bool]:
    """The shape of one result, and whether its coordinates are fractions of the frame (whose size is not known).

    Args:
        kind: "rectangle", "polygon", "brush", "bitmask", "keypoint", "ellipse", "vector" or "choices".
        value: of the result.
        width, height: ``original_width`` and ``original_height`` of the result, None where it has none.

    Raises:
        UnusableShape: it cannot be read.
    """
    if kind == "choices":
        return frame_class(), False
    if kind == "brush":
        return mask_shape(_brush(value, width, height)), False
    is_relative = width is None or height is None
    scale_x, scale_y = (width or 1) / 100, (height or 1) / 100
    if kind == "rectangle":
        return _rectangle(value, scale_x, scale_y, is_relative), is_relative
    if kind == "ellipse":
        return _ellipse(value, scale_x, scale_y, is_relative), is_relative
    if kind == "keypoint":
        x, y = numbers_of(value, "x", "y")
        return points_shape([x * scale_x, y * scale_y]), is_relative
    if kind == "polygon":
        return polygon_shape([_scaled(points_of(value.get("points"), least=3), scale_x, scale_y)]), is_relative
    if kind == "vector":
        points = _scaled(points_of(value.get("vertices"), least=2), scale_x, scale_y)
        is_closed = value.get("closed") is True and len(points) >= 6
        return (polygon_shape([points]) if is_closed else line_shape(points)), is_relative
    raise shape_not_read(kind)


def kind_and_classes(result: dict[str, Any], value: dict[str, Any]) -> tuple[str, list[str]]:
    """What kind of shape a result has, and the names of its classes."""
    kind = (as_text(result.get("type")) or "").lower()
    kind = LABEL_KEYS.get(kind, kind) or ""
    classes: list[str] = []
    for key, implied in LABEL_KEYS.items():
        names = value.get(key)
        if names is None:
            continue
        found = [text for name in as_list(names) if (text := as_text(name))]
        classes += found or ([text] if (text := as_text(names)) else [])
        kind = kind or implied
    if not kind and "sequence" in value:
        kind = "videorectangle"
    if not kind and "points" in value:
        kind = "polygon"
    if not kind and "radiusX" in value:
        kind = "ellipse"
    if not kind and {"x", "y", "width", "height"} <= value.keys():
        kind = "rectangle"
    return kind, classes


def _scaled(points: list[float], scale_x: float, scale_y: float) -> list[float]:
    return [number * (scale_x if place % 2 == 0 else scale_y) for place, number in enumerate(points)]


def _angle(value: dict[str, Any]) -> float:
    rotation = value.get("rotation")
    degrees = 0.0 if rotation is None else as_number(rotation)
    if degrees is None:
        raise invalid_shape(f"rotation is {shown(rotation)}, expected degrees")
    return degrees


def _rectangle(value: dict[str, Any], scale_x: float, scale_y: float, is_relative: bool) -> Shape:
    x, y, w, h = numbers_of(value, "x", "y", "width", "height")
    x, y, w, h = x * scale_x, y * scale_y, w * scale_x, h * scale_y
    degrees = _angle(value)
    if degrees % 360 == 0:
        return box_shape(x, y, w, h)
    _need_size(is_relative)
    if w < 0 or h < 0:
        raise invalid_shape(f"width and height are {w:g} and {h:g}")
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return oriented_shape(x + w / 2 * cos - h / 2 * sin, y + w / 2 * sin + h / 2 * cos, w, h, math.radians(degrees))


def _ellipse(value: dict[str, Any], scale_x: float, scale_y: float, is_relative: bool) -> Shape:
    x, y, radius_x, radius_y = numbers_of(value, "x", "y", "radiusX", "radiusY")
    degrees = _angle(value)
    if degrees % 180:
        _need_size(is_relative)
    return ellipse_shape(x * scale_x, y * scale_y, radius_x * scale_x, radius_y * scale_y, degrees)


def _need_size(is_relative: bool) -> None:
    """A turned shape in percents of a frame has no angle as long as the frame's proportions are not known."""
    if is_relative:
        raise UnusableShape(
            "frame_size_missing",
            "A turned shape has no original_width and original_height, which its angle needs.",
            fix="Export the annotations again, as JSON.",
        )


def _brush(value: dict[str, Any], width: int | None, height: int | None) -> PlacedMask:
    rle = value.get("rle")
    if isinstance(rle, dict) or value.get("format") == "coco":
        return coco_mask(rle)
    if width is None or height is None:
        return place_mask(np.zeros((0, 0), bool), 0, 0, height, width)
    return place_mask(decode_brush(rle, height, width), 0, 0, height, width)


def decode_brush(rle: Any, height: int, width: int) -> np.ndarray:
    """uint8 (h, w): the last channel of a packed image.

    Raises:
        UnusableShape: not a whole list of bytes, or of another size.
    """
    if height * width > MAX_CROP_PIXELS:
        raise invalid_mask(f"it would be {width:,} x {height:,} pixels")
    if not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise invalid_mask(f"rle is {shown(rle)}, expected a list of bytes")
    reader = _BitReader(np.unpackbits(np.array(rle, np.uint8)))
    total = reader.read(32)
    if total != 4 * height * width:
        raise invalid_mask(f"it packs {total:,} values, expected 4 x {width} x {height}")
    value_bits = reader.read(5) + 1
    length_bits = [reader.read(4) + 1 for _ in range(4)]
    alpha = np.zeros(height * width, np.uint8)
    position = 0
    while position < total:
        is_repeated = reader.read(1)
        stop = position + 1 + reader.read(length_bits[reader.read(2)])
        if stop > total:
            raise invalid_mask("its runs are longer than the image")
        # Every fourth value is of the last channel: 3, 7, 11, ...
        if is_repeated:
            alpha[position // 4 : stop // 4] = min(reader.read(value_bits), 255)
        else:
            values = reader.read_many(value_bits, stop - position)
            alpha[position // 4 : stop // 4] = values[(3 - position) % 4 :: 4]
        position = stop
    return alpha.reshape(height, width)


class _BitReader:
    """Numbers from a row of bits, the highest bit first."""

    def __init__(self, bits: np.ndarray) -> None:
        self._bits = bits
        self._packed = bits.tobytes()
        self._position = 0

    def read(self, count: int) -> int:
        bits = self._packed[self._position : self._position + count]
        if len(bits) < count:
            raise invalid_mask("its packed pixels are cut short")
        self._position += count
        number = 0
        for bit in bits:
            number = number << 1 | bit
        return number

    def read_many(self, size: int, count: int) -> np.ndarray:
        """``count`` numbers of ``size`` bits each, clipped to a byte."""
        bits = self._bits[self._position : self._position + size * count]
        if len(bits) < size * count:
            raise invalid_mask("its packed pixels are cut short")
        self._position += size * count
        weights = 1 << np.arange(size - 1, -1, -1, dtype=np.int64)
        return np.minimum(bits.reshape(count, size) @ weights, 255).astype(np.uint8)


def frame_size(result: dict[str, Any]) -> tuple[int | None, int | None]:
    """``original_width`` and ``original_height`` of a result; None where it has none."""
    width, height = as_size(result.get("original_width")), as_size(result.get("original_height"))
    return (width, height) if width is not None and height is not None else (None, None)
