"""The objects that a query selects, in its order: as many as the number says that was clicked.

Every match, false positive, ignored prediction and missed label of an operating point is an *item*; a query picks some.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

import numpy as np

from predscope.evaluation.match_table import Outcome, Reason
from predscope.evaluation.tide import ErrorType, Tide
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.metric_columns import column_of, value_in_words
from predscope.exploration.metric_lookup import METRIC_SORT
from predscope.exploration.object_conditions import OUTCOME_NAMES, Outcomes
from predscope.exploration.object_counts import ObjectCounters, ObjectFacets, count_facets, count_objects
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.outcomes import detection, match_table, tide_errors
from predscope.exploration.query import chosen_label_set
from predscope.exploration.selection import select_frames
from predscope.metrics.column import MetricColumn
from predscope.payload import LABEL_LAYER, PREDICTION_LAYER_PREFIX
from predscope.project import Project

__all__ = [
    "OUTCOME_NAMES",
    "ObjectCounters",
    "ObjectFacets",
    "ObjectFrames",
    "ObjectItem",
    "ObjectSelection",
    "select_objects",
]


@dataclass(frozen=True, slots=True)
class ObjectItem:
    """One of the objects that are counted.

    Attributes:
        frame_index: its frame.
        outcome: what became of it.
        reason: of a false positive.
        error: the kind that TIDE calls it, where the query asks for errors.
        is_label: whether the object itself, the one that is counted, is a label.
        prediction_row, label_row: rows of the two sets; -1 where the item has none. A match and a confused pair have
            both, other false positives only the prediction, false negatives only the label.
        near_row: row of what it overlaps without being paired with it: a label, for a false positive; a prediction,
            for a false negative. -1: nothing.
        confidence: of the prediction; NaN for a false negative.
        iou: with its partner, or with what is near; 0 without.
    """

    frame_index: int
    outcome: Outcome
    reason: Reason
    error: ErrorType
    is_label: bool
    prediction_row: int
    label_row: int
    near_row: int
    confidence: float
    iou: float


class ObjectSelection:
    """The answer to an ``ObjectQuery``; immutable. Arrays have one entry an item, in the order asked for.

    Attributes:
        query: the question.
        table: the outcomes that it was asked of.
        outcome, reason, error: int8 (n,).
        is_label: bool (n,).
        frame_index: int64 (n,).
        prediction_row, label_row, near_row: int64 (n,), as in ``ObjectItem``.
        value: float64 (n,), of the metric that they are sorted by; NaN where missing, or sorted by something else.
        confidence, iou, size: float64 (n,); size is the side of a square as large as the object's box, pixels.
    """

    def __init__(self, project: Project, query: ObjectQuery) -> None:
        self.query = query
        frames = query.frames
        point = (project, query.prediction_set, frames.confidence, frames.iou)
        label_set = chosen_label_set(project, frames)
        self.table = match_table(*point, label_set=label_set, by=frames.by, by_place=query.by_place)
        self._frame_count = len(project.frames)
        self._outcomes = Outcomes(
            self.table,
            detection(project, query.prediction_set, label_set, frames.by).iou_type,
            partial(tide_errors, *point, label_set=label_set, by=frames.by),
            _frames_of(project, query),
            [object_class.name for object_class in project.classes],
            partial(metric_columns, project, query),
        )
        self._position, self.is_label = self._outcomes.in_order(query, *self._outcomes.chosen(query))
        self._describe()

    def __len__(self) -> int:
        return len(self._position)

    def _describe(self) -> None:
        """Columns of the items, from the positions of the objects that are counted."""
        table, position, is_label = self.table, self._position, self.is_label
        prediction, label = np.where(is_label, 0, position), np.where(is_label, position, 0)

        def pick(of_predictions: np.ndarray, of_labels: np.ndarray) -> np.ndarray:
            if not len(of_labels):
                return of_predictions[prediction]
            if not len(of_predictions):
                return of_labels[label]
            return np.where(is_label, of_labels[label], of_predictions[prediction])

        predictions, labels = table.predictions, table.labels
        about, iou = self._outcomes.overlaps(self.query)
        is_pair = (table.outcome != Outcome.FALSE_POSITIVE) | table.is_confused
        error = np.zeros(len(predictions), np.int8)
        if self.query.errors:  # then a prediction stands for itself, beside the label that its error is about
            is_pair, error = np.zeros(len(predictions), bool), self._outcomes.tide.error
        other = pick(about, table.label_prediction)
        has_partner = pick(is_pair, np.zeros(len(labels), bool))
        label_row, prediction_row = np.append(labels.row, -1), np.append(predictions.row, -1)
        self.outcome = pick(table.outcome, table.label_outcome)
        self.reason = pick(table.reason, np.zeros(len(labels), np.int8))
        self.error = pick(error, np.full(len(labels), ErrorType.MISS if self.query.errors else ErrorType.NONE, np.int8))
        self.frame_index = pick(predictions.frame, labels.frame)
        self.prediction_row = np.where(is_label, -1, pick(predictions.row, np.full(len(labels), -1)))
        self.label_row = np.where(
            is_label, pick(np.full(len(predictions), -1), labels.row), label_row[np.where(has_partner, other, -1)]
        )
        self.near_row = np.where(
            is_label,
            prediction_row[np.where(is_label, other, -1)],
            label_row[np.where(has_partner | is_label, -1, other)],
        )
        self.confidence = pick(predictions.confidence, np.full(len(labels), np.nan))
        self.iou = pick(iou, table.label_iou)
        self.size = pick(*self._outcomes.sizes())
        by_metric = self.query.sort.startswith(METRIC_SORT)
        nothing = (np.full(len(predictions), np.nan), np.full(len(labels), np.nan))
        self.value = pick(*(self._outcomes.metric_values(self.query, metric_of(self.query)) if by_metric else nothing))
        for name in (
            *("outcome", "reason", "error", "is_label", "frame_index", "prediction_row", "label_row", "near_row"),
            *("confidence", "iou", "size", "value"),
        ):
            getattr(self, name).flags.writeable = False

    def item(self, place: int) -> ObjectItem:
        """The item at a place in the order, from 0."""
        return ObjectItem(
            frame_index=int(self.frame_index[place]),
            outcome=Outcome(int(self.outcome[place])),
            reason=Reason(int(self.reason[place])),
            error=ErrorType(int(self.error[place])),
            is_label=bool(self.is_label[place]),
            prediction_row=int(self.prediction_row[place]),
            label_row=int(self.label_row[place]),
            near_row=int(self.near_row[place]),
            confidence=float(self.confidence[place]),
            iou=float(self.iou[place]),
        )

    def object_id(self, place: int) -> str:
        """The id, in frame payloads, of the object that is counted: ``p:model_a:77`` or ``labels:812``."""
        if self.is_label[place]:
            return f"{LABEL_LAYER}:{self.label_row[place]}"
        return f"{PREDICTION_LAYER_PREFIX}{self.query.prediction_set}:{self.prediction_row[place]}"

    def value_in_words(self, place: int) -> str:
        """The value of the metric that the objects are sorted by, such as "area 1,024 px²"; "" where there is none."""
        if np.isnan(self.value[place]):
            return ""
        columns = self._outcomes.metric(metric_of(self.query))
        by_label = self.is_label[place] or self.query.side == "labels"
        column = columns[1] if by_label else columns[0]
        return "" if column is None else value_in_words(column, float(self.value[place]))

    def place_of(self, frame_index: int, identity: str | None) -> int | None:
        """Where an object stands in the order; its partner's id finds it too. None if it is not selected."""
        layer, _, row = (identity or "").rpartition(":")
        if not (row.isascii() and row.isdigit()):
            return None
        if layer == LABEL_LAYER:
            is_it = self.label_row == int(row)
        elif layer == PREDICTION_LAYER_PREFIX + self.query.prediction_set:
            is_it = self.prediction_row == int(row)
        else:
            return None
        found = np.flatnonzero(is_it & (self.frame_index == frame_index))
        if layer == LABEL_LAYER and len(found) > 1:  # rather the label itself than the prediction that stands for it
            found = found[np.argsort(~self.is_label[found], kind="stable")]
        return int(found[0]) if len(found) else None

    def neighbours(self, place: int) -> tuple[int | None, int | None]:
        """Places before and after a place; None beyond the ends."""
        return (place - 1 if place > 0 else None), (place + 1 if place + 1 < len(self) else None)

    def page_count(self, size: int) -> int:
        """How many pages of ``size`` items there are; at least 1."""
        return max(1, -(-len(self) // size))

    def page(self, number: int, size: int) -> range:
        """The places on page ``number`` (from 1; a number beyond the ends gives the nearest page)."""
        start = (min(max(number, 1), self.page_count(size)) - 1) * size
        return range(start, min(start + size, len(self)))

    @property
    def tide(self) -> Tide:
        """What TIDE says at the operating point."""
        return self._outcomes.tide

    @cached_property
    def counters(self) -> ObjectCounters:
        """How many objects, and of what."""
        is_label = self.is_label | (self.query.side == "labels")
        return count_objects(self.table, self.query, self.frame_index, is_label, self._frame_count)

    @cached_property
    def facets(self) -> ObjectFacets:
        """What each further choice would give; each counted under all conditions but its own."""
        return count_facets(self._outcomes, self.query)

    @cached_property
    def frames(self) -> ObjectFrames:
        """The frames that they lie in."""
        return ObjectFrames(self)


class ObjectFrames:
    """The frames of a selection, in the order of their first items: the order in which the viewer goes through them.

    Attributes:
        indices: int64 (frames,).
    """

    def __init__(self, selection: ObjectSelection) -> None:
        frames, first = np.unique(selection.frame_index, return_index=True)
        self.indices = frames[np.argsort(first)]

    def __len__(self) -> int:
        return len(self.indices)

    def position(self, frame_index: int) -> int | None:
        """Where a frame stands in the order, from 0; None if nothing in it is selected."""
        found = np.flatnonzero(self.indices == frame_index)
        return int(found[0]) if len(found) else None


def _frames_of(project: Project, query: ObjectQuery) -> np.ndarray:
    """bool (frames,): whether the query's conditions on frames are met."""
    if query.frames.is_unfiltered:
        return np.ones(len(project.frames), bool)
    met = np.zeros(len(project.frames), bool)
    met[select_frames(project, query.frames).indices] = True
    return met


def metric_of(query: ObjectQuery) -> str:
    """Name of the metric that the objects are sorted by; "" if by something else."""
    return query.sort.removeprefix(METRIC_SORT) if query.sort.startswith(METRIC_SORT) else ""


def metric_columns(project: Project, query: ObjectQuery, name: str) -> tuple[MetricColumn | None, MetricColumn | None]:
    """A metric of the predictions and of the labels of a query; None where one side has no values."""
    frames = query.frames.with_(prediction_sets=(query.prediction_set,))
    label_set = chosen_label_set(project, frames)
    return (
        column_of(project, name, "predictions", query.prediction_set, frames),
        column_of(project, name, "labels", label_set, frames),
    )


_selections: Final[RecentlyUsed[ObjectSelection]] = RecentlyUsed(24)


def select_objects(project: Project, query: ObjectQuery) -> ObjectSelection:
    """The objects that meet a query; the last few answers are kept.

    Raises:
        ProjectError: the project has no such prediction set, or no labels.
    """
    names = {one.name for one in query.metric_ranges} | ({metric_of(query)} - {""})
    columns = [column for name in sorted(names) for column in metric_columns(project, query, name)]
    shown = select_frames(project, query.frames) if query.frames.metric_ranges else None
    key = (str(project.path), project.revision, query, *columns, shown)  # others, once they have been computed
    return _selections.get(key, lambda: ObjectSelection(project, query))
