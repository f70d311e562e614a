"""The frames that a query selects, in its order, with what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.facets import Facets, count_facets
from predscope.exploration.kind_counts import KindCounts
from predscope.exploration.measures import Measures, combine, frame_masks
from predscope.exploration.metric_columns import column_of, metric_sort
from predscope.exploration.metric_lookup import METRIC_SORT
from predscope.exploration.query import DEFAULT_SORT, FrameQuery
from predscope.exploration.sorting import SORTS, Sort
from predscope.project import Project


@dataclass(frozen=True, slots=True)
class Count:
    """``shown`` of ``total``."""

    shown: int
    total: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What a selection holds beside what the project holds.

    Attributes:
        frames: selected frames.
        labels: labels of the selected frames; None where the project has no labels.
        predictions: per chosen set, predictions of the selected frames at the threshold or above, of all in the set.
    """

    frames: Count
    labels: Count | None
    predictions: dict[str, Count]


class FrameSelection:
    """The answer to a ``FrameQuery``; immutable.

    Attributes:
        query: the question.
        revision: the project revision that it was asked of.
        sort: the order asked for.
        indices: int32 (n,): frame indices, in the order asked for.
        label_counts: int64 (n,): labels of each.
        prediction_counts: per chosen set int64 (n,): predictions at the threshold or above of each.
        values: float64 (n,): the sort's value of each; NaN where it has none.
    """

    def __init__(self, project: Project, query: FrameQuery) -> None:
        self.query = query
        self.revision = project.revision
        self._class_names = [object_class.name for object_class in project.classes]
        self._measures = measures = Measures(project, query)
        self._masks = frame_masks(measures, query, self._class_names)
        self._mask = combine(self._masks, measures.n_frames)
        members = np.flatnonzero(self._mask)
        self.sort = _sort_of(measures, query)
        self.indices, self.values = _ordered(members, measures, self.sort, query.descending)
        self.label_counts = measures.label_counts[self.indices]
        self.prediction_counts = {name: counts[self.indices] for name, counts in measures.prediction_counts.items()}
        for array in (self.indices, self.values, self.label_counts, *self.prediction_counts.values()):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def outcomes_of(self) -> str | None:
        """The prediction set whose outcomes sorts and filters speak of; None: there is nothing to compare."""
        return self._measures.evaluated

    @property
    def kinds(self) -> KindCounts | None:
        """Objects of each kind of outcome, by frame of the project; None: there is nothing to compare."""
        return self._measures.kinds

    @cached_property
    def counters(self) -> Counters:
        measures = self._measures
        return Counters(
            frames=Count(len(self), measures.n_frames),
            labels=None
            if measures.labels is None
            else Count(int(self.label_counts.sum()), len(measures.labels.frame_index)),
            predictions={
                name: Count(int(self.prediction_counts[name].sum()), len(columns.frame_index))
                for name, columns in measures.predictions.items()
            },
        )

    @cached_property
    def _positions(self) -> np.ndarray:
        """Position in ``indices`` by frame index; -1 for frames that are not selected."""
        positions = np.full(self._measures.n_frames, -1, dtype=np.int64)
        positions[self.indices] = np.arange(len(self))
        return positions

    def position(self, frame_index: int) -> int | None:
        """Where a frame stands in the order, from 0; None if it is not selected."""
        if not 0 <= frame_index < len(self._positions) or self._positions[frame_index] < 0:
            return None
        return int(self._positions[frame_index])

    def neighbours(self, frame_index: int, reach: int = 1) -> tuple[list[int], list[int]]:
        """Frame indices before and after a frame in this order, the nearest first, up to ``reach`` each.

        A frame that is not selected itself lies, for this, between the selected frames that the project has before
        and after it.
        """
        position = self.position(frame_index)
        if position is None:
            members = np.sort(self.indices)
            place = int(np.searchsorted(members, frame_index))
            return members[max(place - reach, 0) : place][::-1].tolist(), members[place : place + reach].tolist()
        before = self.indices[max(position - reach, 0) : position][::-1]
        return before.tolist(), self.indices[position + 1 : position + 1 + reach].tolist()

    def page_count(self, size: int) -> int:
        """How many pages of ``size`` tiles there are; at least 1."""
        return max(1, -(-len(self) // size))

    def page(self, number: int, size: int) -> slice:
        """The positions on page ``number`` (from 1; a number beyond the ends gives the nearest page)."""
        start = (min(max(number, 1), self.page_count(size)) - 1) * size
        return slice(start, min(start + size, len(self)))

    def value_in_words(self, position: int) -> str:
        """The sort's value of the frame at ``position``, as its tile says it; "" where there is none."""
        value = self.values[position]
        return "" if np.isnan(value) else self.sort.in_words(float(value))

    def errors_in_words(self, position: int) -> str:
        """``5 missed, 2 false`` or ``no errors``; "" where nothing on the frame can be right or wrong."""
        counts, frame_index = self.kinds, self.indices[position]
        if counts is None:
            return ""
        missed, false = int(counts["fn"][frame_index]), int(counts["fp"][frame_index])
        if missed or false:
            return ", ".join(f"{number:,} {word}" for number, word in ((missed, "missed"), (false, "false")) if number)
        return "no errors" if counts["tp"][frame_index] else ""

    @cached_property
    def _facets(self) -> Facets:
        return count_facets(self._measures, self._masks, self.query, self._class_names)

    def facets(self) -> Facets:
        """What each further choice would give; computed on first use."""
        return self._facets


def _sort_of(measures: Measures, query: FrameQuery) -> Sort:
    """By a metric that is not computed, frames are in their own order."""
    if not query.sort.startswith(METRIC_SORT):
        return SORTS[query.sort]
    column = measures.metric(query.sort.removeprefix(METRIC_SORT))
    return SORTS[DEFAULT_SORT] if column is None else metric_sort(column)


def _ordered(members: np.ndarray, measures: Measures, sort: Sort, descending: bool) -> tuple[np.ndarray, np.ndarray]:
    """Selected frames in the order asked for, and the sort's value of each. Ties keep the project's order."""
    if sort.measure is None:
        order = members[::-1] if descending else members
        return order.astype(np.int32), np.full(len(order), np.nan)
    values = sort.measure(measures)[members].astype(np.float64)
    keys = np.abs(values) if sort.ranked_by_size else values
    order = np.argsort(-keys if descending else keys, kind="stable")  # NaN goes last either way
    return members[order].astype(np.int32), values[order]


_selections: Final[RecentlyUsed[FrameSelection]] = RecentlyUsed(64)


def select_frames(project: Project, query: FrameQuery) -> FrameSelection:
    """The frames that meet a query; the last few answers are kept."""
    names = [one.name for one in query.metric_ranges]
    if query.sort.startswith(METRIC_SORT):
        names.append(query.sort.removeprefix(METRIC_SORT))
    columns = (column_of(project, name, None, None, query) for name in names)  # others, once they have been computed
    key = (str(project.path), project.revision, query, *columns)
    return _selections.get(key, lambda: FrameSelection(project, query))
