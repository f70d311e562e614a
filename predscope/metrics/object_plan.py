"""Which objects are to be measured without their pixels; which metrics that depend on everything are out of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.metrics.applicability import is_applicable
from predscope.metrics.derived import derived_file
from predscope.metrics.features import FEATURES
from predscope.metrics.measuring import ObjectBatch
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.selection import Selection, current_sets
from predscope.metrics.workspace import Workspace, read_columns
from predscope.project import ObjectSet

OBJECTS_A_BATCH: Final = 20_000


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames from ``start`` up to ``stop``, and what is to be measured on their objects."""

    start: int
    stop: int
    metrics: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True)
class SetPlan:
    """What is to be measured on the objects of a set."""

    objects: ObjectSet
    ranges: tuple[FrameRange, ...]

    @property
    def count(self) -> int:
        """Objects that it concerns."""
        offsets = self.objects.offsets
        return int(sum(offsets[part.stop] - offsets[part.start] for part in self.ranges))


def plan_sets(workspace: Workspace, selection: Selection) -> list[SetPlan]:
    """Compare what is kept of each set with what is asked for."""
    plans = []
    for objects in current_sets(workspace.project):
        lacking = _lacking(workspace, selection, objects)
        ranges = []
        for start, stop in _frame_ranges(objects.offsets):
            names = [name for name, is_missing in lacking.items() if is_missing[start:stop].any()]
            if names:
                metrics = tuple(name for name in names if name not in FEATURES)
                ranges.append(FrameRange(start, stop, metrics, tuple(name for name in names if name in FEATURES)))
        if ranges:
            plans.append(SetPlan(objects, tuple(ranges)))
    return plans


def plan_derived(workspace: Workspace, selection: Selection) -> list[tuple[Metric, ObjectSet | None]]:
    """Metrics that depend on everything and have not been computed from what there is now."""
    todo: list[tuple[Metric, ObjectSet | None]] = []
    for metric in selection.metrics:
        if metric.needs not in ("embeddings", "sequence"):
            continue
        sets: list[ObjectSet | None] = [None]
        if metric.measured_on is not MeasuredOn.FRAME:
            sets = [objects for objects in current_sets(workspace.project) if metric.measured_on.covers(objects.role)]
        todo += [
            (metric, objects)
            for objects in sets
            if is_applicable(metric, workspace, objects) and not derived_file(workspace, metric, objects).exists()
        ]
    return todo


def object_batches(workspace: Workspace, plan: SetPlan) -> Iterator[ObjectBatch]:
    """Read the objects of a plan, a batch at a time."""
    offsets, sizes = plan.objects.offsets, workspace.frame_sizes()
    for part in plan.ranges:
        table = plan.objects.rows(np.arange(offsets[part.start], offsets[part.stop]), read_columns())
        yield ObjectBatch(
            table=table.drop_columns(["row"]).combine_chunks(),
            role=plan.objects.role,
            frame_size=sizes[part.start : part.stop],
            class_names=workspace.class_names,
            first_frame=part.start,
            first_row=int(offsets[part.start]),
            metrics=part.metrics,
            features=part.features,
        )


def _lacking(workspace: Workspace, selection: Selection, objects: ObjectSet) -> dict[str, np.ndarray]:
    """By metric or feature: bool (frames,): whether something of the frame has not been computed."""
    of_objects = [m for m in selection.needing("objects", frames=False) if m.measured_on.covers(objects.role)]
    column_of = {m.name: m.key for m in of_objects if is_applicable(m, workspace, objects)}
    for metric in selection.needing("embeddings", frames=False):
        if metric.measured_on.covers(objects.role) and is_applicable(metric, workspace, objects):
            names = [name for name in metric.features if FEATURES[name].needs == "objects"]
            column_of |= {name: FEATURES[name].key for name in names}
    lacking = {}
    rows = np.arange(objects.count, dtype=np.uint64)
    kept = workspace.rows_of(objects).read(column_of.values())
    for name, column in column_of.items():
        gone = np.concatenate([[0], np.cumsum(~kept.is_known(column, rows))])
        lacking[name] = np.diff(gone[objects.offsets]) > 0
    of_frames = [m for m in selection.needing("objects", frames=True) if m.of_role == objects.role]
    frames = np.arange(len(objects.offsets) - 1, dtype=np.uint64)
    kept = workspace.frames_of(objects).read(m.key for m in of_frames)
    for metric in of_frames:
        if is_applicable(metric, workspace, objects):
            lacking[metric.name] = ~kept.is_known(metric.key, frames)
    return lacking


def _frame_ranges(offsets: np.ndarray) -> list[tuple[int, int]]:
    """All frames, in ranges with about ``OBJECTS_A_BATCH`` objects each; always the same for the same set."""
    marks = np.arange(0, max(int(offsets[-1]), 1), OBJECTS_A_BATCH)
    starts = np.unique(np.searchsorted(offsets[:-1], marks, side="left"))
    starts[0] = 0
    stops = np.append(starts[1:], len(offsets) - 1)
    return [(start, stop) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True) if start < stop]
