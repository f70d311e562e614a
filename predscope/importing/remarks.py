"""What can be said of an import only when all of it is there: copies, constant scores, frames without objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predscope.formats.base import Role
from predscope.importing.findings import note
from predscope.report import MAX_EXAMPLES, ImportReport
from predscope.schema import Geometry

MANY_PREDICTIONS: Final = 100
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_IDENTITY: Final = ["frame_index", "class_id", "x", "y", "w", "h", "confidence"]


def remark_on_objects(
    table: pa.Table,
    offsets: np.ndarray,
    file_names: Sequence[str],
    keypoint_counts: np.ndarray,
    role: Role,
    report: ImportReport,
) -> None:
    """Look at all objects of an import, sorted by frame.

    Args:
        table: columns of ``OBJECT_SCHEMA``; those that would be all null may be absent.
        offsets: int64 (frames + 1,), see ``ObjectSet.offsets``.
        file_names: of the frames.
        keypoint_counts: int64 (classes,): keypoints that each class names.
    """
    counts = np.diff(offsets)
    if report.rows == 0:
        note(report, "no_objects")
    _remark_on_empty_frames(counts, file_names, role, report)
    _remark_on_ids(table, report)
    _remark_on_copies(table, file_names, report)
    _remark_on_keypoints(table, file_names, keypoint_counts, report)
    if role == "predictions":
        crowded = np.flatnonzero(counts > MANY_PREDICTIONS)
        if len(crowded):
            examples = [f"{file_names[index]}: {counts[index]}" for index in crowded[:MAX_EXAMPLES]]
            note(report, "many_predictions", count=len(crowded), examples=examples)
        confidence = table["confidence"]
        if len(table) >= 10 and pc.min(confidence) == pc.max(confidence):
            note(report, "constant_confidence", count=len(table), examples=[f"confidence = {confidence[0].as_py():g}"])


def _remark_on_empty_frames(counts: np.ndarray, file_names: Sequence[str], role: Role, report: ImportReport) -> None:
    empty = np.flatnonzero(counts == 0)
    if len(empty) and report.imported:
        examples = [file_names[index] for index in empty[:MAX_EXAMPLES]]
        note(report, f"frames_without_{role}", count=len(empty), examples=examples)


def _remark_on_ids(table: pa.Table, report: ImportReport) -> None:
    if "source_id" not in table.column_names:
        return
    counted = pc.value_counts(table["source_id"].drop_null())
    names, times = pc.struct_field(counted, "values"), pc.struct_field(counted, "counts")
    shared = names.filter(pc.greater(times, 1))
    if len(shared):
        surplus = pc.sum(times).as_py() - len(names)
        note(report, "duplicate_id", count=surplus, examples=[f"id {name}" for name in shared[:5].to_pylist()])
    if pc.any(pc.equal(names, "0")).as_py():
        note(report, "object_id_zero")


def _remark_on_copies(table: pa.Table, file_names: Sequence[str], report: ImportReport) -> None:
    """Boxes that are the same in all that they say."""
    names = [name for name in _IDENTITY if name in table.column_names]
    fingerprint = np.zeros(len(table), np.uint64)
    for name in names:
        fingerprint *= _MULTIPLIER
        fingerprint ^= table[name].to_numpy().astype(np.float64).view(np.uint64)
        fingerprint ^= fingerprint >> np.uint64(29)
    ordered = np.sort(fingerprint)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return
    # Few are left to be compared column by column, in case that different ones share a fingerprint.
    rows = np.flatnonzero(np.isin(fingerprint, repeated))
    candidates = table.select([*names, "geometry"]).take(pa.array(rows)).to_pandas()
    copies = candidates[names].duplicated().to_numpy() & (candidates["geometry"] == Geometry.BOX).to_numpy()
    frames = candidates["frame_index"].to_numpy()[copies]
    if len(frames):
        examples = [file_names[index] for index in frames[:MAX_EXAMPLES]]
        note(report, "duplicate_objects", count=len(frames), examples=examples)


def _remark_on_keypoints(
    table: pa.Table, file_names: Sequence[str], keypoint_counts: np.ndarray, report: ImportReport
) -> None:
    if "keypoints" not in table.column_names:
        return
    lengths = pc.fill_null(pc.list_value_length(table["keypoints"]), 0).to_numpy()
    expected = keypoint_counts[table["class_id"].to_numpy()]
    rows = np.flatnonzero((lengths > 0) & (expected > 0) & (lengths != 3 * expected))
    if len(rows):
        frames = table["frame_index"].to_numpy()
        examples = [
            f"{file_names[frames[row]]}: {lengths[row] // 3} points, the class has {expected[row]}"
            for row in rows[:MAX_EXAMPLES]
        ]
        note(report, "keypoint_count_differs", count=len(rows), examples=examples)
