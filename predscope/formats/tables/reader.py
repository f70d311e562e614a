"""Tables with a row an object: CSV, TSV and Parquet, whose columns are understood by their names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.content import read_head
from predscope.formats.folders import place_below, sample_files, walk_files
from predscope.formats.tables.cells import numbers_of_column, texts_of_column
from predscope.formats.tables.columns import TableColumns, read_columns
from predscope.formats.tables.objects import TableLayout, TableObjects, frame_texts
from predscope.formats.tables.source import PARQUET_MAGIC, Part, TableSource, header_of, open_table
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame

DEFAULT_CLASS: Final = "object"
"""The class of objects of a table that names none."""
_SUFFIXES: Final = frozenset({".csv", ".tsv", ".parquet", ".pq"})
_ID_NAMES: Final = frozenset({"frame", "frame_id", "image", "image_id", "img_id", "img", "id", "data_hash"})


class TableReader:
    """CSV, TSV or Parquet with named columns; or a folder of such files, all of them of one kind."""

    name = "table"
    title = "CSV, TSV or Parquet with named columns"

    def detect(self, source: Path, head: bytes) -> Detection:
        if source.is_dir():
            return self._detect_folder(source)
        try:
            names = open_table(source).names if head.startswith(PARQUET_MAGIC) else _names_of_head(head)
        except InputError:
            return Detection(0.0, "")
        columns = read_columns(names)
        role: Role = "labels" if columns.confidence is None else "predictions"
        is_parquet = head.startswith(PARQUET_MAGIC)
        if not columns.names_frames or not (columns.has_shape or (is_parquet and columns.has_class)):
            return Detection(0.0, _near_miss(columns) if source.suffix.lower() in _SUFFIXES else "")
        score = 0.9 if columns.has_class else 0.6
        if not is_parquet and source.suffix.lower() not in _SUFFIXES:
            score -= 0.15
        kind = "a Parquet file" if is_parquet else "a table"
        return Detection(score, f"{kind} with columns {', '.join(names[:5])}, ...", role)

    def _detect_folder(self, source: Path) -> Detection:
        files = sample_files(source, _SUFFIXES, 3)
        try:
            found = [self.detect(path, read_head(path)) for path in files]
        except InputError:
            return Detection(0.0, "")
        if not found or any(detection.score == 0 for detection in found):
            return Detection(0.0, "")
        return replace(found[0], score=0.7, reason=f"a folder of tables, the first {found[0].reason}")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = list(walk_files(source, _SUFFIXES)) if source.is_dir() else [source]
        if not files:
            raise FileParsingError("has no CSV or Parquet files.", where=source)
        tables = [_open(path, source, role, report) for path in counted(files, "Looking through the tables")]
        _note_columns(tables[0].layout, role, report)
        frames, classes = _declared(tables) if role == "labels" else (None, None)
        batches = itertools.chain.from_iterable(
            read_batches(table, report) for table in counted(tables, "Reading tables")
        )
        return Reading(self.name, role, frames, classes, batches, report)


@dataclass(frozen=True, slots=True)
class Table:
    """A file, and how its rows are to be taken."""

    source: TableSource
    layout: TableLayout


def read_batches(table: Table, report: ImportReport) -> Iterator[ObjectBatch]:
    """The objects of a table."""
    for part in table.source.parts(report):
        batch = TableObjects(part, table.layout, report).batch()
        if batch is not None:
            yield batch


def _names_of_head(head: bytes) -> tuple[str, ...]:
    if b"\x00" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ()
    return header_of(head)[0]


def _near_miss(columns: TableColumns) -> str:
    if columns.has_shape:
        return "a table with columns of boxes or shapes, but none that names the frame (image, frame, file_name, ...)"
    return ""


def _open(path: Path, root: Path, role: Role, report: ImportReport) -> Table:
    """Raises FileParsingError where the columns are not those of objects."""
    source = open_table(path, report)
    columns = read_columns(source.names)
    shown = ", ".join(source.names[:8])
    if not columns.names_frames:
        raise FileParsingError(
            f"no column names the frame; it has {shown}.",
            where=path,
            fix="Call it file_name, image or frame, or use video and frame.",
        )
    if not columns.has_shape and not columns.has_class:
        raise FileParsingError(
            f"no columns hold boxes, shapes or classes; it has {shown}.",
            where=path,
            fix="Call the columns of a box x, y, w, h, or xmin, ymin, xmax, ymax, or bbox.",
        )
    first = next(source.parts(ImportReport(), _reference_places(columns)), None)
    places = {place: number for number, place in enumerate(_reference_places(columns))}
    layout = TableLayout(
        columns=columns,
        role=role,
        frame_is="id" if _are_frame_ids(columns, first, places) else "name",
        class_is="id" if _are_class_ids(columns, first, places) else "name",
        relative=columns.box is not None and columns.box.relative,
        default_class=None if columns.has_class else DEFAULT_CLASS,
        place=f"{place_below(path, root)}: row " if root.is_dir() else "row ",
    )
    return Table(source, layout)


def _reference_places(columns: TableColumns) -> list[int]:
    wanted = (columns.frame, columns.class_name, columns.class_id)
    return sorted({place for place in wanted if place is not None}) or [0]


def _are_whole_numbers(part: Part, column: int) -> bool:
    texts = [text for text in texts_of_column(part.batch.column(column)) if text is not None]
    return bool(texts) and all(text.lstrip("-").isdecimal() and text.isascii() for text in texts)


def _are_frame_ids(columns: TableColumns, first: Part | None, places: dict[int, int]) -> bool:
    """Numbers in a column of ids are ids; a file named by a number is a name."""
    if columns.frame is None or first is None:
        return False
    name = columns.names[columns.frame].strip().lower().replace(" ", "_")
    return name in _ID_NAMES and _are_whole_numbers(first, places[columns.frame])


def _are_class_ids(columns: TableColumns, first: Part | None, places: dict[int, int]) -> bool:
    if columns.class_name is None:
        return columns.class_id is not None
    return first is not None and _are_whole_numbers(first, places[columns.class_name])


def _note_columns(layout: TableLayout, role: Role, report: ImportReport) -> None:
    columns = layout.columns
    if columns.others:
        names = [columns.names[place] for place in columns.others]
        report.note(
            "unknown_columns",
            Severity.INFO,
            "Columns of which nothing is known became attributes of the objects.",
            count=len(names),
            examples=names[:5],
        )
    if not columns.has_class:
        report.note(
            "class_assumed",
            Severity.WARNING,
            f"No column names classes; all objects are of the class {DEFAULT_CLASS!r}.",
            fix="Add a column named class.",
        )
    if role == "predictions" and columns.confidence is None:
        report.note(
            "confidence_assumed",
            Severity.WARNING,
            "The file has no column of confidences; 1.0 was taken for every row.",
            fix="Add a column named confidence.",
        )


def _declared(tables: list[Table]) -> tuple[list[DeclaredFrame], list[DeclaredClass] | None]:
    """Frames that labels speak of, also those of rows without an object, and classes that have a name and an id."""
    frames: dict[str, DeclaredFrame] = {}
    classes: dict[tuple[str, str], DeclaredClass] = {}
    for table in tables:
        columns = table.layout.columns
        wanted = (
            *(columns.frame, columns.frame_id, columns.video, columns.frame_number),
            *(columns.frame_width, columns.frame_height, columns.class_name, columns.class_id),
        )
        places = sorted({place for place in wanted if place is not None})
        slim = _moved(columns, places)
        for part in table.source.parts(ImportReport(), places):
            _collect_frames(part, slim, table.layout.frame_is == "id", frames)
            if slim.class_name is not None and slim.class_id is not None:
                pairs = zip(
                    *(texts_of_column(part.batch.column(place)) for place in (slim.class_name, slim.class_id)),
                    strict=True,
                )
                for name, class_id in set(pairs):
                    if name is not None and class_id is not None:
                        classes.setdefault((name, class_id), DeclaredClass(name, class_id))
    by_id = sorted(classes.values(), key=lambda entry: (len(entry.source_id or ""), entry.source_id or "", entry.name))
    return list(frames.values()), by_id or None


def _collect_frames(part: Part, columns: TableColumns, is_id: bool, frames: dict[str, DeclaredFrame]) -> None:
    names = frame_texts(part, columns)
    fresh = [row for row, name in enumerate(names) if name is not None and name not in frames]
    if not fresh:
        return
    ids = names if is_id else [None] * len(names)
    if columns.frame_id is not None:
        ids = texts_of_column(part.batch.column(columns.frame_id))
    sides = [
        None if place is None else numbers_of_column(part.batch.column(place))[0]
        for place in (columns.frame_width, columns.frame_height)
    ]
    for row in fresh:
        name = names[row]
        if name is not None and name not in frames:
            width, height = (_pixels(None if side is None else float(side[row])) for side in sides)
            frames[name] = DeclaredFrame(name, source_id=ids[row], width=width, height=height)


def _pixels(value: float | None) -> int | None:
    return int(value) if value is not None and 1 <= value < 2**31 and value == int(value) else None


def _moved(columns: TableColumns, places: list[int]) -> TableColumns:
    """The same columns in a table of only those places."""
    new = {place: number for number, place in enumerate(places)}

    def moved(place: int | None) -> int | None:
        return None if place is None else new[place]

    return TableColumns(
        names=tuple(columns.names[place] for place in places),
        frame=moved(columns.frame),
        frame_id=moved(columns.frame_id),
        video=moved(columns.video),
        frame_number=moved(columns.frame_number),
        class_name=moved(columns.class_name),
        class_id=moved(columns.class_id),
        confidence=None,
        box=None,
        frame_width=moved(columns.frame_width),
        frame_height=moved(columns.frame_height),
    )
