"""Objects as the gallery draws them: short lists, coordinates in whole units of a tile or a crop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from predscope.evaluation.ignored_classes import ignored_class_ids
from predscope.exploration.mask_outline import mask_outline
from predscope.schema import Geometry, ObjectClass

_TOLERANCE: Final = 1.5
"""Units by which an outline may stray."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A part of a frame, drawn at some size.

    Attributes:
        scale: units a frame pixel.
        left, top: where it begins, frame pixels.
    """

    scale: float
    left: float = 0.0
    top: float = 0.0

    def place(self, points: list[float]) -> list[int]:
        """Flat x, y frame pixels in units."""
        corner = (self.left, self.top)
        return [round((value - corner[axis % 2]) * self.scale) for axis, value in enumerate(points)]

    def lengths(self, lengths: list[float]) -> list[int]:
        return [round(length * self.scale) for length in lengths]


def compact_object(values: dict[str, Any], layer: int, canvas: Canvas, *, detailed: bool) -> list[Any]:
    """An object as tiles carry it, see ``tiles.tile_records``; without an outcome.

    Args:
        values: its columns, ``row`` and ``tiles.DRAWN_COLUMNS``.
        detailed: with its shape; else its box.
    """
    kind, geometry = _shape(values, canvas) if detailed else (Geometry.BOX, None)
    if geometry is None:
        kind, geometry = _box(values, canvas)
    confidence = values.get("confidence")
    flags = int(bool(values["is_crowd"])) | int(bool(values["is_ignored"])) << 1
    return [
        values["row"],
        layer,
        values["class_id"],
        str(kind),
        None if confidence is None else round(confidence, 3),
        flags,
        geometry,
    ]


def mark_ignored(objects: Iterable[dict[str, Any]], classes: Sequence[ObjectClass]) -> None:
    """Let objects of classes that take no part in evaluations be drawn as what is ignored, as the viewer does.

    Args:
        objects: their columns, as for ``compact_object``; changed in place.
    """
    ignored = frozenset(ignored_class_ids(classes))
    for values in objects if ignored else ():
        values["is_ignored"] = values["is_ignored"] or values["class_id"] in ignored


def _box(values: dict[str, Any], canvas: Canvas) -> tuple[Geometry, list[int] | None]:
    if values.get("x") is None:
        return Geometry.CLASSIFICATION, None
    x, y, width, height = (values[side] for side in "xywh")
    left, top, right, bottom = canvas.place([x, y, x + width, y + height])
    return Geometry.BOX, [left, top, max(right - left, 1), max(bottom - top, 1)]


def _shape(values: dict[str, Any], canvas: Canvas) -> tuple[Geometry, Any]:
    """Kind and geometry in units; geometry None where only the box can tell anything."""
    kind = Geometry(values["geometry"])
    if kind is Geometry.ORIENTED_BOX and values.get("oriented_box"):
        *centre, width, height, angle = values["oriented_box"]
        return kind, [*canvas.place(centre), *canvas.lengths([width, height]), round(angle, 3)]
    if kind is Geometry.POLYGON and values.get("polygons"):
        parts = [[ring for ring in (_simplified(ring, canvas) for ring in part) if ring] for part in values["polygons"]]
        return kind, [part for part in parts if part] or None
    if kind is Geometry.MASK and values.get("rle_counts") is not None and values.get("x") is not None:
        return kind, _outline(values, canvas)
    if kind is Geometry.POLYLINE and values.get("polylines"):
        return kind, [canvas.place(line) for line in values["polylines"]]
    if kind is Geometry.KEYPOINTS and values.get("keypoints"):
        points = np.reshape(values["keypoints"], (-1, 3))
        placed = np.reshape(canvas.place(points[:, :2].ravel().tolist()), (-1, 2))
        return kind, np.column_stack([placed, points[:, 2].astype(np.int64)]).ravel().tolist()
    return kind, None


def _outline(values: dict[str, Any], canvas: Canvas) -> list[list[list[int]]] | None:
    """A mask as one part of even-odd rings; None where it is too small to be seen."""
    size = (values["rle_height"], values["rle_width"])
    box = (values["x"], values["y"], values["w"], values["h"])
    rings = mask_outline(values["rle_counts"], size, box, canvas.scale, _TOLERANCE)
    if not rings:
        return None
    corner = np.array([canvas.left, canvas.top]) * canvas.scale
    return [[np.round(np.reshape(ring, (-1, 2)) - corner).astype(int).ravel().tolist() for ring in rings]]


def _simplified(ring: list[float], canvas: Canvas) -> list[int] | None:
    points = (np.reshape(ring, (-1, 1, 2)) - (canvas.left, canvas.top)) * canvas.scale
    corners = cv2.approxPolyDP(points.astype(np.float32), _TOLERANCE, closed=True).ravel()
    return [round(value) for value in corners.tolist()] if len(corners) >= 6 else None
