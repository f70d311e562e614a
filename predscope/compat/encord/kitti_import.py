"""Predictions from KITTI text files, one a frame, whose names begin with the data_hash of the frame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from predscope.compat.encord.project import open_project
from predscope.compat.encord.writer import PredictionWriter
from predscope.errors import InputError
from predscope.formats.content import read_text
from predscope.formats.text.kitti_rows import ROW_FIX, KittiRow, parse_kitti_text
from predscope.importing.frames.names import NameIndex
from predscope.project import Project
from predscope.report import Severity

LABELS_NAME: Final = "labels"
CLASS_MAP_NAME: Final = "ontology_label_map.json"
_SUFFIXES: Final = frozenset({".txt", ".csv"})
_SEPARATOR: Final = "__"


def import_KITTI_labels(  # noqa: N802 - the name that scripts import
    project: Any,
    data_root: Path | str,
    prediction_writer: PredictionWriter,
    *,
    class_map: Mapping[str, str] | None = None,
) -> None:
    """Add the boxes of ``<data_root>/labels/<data_hash>__anything.txt`` (or ``.csv``) to a writer.

    The rows are KITTI's with the confidence as 16th column; boxes are pixels. Which class of the project a name in the
    first column is, says the ``custom_object_map`` of the writer, or ``ontology_label_map.json`` in ``data_root``:
    hashes against names, either way round. Without either names are names. Rows of 15 columns are labels and are
    rejected in the report, as are rows that cannot be read.

    Args:
        project: the project, or its folder.
        data_root: the folder that holds ``labels``.
        prediction_writer: an open writer.
        class_map: instead of the file.

    Raises:
        InputError: there are no such files, or the class map cannot be read.
    """
    root = Path(data_root)
    files = _find_files(root)
    is_mapped = prediction_writer.class_map is not None and class_map is None
    names = {} if is_mapped else _classes_by_name(root, class_map)
    stems = _Stems(open_project(project))
    for path in files:
        _add_file(prediction_writer, path, stems.data_hash(path.stem), names)


def _find_files(root: Path) -> list[Path]:
    folder = root / LABELS_NAME
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {LABELS_NAME!r} in it.",
            where=root,
            fix=f"Put the text files into {folder}, one an image, named DATA_HASH__anything.txt.",
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not files:
        raise InputError("there is no .txt or .csv file in it.", where=folder)
    return files


def _classes_by_name(root: Path, class_map: Mapping[str, str] | None) -> dict[str, str]:
    """What stands in the rows to the class that it is. Rows have names, so the map is told to be either way round by
    whichever side they are found on."""
    path = root / CLASS_MAP_NAME
    if class_map is None:
        if not path.is_file():
            return {}
        try:
            class_map = json.loads(read_text(path))
        except ValueError as error:
            raise InputError(f"is not JSON ({error}).", where=path) from None
    if not isinstance(class_map, Mapping) or not all(isinstance(value, str) for value in class_map.values()):
        raise InputError('must be an object like {"OTk2MzM3": "pedestrian"}.', where=path)
    reversed_map: dict[str, str] = {}
    for key, name in class_map.items():
        if reversed_map.setdefault(name, str(key)) != str(key):
            reversed_map.pop(name)  # several names of one class; the keys are the names then
    return reversed_map | {str(key): value for key, value in class_map.items()}


class _Stems:
    """Tells the data_hash in the name of a file."""

    def __init__(self, project: Project) -> None:
        self._names = NameIndex(project.frames_table["file_name"].to_pylist())

    def data_hash(self, stem: str) -> str:
        """What stands before the two underscores, unless the project has an image of that whole name."""
        before, separator, _ = stem.partition(_SEPARATOR)
        return before if separator and before and self._names.find(stem).index < 0 else stem


def _add_file(writer: PredictionWriter, path: Path, data_hash: str, names: Mapping[str, str]) -> None:
    try:
        text = read_text(path)
    except InputError as error:
        writer.report.note("file_unreadable", Severity.ERROR, "A file cannot be read.", examples=[str(error)])
        return
    for number, row in parse_kitti_text(text):
        place = f"{LABELS_NAME}/{path.name}:{number}"
        if not isinstance(row, KittiRow):
            writer.report.reject(
                "kitti_row_invalid", "A row is not a KITTI row.", examples=[f"{place}: {row}"], fix=ROW_FIX
            )
        elif not row.has_confidence:
            writer.report.reject(
                "row_is_label",
                "Rows have no confidence: they are labels, not predictions.",
                examples=[place],
                fix="Write the confidence as the 16th column, or import the folder with `predscope import labels`.",
            )
        else:
            class_uid = names.get(row.class_name, row.class_name)
            writer.rows.add_pixel_box(writer.subject(data_hash, None, class_uid, row.confidence, place=place), row.box)
    writer.flush_if_full()
