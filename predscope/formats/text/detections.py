"""Plain text detections: one ``.txt`` a frame, rows of a class, perhaps a confidence, and a box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.content import read_head, read_text
from predscope.formats.folders import SAMPLE_FILES, frame_names, place_below, walk_files
from predscope.formats.text.detection_rows import ROW_FIX, BoxLayout, DetectionRow, judge_boxes, parse_detection_row
from predscope.formats.text.roles import check_role
from predscope.formats.yolo.layout import find_description
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame, Geometry

_SUFFIXES: Final = frozenset({".txt"})
_NOT_ROWS: Final = re.compile(
    r"(readme.*|licen[cs]e.*|source|notes?|classes|class_names|names|requirements|train|val|valid|test|trainval)\.txt",
    re.IGNORECASE,
)
_LABEL_FOLDERS: Final = re.compile(r"ground[-_ ]?truths?|gts?|labels|annotations", re.IGNORECASE)
_PREDICTION_FOLDERS: Final = re.compile(
    r"detections?([-_ ]results?)?|dets|predictions?|predicted|results", re.IGNORECASE
)
_WORDS: Final = {
    "xywh": "left, top, width, height",
    "xyxy": "left, top, right, bottom",
    "cxcywh": "centre x, centre y, width, height",
}


class DetectionTextReader:
    """Labels ``class box`` and predictions ``class confidence box``, as tools for average precision read them."""

    name = "detection_txt"
    title = "Plain text detections"

    def detect(self, source: Path, head: bytes) -> Detection:
        try:
            files = _find_files(source)[:SAMPLE_FILES]
            lines = [line for path in files for line in _lines_of_head(read_head(path))]
        except (InputError, OSError):
            return Detection(0.0, "")
        parsed = [row for line in lines if (row := parse_detection_row(line)) is not None]
        rows = [row for row in parsed if isinstance(row, DetectionRow)]
        if len(rows) < 0.5 * len(parsed) or not rows:
            return Detection(0.0, "")
        alike = sum(row.class_name.isdecimal() and max(map(abs, row.numbers)) <= 1.5 for row in rows)
        if 2 * alike > len(rows):
            return Detection(0.0, "")  # an index and fractions are YOLO's
        confident = sum(row.has_confidence for row in rows)
        role: Role = "predictions" if confident > len(rows) / 2 else "labels"
        words = "a class, a confidence and a box" if role == "predictions" else "a class and a box"
        return Detection(0.8 * len(rows) / len(parsed), f"text files with rows of {words}", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = _of_role(_find_files(source), source, role)
        if not files:
            raise FileParsingError(
                "has no .txt files: expected one a frame.",
                where=source,
                fix="Give the folder of the files.",
            )
        sample = _sample_rows(files)
        _check_role(sample, files[0], role)
        layout = judge_boxes(sample)
        _note_layout(layout, report)
        has_indices = bool(sample) and all(row.class_name.isdecimal() for row in sample)
        description = find_description(source) if has_indices else None
        if has_indices and description is None:
            report.note(
                "class_names_missing",
                Severity.WARNING,
                "There is no list with the names of the classes; only their numbers are known.",
                fix="Put a classes.txt or a .names file beside the files, or give a --class-map.",
            )
        root = source if source.is_dir() else source.parent
        names = frame_names(files, root)
        batches = _read_batches(_Input(files, names, root, role, layout, has_indices), report)
        classes = None if description is None else description.classes
        return Reading(self.name, role, [DeclaredFrame(name) for name in names], classes, batches, report)


@dataclass(frozen=True, slots=True)
class _Input:
    """What is to be read, and how."""

    files: list[Path]
    names: list[str]
    root: Path
    role: Role
    layout: BoxLayout
    class_is_id: bool


@dataclass(frozen=True, slots=True)
class _Placed:
    frame: str
    place: str
    row: DetectionRow


def _find_files(source: Path) -> list[Path]:
    if source.is_file() and source.suffix.lower() not in _SUFFIXES:
        return []
    return [path for path in walk_files(source, _SUFFIXES) if not _NOT_ROWS.fullmatch(path.name)]


def _of_role(files: list[Path], source: Path, role: Role) -> list[Path]:
    """Of a folder that holds labels and predictions in folders of their own, those that are asked for."""
    if not source.is_dir():
        return files
    wanted = _LABEL_FOLDERS if role == "labels" else _PREDICTION_FOLDERS
    folders = sorted({place_below(path, source).rpartition("/")[0] for path in files})
    fitting = [folder for folder in folders if folder and any(wanted.fullmatch(part) for part in folder.split("/"))]
    if not fitting or len(folders) == 1:
        return files
    if len(fitting) > 1:
        raise FileParsingError(
            f"has several folders of {role}: {', '.join(fitting[:5])}.", where=source, fix="Give one of them."
        )
    return [path for path in files if place_below(path, source).rpartition("/")[0] == fitting[0]]


def _lines_of_head(head: bytes) -> list[str]:
    lines = head.decode("utf-8-sig", "replace").splitlines()
    return (lines[:-1] if len(lines) > 1 and head[-1:] not in (b"\n", b"\r") else lines)[:200]


def _sample_rows(files: list[Path]) -> list[DetectionRow]:
    """Rows of files that are spread over all of them."""
    step = max(1, len(files) // SAMPLE_FILES)
    rows = []
    for path in files[::step]:
        try:
            lines = _lines_of_head(read_head(path))
        except InputError:
            continue  # said when the batches are read
        rows += [row for line in lines if isinstance(row := parse_detection_row(line), DetectionRow)]
    return rows


def _check_role(sample: list[DetectionRow], file: Path, role: Role) -> None:
    check_role(
        [row.has_confidence for row in sample],
        role,
        file,
        without="its rows have four numbers behind the class",
        with_it="its rows have five numbers behind the class: the first",
    )


def _note_layout(layout: BoxLayout, report: ImportReport) -> None:
    units = "fractions" if layout.relative else "pixels"
    example = f"{_WORDS[layout.box_format]} in {units}: {layout.evidence}"
    if layout.rival is None:
        report.note(
            "box_layout_assumed",
            Severity.INFO,
            "The files do not say what the numbers of a box are; it was told by the numbers.",
            examples=[example],
        )
        return
    report.note(
        "box_layout_unclear",
        Severity.WARNING,
        "The files do not say what the numbers of a box are, and the numbers allow more than one answer.",
        examples=[example, f"they may as well be {_WORDS[layout.rival]}"],
        fix="Look at the boxes on their images; if they are wrong, say what the numbers are with --box-format.",
        correction={"box_format": layout.rival},
    )


def _read_batches(given: _Input, report: ImportReport) -> Iterator[ObjectBatch]:
    rows: list[_Placed] = []
    for path, name in zip(counted(given.files), given.names, strict=True):
        rows += _read_file(path, name, place_below(path, given.root), given.role, report)
        while len(rows) >= BATCH_ROWS:
            yield _to_batch(rows[:BATCH_ROWS], given)
            rows = rows[BATCH_ROWS:]
    if rows:
        yield _to_batch(rows, given)


def _read_file(path: Path, frame: str, place: str, role: Role, report: ImportReport) -> Iterator[_Placed]:
    try:
        text = read_text(path)
    except InputError as error:
        report.note("file_unreadable", Severity.ERROR, "A label file cannot be read.", examples=[str(error)])
        return
    for number, line in enumerate(text.splitlines(), 1):
        row = parse_detection_row(line)
        if row is None:
            continue
        row_place = f"{place}:{number}"
        if isinstance(row, str):
            report.reject(
                "detection_row_invalid",
                "A row is not a class and a box.",
                examples=[f"{row_place}: {row}"],
                fix=ROW_FIX,
            )
        elif role == "predictions" and not row.has_confidence:
            report.reject(
                "score_missing",
                "A prediction has no confidence.",
                examples=[row_place],
                fix="Write the confidence behind the class.",
            )
        else:
            yield _Placed(frame, row_place, row)


def _to_batch(rows: list[_Placed], given: _Input) -> ObjectBatch:
    is_labels = given.role == "labels"
    attributes = [
        {"confidence": placed.row.confidence} if is_labels and placed.row.has_confidence else None for placed in rows
    ]
    box = np.array([placed.row.numbers for placed in rows], np.float64)
    if given.layout.box_format == "xyxy":
        box[:, 2:] -= box[:, :2]
    elif given.layout.box_format == "cxcywh":
        box[:, :2] -= box[:, 2:] / 2
    return ObjectBatch(
        frame_ref=text_column([placed.frame for placed in rows]),
        class_ref=text_column([placed.row.class_name for placed in rows]),
        frame_ref_is="name",
        class_ref_is="id" if given.class_is_id else "name",
        geometry=np.full(len(rows), Geometry.BOX, object),
        place=text_column([placed.place for placed in rows]),
        box=box,
        box_format=given.layout.box_format,
        relative=given.layout.relative,
        confidence=None if is_labels else np.array([placed.row.confidence for placed in rows], np.float64),
        is_ignored=np.array([placed.row.is_difficult for placed in rows]),
        attributes=attributes if any(attributes) else None,
    )
