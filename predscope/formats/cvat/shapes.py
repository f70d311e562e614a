"""Shapes as CVAT's XML 1.1 writes them (https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element

import cv2
import numpy as np

from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_number,
    as_size,
    as_whole,
    invalid_shape,
    shown,
)
from predscope.formats.masks.placed import invalid_mask, mask_of_row_runs, place_mask
from predscope.formats.shape_rows import (
    Shape,
    box_shape,
    ellipse_shape,
    frame_class,
    line_shape,
    mask_shape,
    points_shape,
    polygon_shape,
)

SHAPE_TAGS: Final = frozenset({"box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton", "tag"})
_CUBOID_CORNERS: Final = tuple(f"{side}{number}" for number in (1, 2) for side in ("tl", "bl", "tr", "br"))


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Pixels; None where the file does not give them."""

    width: int | None
    height: int | None


UNKNOWN_SIZE: Final = FrameSize(None, None)


def read_shape(element: Element, size: FrameSize, keypoint_names: tuple[str, ...] = ()) -> Shape:
    """The shape of an element of ``SHAPE_TAGS``.

    Args:
        size: of the frame, for masks.
        keypoint_names: of the class, the order of a skeleton's points; its own order where there are none.

    Raises:
        UnusableShape: it cannot be read.
    """
    tag = element.tag
    if tag == "tag":
        return frame_class()
    if tag == "box":
        left, top, right, bottom = _numbers(element, "xtl", "ytl", "xbr", "ybr")
        return box_shape(left, top, right - left, bottom - top, _rotation(element))
    if tag == "polygon":
        return polygon_shape([_points(element, 3)])
    if tag == "polyline":
        return line_shape(_points(element, 2))
    if tag == "points":
        return points_shape(_points(element, 1))
    if tag == "ellipse":
        x, y, radius_x, radius_y = _numbers(element, "cx", "cy", "rx", "ry")
        return ellipse_shape(x, y, radius_x, radius_y, _rotation(element))
    if tag == "mask":
        return _mask(element, size)
    if tag == "cuboid":
        return _cuboid(element)
    return _skeleton(element, keypoint_names)


def between(first: Shape, second: Shape, share: float) -> Shape | None:
    """The box a share (0..1) of the way from one box to another; None for other shapes."""
    if first.polygons or first.keypoints or first.polylines or first.mask or first.oriented_box or second.oriented_box:
        return None
    mixed = [a + share * (b - a) for a, b in zip(first.box, second.box, strict=True)]
    return None if any(math.isnan(value) for value in mixed) else Shape(first.geometry, mixed)


def _numbers(element: Element, *names: str) -> list[float]:
    found = []
    for name in names:
        number = as_number(element.get(name))
        if number is None:
            raise invalid_shape(f"{name} is {shown(element.get(name))}, expected a number")
        found.append(number)
    return found


def _rotation(element: Element) -> float:
    value = element.get("rotation")
    number = 0.0 if value is None else as_number(value)
    if number is None:
        raise invalid_shape(f"rotation is {shown(value)}, expected degrees")
    return number


def _points(element: Element, least: int) -> list[float]:
    """Flat x, y of ``x,y;x,y;...``."""
    flat: list[float] = []
    for pair in (element.get("points") or "").split(";"):
        if not pair.strip():
            continue
        numbers = [as_number(part) for part in pair.split(",")]
        if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
            raise invalid_shape(f"a point is {shown(pair)}, expected x,y")
        flat += (numbers[0], numbers[1])
    if len(flat) < 2 * least:
        raise invalid_shape(f"{len(flat) // 2} points, expected at least {least}")
    return flat


def _mask(element: Element, size: FrameSize) -> Shape:
    """Run lengths along the rows of a box at left, top, outside first; not COCO's, which go down the columns."""
    left, top = as_whole(element.get("left")), as_whole(element.get("top"))
    width, height = as_size(element.get("width")), as_size(element.get("height"))
    if left is None or top is None or width is None or height is None:
        raise invalid_mask("left, top, width and height are not whole numbers")
    try:
        runs = np.array([int(run) for run in (element.get("rle") or "").split(",") if run.strip()], np.int64)
    except (ValueError, OverflowError):
        raise invalid_mask(f"run lengths are {shown(element.get('rle'))}") from None
    return mask_shape(place_mask(mask_of_row_runs(runs, height, width), left, top, size.height, size.width))


def _cuboid(element: Element) -> Shape:
    """The outline of a cuboid as it is seen: the hull of its eight corners."""
    corners = _numbers(element, *(f"{axis}{corner}" for corner in _CUBOID_CORNERS for axis in ("x", "y")))
    hull = cv2.convexHull(np.array(corners, np.float32).reshape(-1, 1, 2), returnPoints=False)
    points = np.array(corners).reshape(-1, 2)[np.asarray(hull).reshape(-1)]
    if len(points) < 3:
        raise invalid_shape("the corners of a cuboid lie on one line")
    return polygon_shape([points.reshape(-1).tolist()])


def _skeleton(element: Element, names: tuple[str, ...]) -> Shape:
    """The points of a skeleton in the order of its class. Those outside of the frame are not labelled."""
    found: dict[str, tuple[float, float, int]] = {}
    for number, point in enumerate(element.iterfind("points")):
        x, y = _points(point, 1)[:2]
        level = 1 if as_flag(point.get("occluded")) else 2
        is_outside = as_flag(point.get("outside"))
        found[point.get("label") or str(number)] = (0.0, 0.0, 0) if is_outside else (x, y, level)
    if not found:
        raise invalid_shape("a skeleton has no points")
    order = names if set(found) <= set(names) else tuple(found)
    triples = [found.get(name, (0.0, 0.0, 0)) for name in order]
    if not any(level for _, _, level in triples):
        raise invalid_shape("all points of a skeleton are outside of the frame")
    points = [value for x, y, _ in triples for value in (x, y)]
    return points_shape(points, [level for _, _, level in triples])


def read_attributes(element: Element, known: Mapping[str, Any]) -> dict[str, Any]:
    """What ``<attribute name="...">`` children say, and the members of the element that are worth keeping."""
    attributes: dict[str, Any] = dict(known)
    for child in element.iterfind("attribute"):
        name, text = child.get("name"), (child.text or "").strip()
        if name and text:
            attributes[name] = {"true": True, "false": False}.get(text.lower(), text)
    if as_flag(element.get("occluded")):
        attributes["occluded"] = True
    for name in ("z_order", "group_id"):
        number = as_whole(element.get(name))
        if number:
            attributes[name] = number
    return attributes


def reject_unknown(element: Element) -> UnusableShape:
    return UnusableShape("shape_not_read", "Objects are of a kind that is not read.", f"<{element.tag[:40]}>")
