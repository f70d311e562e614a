"""KITTI object files: one ``.txt`` or ``.csv`` a frame, named like its image.

The input is a folder of them, a folder that has them in ``labels`` or ``label_2`` (beside ``image_2``, ``calib``), or
one file. Also read is the layout ``labels/<id of the frame>__anything.txt`` beside an ``ontology_label_map.json`` that
names an id for each class, ``{"OTk2MzM3": "pedestrian"}`` or the other way round. The rows: ``kitti_rows``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.content import read_all, read_head, read_text
from predscope.formats.folders import SAMPLE_FILES, frame_names, place_below, walk_files
from predscope.formats.text.kitti_rows import ROW_FIX, KittiRow, parse_kitti_row, parse_kitti_text
from predscope.formats.text.roles import check_role
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry

CLASS_MAP_NAME: Final = "ontology_label_map.json"

_SUFFIXES: Final = frozenset({".txt", ".csv"})
_LABEL_FOLDERS: Final = ("labels", "label_2", "label_3", "label_02", "label_03")
_OTHER_FOLDERS: Final = frozenset({"calib", "velodyne", "oxts", "planes", "ImageSets"})
_NOT_LABELS: Final = re.compile(
    r"(readme.*|licen[cs]e.*|source|notes?|classes|names|requirements|train|val|valid|test|trainval|timestamps)\.txt",
    re.IGNORECASE,
)
_MIN_TOP_PERCENT: Final = 20.0
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class KittiReader:
    """KITTI labels, or predictions with a confidence as the 16th column."""

    name = "kitti"
    title = "KITTI text files"

    def detect(self, source: Path, head: bytes) -> Detection:
        try:
            files = find_kitti_files(source)[:SAMPLE_FILES]
            heads = [read_head(path) for path in files]
        except (InputError, OSError):
            return Detection(0.0, "")
        rows = [row for text in heads for row in _rows_of_head(text)]
        objects = [row for row in rows if isinstance(row, KittiRow) and _looks_like_kitti(row)]
        if not objects:
            return Detection(0.0, "")
        role: Role = "predictions" if all(row.has_confidence for row in objects) else "labels"
        share = len(objects) / len(rows)
        reason = f"text files with rows of a class and {15 if role == 'predictions' else 14} numbers"
        return Detection(0.95 * share if share >= 0.5 else 0.0, reason, role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = find_kitti_files(source)
        if not files:
            raise FileParsingError(
                "has no label files: expected one .txt or .csv file a frame.",
                where=source,
                fix="Give the folder of the files (often named label_2 or labels).",
            )
        root = source if source.is_dir() else source.parent
        sample = [row for path in files[:SAMPLE_FILES] for _, row in _parse_file(path) if isinstance(row, KittiRow)]
        _check_role(sample, files[0], role)
        if role == "predictions":
            _note_scale(sample, report)
        class_ids = _read_class_ids(_find_class_map(source), {row.class_name for row in sample}, report)
        names = _name_frames(files, root, has_ids=class_ids is not None)
        classes = None
        if class_ids is not None:
            classes = [DeclaredClass(name, class_id) for name, class_id in class_ids.items()]
        frames = [DeclaredFrame(name) for name in dict.fromkeys(names)]
        batches = _read_batches(files, names, root, role, class_ids, report)
        return Reading(self.name, role, frames, classes, batches, report)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with its frame and where it stands."""

    frame: str
    place: str
    row: KittiRow


def find_kitti_files(source: Path) -> list[Path]:
    """The label files of an input: of its ``labels`` or ``label_2`` folders, else all ``.txt`` and ``.csv`` files."""
    if source.is_file():
        return [source] if source.suffix.lower() in _SUFFIXES and not _NOT_LABELS.fullmatch(source.name) else []
    files = [path for path in walk_files(source, _SUFFIXES) if not _NOT_LABELS.fullmatch(path.name)]
    folders = {path: place_below(path, source).split("/")[:-1] for path in files}
    inside = [path for path in files if any(name in folders[path] for name in _LABEL_FOLDERS)]
    return inside or [path for path in files if _OTHER_FOLDERS.isdisjoint(folders[path])]


def _rows_of_head(head: bytes) -> list[KittiRow | str]:
    """Rows of the first lines of a file; the last line may be cut off and is left out where the file goes on."""
    lines = head.decode("utf-8-sig", "replace").splitlines()[:200]
    parsed = [parse_kitti_row(line) for line in (lines[:-1] if len(lines) > 1 and head[-1:] != b"\n" else lines)]
    return [row for row in parsed if row is not None]


def _looks_like_kitti(row: KittiRow) -> bool:
    """A polygon of fractions behind a class index, as YOLO has it, may have as many numbers."""
    is_number = row.class_name.lstrip("-").isdecimal()
    return row.right >= row.left and row.bottom >= row.top and not (is_number and row.right <= 1.5)


def _parse_file(path: Path) -> list[tuple[int, KittiRow | str]]:
    try:
        return list(parse_kitti_text(read_text(path)))
    except InputError:
        return []  # said when the batches are read


def _check_role(sample: list[KittiRow], file: Path, role: Role) -> None:
    check_role(
        [row.has_confidence for row in sample],
        role,
        file,
        without="its rows have 15 columns",
        with_it="its rows have 16 columns: the last one",
    )


def _note_scale(sample: list[KittiRow], report: ImportReport) -> None:
    """Scores of the benchmark may have any range; whatever is not a fraction is said, with what would mend it."""
    scores = [row.confidence for row in sample if row.has_confidence]
    if not scores or (min(scores) >= 0 and max(scores) <= 1.5):
        return
    if min(scores) < 0:
        words, scale = "logits", "logit"
    elif _MIN_TOP_PERCENT < max(scores) <= 100:
        words, scale = "percent", "percent"
    else:
        words, scale = "scores without an upper end", "unbounded"
    report.note(
        "confidence_not_a_fraction",
        Severity.WARNING,
        "KITTI scores may have any range; these are not fractions from 0 to 1.",
        examples=[f"from {min(scores):g} to {max(scores):g}"],
        fix=f"If they are {words}, say so with --confidence-scale.",
        correction={"confidence_scale": scale},
    )


def _find_class_map(source: Path) -> Path | None:
    folder = source if source.is_dir() else source.parent
    candidates = [level / CLASS_MAP_NAME for level in (folder, folder.parent)]
    return next((path for path in candidates if path.is_file()), None)


def _read_class_ids(path: Path | None, class_names: set[str], report: ImportReport) -> dict[str, str] | None:
    """Class name as the rows have it -> id, from a map written either way round; None without a usable map."""
    if path is None:
        return None
    try:
        content = orjson.loads(read_all(path).removeprefix(b"\xef\xbb\xbf"))
    except (InputError, ValueError) as error:
        content, problem = None, f"{path.name}: {error}"
    else:
        problem = f'{path.name}: expected {{"id": "class name", ...}}, got {str(content)[:60]}'
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        report.note(
            "class_map_unusable",
            Severity.WARNING,
            "The class map beside the files cannot be used; classes go by their names.",
            examples=[problem],
            fix='Write it as {"OTk2MzM3": "pedestrian"}, or leave it out.',
        )
        return None
    return class_ids_of(content, class_names)


def class_ids_of(class_map: Mapping[Any, str], class_names: set[str]) -> dict[str, str]:
    """Class name -> id, of a map written as id -> name or as name -> id.

    The side on which more of ``class_names`` (those that the rows have) stand holds the names; of equals, the values.
    """
    keys, values = set(map(str, class_map)), set(class_map.values())
    if len(class_names & keys) > len(class_names & values):
        return {str(name): class_id for name, class_id in class_map.items()}
    return {name: str(class_id) for class_id, name in class_map.items()}


def _name_frames(files: list[Path], root: Path, *, has_ids: bool) -> list[str]:
    """The stem of each file, or what stands before ``__`` where that is an id; with folders where stems repeat."""
    ids = [path.stem.partition("__")[0] for path in files]
    if any("__" in path.stem for path in files):
        split = [has_ids or _UUID.fullmatch(frame_id) is not None for frame_id in ids]
        if all(split):
            return ids
    return frame_names(files, root, container=_LABEL_FOLDERS)


def _read_batches(
    files: list[Path],
    names: list[str],
    root: Path,
    role: Role,
    class_ids: Mapping[str, str] | None,
    report: ImportReport,
) -> Iterator[ObjectBatch]:
    rows: list[_Placed] = []
    for path, name in zip(counted(files), names, strict=True):
        rows += _read_file(path, name, place_below(path, root), role, report)
        while len(rows) >= BATCH_ROWS:
            yield _to_batch(rows[:BATCH_ROWS], role, class_ids)
            rows = rows[BATCH_ROWS:]
    if rows:
        yield _to_batch(rows, role, class_ids)


def _read_file(path: Path, frame: str, place: str, role: Role, report: ImportReport) -> Iterator[_Placed]:
    try:
        text = read_text(path)
    except InputError as error:
        report.note("file_unreadable", Severity.ERROR, "A label file cannot be read.", examples=[str(error)])
        return
    for number, row in parse_kitti_text(text):
        row_place = f"{place}:{number}"
        if isinstance(row, str):
            report.reject(
                "kitti_row_invalid", "A row is not a KITTI row.", examples=[f"{row_place}: {row}"], fix=ROW_FIX
            )
        elif role == "predictions" and not row.has_confidence:
            report.reject(
                "score_missing",
                "A prediction has no confidence.",
                examples=[row_place],
                fix="Write the confidence as the 16th column.",
            )
        else:
            yield _Placed(frame, row_place, row)


def _to_batch(rows: list[_Placed], role: Role, class_ids: Mapping[str, str] | None) -> ObjectBatch:
    attributes = [placed.row.attributes() for placed in rows]
    is_region = np.array([role == "labels" and placed.row.is_dont_care for placed in rows])
    if role == "labels":
        attributes = [
            {**(kept or {}), "confidence": placed.row.confidence} if placed.row.has_confidence else kept
            for kept, placed in zip(attributes, rows, strict=True)
        ]
    confidence = np.array([placed.row.confidence for placed in rows], np.float64)
    classes = [placed.row.class_name for placed in rows]
    return ObjectBatch(
        frame_ref=text_column([placed.frame for placed in rows]),
        class_ref=text_column(classes if class_ids is None else [class_ids.get(name, name) for name in classes]),
        frame_ref_is="name",
        class_ref_is="name" if class_ids is None else "id",
        geometry=np.full(len(rows), Geometry.BOX, object),
        place=text_column([placed.place for placed in rows]),
        box=np.array([placed.row.box for placed in rows], np.float64),
        box_format="xyxy",
        confidence=confidence if role == "predictions" else None,
        is_crowd=is_region,
        is_ignored=is_region,
        attributes=attributes if any(attributes) else None,
    )
