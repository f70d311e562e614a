"""What a prediction of Encord Active holds: a box, an outline or a mask. Its format says which, never its shape.

Definitions (https://docs.encord.com, importing model predictions): boxes and outlines are fractions of the frame's
size, boxes by their top-left corner; masks are binary, [height, width].

The document does not explain ``theta``. In Encord Active (https://github.com/encord-team/encord-active) it is degrees
from 0 to 360 (``DegreeFloat`` in ``lib/db/predictions.py``), and boxes are drawn with ``shapely.affinity.rotate`` of
their corners in pixels: about the centre and, as y grows downwards, clockwise on the screen. So it is read here.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np

SIDES: Final = ("x", "y", "w", "h")


class DataFormat(StrEnum):
    """What ``data`` is."""

    BOUNDING_BOX = "bounding-box"
    MASK = "mask"
    POLYGON = "polygon"


class Outline(NamedTuple):
    """Points, float64 (n, 2), and whether they are pixels instead of fractions."""

    points: np.ndarray
    in_pixels: bool


def as_number(value: Any) -> Any:
    """Numbers of numpy, and of tensors with one element, as Python's own; all else as it is."""
    if isinstance(value, numbers.Real) or not callable(getattr(value, "item", None)):
        return value
    try:
        return value.item()
    except (ValueError, TypeError, RuntimeError):  # several elements
        return value


def host_array(value: Any) -> np.ndarray:
    """An array of what can be one: lists, and tensors on whichever device. The value itself is not changed.

    Raises:
        ValueError: its rows differ in length.
    """
    for step in ("detach", "cpu"):  # as tensors of torch want it
        method = getattr(value, step, None)
        value = method() if callable(method) else value
    return np.asarray(value)


def read_box(data: Any) -> tuple[list[float], float]:
    """x, y, w, h and the angle in radians, of a mapping or of an object with such attributes.

    Raises:
        ValueError: one of them is missing or no number.
    """
    is_mapping = type(data) is dict or isinstance(data, Mapping)
    get = data.get if is_mapping else lambda name: getattr(data, name, None)
    box: list[Any] = [get("x"), get("y"), get("w"), get("h")]
    (x, y, w, h), theta = box, get("theta") or 0.0
    # Nearly all boxes are of plain numbers; asking that first is several times as fast.
    if not (type(x) is type(y) is type(w) is type(h) is type(theta) is float):
        box, theta = [as_number(value) for value in box], as_number(theta)
        for side, value in zip((*SIDES, "theta"), (*box, theta), strict=True):
            if not isinstance(value, numbers.Real) or isinstance(value, bool):
                shown = "nothing" if value is None else type(value).__name__
                raise ValueError(f"a box needs {', '.join(SIDES)} as numbers; {side} is {shown}")
        box = [float(value) for value in box]
    return box, math.radians(float(theta))


def read_outline(data: Any) -> Outline:
    """Points of an array or a list of pairs; whole numbers above 1 can only be pixels.

    Raises:
        ValueError: they are not pairs of numbers, or fewer than three.
    """
    try:
        points = host_array(data)
    except ValueError:
        points = np.empty(0, object)
    if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a polygon needs numbers of the shape [points, 2], got {_shape_text(points)}")
    if len(points) < 3:
        raise ValueError(f"a polygon needs at least three points, got {len(points)}")
    in_pixels = points.dtype.kind in "iu" and bool((points > 1).any())
    return Outline(points.astype(np.float64), in_pixels)


def read_mask(data: Any) -> tuple[np.ndarray, bool]:
    """A mask as uint8 [h, w] of 0 and 1 in column order, and whether it was written with another number than 1.

    Raises:
        ValueError: it has not two dimensions, or more than two values, or values that are not whole.
    """
    try:
        mask = host_array(data)
    except ValueError:
        mask = np.empty(0, object)
    if mask.ndim != 2 or mask.dtype.kind not in "biuf" or not mask.size:
        raise ValueError(f"a mask needs the shape [height, width], got {_shape_text(mask)}")
    if mask.dtype.kind == "b":
        return np.asfortranarray(mask.view(np.uint8)), False
    highest = mask.max()
    if not ((mask == 0) | (mask == highest)).all() or highest < 0 or highest != np.floor(highest):
        raise ValueError("a mask holds 0 and 1; this one holds other numbers (probabilities, or several classes?)")
    return np.asfortranarray((mask != 0).astype(np.uint8)), bool(highest > 1)


def _shape_text(array: np.ndarray) -> str:
    return f"{array.dtype} of the shape {list(array.shape)}"
