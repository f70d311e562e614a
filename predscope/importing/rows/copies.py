"""Leaving out objects that are copies of an earlier one in all that they say, where the user asked for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from predscope.formats.base import ObjectBatch
from predscope.geometry import NumberLists, Paths
from predscope.importing.findings import note
from predscope.importing.rows.columns import Columns
from predscope.report import MAX_EXAMPLES, ImportReport
from predscope.schema import Geometry


class CopyDropper:
    """Knows the objects of an input that came so far, by eight bytes each.

    Attributes:
        dropped: how many were copies.
    """

    def __init__(self, report: ImportReport) -> None:
        self._report = report
        self._seen = np.zeros(0, np.uint64)
        self.dropped = 0

    def keep(
        self, batch: ObjectBatch, columns: Columns, frame_index: np.ndarray, class_id: np.ndarray, kept: np.ndarray
    ) -> np.ndarray:
        """bool (n,): the objects kept so far that are no copies; the others are counted in the report.

        Args:
            batch, columns: the objects, after all checks.
            frame_index, class_id: int (n,).
            kept: bool (n,): which are imported otherwise. Classes of whole frames are no copies of each other.
        """
        rows = np.flatnonzero(kept & ~columns.has(Geometry.CLASSIFICATION))
        hashes = _fingerprints(columns, frame_index, class_id)[rows]
        _, first = np.unique(hashes, return_index=True)
        is_first = np.zeros(len(rows), bool)
        is_first[first] = True
        is_first &= ~self._were_seen(hashes)
        fresh = np.sort(hashes[is_first])
        self._seen = np.insert(self._seen, np.searchsorted(self._seen, fresh), fresh)
        copies = rows[~is_first]
        if len(copies):
            examples = [batch.describe_place(int(row)) for row in copies[:MAX_EXAMPLES]]
            self.dropped += len(copies)
            self._report.rows += len(copies)
            self._report.rejected += len(copies)
            note(self._report, "duplicates_dropped", count=len(copies), examples=examples)
        result = kept.copy()
        result[copies] = False
        return result

    def _were_seen(self, hashes: np.ndarray) -> np.ndarray:
        """bool (n,); the seen ones are sorted, so that finding a batch among millions is quick."""
        if not len(self._seen):
            return np.zeros(len(hashes), bool)
        places = np.minimum(np.searchsorted(self._seen, hashes), len(self._seen) - 1)
        found: np.ndarray = self._seen[places] == hashes
        return found


def _fingerprints(columns: Columns, frame_index: np.ndarray, class_id: np.ndarray) -> np.ndarray:
    """uint64 (n,): equal for objects that are equal in frame, class, confidence and shape."""
    values: dict[str, object] = {
        "frame": frame_index,
        "class": class_id,
        "geometry": columns.geometry,
        **{f"box{side}": columns.box[:, side] for side in range(4)},
    }
    if columns.confidence is not None:
        values["confidence"] = columns.confidence
    for name in ("polygons", "polylines", "keypoints", "oriented_box"):
        shape: Paths | NumberLists | None = getattr(columns, name)
        if shape is not None:
            values[name] = _texts(shape)
    if columns.rle_counts is not None:
        values["mask"] = [counts or b"" for counts in columns.rle_counts]
    return pd.util.hash_pandas_object(pd.DataFrame(values), index=False).to_numpy(np.uint64)


def _texts(shape: Paths | NumberLists) -> list[bytes]:
    """The numbers of each object as bytes."""
    starts = (shape.object_value_starts if isinstance(shape, Paths) else shape.starts).tolist()
    return [shape.values[start:stop].tobytes() for start, stop in pairwise(starts)]
