"""Classes of whole frames in a CSV file: one row a class of a frame, with a confidence where it is a prediction.

The columns are found by their names in the first row, in any order; further columns become attributes. A file without
such a row is understood where its first column names image files.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.content import starts_like_json
from predscope.formats.tables.columns import read_columns
from predscope.media import IMAGE_SUFFIXES
from predscope.reading_progress import tell_bytes
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry

_FRAME_NAMES: Final = (
    *("frame", "frame_id", "frame_name", "image", "image_id", "image_name", "image_path", "img", "file", "file_name"),
    *("filename", "file_path", "filepath", "path", "id"),
)
_CLASS_NAMES: Final = (
    *("class", "class_name", "label", "label_name", "category", "category_name", "predicted_class", "predicted_label"),
    *("prediction", "predicted", "target"),
)
_CLASS_ID_NAMES: Final = ("class_id", "label_id", "category_id", "class_index", "label_index")
_CONFIDENCE_NAMES: Final = ("confidence", "score", "probability", "prob", "conf")
_DELIMITERS: Final = ",;\t|"

_LINES_A_WORD: Final = 1000
"""After which it is said how far it is."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column holds what.

    Attributes:
        delimiter: between cells.
        names: of the columns; None: the file has no row of names.
        frame, klass, confidence: places of the columns; None: there are no confidences.
        class_is_id: the classes are ids, not names.
    """

    delimiter: str
    names: tuple[str, ...] | None
    frame: int
    klass: int
    confidence: int | None
    class_is_id: bool


class ClassificationCsvReader:
    """Frame, class and, of predictions, confidence; one row a class of a frame."""

    name = "classification_csv"
    title = "Classes of frames, CSV"

    def detect(self, source: Path, head: bytes) -> Detection:
        if source.is_dir() or b"\x00" in head[:4096] or starts_like_json(head):
            return Detection(0.0, "")
        lines = head.decode("utf-8-sig", "replace").splitlines()[:2]
        is_table = source.suffix.lower() in (".csv", ".tsv")
        layout = _layout_of(lines[0]) if lines else None
        if layout is None:
            return Detection(0.0, _near_miss(lines[0]) if is_table and lines else "")
        role: Role = "labels" if layout.confidence is None else "predictions"
        if layout.names is None:
            return Detection(0.6 if is_table else 0.0, "a table whose first column names image files", role)
        return Detection(0.9 if is_table else 0.75, f"a table with columns {', '.join(layout.names[:5])}", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if source.is_dir():
            raise FileParsingError("is a folder; expected one CSV file.", where=source)
        with source.open("rb") as file:
            first = file.readline().decode("utf-8-sig", "replace").rstrip("\r\n")
        layout = _layout_of(first)
        if layout is None:
            raise FileParsingError(
                f"line 1 names no column of frames and none of classes: it is {first[:80]!r}.",
                where=source,
                fix="Begin the file with a row such as: frame,class,confidence.",
            )
        if role == "predictions" and layout.confidence is None:
            report.note(
                "confidence_assumed",
                Severity.WARNING,
                "The file has no column of confidences; 1.0 was taken for every row.",
                fix="Add a column named confidence.",
            )
        return Reading(self.name, role, None, None, _read_batches(source, layout, role, report), report)


def _layout_of(first_line: str) -> _Layout | None:
    """The layout that the first line of a file tells; None: it is of another kind."""
    for delimiter in sorted(_DELIMITERS, key=lambda sign: -first_line.count(sign)):
        try:
            cells = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error:  # a lone carriage return, or a cell without end
            return None
        if len(cells) < 2:
            return None
        names = tuple(_plain(cell) for cell in cells)
        if read_columns(cells).has_shape:
            return None
        frame, klass = _place(names, _FRAME_NAMES), _place(names, _CLASS_NAMES)
        class_id, confidence = _place(names, _CLASS_ID_NAMES), _place(names, _CONFIDENCE_NAMES)
        if frame is not None and klass is not None:
            return _Layout(delimiter, names, frame, klass, confidence, class_is_id=False)
        if frame is not None and class_id is not None:
            return _Layout(delimiter, names, frame, class_id, confidence, class_is_id=True)
        is_image = PurePosixPath(cells[0].strip().replace("\\", "/")).suffix.lower() in IMAGE_SUFFIXES
        if is_image and len(cells) == 2:
            return _Layout(delimiter, None, 0, 1, None, class_is_id=False)
        if is_image and len(cells) == 3 and not math.isnan(_number(cells[2])):
            return _Layout(delimiter, None, 0, 1, 2, class_is_id=False)
    return None


def _near_miss(first_line: str) -> str:
    has_shape = read_columns(first_line.replace(";", ",").replace("\t", ",").split(",")).has_shape
    return "" if has_shape else "a table without columns named frame and class"


def _place(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Place of the first of the wanted names that occurs."""
    return next((names.index(name) for name in wanted if name in names), None)


def _plain(cell: str) -> str:
    return cell.strip().strip('"').lower().replace(" ", "_").replace("-", "_")


def _number(text: str) -> float:
    """NaN for what is no number; a decimal comma is understood."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan


def _lines(source: Path) -> Iterator[str]:
    """Raises FileParsingError, with the line, where the text is not UTF-8."""
    with source.open("rb") as file:
        size, done = os.fstat(file.fileno()).st_size, 0
        for number, line in enumerate(file, 1):
            done += len(line)
            if number % _LINES_A_WORD == 0:
                tell_bytes(done, size, f"Reading {source.name}")
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise FileParsingError(
                    f"line {number:,}: is not UTF-8 (byte {error.start + 1} is 0x{line[error.start]:02x}).",
                    where=source,
                    fix="Save the file as UTF-8.",
                ) from None


def _read_batches(source: Path, layout: _Layout, role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    rows = csv.reader(_lines(source), delimiter=layout.delimiter)
    try:
        if layout.names is not None:
            next(rows, None)
        numbered = ((rows.line_num, row) for row in rows if any(cell.strip() for cell in row))
        while part := list(islice(numbered, BATCH_ROWS)):
            yield from _to_batch(part, layout, role, report)
    except csv.Error as error:
        raise FileParsingError(f"line {rows.line_num:,}: {error}.", where=source) from None


def _to_batch(
    part: list[tuple[int, list[str]]], layout: _Layout, role: Role, report: ImportReport
) -> Iterator[ObjectBatch]:
    needed = max(layout.frame, layout.klass, -1 if layout.confidence is None else layout.confidence) + 1
    kept: list[tuple[int, list[str]]] = []
    confidence: list[float] = []
    for number, row in part:
        problem, value = _judge(row, needed, layout)
        if problem:
            code, message = problem
            report.reject(code, message, count=1, examples=[f"line {number:,}: {_shown(row, layout.delimiter)}"])
            continue
        kept.append((number, row))
        confidence.append(value)
    if not kept:
        return
    count = len(kept)
    classes = [row[layout.klass].strip() for _, row in kept]
    yield ObjectBatch(
        frame_ref=text_column([row[layout.frame].strip() for _, row in kept]),
        class_ref=text_column(classes),
        frame_ref_is="name",
        class_ref_is="id" if layout.class_is_id else "name",
        geometry=np.full(count, Geometry.CLASSIFICATION, object),
        place=np.array([number for number, _ in kept], np.int64),
        place_prefix="line ",
        confidence=None if role == "labels" and layout.confidence is None else np.array(confidence),
        attributes=_attributes([row for _, row in kept], layout),
    )


def _judge(row: list[str], needed: int, layout: _Layout) -> tuple[tuple[str, str] | None, float]:
    """Why a row cannot be used (code and sentence) or None, and its confidence."""
    if len(row) < needed:
        return ("row_too_short", "Rows have fewer cells than the first row."), math.nan
    if not row[layout.frame].strip():
        return ("frame_missing", "Rows name no frame."), math.nan
    if layout.confidence is None:
        return None, 1.0
    value = _number(row[layout.confidence])
    if math.isnan(value) and row[layout.confidence].strip():
        return ("confidence_not_a_number", "Confidences are not numbers."), value
    return None, value


def _shown(row: list[str], delimiter: str) -> str:
    text = delimiter.join(row)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _attributes(rows: list[list[str]], layout: _Layout) -> list[dict[str, Any] | None] | None:
    """What the other columns say of each row."""
    if layout.names is None:
        return None
    known = {layout.frame, layout.klass, layout.confidence}
    others = [(place, name) for place, name in enumerate(layout.names) if place not in known and name]
    if not others:
        return None
    return [
        {name: row[place].strip() for place, name in others if place < len(row) and row[place].strip()} or None
        for row in rows
    ]
