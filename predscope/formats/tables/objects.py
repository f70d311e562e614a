"""Rows of a table as objects, once it is known what its columns mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from predscope.formats.base import ObjectBatch, Reference, Role, text_column
from predscope.formats.tables.cells import flags_of_column, numbers_of_column, texts_of_column, values_of_column
from predscope.formats.tables.columns import TableColumns
from predscope.formats.tables.shapes import ShapeCells, no_number
from predscope.formats.tables.source import Part
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry


@dataclass(frozen=True, slots=True)
class TableLayout:
    """How the rows of a table are to be taken.

    Attributes:
        columns: what its columns hold.
        role: as asked for.
        frame_is, class_is: whether the columns of frames and classes hold ids or names.
        relative: coordinates are fractions of the frame.
        default_class: the class of all objects, where no column names one.
        class_names: names for what the column of classes holds.
        place: where the rows stand, in words before their number.
    """

    columns: TableColumns
    role: Role
    frame_is: Reference = "name"
    class_is: Reference = "name"
    relative: bool = False
    default_class: str | None = None
    class_names: Mapping[str, str] = field(default_factory=dict)
    place: str = "row "

    @property
    def class_column(self) -> int | None:
        return self.columns.class_name if self.columns.class_name is not None else self.columns.class_id


def frame_texts(part: Part, columns: TableColumns) -> list[str | None]:
    """The name or id of each row's frame; of a video and a number ``a.mp4#12``."""
    if columns.frame is not None:
        return texts_of_column(part.batch.column(columns.frame))
    if columns.video is None or columns.frame_number is None:
        return [None] * len(part.numbers)
    videos = texts_of_column(part.batch.column(columns.video))
    numbers = texts_of_column(part.batch.column(columns.frame_number))
    return [
        f"{video}#{number}" if video is not None and number is not None else None
        for video, number in zip(videos, numbers, strict=True)
    ]


class TableObjects:
    """The objects of some rows; the rows that cannot be used are rejected in the report."""

    def __init__(self, part: Part, layout: TableLayout, report: ImportReport) -> None:
        self._part = part
        self._layout = layout
        self._columns = layout.columns
        self._report = report
        self._count = len(part.numbers)
        self._kept = np.ones(self._count, bool)

    def batch(self) -> ObjectBatch | None:
        """None: not one of the rows is an object."""
        columns, layout = self._columns, self._layout
        frames = frame_texts(self._part, columns)
        classes = self._classes()
        cells = ShapeCells(self._part, columns, self._reject_cell)
        box, shapes = cells.boxes(), cells.shapes()
        geometry = cells.geometry(shapes)
        self._leave_out_empty(frames, classes, box, geometry)
        confidence = self._confidence()
        area = self._area()
        kept = np.flatnonzero(self._kept).tolist()
        if not kept:
            return None
        masks = shapes["rle"]

        def chosen(values: Sequence[Any] | None) -> list[Any] | None:
            found = None if values is None else [values[row] for row in kept]
            return found if found is not None and any(value is not None for value in found) else None

        box[geometry == Geometry.CLASSIFICATION] = np.nan
        rle = chosen(masks)
        box_columns = columns.box
        return ObjectBatch(
            frame_ref=text_column([frames[row] or "" for row in kept]),
            class_ref=text_column([classes[row] or "" for row in kept]),
            frame_ref_is=layout.frame_is,
            class_ref_is=layout.class_is,
            geometry=geometry[kept],
            place=self._part.numbers[kept],
            place_prefix=layout.place,
            box=box[kept],
            box_format="xywh" if box_columns is None else box_columns.box_format,
            relative=layout.relative,
            confidence=None if confidence is None else confidence[kept],
            polygons=chosen(shapes["polygon"]),
            rle_counts=None if rle is None else [None if mask is None else mask[0] for mask in rle],
            rle_size=None if rle is None else np.array([(0, 0) if m is None else m[1] for m in rle], np.int32),
            keypoints=chosen(shapes["keypoints"]),
            polylines=chosen(shapes["polyline"]),
            oriented_box=chosen(shapes["oriented_box"]),
            area=None if area is None else area[kept],
            is_crowd=self._flags("is_crowd", kept),
            is_ignored=self._flags("is_ignored", kept),
            track_id=chosen(self._texts("track_id")),
            source_id=chosen(self._texts("source_id")),
            attributes=chosen(self._attributes()),
            **_score_columns(chosen(self._class_scores())),
        )

    def _column(self, place: int) -> pa.Array:
        return self._part.batch.column(place)

    def _classes(self) -> list[str | None]:
        place = self._layout.class_column
        if place is None:
            return [self._layout.default_class] * self._count
        names = self._layout.class_names
        return [None if text is None else names.get(text, text) for text in texts_of_column(self._column(place))]

    def _leave_out_empty(
        self, frames: list[str | None], classes: list[str | None], box: np.ndarray, geometry: np.ndarray
    ) -> None:
        """Rows without anything, and rows that only name a frame, are no objects; objects of no frame are rejected."""
        has_frame = np.array([frame is not None for frame in frames], bool)
        given = self._layout.class_column is not None
        has_class = np.array([given and name is not None for name in classes], bool)
        is_plain = np.isin(geometry, [Geometry.BOX, Geometry.CLASSIFICATION])
        is_empty = self._kept & is_plain & np.isnan(box).all(axis=1) & ~has_class
        self._kept &= ~is_empty
        frames_only = int((is_empty & has_frame).sum())
        if frames_only:
            self._report.note(
                "rows_without_object",
                Severity.INFO,
                "Rows name a frame and no object: frames without objects.",
                count=frames_only,
                examples=self._places(np.flatnonzero(is_empty & has_frame)[:1]),
            )
        self._reject("frame_missing", "Rows name no frame.", ~has_frame)

    def _confidence(self) -> np.ndarray | None:
        place = self._columns.confidence
        if place is None:
            return None if self._layout.role == "labels" else np.ones(self._count)
        values, odd = numbers_of_column(self._column(place))
        self._reject_numbers(odd, place)
        return values

    def _area(self) -> np.ndarray | None:
        place = self._columns.single.get("area")
        if place is None:
            return None
        values, odd = numbers_of_column(self._column(place))
        self._reject_numbers(odd, place)
        return values

    def _texts(self, meaning: str) -> list[str | None] | None:
        place = self._columns.single.get(meaning)
        return None if place is None else texts_of_column(self._column(place))

    def _flags(self, meaning: str, kept: list[int]) -> np.ndarray | None:
        place = self._columns.single.get(meaning)
        return None if place is None else flags_of_column(self._column(place))[kept]

    def _class_scores(self) -> list[Any] | None:
        place = self._columns.single.get("class_scores")
        if place is None:
            return None
        values = values_of_column(self._column(place))
        return [value if isinstance(value, (list, dict)) and value else None for value in values]

    def _attributes(self) -> list[dict[str, Any] | None] | None:
        """What the columns say of which nothing else is known, and what stands in a column of attributes."""
        columns = self._columns
        rows: list[dict[str, Any]] = [{} for _ in range(self._count)]
        for other in columns.others:
            column = self._column(other)
            is_text = pa.types.is_string(column.type)
            for row, value in enumerate(texts_of_column(column) if is_text else column.to_pylist()):
                if value is not None and value == value:  # NaN is nothing
                    rows[row][columns.names[other]] = value.isoformat() if hasattr(value, "isoformat") else value
        place = columns.single.get("attributes")
        if place is not None:
            for row, value in enumerate(values_of_column(self._column(place))):
                if isinstance(value, dict):
                    rows[row] |= {str(key): entry for key, entry in value.items() if entry is not None}
                elif value is not None:
                    rows[row][columns.names[place]] = value
        return [row or None for row in rows]

    def _places(self, rows: Sequence[int] | np.ndarray) -> list[str]:
        return [f"{self._layout.place}{self._part.numbers[row]}" for row in rows]

    def _reject_numbers(self, odd: np.ndarray, place: int) -> None:
        rows = np.flatnonzero(odd & self._kept)
        if len(rows):
            self._reject_cell(odd, f"{self._columns.names[place]} {no_number(self._column(place), int(rows[0]))}")

    def _reject_cell(self, odd: np.ndarray, detail: str) -> None:
        self._reject("cell_invalid", "Cells are not what their columns hold.", odd, detail)

    def _reject(self, code: str, message: str, flagged: np.ndarray, detail: str = "") -> None:
        rows = np.flatnonzero(flagged & self._kept)
        if not len(rows):
            return
        self._kept[rows] = False
        places = self._places(rows[:5])
        examples = [f"{places[0]}: {detail}" if detail else places[0], *places[1:]]
        self._report.reject(code, message, count=len(rows), examples=examples)


def _score_columns(scores: list[Any] | None) -> dict[str, Any]:
    """Scores by the names of their classes as lists in one order; lists stay as they are."""
    if scores is None:
        return {}
    named = [value for value in scores if isinstance(value, dict)]
    if not named:
        return {"class_scores": [_score_list(value) for value in scores]}
    names = list(dict.fromkeys(str(name) for value in named for name in value))
    rows = [
        _score_list([value.get(name, 0.0) for name in names]) if isinstance(value, dict) else None for value in scores
    ]
    return {"class_scores": rows, "score_classes": names}


def _score_list(value: Any) -> list[float] | None:
    """Numbers from a list of them, or None."""
    if not isinstance(value, list):
        return None
    try:
        numbers = [float(number) for number in value]
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
