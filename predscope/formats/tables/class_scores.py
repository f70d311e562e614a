"""Class scores of whole frames: a table with a column for each class, as classifiers write them.

A row is a frame. Of predictions its cells are probabilities: the class with the highest is predicted, and all are kept.
Of labels they are 0 and 1, and every 1 is a label.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.tables.cells import numbers_of_column, texts_of_column
from predscope.formats.tables.columns import plain_name, read_columns
from predscope.formats.tables.source import PARQUET_MAGIC, Part, TableSource, header_of, open_table
from predscope.report import ImportReport
from predscope.schema import DeclaredFrame, Geometry

_FRAME: Final = frozenset(
    map(plain_name, ("frame", "frame_id", "image", "image_id", "image_name", "image_path", "file", "file_name", "path"))
) | {"id", "img", "imgid", "imgpath", "filepath", "framename", "imagefile"}
_PREFIXES: Final = ("prob_", "probability_", "score_", "p_", "class_", "pred_", "label_")
_SAMPLE_ROWS: Final = 50


class ClassScoresReader:
    """A column of frames, and a column of numbers for each class."""

    name = "class_scores"
    title = "Class scores, a column a class"

    def detect(self, source: Path, head: bytes) -> Detection:
        if source.is_dir() or not _may_be_scores(head):
            return Detection(0.0, "")
        try:
            table = open_table(source)
            part = next(table.parts(ImportReport()), None)
        except InputError:
            return Detection(0.0, "")
        frame = _frame_column(table.names)
        if part is None or frame is None or len(table.names) < 3:
            return Detection(0.0, "")
        few = Part(part.batch.slice(0, _SAMPLE_ROWS), part.numbers[:_SAMPLE_ROWS])
        scores, odd = _scores(few, _class_places(table.names, frame))
        if odd.any() or not len(scores) or np.isnan(scores).any() or scores.min() < 0 or scores.max() > 1:
            return Detection(0.0, "")
        role: Role = "labels" if np.isin(scores, (0.0, 1.0)).all() else "predictions"
        return Detection(0.7, f"a table with a column of scores for each of {len(table.names) - 1} classes", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if source.is_dir():
            raise FileParsingError("is a folder; expected one CSV or Parquet file.", where=source)
        table = open_table(source, report)
        frame = _frame_column(table.names)
        if frame is None or len(table.names) < 2:
            raise FileParsingError(
                f"no column names the frame; it has {', '.join(table.names[:8])}.", where=source, fix="Call it image."
            )
        frames = _declared(table, frame) if role == "labels" else None
        return Reading(self.name, role, frames, None, _batches(table, frame, role, report), report)


def _may_be_scores(head: bytes) -> bool:
    """A first line with a frame and classes, and nothing else in it that could be looked at for long."""
    if head.startswith(PARQUET_MAGIC):
        return True
    names, _ = header_of(head)
    return len(names) >= 3 and _frame_column(names) is not None and read_columns(names).box is None and b"\n" in head


def _frame_column(names: tuple[str, ...]) -> int | None:
    return next((place for place, name in enumerate(names) if plain_name(name) in _FRAME), None)


def _class_places(names: tuple[str, ...], frame: int) -> list[int]:
    return [place for place, name in enumerate(names) if place != frame and name.strip()]


def _class_names(names: list[str]) -> list[str]:
    """Names of classes without what all columns begin with."""
    for prefix in _PREFIXES:
        if len(names) > 1 and all(name.lower().startswith(prefix) and len(name) > len(prefix) for name in names):
            return [name[len(prefix) :] for name in names]
    return names


def _scores(part: Part, places: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """float64 (n, classes), NaN where there is nothing, and bool (n, classes): cells that are no numbers."""
    columns = [numbers_of_column(part.batch.column(place)) for place in places]
    return np.column_stack([values for values, _ in columns]), np.column_stack([odd for _, odd in columns])


def _declared(table: TableSource, frame: int) -> list[DeclaredFrame]:
    names: dict[str, None] = {}
    for part in table.parts(ImportReport(), [frame]):
        names.update((name, None) for name in texts_of_column(part.batch.column(0)) if name is not None)
    return [DeclaredFrame(name) for name in names]


def _batches(table: TableSource, frame: int, role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    places = _class_places(table.names, frame)
    classes = _class_names([table.names[place].strip() for place in places])
    for part in table.parts(report):
        frames = texts_of_column(part.batch.column(frame))
        scores, odd = _scores(part, places)
        kept = _judge(frames, scores, odd, part, [table.names[place] for place in places], report)
        rows = np.flatnonzero(kept)
        if role == "labels":
            rows, columns = np.nonzero((scores == 1) & kept[:, None])
            extra: dict[str, Any] = {}
        else:
            columns = scores[rows].argmax(axis=1)
            extra = {
                "confidence": scores[rows, columns],
                "class_scores": scores[rows].tolist(),
                "score_classes": classes,
            }
        if len(rows):
            yield ObjectBatch(
                frame_ref=text_column([frames[row] or "" for row in rows.tolist()]),
                class_ref=text_column([classes[column] for column in columns.tolist()]),
                frame_ref_is="name",
                class_ref_is="name",
                geometry=np.full(len(rows), Geometry.CLASSIFICATION, object),
                place=part.numbers[rows],
                place_prefix="row ",
                **extra,
            )


def _judge(
    frames: list[str | None],
    scores: np.ndarray,
    odd: np.ndarray,
    part: Part,
    names: list[str],
    report: ImportReport,
) -> np.ndarray:
    """bool (n,): rows that can be used; the others are rejected, but for empty ones."""
    has_frame = np.array([frame is not None for frame in frames], bool)
    is_empty = ~has_frame & np.isnan(scores).all(axis=1) & ~odd.any(axis=1)
    nameless = np.flatnonzero(~has_frame & ~is_empty)
    if len(nameless):
        examples = [f"row {part.numbers[row]}" for row in nameless[:5]]
        report.reject("frame_missing", "Rows name no frame.", count=len(nameless), examples=examples)
    broken = np.flatnonzero(has_frame & ((odd | np.isnan(scores)).any(axis=1)))
    if len(broken):
        examples = [
            f"row {part.numbers[row]}: {names[int(np.argmax(odd[row] | np.isnan(scores[row])))]} is no number"
            for row in broken[:5]
        ]
        report.reject("cell_invalid", "Cells are not what their columns hold.", count=len(broken), examples=examples)
    return has_frame & ~(odd | np.isnan(scores)).any(axis=1)
