"""Labels of whole crowds that are not flagged as such: masks around many labels of their own class.

In COCO's labels (https://cocodataset.org/#format-data) single objects are polygons, and what nobody wanted to outline
one by one is one mask with ``iscrowd``. Programs that rewrite such files lose the flag, and then each crowd counts as
one object that no model finds. Boxes alone do not tell a crowd from a near object before many far ones; nothing is said
of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predscope.geometry import intersection_areas
from predscope.importing.findings import note
from predscope.report import MAX_EXAMPLES, ImportReport
from predscope.schema import Geometry

MIN_INSIDE: Final = 5
"""Labels of the same class within the box of a crowd."""
MAX_MASKS: Final = 0.2
"""Of the labels: where masks are more, single objects have them too."""
_SHARE_INSIDE: Final = 0.8
"""Of a label's box, for it to count as within."""
_MAX_PAIRS: Final = 2_000_000
"""Of a mask and a label, in one import."""


class UnflaggedCrowds:
    """Looks for them among labels, some whole frames at a time."""

    def __init__(self) -> None:
        self._count = 0
        self._examples: list[str] = []
        self._is_flagged = False
        self._rows = self._masks = 0
        self._pairs_left = _MAX_PAIRS

    def look(self, table: pa.Table, file_names: Sequence[str]) -> None:
        """Look at the next labels; all those of their frames are in the table, sorted by frame."""
        self._rows += len(table)
        self._is_flagged |= bool(pc.any(table["is_crowd"]).as_py())
        if self._is_flagged or not len(table) or "rle_counts" not in table.column_names:
            return
        is_mask = pc.equal(table["geometry"].cast(pa.string()), str(Geometry.MASK)).to_numpy()
        self._masks += int(is_mask.sum())
        frame, class_id = table["frame_index"].to_numpy(), table["class_id"].to_numpy()
        box = np.column_stack([table[side].to_numpy() for side in "xywh"])
        order = np.lexsort((class_id, frame))
        is_first = np.append(True, (np.diff(frame[order]) != 0) | (np.diff(class_id[order]) != 0))
        starts = np.flatnonzero(is_first)
        stops = np.append(starts[1:], len(order))
        chosen = (stops - starts > MIN_INSIDE) & (np.add.reduceat(is_mask[order], starts, dtype=np.int64) > 0)
        for start, stop in zip(starts[chosen].tolist(), stops[chosen].tolist(), strict=True):
            rows = order[start:stop]
            self._look_at_group(box, rows, rows[is_mask[rows]], file_names[frame[rows[0]]])

    def finish(self, report: ImportReport) -> None:
        """Report them, unless some labels are flagged, so that the others are none, or masks are the usual shape."""
        if self._count and not self._is_flagged and self._masks <= MAX_MASKS * self._rows:
            note(report, "crowd_not_flagged", count=self._count, examples=self._examples)

    def _look_at_group(self, box: np.ndarray, rows: np.ndarray, masks: np.ndarray, file_name: str) -> None:
        self._pairs_left -= len(rows) * len(masks)
        if self._pairs_left < 0:
            return
        area = box[rows, 2] * box[rows, 3]
        within = intersection_areas(box[masks], box[rows]) >= _SHARE_INSIDE * area
        inside = (within & (area > 0)).sum(axis=1) - 1  # itself
        for row, number in zip(masks.tolist(), inside.tolist(), strict=True):
            if number >= MIN_INSIDE:
                self._count += 1
                if len(self._examples) < MAX_EXAMPLES:
                    numbers = ", ".join(f"{value:g}" for value in box[row])
                    self._examples.append(f"{file_name}: x, y, w, h = {numbers}, around {number} labels of its class")
