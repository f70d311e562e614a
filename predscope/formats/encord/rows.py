"""Predictions of Encord Active on their way into batches: named by data_hash and class hash, fractions of the frame."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from hotcoco import mask as rle_codec

from predscope.formats.base import BATCH_ROWS, ObjectBatch, text_column
from predscope.formats.encord.shapes import DataFormat, as_number, read_box, read_mask, read_outline
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry

_MAX_SHAPE_BYTES: Final = 64 * 1024**2
_UNUSABLE_FIX: Final = "See the examples in the documentation (Coming from Encord Active)."


class Subject(NamedTuple):
    """Of what a prediction is.

    Attributes:
        frame_ref: of which frame, see ``frame_reference``.
        class_ref: hash, name or id of the class.
        confidence: 0..1.
        track_id: ties objects of several frames together.
        place: where it stands in the input, in words.
    """

    frame_ref: str
    class_ref: str
    confidence: float
    track_id: str | None
    place: str


@dataclass(slots=True)
class _Columns:
    """Rows in the making."""

    subjects: list[Subject] = field(default_factory=list)
    geometry: list[Geometry] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)
    oriented: list[list[float] | None] = field(default_factory=list)
    polygons: list[Any] = field(default_factory=list)
    counts: list[bytes | None] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)


class PredictionRows:
    """Gathers predictions; ``take`` hands them over as batches. Nothing that is given is changed or kept.

    Args:
        report: what cannot be used is rejected there.
    """

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        self._fractions, self._pixels = _Columns(), _Columns()
        self._count = self._shape_bytes = 0

    @property
    def is_full(self) -> bool:
        """Is it time to take the batches?"""
        return self._count >= BATCH_ROWS or self._shape_bytes >= _MAX_SHAPE_BYTES

    def add(self, subject: Subject, data_format: DataFormat, data: Any) -> None:
        """An object: a box, an outline or a mask.

        Raises:
            ValueError: the data is not what the format says; nothing was added.
        """
        if data_format is DataFormat.BOUNDING_BOX:
            box, theta = read_box(data)
            x, y, w, h = box
            oriented = [x + w / 2, y + h / 2, w, h, theta] if theta else None
            kind = Geometry.BOX if oriented is None else Geometry.ORIENTED_BOX
            self._append(self._fractions, subject, kind, box=None if oriented else box, oriented=oriented)
        elif data_format is DataFormat.POLYGON:
            outline = read_outline(data)
            if outline.in_pixels:
                self.report.note(
                    "polygon_in_pixels",
                    Severity.WARNING,
                    "Polygons of whole numbers above 1 were read as pixels; fractions of the frame are expected.",
                    examples=[subject.place],
                    fix="Divide the points by the width and height of the image.",
                )
            columns = self._pixels if outline.in_pixels else self._fractions
            self._append(columns, subject, Geometry.POLYGON, polygon=[[outline.points.ravel().tolist()]])
        else:
            mask, was_scaled = read_mask(data)
            if was_scaled:
                self.report.note(
                    "mask_values_scaled",
                    Severity.INFO,
                    "Masks hold another number than 1 for the object; it was read as 1.",
                    examples=[subject.place],
                )
            self.add_run_lengths(subject, rle_codec.encode(mask)["counts"], mask.shape)

    def add_pixel_box(self, subject: Subject, box: list[float]) -> None:
        """A box as x, y, w, h in pixels."""
        self._append(self._pixels, subject, Geometry.BOX, box=box)

    def add_run_lengths(self, subject: Subject, counts: bytes, size: tuple[int, ...]) -> None:
        """A mask as COCO compressed run lengths, and its height and width."""
        self._append(self._fractions, subject, Geometry.MASK, counts=counts, size=(size[0], size[1]))

    def add_classification(self, subject: Subject) -> None:
        """A class of the whole frame."""
        self._append(self._fractions, subject, Geometry.CLASSIFICATION)

    def reject(self, place: str, reason: object) -> None:
        """Count a prediction that cannot be used."""
        self.report.reject(
            "prediction_unusable",
            "Predictions are not of the kind that their format says.",
            examples=[f"{place}: {reason}"],
            fix=_UNUSABLE_FIX,
        )

    def take(self) -> list[ObjectBatch]:
        """What was added since the last time."""
        pairs = ((self._fractions, True), (self._pixels, False))
        batches = [_to_batch(columns, relative) for columns, relative in pairs if columns.subjects]
        self._fractions, self._pixels = _Columns(), _Columns()
        self._count = self._shape_bytes = 0
        return batches

    def _append(
        self,
        columns: _Columns,
        subject: Subject,
        geometry: Geometry,
        *,
        box: list[float] | None = None,
        oriented: list[float] | None = None,
        polygon: list[list[list[float]]] | None = None,
        counts: bytes | None = None,
        size: tuple[int, int] = (0, 0),
    ) -> None:
        columns.subjects.append(subject)
        columns.geometry.append(geometry)
        columns.boxes.append([np.nan] * 4 if box is None else box)
        columns.oriented.append(oriented)
        columns.polygons.append(polygon)
        columns.counts.append(counts)
        columns.sizes.append(size)
        self._count += 1
        if counts is not None:
            self._shape_bytes += len(counts)
        elif polygon is not None:
            self._shape_bytes += 32 * len(polygon[0][0])


def frame_reference(data_hash: Any, frame: Any) -> str:
    """How a frame is named in a batch: by the data_hash, and the number where there is one.

    Raises:
        ValueError: it is no text, or the number is no whole number.
    """
    if not isinstance(data_hash, str) or not data_hash:
        raise ValueError(f"data_hash must be a text, got {type(data_hash).__name__}")
    if frame is None:
        return data_hash
    if (type(frame) is not int and (not isinstance(frame, numbers.Integral) or isinstance(frame, bool))) or frame < 0:
        raise ValueError(f"frame must be a number from 0, got {str(frame)[:40]!r}")
    return f"{data_hash}#{int(frame)}"


def confidence_of(value: Any) -> float:
    """A confidence as a number; its range is judged later.

    Raises:
        ValueError: it is no number.
    """
    if type(value) is float:
        return value
    value = as_number(value)
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise ValueError(f"confidence must be a number from 0 to 1, got {type(value).__name__}")
    return float(value)


def _to_batch(columns: _Columns, relative: bool) -> ObjectBatch:
    subjects = columns.subjects
    has_masks = any(counts is not None for counts in columns.counts)
    return ObjectBatch(
        frame_ref=text_column([subject.frame_ref for subject in subjects]),
        class_ref=text_column([subject.class_ref for subject in subjects]),
        frame_ref_is="name",
        class_ref_is="name",
        geometry=np.array(columns.geometry, object),
        place=text_column([subject.place for subject in subjects]),
        box=np.array(columns.boxes, np.float64).reshape(-1, 4),
        relative=relative,
        confidence=np.array([subject.confidence for subject in subjects], np.float64),
        polygons=columns.polygons if any(columns.polygons) else None,
        rle_counts=columns.counts if has_masks else None,
        rle_size=np.array(columns.sizes, np.int32).reshape(-1, 2) if has_masks else None,
        oriented_box=columns.oriented if any(columns.oriented) else None,
        track_id=[subject.track_id for subject in subjects],
    )
