"""What one call of a writer says, as columns: checked where it does not fit together, and not judged beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from predscope.errors import InputError
from predscope.formats.base import BoxFormat, ObjectBatch, Reference
from predscope.importing.corrections import CHOICES, Units
from predscope.schema import Geometry
from predscope.writing.arrays import as_array, as_scalar, described, numbers, polygon_parts, run_lengths
from predscope.writing.references import class_reference, frame_reference, one_reference, reference_columns

PLACE: Final = "index "
_UNSTATED: Final = {
    "box_format": (
        "boxes are given without saying what their four numbers are.",
        'Give box_format="xyxy" (two corners), "xywh" (left, top, width, height) or "cxcywh" (centre and size), in '
        "this call or once for the writer.",
    ),
    "units": (
        "coordinates are given without saying in which units.",
        'Give units="pixels" (of the frame as displayed) or "relative" (fractions of its width and height), in this '
        "call or once for the writer.",
    ),
}


class Kind(NamedTuple):
    """What the objects of one batch have in common."""

    frame_ref_is: Reference
    class_ref_is: Reference
    box_format: BoxFormat
    relative: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """What a caller says of its numbers; None: nothing.

    Attributes:
        box_format, units: of coordinates.
        score_count: how many classes there are scores for.

    Raises:
        InputError: not one of the choices.
    """

    box_format: BoxFormat | None = None
    units: Units | None = None
    score_count: int | None = None

    def __post_init__(self) -> None:
        for name in ("box_format", "units"):
            value = getattr(self, name)
            if value is not None and value not in CHOICES[name]:
                raise InputError(f"{name} must be one of {', '.join(CHOICES[name])}, got {value!r}.")

    def over(self, box_format: BoxFormat | None, units: Units | None) -> Stated:
        """The same where a call says something of its own."""
        if box_format is None and units is None:
            return self
        return Stated(box_format or self.box_format, units or self.units, self.score_count)

    def kind(self, frames: Reference, classes: Reference, *, has_boxes: bool, has_coordinates: bool) -> Kind:
        """Of objects that have these.

        Raises:
            InputError: something that they need is not stated.
        """
        for name, is_needed in (("box_format", has_boxes), ("units", has_boxes or has_coordinates)):
            if is_needed and getattr(self, name) is None:
                what, fix = _UNSTATED[name]
                raise InputError(what, fix=fix)
        relative = self.units == "relative" and (has_boxes or has_coordinates)
        return Kind(frames, classes, (self.box_format if has_boxes else None) or "xywh", relative)


@dataclass(frozen=True, slots=True)
class One:
    """One object as ``add`` gets it; see there."""

    frame: Any
    class_: Any
    confidence: Any = None
    box: Any = None
    mask: Any = None
    polygon: Any = None
    keypoints: Any = None
    class_scores: Any = None
    track_id: Any = None
    attributes: dict[str, Any] | None = None
    is_crowd: bool = False
    is_ignored: bool = False

    def columns(self, stated: Stated) -> tuple[Kind, dict[str, Any]]:
        """Its columns of ``ObjectBatch``, those that it has; the box as four numbers of the stated format.

        Raises:
            InputError: the arguments do not fit together, or lack a statement that they need.
        """
        geometry = _geometry(
            self.box is not None, {"mask": self.mask, "polygon": self.polygon, "keypoints": self.keypoints}
        )
        frame, class_ = frame_reference(self.frame), class_reference(self.class_)
        kind = stated.kind(
            _kind_of(frame),
            _kind_of(class_),
            has_boxes=self.box is not None,
            has_coordinates=self.polygon is not None or self.keypoints is not None,
        )
        row: dict[str, Any] = {"frame_ref": frame, "class_ref": class_, "geometry": geometry}
        if self.confidence is not None:
            row["confidence"] = _number(self.confidence, "confidence")
        if self.box is not None:
            row["box"] = _four_numbers(self.box)
        if self.mask is not None:
            row["rle_counts"], row["rle_size"] = run_lengths(self.mask)
        if self.polygon is not None:
            row["polygons"] = polygon_parts(self.polygon)
        if self.keypoints is not None:
            row["keypoints"] = _keypoint_lists(_points(self.keypoints, 2, "keypoints")[None])[0]
        if self.class_scores is not None:
            row["class_scores"] = numbers(self.class_scores, (stated.score_count,), "class_scores").astype(np.float32)
        if self.track_id is not None:
            row["track_id"] = str(as_scalar(self.track_id))
        if self.attributes:
            row["attributes"] = dict(self.attributes)
        if self.is_crowd:
            row["is_crowd"] = True
        if self.is_ignored:
            row["is_ignored"] = True
        return kind, row


@dataclass(frozen=True, slots=True)
class Many:
    """Many objects as ``add_batch`` gets them; see there."""

    frames: Any
    classes: Any
    confidences: Any = None
    boxes: Any = None
    masks: Any = None
    polygons: Any = None
    keypoints: Any = None
    class_scores: Any = None
    track_ids: Any = None
    attributes: Any = None
    is_crowd: Any = None
    is_ignored: Any = None

    def columns(self, stated: Stated) -> tuple[Kind, ObjectBatch]:
        """Them as a batch; boxes as four numbers of the stated format.

        Raises:
            InputError: the arguments do not fit together, or lack a statement that they need.
        """
        classes, class_kind = reference_columns(self.classes, class_reference, "classes")
        count = len(classes)
        if isinstance(self.frames, list) or getattr(self.frames, "ndim", None):
            frames, frame_kind = reference_columns(self.frames, frame_reference, "frames")
            _check_length(len(frames), count, "frames")
        else:
            frames, frame_kind = one_reference(frame_reference(self.frames), count)
        geometry = _geometry(
            self.boxes is not None, {"masks": self.masks, "polygons": self.polygons, "keypoints": self.keypoints}
        )
        kind = stated.kind(
            frame_kind,
            class_kind,
            has_boxes=self.boxes is not None,
            has_coordinates=self.polygons is not None or self.keypoints is not None,
        )
        batch = ObjectBatch(
            frame_ref=frames,
            class_ref=classes,
            frame_ref_is=frame_kind,
            class_ref_is=class_kind,
            geometry=np.full(count, geometry, object),
            place=np.arange(count),
            place_prefix=PLACE,
            box_format=kind.box_format,
            relative=kind.relative,
        )
        if self.confidences is not None:
            batch.confidence = numbers(self.confidences, (count,), "confidences")
        if self.boxes is not None:
            batch.box = numbers(self.boxes, (count, 4), "boxes")
        if self.masks is not None:
            masks = [run_lengths(mask, f"masks[{row}]") for row, mask in enumerate(_rows(self.masks, count, "masks"))]
            batch.rle_counts = [counts for counts, _ in masks]
            batch.rle_size = np.array([size for _, size in masks], np.int32).reshape(-1, 2)
        if self.polygons is not None:
            outlines = _rows(self.polygons, count, "polygons")
            batch.polygons = [
                None if outline is None else polygon_parts(outline, f"polygons[{row}]")
                for row, outline in enumerate(outlines)
            ]
            if batch.box is not None:
                batch.geometry[[outline is None for outline in outlines]] = Geometry.BOX
        if self.keypoints is not None:
            points = _points(self.keypoints, 3, "keypoints")
            _check_length(len(points), count, "keypoints")
            batch.keypoints = _keypoint_lists(points)
        if self.class_scores is not None:
            scores = numbers(self.class_scores, (count, stated.score_count), "class_scores")
            batch.class_scores = list(scores.astype(np.float32))
        if self.track_ids is not None:
            ids = map(as_scalar, _rows(self.track_ids, count, "track_ids"))
            batch.track_id = [None if value is None else str(value) for value in ids]
        if self.attributes is not None:
            given = _rows(self.attributes, count, "attributes")
            batch.attributes = [dict(entry) if entry else None for entry in given]
        for name in ("is_crowd", "is_ignored"):
            if getattr(self, name) is not None:
                setattr(batch, name, numbers(getattr(self, name), (count,), name) != 0)
        return kind, batch


def _kind_of(reference: int | str) -> Reference:
    return "id" if isinstance(reference, int) else "name"


def _geometry(has_box: bool, shapes: dict[str, Any]) -> Geometry:
    given = [name for name, value in shapes.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"an object has one shape, but {' and '.join(given)} were given.")
    if not given:
        return Geometry.BOX if has_box else Geometry.CLASSIFICATION
    return {"m": Geometry.MASK, "p": Geometry.POLYGON, "k": Geometry.KEYPOINTS}[given[0][0]]


def _number(value: Any, what: str) -> float:
    try:
        return float(as_scalar(value))
    except (TypeError, ValueError):
        raise InputError(f"{what} must be one number, got {described(value)}.") from None


def _four_numbers(box: Any) -> tuple[float, ...]:
    if not isinstance(box, list | tuple):
        return tuple(numbers(box, (4,), "box").tolist())
    if len(box) != 4:
        raise InputError(f"a box must be four numbers, got {len(box)}.")
    return tuple(_number(value, "each number of a box") for value in box)


def _points(value: Any, dimensions: int, what: str) -> np.ndarray:
    """float64 (..., k, 2 or 3)."""
    points = numbers(value, (None,) * dimensions, what)
    if points.shape[-1] not in (2, 3):
        expected = ("n, " if dimensions == 3 else "") + "k, 2 or 3"
        raise InputError(f"{what} must have the shape ({expected}), got {points.shape}.")
    return points


def _keypoint_lists(points: np.ndarray) -> list[list[float]]:
    """Flat x, y, v lists of (n, k, 2 or 3); points without a v are visible."""
    if points.shape[2] == 2:
        points = np.concatenate([points, np.full((*points.shape[:2], 1), 2.0)], axis=2)
    flat: list[list[float]] = points.reshape(len(points), -1).tolist()
    return flat


def _rows(value: Any, count: int, what: str) -> Sequence[Any]:
    rows: Sequence[Any] = value if isinstance(value, list | tuple) else as_array(value)  # type: ignore[assignment]
    if getattr(rows, "ndim", 1) == 0:
        raise InputError(f"{what} must have one entry for each object, got {described(value)}.")
    _check_length(len(rows), count, what)
    return rows


def _check_length(length: int, count: int, what: str) -> None:
    if length != count:
        raise InputError(f"{what} must have one entry for each of the {count:,} classes, got {length:,}.")
