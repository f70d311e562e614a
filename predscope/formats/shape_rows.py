"""Objects found one by one, gathered into batches: for formats that describe each object in a record of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, ObjectBatch, Reference, Role, text_column
from predscope.formats.json_files.values import UnusableShape, as_number, invalid_shape, shown
from predscope.formats.masks.placed import PlacedMask
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry

CIRCLE_POINTS: Final = 64
_MAX_POINTS: Final = 2_000_000
"""Coordinates that a batch holds before it is handed over, whatever the number of its rows."""
_NO_BOX: Final = [math.nan] * 4


@dataclass(slots=True)
class Shape:
    """The shape of an object in pixels (or fractions of its frame); see ``base.ObjectBatch`` for the layouts."""

    geometry: Geometry
    box: list[float]
    area: float = math.nan
    polygons: list[Any] | None = None
    mask: PlacedMask | None = None
    keypoints: list[float] | None = None
    polylines: list[Any] | None = None
    oriented_box: list[float] | None = None


@dataclass(slots=True)
class ShapeRow:
    """One object.

    Attributes:
        frame: file name of its frame.
        class_name: its class, by name, or by id where the collector was told so.
        place: where it stands in the input, in words.
        shape: its shape.
        confidence: NaN where there is none.
        relative: its coordinates are fractions of the frame.
    """

    frame: str
    class_name: str
    place: str
    shape: Shape
    confidence: float = math.nan
    relative: bool = False
    is_crowd: bool = False
    is_ignored: bool = False
    track_id: str | None = None
    source_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def box_shape(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> Shape:
    """A box by its top-left corner and its size; turned clockwise around its centre by ``degrees``."""
    if degrees % 360 == 0:
        return Shape(Geometry.BOX, [x, y, width, height])
    return oriented_shape(x + width / 2, y + height / 2, width, height, math.radians(degrees))


def corners_shape(points: list[float]) -> Shape:
    """A box through corners, in any order: two opposite ones, or all four."""
    return Shape(Geometry.BOX, _hull([points]))


def oriented_shape(x: float, y: float, width: float, height: float, angle: float) -> Shape:
    """A box around the centre x, y, turned clockwise by ``angle`` (radians)."""
    angle = math.remainder(angle, 2 * math.pi)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    half_w, half_h = (width * cos + height * sin) / 2, (width * sin + height * cos) / 2
    hull = [x - half_w, y - half_h, 2 * half_w, 2 * half_h]
    return Shape(Geometry.ORIENTED_BOX, hull, oriented_box=[x, y, width, height, angle])


def polygon_shape(*parts: list[list[float]]) -> Shape:
    """Parts of rings (outer, holes) of flat x, y."""
    outer = [ring for part in parts for ring in part[:1]]
    return Shape(Geometry.POLYGON, _hull(outer), polygons=list(parts))


def line_shape(*lines: list[float]) -> Shape:
    return Shape(Geometry.POLYLINE, _hull(list(lines)), polylines=list(lines))


def points_shape(points: list[float], visibility: list[int] | None = None) -> Shape:
    """Keypoints of flat x, y; visible ones unless ``visibility`` (0, 1, 2 a point) says otherwise."""
    levels = visibility or [2] * (len(points) // 2)
    triples = [v for x, y, level in zip(points[0::2], points[1::2], levels, strict=True) for v in (x, y, float(level))]
    seen = [v for x, y, level in zip(points[0::2], points[1::2], levels, strict=True) if level for v in (x, y)]
    return Shape(Geometry.KEYPOINTS, _hull([seen or points]), keypoints=triples)


def ellipse_shape(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Shape:
    """An ellipse as a polygon of ``CIRCLE_POINTS`` corners on it, turned clockwise by ``degrees``; its exact area."""
    if radius_x <= 0 or radius_y <= 0:
        raise invalid_shape(f"radii are {radius_x:g} and {radius_y:g}, expected above 0")
    turn = np.arange(CIRCLE_POINTS) * (2 * np.pi / CIRCLE_POINTS)
    along, across = radius_x * np.cos(turn), radius_y * np.sin(turn)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = np.stack([x + along * cos - across * sin, y + along * sin + across * cos], axis=1)
    half_w, half_h = math.hypot(radius_x * cos, radius_y * sin), math.hypot(radius_x * sin, radius_y * cos)
    hull = [x - half_w, y - half_h, 2 * half_w, 2 * half_h]
    return Shape(Geometry.POLYGON, hull, math.pi * radius_x * radius_y, polygons=[[corners.reshape(-1).tolist()]])


def mask_shape(mask: PlacedMask) -> Shape:
    return Shape(Geometry.MASK, mask.box, mask.area, mask=mask)


def frame_class() -> Shape:
    """A class of the whole frame."""
    return Shape(Geometry.CLASSIFICATION, list(_NO_BOX))


def read_confidence(value: Any) -> float:
    """A confidence as the file has it, NaN where there is none.

    Raises:
        UnusableShape: it is not a finite number.
    """
    if value is None:
        return math.nan
    number = as_number(value)
    if number is None:
        raise UnusableShape("score_invalid", "A score is not a finite number.", f"found {shown(value)}")
    return number


class RowCollector:
    """Gathers rows and hands them over in batches.

    Labels that carry a confidence keep it as an attribute; predictions without one are rejected.

    Args:
        role: of the input.
        report: gets the rejections.
        class_ref_is: whether ``ShapeRow.class_name`` holds names or ids.
    """

    def __init__(self, role: Role, report: ImportReport, *, class_ref_is: Reference = "name") -> None:
        self._role: Role = role
        self._report = report
        self._class_ref_is: Reference = class_ref_is
        self._rows: list[ShapeRow] = []
        self._points = 0

    def reject(self, place: str, reason: UnusableShape) -> None:
        """Count an object as read and rejected."""
        example = f"{place}: {reason.detail}" if reason.detail else place
        self._report.reject(reason.code, reason.message, examples=[example], fix=reason.fix)

    def add(self, row: ShapeRow) -> None:
        if math.isnan(row.confidence):
            if self._role == "predictions":
                fix = "Write each prediction with its confidence, 0 to 1."
                self._report.reject("score_missing", "A prediction has no score.", examples=[row.place], fix=fix)
                return
        elif self._role == "labels":
            row.attributes = {**row.attributes, "confidence": row.confidence}
            self._report.note(
                "labels_with_score",
                Severity.WARNING,
                "Some labels have a confidence, as predictions do; it was kept as an attribute.",
                fix="If these are predictions, import them with `predscope import predictions`.",
            )
        self._rows.append(row)
        self._points += _weight(row.shape)

    def full(self) -> Iterator[ObjectBatch]:
        """Batches that are ready to be handed over, so far."""
        if len(self._rows) >= BATCH_ROWS or self._points >= _MAX_POINTS:
            yield from self.rest()

    def rest(self) -> Iterator[ObjectBatch]:
        """Batches of all rows that are left."""
        rows, self._rows, self._points = self._rows, [], 0
        for relative in (False, True):
            chosen = [row for row in rows if row.relative is relative]
            for start in range(0, len(chosen), BATCH_ROWS):
                yield self._batch(chosen[start : start + BATCH_ROWS], relative)

    def _batch(self, rows: list[ShapeRow], relative: bool) -> ObjectBatch:
        shapes = [row.shape for row in rows]
        masks = [shape.mask for shape in shapes]
        has_masks = any(mask is not None for mask in masks)
        sizes = np.array([(0, 0) if mask is None else mask.size for mask in masks], np.int32)
        has_confidence = self._role == "predictions"
        areas = np.array([shape.area for shape in shapes], np.float64)
        return ObjectBatch(
            frame_ref=text_column([row.frame for row in rows]),
            class_ref=text_column([row.class_name for row in rows]),
            frame_ref_is="name",
            class_ref_is=self._class_ref_is,
            geometry=np.array([shape.geometry for shape in shapes], object),
            place=text_column([row.place for row in rows]),
            box=np.array([shape.box for shape in shapes], np.float64),
            relative=relative,
            confidence=np.array([row.confidence for row in rows], np.float64) if has_confidence else None,
            polygons=_column([shape.polygons for shape in shapes]),
            rle_counts=[None if mask is None else mask.counts for mask in masks] if has_masks else None,
            rle_size=sizes if has_masks else None,
            keypoints=_column([shape.keypoints for shape in shapes]),
            polylines=_column([shape.polylines for shape in shapes]),
            oriented_box=_column([shape.oriented_box for shape in shapes]),
            area=areas if not np.isnan(areas).all() else None,
            is_crowd=np.array([row.is_crowd for row in rows]),
            is_ignored=np.array([row.is_ignored for row in rows]),
            track_id=_column([row.track_id for row in rows]),
            source_id=_column([row.source_id for row in rows]),
            attributes=_column([row.attributes or None for row in rows]),
        )


def check_role(source: Any, role: Role, *, scored: int, total: int, hint: str) -> None:
    """Refuse labels that were asked for as predictions, and the other way round, judged by who has a confidence.

    Args:
        scored: objects of a sample that have a confidence.
        total: objects of the sample.
        hint: where the format has its confidences, for the message.

    Raises:
        FileParsingError: all are of the other role.
    """
    if role == "predictions" and total and not scored:
        raise FileParsingError(
            "its objects have no confidence: these are labels, not predictions.",
            where=source,
            fix=f"Import it with `predscope import labels`, or write {hint}.",
        )
    if role == "labels" and total and scored == total:
        raise FileParsingError(
            "all its objects have a confidence: these are predictions, not labels.",
            where=source,
            fix="Import it with `predscope import predictions`.",
        )


def _weight(shape: Shape) -> int:
    """About how many numbers a shape holds."""
    if shape.geometry is Geometry.BOX:
        return 0
    weight = len(shape.keypoints or ()) + sum(map(len, shape.polylines or ()))
    weight += sum(len(ring) for part in shape.polygons or () for ring in part)
    return weight + (len(shape.mask.counts) // 8 if shape.mask is not None else 0)


def _column(values: list[Any]) -> list[Any] | None:
    return values if any(value is not None for value in values) else None


def _hull(paths: list[list[float]]) -> list[float]:
    """x, y, w, h around flat x, y lists."""
    xs = [x for path in paths for x in path[0::2]]
    ys = [y for path in paths for y in path[1::2]]
    if not xs:
        return list(_NO_BOX)
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
