"""CSV and Parquet with a row an object: everything that a set holds, in columns that ``formats.table`` reads again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from predscope.export.base import Destination, Kept
from predscope.export.frames import FrameNames
from predscope.export.selection import ExportSelection
from predscope.schema import OBJECT_SCHEMA, ObjectClass, Role

OBJECTS_NAME: Final = "objects"
"""Of the table in a folder that holds images too."""
_OPTIONAL: Final[tuple[str, ...]] = (
    *("area", "oriented_box", "polygons", "rle_counts", "keypoints", "polylines", "class_scores"),
    *("track_id", "source_id", "attributes"),
)
"""Columns of ``OBJECT_SCHEMA`` that are written where any object says something in them."""
_RENAMED: Final = {"polygons": "polygon", "rle_counts": "rle", "polylines": "polyline"}
_LISTS: Final = frozenset({"oriented_box", "polygon", "keypoints", "polyline"})
_BOX: Final[tuple[str, ...]] = ("x", "y", "w", "h")


class CsvExporter:
    """CSV; shapes stand in cells as JSON."""

    name = "csv"
    title = "CSV, a row an object"
    suffix = ".csv"
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset[Kept]()

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        path = table_path(destination, self.suffix)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for number, table in enumerate(object_tables(selection, destination)):
                if not number:
                    writer.writerow(table.column_names)
                file.write(_csv_rows(table))
        _add_images(selection, destination)


class ParquetExporter:
    """Parquet; shapes are lists."""

    name = "parquet"
    title = "Parquet, a row an object"
    suffix = ".parquet"
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset[Kept]()

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        writer: pq.ParquetWriter | None = None
        try:
            for table in object_tables(selection, destination):
                if writer is None:
                    writer = pq.ParquetWriter(table_path(destination, self.suffix), table.schema, compression="zstd")
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()
        _add_images(selection, destination)


def table_path(destination: Destination, suffix: str) -> Path:
    """The file itself, or the table in a folder that holds images too."""
    path = destination.path
    return path / f"{OBJECTS_NAME}{suffix}" if path.is_dir() else path


def object_tables(selection: ExportSelection, destination: Destination) -> Iterator[pa.Table]:
    """The rows in columns, some frames at a time; at least one table, if only an empty one.

    Frames without objects have a row of their own in labels, with nothing but the frame.
    """
    report = destination.report
    report.frames = len(selection.frame_indices)
    filled = selection.filled_columns(_OPTIONAL)
    optional = [name for name in _OPTIONAL if name in filled]
    needed = ["geometry", *_BOX, "given_box", "is_crowd", "is_ignored", *optional]
    if selection.role == "predictions":
        needed.append("confidence")
    if "rle_counts" in filled:
        needed += ["rle_height", "rle_width"]
    frames = selection.project.frames_table
    is_done = False
    for table in selection.chunks(needed):
        report.objects += len(table)
        yield _with_names(table, selection, optional)
        is_done = True
    if selection.role == "labels":
        counts = np.zeros(len(frames), np.int64)
        for table in selection.chunks([]):
            counts += np.bincount(table["frame_index"].to_numpy(), minlength=len(frames))
        empty = selection.frame_indices[counts[selection.frame_indices] == 0]
        if len(empty):
            nothing = pa.table({"frame_index": pa.array(empty, pa.int32())})
            yield _with_names(_completed(nothing, needed), selection, optional)
            is_done = True
    if not is_done:
        nothing = pa.table({"frame_index": pa.array([], pa.int32())})
        yield _with_names(_completed(nothing, needed), selection, optional)


def _completed(table: pa.Table, needed: list[str]) -> pa.Table:
    """With null columns."""
    for name in ("class_id", *needed):
        table = table.append_column(name, pa.nulls(len(table), OBJECT_SCHEMA.field(name).type))
    return table


def _with_names(table: pa.Table, selection: ExportSelection, optional: list[str]) -> pa.Table:
    """A chunk with the names of its frames and classes, in the columns of the output."""
    indices = table["frame_index"]
    frames = selection.project.frames_table
    columns: dict[str, Any] = {
        "file_name": frames["file_name"].take(indices),
        "frame_id": frames["frame_id"].take(indices),
        **_image_ids(frames, indices),
        "image_width": frames["width"].take(indices),
        "image_height": frames["height"].take(indices),
    }
    names = pa.array([one.name for one in selection.project.classes], pa.string())
    columns["class"] = names.take(table["class_id"].combine_chunks().cast(pa.int32()))
    columns["class_id"] = _class_ids(selection.project.classes).take(table["class_id"].combine_chunks())
    if selection.role == "predictions":
        columns["confidence"] = table["confidence"]
    columns["geometry"] = table["geometry"].cast(pa.string())
    columns |= _boxes_as_given(table)
    columns |= {name: table[name] for name in ("is_crowd", "is_ignored")}
    for name in optional:
        columns[_RENAMED.get(name, name)] = table[name]
        if name == "rle_counts":
            columns["rle"] = table[name].cast(pa.string())
            columns |= {"rle_height": table["rle_height"], "rle_width": table["rle_width"]}
        if name == "class_scores":
            columns[name] = _named_scores(table[name], [one.name for one in selection.project.classes])
    return pa.table(columns)


def _image_ids(frames: pa.Table, indices: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """The ids that the labels gave the frames, where they gave any."""
    source_ids = frames["source_id"]
    return {} if source_ids.null_count == len(source_ids) else {"image_id": source_ids.take(indices)}


def _class_ids(classes: Sequence[ObjectClass]) -> pa.Array:
    """By class id, as text: the ids that the labels gave the classes, where all have one of their own."""
    given = [one.source_id for one in classes]
    if None in given or len(set(given)) < len(given):
        given = [str(one.class_id) for one in classes]
    return pa.array(given, pa.string())


def _boxes_as_given(table: pa.Table) -> Mapping[str, pa.Array]:
    """x, y, w, h as the imported file had them, before boxes were cut to their frames."""
    box = [np.array(table[side].to_numpy(zero_copy_only=False), np.float64) for side in _BOX]
    for row, given in enumerate(table["given_box"].to_pylist()):
        if given is not None:
            for side, value in zip(box, given, strict=True):
                side[row] = value
    return {name: pa.array(side, pa.float64(), from_pandas=True) for name, side in zip(_BOX, box, strict=True)}


def _named_scores(scores: pa.ChunkedArray, names: list[str]) -> pa.Array:
    """Scores by the names of their classes as JSON; lists of another length stay lists."""
    texts: list[str | None] = []
    for values in scores.to_pylist():
        if values is None:
            texts.append(None)
        else:
            named = dict(zip(names, values, strict=True)) if len(values) == len(names) else values
            texts.append(orjson.dumps(named).decode())
    return pa.array(texts, pa.string())


def _csv_rows(table: pa.Table) -> str:
    """Lines of a CSV file; lists as JSON, flags as 0 and 1, floats in full."""
    columns = []
    for name in table.column_names:
        values = table[name].to_pylist()
        if name in _LISTS:
            values = [None if value is None else orjson.dumps(value).decode() for value in values]
        elif pa.types.is_boolean(table[name].type):
            values = [None if value is None else int(value) for value in values]
        columns.append(values)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(*columns, strict=True))
    return text.getvalue()


def _add_images(selection: ExportSelection, destination: Destination) -> None:
    if destination.images.are_wanted:
        names = FrameNames(destination.report)
        for frame in selection.frames():
            destination.images.add(frame, destination.path / "images", names.name(frame))
