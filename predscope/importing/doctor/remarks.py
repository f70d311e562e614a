"""What can be said of an import only when all of it is there: copies, constant scores, frames without objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predscope.formats.base import Role
from predscope.importing.doctor.crowds import UnflaggedCrowds
from predscope.importing.findings import note
from predscope.project import ObjectSet
from predscope.report import MAX_EXAMPLES, ImportReport
from predscope.schema import Geometry

MANY_PREDICTIONS: Final = 100
_SAYS_EMPTY: Final = ("no_records", "no_annotations")
"""Findings of readers that say why there is no object."""
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_IDENTITY: Final = ["frame_index", "class_id", "x", "y", "w", "h", "confidence"]
_SHAPES: Final = ["polygons", "rle_counts", "keypoints", "polylines", "oriented_box"]


class Remarks:
    """Looks at all objects of an import while they are written, some whole frames at a time.

    Of what was seen it keeps counts, examples, and eight bytes for each object that has an id.

    Args:
        file_names: of the frames.
        keypoint_counts: int64 (classes,): keypoints that each class names.

    Attributes:
        rows: objects looked at so far.
    """

    def __init__(
        self, file_names: Sequence[str], keypoint_counts: np.ndarray, role: Role, report: ImportReport
    ) -> None:
        self._file_names = file_names
        self._keypoint_counts = keypoint_counts
        self._role: Role = role
        self._report = report
        self.rows = 0
        self._ids = _SeenIds()
        self._copies = _Cases()
        self._odd_keypoints = _Cases()
        self._crowds = UnflaggedCrowds()
        self._confidence_range = (np.inf, -np.inf)

    def look(self, table: pa.Table) -> None:
        """Look at the next objects.

        Args:
            table: columns of ``OBJECT_SCHEMA``, sorted by frame; those that would be all null may be absent. All
                objects of its frames are in it.
        """
        self._ids.look(table, self.rows)
        self._look_for_copies(table)
        self._look_at_keypoints(table)
        if self._role == "predictions":
            seen = pc.min_max(table["confidence"]).as_py()
            lowest, highest = self._confidence_range
            self._confidence_range = min(lowest, seen["min"]), max(highest, seen["max"])
        else:
            self._crowds.look(table, self._file_names)
        self.rows += len(table)

    def finish(self, objects: ObjectSet) -> None:
        """Write what was found into the report.

        Args:
            objects: what was looked at, as it was written.
        """
        report, names = self._report, self._file_names
        counts = np.diff(objects.offsets)
        if report.rows == 0 and report.problems.keys().isdisjoint(_SAYS_EMPTY):
            note(report, "no_objects")
        empty = np.flatnonzero(counts == 0)
        if len(empty) and report.imported:
            examples = [names[index] for index in empty[:MAX_EXAMPLES]]
            note(report, f"frames_without_{self._role}", count=len(empty), examples=examples)
        self._ids.finish(objects, report)
        self._copies.finish("duplicate_objects", report)
        self._odd_keypoints.finish("keypoint_count_differs", report)
        self._crowds.finish(report)
        if self._role == "predictions":
            crowded = np.flatnonzero(counts > MANY_PREDICTIONS)
            if len(crowded):
                examples = [f"{names[index]}: {counts[index]}" for index in crowded[:MAX_EXAMPLES]]
                note(report, "many_predictions", count=len(crowded), examples=examples)
            lowest, highest = self._confidence_range
            if self.rows >= 10 and lowest == highest:
                note(report, "constant_confidence", count=self.rows, examples=[f"confidence = {lowest:g}"])

    def _look_for_copies(self, table: pa.Table) -> None:
        """Objects that are the same in frame, class, confidence, box and shape."""
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
        shapes = [name for name in _SHAPES if name in table.column_names]
        found = table.select([*names, "geometry", *shapes]).take(pa.array(rows))
        candidates = found.drop_columns(shapes).to_pandas()
        for name in shapes:
            candidates[name] = [repr(shape) for shape in found[name].to_pylist()]
        is_shape = (candidates["geometry"] != Geometry.CLASSIFICATION).to_numpy()
        copies = np.logical_and(candidates.duplicated().to_numpy(), is_shape)  # pandas hands out read-only arrays
        shown = candidates[copies].head(MAX_EXAMPLES)
        boxes = shown[list("xywh")].to_numpy().tolist()
        self._copies.add(
            int(copies.sum()),
            [
                f"{self._file_names[index]}: x, y, w, h = {', '.join(f'{value:g}' for value in box)}"
                for index, box in zip(shown["frame_index"].tolist(), boxes, strict=True)
            ],
        )

    def _look_at_keypoints(self, table: pa.Table) -> None:
        if "keypoints" not in table.column_names:
            return
        lengths = pc.fill_null(pc.list_value_length(table["keypoints"]), 0).to_numpy()
        expected = self._keypoint_counts[table["class_id"].to_numpy()]
        rows = np.flatnonzero((lengths > 0) & (expected > 0) & (lengths != 3 * expected))
        frames = table["frame_index"].to_numpy()
        examples = [
            f"{self._file_names[frames[row]]}: {lengths[row] // 3} points, the class has {expected[row]}"
            for row in rows[:MAX_EXAMPLES]
        ]
        self._odd_keypoints.add(len(rows), examples)


class _Cases:
    """How often something was found, and where first."""

    def __init__(self) -> None:
        self._count = 0
        self._examples: list[str] = []

    def add(self, count: int, examples: list[str]) -> None:
        self._count += count
        self._examples += examples[: MAX_EXAMPLES - len(self._examples)]

    def finish(self, code: str, report: ImportReport) -> None:
        if self._count:
            note(report, code, count=self._count, examples=self._examples)


class _SeenIds:
    """The ids that the input gives its objects, as hashes."""

    def __init__(self) -> None:
        self._hashes: list[np.ndarray] = []
        self._rows: list[tuple[int, np.ndarray | None]] = []
        self._has_zero = False

    def look(self, table: pa.Table, first_row: int) -> None:
        if "source_id" not in table.column_names:
            return
        ids = table["source_id"].to_numpy()
        rows = None
        if table["source_id"].null_count:
            rows = np.flatnonzero(~pd.isna(ids)).astype(np.int32)
            ids = ids[rows]
        self._has_zero |= bool((ids == "0").any())
        self._hashes.append(pd.util.hash_array(ids, categorize=False))
        self._rows.append((first_row, rows))

    def finish(self, objects: ObjectSet, report: ImportReport) -> None:
        if not self._hashes:
            return
        ordered = np.sort(np.concatenate(self._hashes))
        is_repeated = ordered[1:] == ordered[:-1]
        surplus = int(is_repeated.sum())
        if surplus:
            rows = self._first_rows(np.unique(ordered[1:][is_repeated]))
            names = objects.rows(rows, ["source_id"])["source_id"].to_pylist()
            note(report, "duplicate_id", count=surplus, examples=[f"id {name}" for name in names])
        if self._has_zero:
            note(report, "object_id_zero")

    def _first_rows(self, repeated: np.ndarray) -> list[int]:
        """Where the first few of these ids are."""
        found: dict[int, int] = {}
        for hashes, (first_row, rows) in zip(self._hashes, self._rows, strict=True):
            for position in np.flatnonzero(np.isin(hashes, repeated)).tolist():
                row = first_row + (position if rows is None else int(rows[position]))
                found.setdefault(int(hashes[position]), row)
            if len(found) >= MAX_EXAMPLES:
                break
        return list(found.values())[:MAX_EXAMPLES]
