"""The objects of one set whose metrics are in some ranges, as crops: what a number on a page about the data opens.

Nothing is compared here: labels and predictions are shown for what they are, and either may be there without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from predscope.exploration.compact_shapes import compact_object, mark_ignored
from predscope.exploration.crops import CropUrl, Window, canvas_of, crop_of_frame, window_around
from predscope.exploration.metric_columns import column_of, value_in_words
from predscope.exploration.metric_lookup import Side
from predscope.exploration.query import FrameQuery
from predscope.exploration.sorting import rate
from predscope.exploration.tiles import DRAWN_COLUMNS
from predscope.metrics.column import MetricColumn
from predscope.metrics.ranges import MetricRange
from predscope.payload import LABEL_LAYER, PREDICTION_LAYER_PREFIX, Layer
from predscope.project import Project
from predscope.recently_used import RecentlyUsed

MOST_AROUND: Final = 30
"""Other objects of the set that are drawn in one crop."""

__all__ = ["SetObjects", "set_crops", "set_objects"]


class SetObjects:
    """The objects of a set that are in all of some ranges, the farthest out first.

    Attributes:
        side: the set.
        ranges: of its metrics.
        rows: int64 (n,): rows of the set, in order.
        frame_index: int64 (n,): their frames.
        total: objects in the set.
        columns: the metrics that the ranges speak of.
    """

    def __init__(self, project: Project, side: Side, ranges: Sequence[MetricRange], query: FrameQuery) -> None:
        role = side.role
        if role is None:
            raise ValueError("expected a set of labels or of predictions, got the frames")
        objects = project.objects(role, side.set_name)
        self.side, self.ranges, self.total = side, tuple(ranges), objects.count
        held = np.ones(objects.count, bool)
        self.columns: list[MetricColumn] = []
        for one in ranges:
            column = column_of(project, one.name, role, side.set_name, query)
            if column is None:
                held[:] = False
                continue
            self.columns.append(column)
            held &= one.holds(column)
        rows = np.flatnonzero(held)
        if len(rows) and self.columns and self.columns[0].codes is None:
            values = self.columns[0].values[rows]
            rows = rows[np.argsort(values if ranges[0].low is None else -values, kind="stable")]
        self.rows = rows
        self.frame_index = objects.table(["frame_index"])["frame_index"].to_numpy()[rows].astype(np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def frame_count(self) -> int:
        """Frames that they are on."""
        return len(np.unique(self.frame_index))

    def object_id(self, place: int) -> str:
        """As the viewer names it."""
        side = self.side
        layer = LABEL_LAYER if side.role == "labels" else f"{PREDICTION_LAYER_PREFIX}{side.set_name}"
        return f"{layer}:{self.rows[place]}"

    def value_in_words(self, place: int) -> str:
        """What the metrics say of one of them: "area 96 px²"."""
        row = self.rows[place]
        words = [
            value_in_words(column, float(column.values[row]))
            for column in self.columns
            if column.metric.name != "class"
        ]
        return ", ".join(words)

    def page_count(self, size: int) -> int:
        return max(1, -(-len(self) // size))

    def page(self, number: int, size: int) -> range:
        """Places on page ``number`` (from 1; a number beyond the ends gives the nearest page)."""
        start = (min(max(number, 1), self.page_count(size)) - 1) * size
        return range(start, min(start + size, len(self)))


_found: Final[RecentlyUsed[SetObjects]] = RecentlyUsed(12)


def set_objects(project: Project, side: Side, ranges: Sequence[MetricRange], query: FrameQuery) -> SetObjects:
    """The objects of a set in some ranges; the last few answers are kept.

    Args:
        side: of labels or predictions.
        query: its sets are those that metrics of frames look at.

    Raises:
        ProjectError: there is no such set.
    """
    columns = [column_of(project, one.name, side.role, side.set_name, query) for one in ranges]
    key = (str(project.path), project.revision, side, tuple(ranges), *columns)
    return _found.get(key, lambda: SetObjects(project, side, ranges, query))


def set_crops(
    project: Project, layer: Layer, found: SetObjects, places: Sequence[int], crop_url: CropUrl
) -> list[dict[str, Any]]:
    """The crops of some places, with the other objects of the set that are in view.

    Args:
        layer: that of the set, the only one that is drawn.

    Returns:
        Per crop the keys of ``tile_records`` in the units of the crop, ``frame`` being the id of the object and
        ``frame_id`` that of its frame; besides ``title`` and ``words``, the caption.
    """
    frames = project.frames.iloc[found.frame_index[list(places)]].to_dict("records")
    indices = sorted({int(found.frame_index[place]) for place in places})
    on_frame: dict[int, list[dict[str, Any]]] = {index: [] for index in indices}
    drawn = layer.objects.of_frames(indices, columns=DRAWN_COLUMNS).to_pylist()
    mark_ignored(drawn, project.classes)
    for values in drawn:
        on_frame[values["frame_index"]].append(values)
    records = []
    for place, row in zip(places, frames, strict=True):
        around = on_frame[int(found.frame_index[place])]
        own = next(values for values in around if values["row"] == found.rows[place])
        window = window_around(row, [own])
        canvas = canvas_of(window)
        others = [values for values in around if values is not own and _is_in_view(values, window)][:MOST_AROUND]
        confidence = own.get("confidence")
        name = project.classes[own["class_id"]].name
        records.append(
            crop_of_frame(row, window, crop_url)
            | {
                "frame": found.object_id(place),
                "index": int(found.frame_index[place]),
                "objects": [compact_object(values, 0, canvas, detailed=True) for values in (*others, own)],
                "title": name if found.side.role == "labels" or confidence is None else f"{name} {rate(confidence)}",
                "words": found.value_in_words(place),
            }
        )
    return records


def _is_in_view(values: dict[str, Any], window: Window) -> bool:
    if values["x"] is None:
        return False
    left, top, width, height = window
    return bool(
        values["x"] < left + width
        and values["x"] + values["w"] > left
        and values["y"] < top + height
        and values["y"] + values["h"] > top
    )
