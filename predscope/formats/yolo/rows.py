"""Rows of YOLO label files as columns.

A row is ``class x_center y_center width height`` in fractions of the frame, or ``class x y x y x y ...`` for polygons,
or a box followed by keypoints; predictions have their confidence at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from predscope.formats.base import ObjectBatch, Role, text_column
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry

BOX_COLUMNS: Final = 5
QUAD_COLUMNS: Final = 9
_MAX_CLASS: Final = 1 << 31
_CORNERED: Final = frozenset({Geometry.POLYGON, Geometry.ORIENTED_BOX})
_ROW_FIX: Final = (
    "Expected: class x_center y_center width height, or class x1 y1 x2 y2 x3 y3 ..., as fractions of the frame."
)


@dataclass(frozen=True, slots=True)
class YoloRowLayout:
    """What the rows of a data set are, judged by a sample of them.

    Attributes:
        role: as asked for.
        keypoint_shape: number of keypoints and values for each, for pose.
        oriented: rows of four corners are oriented boxes, not polygons.
        confidence_at: where predictions have their confidence: at the end, behind the class, or nowhere.
    """

    role: Role
    keypoint_shape: tuple[int, int] | None = None
    oriented: bool = False
    confidence_at: Literal["end", "second", "none"] = "end"

    @property
    def pose_columns(self) -> int | None:
        return None if self.keypoint_shape is None else BOX_COLUMNS + math.prod(self.keypoint_shape)


@dataclass(slots=True)
class YoloRow:
    """One row: the frame and place it stands at, and its numbers."""

    frame: int
    place: str
    class_index: int
    values: list[float]
    confidence: float = math.nan
    geometry: Geometry = Geometry.BOX


def parse_row(tokens: Sequence[str], layout: YoloRowLayout) -> tuple[int, list[float], float, Geometry] | str:
    """Class, coordinates, confidence (NaN if none) and shape of a row; or what is wrong with it, in words."""
    try:
        numbers = list(map(float, tokens))
    except ValueError:
        wrong = next(token for token in tokens if not _is_number(token))
        return f"{wrong[:20]!r} is not a number"
    if not all(map(math.isfinite, numbers)):
        return "a value is NaN or infinite"
    class_number = numbers[0]
    if class_number < 0 or not class_number.is_integer() or class_number > _MAX_CLASS:
        return f"class {tokens[0][:20]} is not an index from 0"
    count, confidence = len(numbers), math.nan
    if layout.role == "predictions" and layout.confidence_at != "none" and _has_confidence(count, layout):
        confidence = numbers.pop(1 if layout.confidence_at == "second" else -1)
        count -= 1
    geometry = _geometry(count, layout)
    if geometry is None:
        return f"{len(tokens)} columns"
    return int(class_number), numbers[1:], confidence, geometry


def _has_confidence(count: int, layout: YoloRowLayout) -> bool:
    if layout.pose_columns is not None:
        return count == layout.pose_columns + 1
    return count % 2 == 0


def _geometry(count: int, layout: YoloRowLayout) -> Geometry | None:
    if count == BOX_COLUMNS:
        return Geometry.BOX
    if layout.pose_columns is not None:
        return Geometry.KEYPOINTS if count == layout.pose_columns else None
    if count == QUAD_COLUMNS and layout.oriented:
        return Geometry.ORIENTED_BOX
    return Geometry.POLYGON if count >= 7 and count % 2 else None


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def parse_file(text: str, frame: int, place: str, layout: YoloRowLayout, report: ImportReport) -> list[YoloRow]:
    """The rows of one file; those that cannot be read are rejected with file and line."""
    rows: list[YoloRow] = []
    for number, line in enumerate(text.splitlines(), 1):
        tokens = line.split()
        if not tokens:
            continue
        parsed = parse_row(tokens, layout)
        row_place = f"{place}:{number}"
        if isinstance(parsed, str):
            report.reject(
                "yolo_row_invalid", "A row is not a YOLO row.", examples=[f"{row_place}: {parsed}"], fix=_ROW_FIX
            )
            continue
        class_index, values, confidence, geometry = parsed
        rows.append(YoloRow(frame, row_place, class_index, values, confidence, geometry))
    return rows


def rows_to_batch(
    rows: list[YoloRow],
    names: Sequence[str],
    layout: YoloRowLayout,
    report: ImportReport,
    *,
    frame_sizes: Sequence[tuple[int, int]] | None = None,
) -> ObjectBatch:
    """Rows as columns. With ``frame_sizes`` (width, height of every row's frame) in pixels, else in fractions."""
    geometry = np.array([row.geometry for row in rows], object)
    batch = ObjectBatch(
        frame_ref=text_column([names[row.frame] for row in rows]),
        class_ref=np.array([row.class_index for row in rows], np.int64),
        frame_ref_is="name",
        class_ref_is="id",
        geometry=geometry,
        place=text_column([row.place for row in rows]),
        box=_boxes(rows),
        box_format="cxcywh",
        relative=frame_sizes is None,
    )
    kinds = set(geometry)
    if kinds & _CORNERED:
        batch.polygons = [[[row.values]] if row.geometry in _CORNERED else None for row in rows]
    if Geometry.KEYPOINTS in kinds and layout.keypoint_shape is not None:
        dimensions = layout.keypoint_shape[1]
        batch.keypoints = [
            _keypoints(row.values[4:], dimensions) if row.geometry is Geometry.KEYPOINTS else None for row in rows
        ]
    if Geometry.ORIENTED_BOX in kinds:
        if frame_sizes is None:
            geometry[geometry == Geometry.ORIENTED_BOX] = Geometry.POLYGON
        else:
            _to_pixels(batch, rows, frame_sizes)
    if layout.role == "predictions":
        batch.confidence = _confidences(rows, report)
    return batch


def _boxes(rows: list[YoloRow]) -> np.ndarray:
    """x, y, w, h (n, 4): of centre and size where the row has a box, else around its corners."""
    boxes = np.array(
        [_hull(row.values) if row.geometry in _CORNERED else row.values[:4] for row in rows], np.float64
    ).reshape(-1, 4)
    centered = np.array([row.geometry not in _CORNERED for row in rows])
    boxes[centered, :2] -= boxes[centered, 2:] / 2
    return boxes


def _hull(corners: list[float]) -> list[float]:
    xs, ys = corners[0::2], corners[1::2]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _confidences(rows: list[YoloRow], report: ImportReport) -> np.ndarray:
    confidence = np.array([row.confidence for row in rows])
    missing = np.flatnonzero(np.isnan(confidence))
    if len(missing):
        report.note(
            "confidence_assumed",
            Severity.WARNING,
            "Predictions have no confidence; 1.0 was taken.",
            count=len(missing),
            examples=[rows[place].place for place in missing[:1]],
            fix="Write them with their confidence (save_conf=True): without it, nothing can rank them.",
        )
        confidence[missing] = 1.0
    return confidence


def _keypoints(values: list[float], dimensions: int) -> list[float]:
    """Flat x, y, v triples. Without a visibility, a point at the origin is one that was not labelled."""
    if dimensions == 3:
        return values
    pairs = zip(values[0::2], values[1::2], strict=True)
    return [number for x, y in pairs for number in (x, y, 2.0 if x or y else 0.0)]


def _to_pixels(batch: ObjectBatch, rows: list[YoloRow], frame_sizes: Sequence[tuple[int, int]]) -> None:
    """Scale by each row's frame size. Angles exist only in pixels: fractions of a width and of a height differ."""
    scale = np.array(frame_sizes, np.float64)
    corners = [
        np.array(row.values).reshape(-1, 2) * size if row.geometry in _CORNERED else None
        for row, size in zip(rows, scale, strict=True)
    ]
    batch.box = _boxes(rows) * np.hstack([scale, scale])
    batch.oriented_box = [
        corners_to_oriented_box(points) if points is not None and row.geometry is Geometry.ORIENTED_BOX else None
        for row, points in zip(rows, corners, strict=True)
    ]
    batch.polygons = [
        [[points.ravel().tolist()]] if points is not None and row.geometry is Geometry.POLYGON else None
        for row, points in zip(rows, corners, strict=True)
    ]


def corners_to_oriented_box(corners: np.ndarray) -> list[float]:
    """[cx, cy, w, h, angle in radians, clockwise on screen] of four corners (4, 2) in pixels, in order around it."""
    center = corners.mean(axis=0)
    along, across = corners[1] - corners[0], corners[2] - corners[1]
    return [
        float(center[0]),
        float(center[1]),
        float(np.hypot(*along)),
        float(np.hypot(*across)),
        float(np.arctan2(along[1], along[0])),
    ]
