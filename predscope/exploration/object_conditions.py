"""Which objects of an operating point meet the conditions of an ``ObjectQuery``, and in which order they come.

What is counted are predictions, which stand for their matches and confused pairs, and labels that were missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import ErrorType, Tide
from predscope.exploration.metric_lookup import METRIC_SORT
from predscope.exploration.object_query import IGNORED_LABEL, ObjectQuery
from predscope.metrics.column import MetricColumn
from predscope.metrics.ranges import MetricRange

OUTCOME_NAMES: Final = {
    Outcome.TRUE_POSITIVE: "tp",
    Outcome.FALSE_POSITIVE: "fp",
    Outcome.FALSE_NEGATIVE: "fn",
    Outcome.IGNORED: "ignored",
}
"""As links and the browser call them."""
_LABEL_OUTCOMES: Final = OUTCOME_NAMES | {Outcome.IGNORED: IGNORED_LABEL}


@dataclass(frozen=True)
class Outcomes:
    """What a query is asked of.

    Attributes:
        table: the outcomes of an operating point.
        iou_type: by which objects were compared.
        find_errors: gives what TIDE says there; called where it matters.
        in_frames: bool (frames,): whether the query's conditions on frames are met.
        class_names: by class id.
        metric: of predictions and of labels, by the name of a metric: its values by row of the set; None where there
            are none.
    """

    table: MatchTable
    iou_type: IouType
    find_errors: Callable[[], Tide]
    in_frames: np.ndarray
    class_names: list[str]
    metric: Callable[[str], tuple[MetricColumn | None, MetricColumn | None]]

    @cached_property
    def tide(self) -> Tide:
        return self.find_errors()

    def overlaps(self, query: ObjectQuery) -> tuple[np.ndarray, np.ndarray]:
        """What each prediction is about: the position of a label (-1: none), and the IoU with it (0 without).

        Where a query asks for TIDE's errors, it is the label that TIDE names.
        """
        told = self.tide if query.errors else self.table
        return told.label, told.iou

    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Of predictions and labels, float64: the side of a square as large as the box, in pixels.

        NaN for classifications of whole frames.
        """
        sides = [
            np.sqrt(objects.box[:, 2] * objects.box[:, 3]) for objects in (self.table.predictions, self.table.labels)
        ]
        if self.iou_type is IouType.FRAME:
            sides = [np.full(len(side), np.nan) for side in sides]
        return sides[0], sides[1]

    def in_order(self, query: ObjectQuery, prediction: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions of what was chosen in the order asked for, and whether each is a label's.

        Ties keep the frames' order; what has no value comes last.
        """
        predictions, labels = self.table.predictions, self.table.labels
        if query.sort.startswith(METRIC_SORT):
            of_predictions, of_labels = self.metric_values(query, query.sort.removeprefix(METRIC_SORT))
        elif query.sort == "size":
            of_predictions, of_labels = self.sizes()
            of_predictions = self.of_their_labels(of_labels) if query.side == "labels" else of_predictions
        elif query.sort == "iou":
            of_predictions, of_labels = self.overlaps(query)[1], self.table.label_iou
        else:
            of_predictions, of_labels = predictions.confidence, np.full(len(labels), np.nan)
        key = np.concatenate([of_predictions[prediction], of_labels[label]])
        frame = np.concatenate([predictions.frame[prediction], labels.frame[label]])
        position = np.concatenate([prediction, label])
        is_label = np.repeat([False, True], [len(prediction), len(label)])
        order = np.lexsort((position, is_label, frame, -key if query.descending else key))  # NaN goes last either way
        return position[order], is_label[order]

    def metric_values(self, query: ObjectQuery, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Values of a metric by position of predictions and of labels, float64; NaN where missing.

        Where labels are counted, a prediction has the value of the label that it found.
        """
        of_predictions, of_labels = (
            np.full(len(objects), np.nan) if column is None else column.values[objects.row]
            for column, objects in zip(self.metric(name), (self.table.predictions, self.table.labels), strict=True)
        )
        return self.of_their_labels(of_labels) if query.side == "labels" else of_predictions, of_labels

    def chosen(self, query: ObjectQuery) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the predictions and of the labels that a query asks for."""
        table, predictions, labels = self.table, self.table.predictions, self.table.labels
        kept = (table.outcome != Outcome.LEFT_OUT) & self.in_frames[predictions.frame]
        missed = table.label_outcome == Outcome.FALSE_NEGATIVE
        if IGNORED_LABEL in query.outcomes:
            missed |= table.label_outcome == Outcome.IGNORED
        missed &= self.in_frames[labels.frame]
        if query.errors:
            kept &= np.isin(self.tide.error, [ErrorType[name.upper()] for name in query.errors])
            missed = self.tide.is_missed & self.in_frames[labels.frame] & ("miss" in query.errors)
        if query.outcomes:
            wanted_codes = [code for code, name in OUTCOME_NAMES.items() if name in query.outcomes]
            wanted = np.isin(table.outcome, wanted_codes)
            if query.is_cell and "fn" in query.outcomes:
                wanted |= table.is_confused  # the pair is a false positive and a false negative in one
            kept &= wanted
            wanted_codes = [code for code, name in _LABEL_OUTCOMES.items() if name in query.outcomes]
            missed &= np.isin(table.label_outcome, wanted_codes)
        if query.reasons:
            codes = [reason for reason in Reason if reason.name.lower() in query.reasons]
            kept &= (table.outcome == Outcome.FALSE_POSITIVE) & np.isin(table.reason, codes)
            missed[:] = False
        if query.confused:
            kept &= table.is_confused
            is_taken = np.zeros(len(labels), bool)
            is_taken[table.label[table.is_confused]] = True
            missed &= is_taken
        if query.confidence_range is not None:
            low, high = query.confidence_range
            kept &= predictions.confidence >= low
            if high is not None:
                kept &= predictions.confidence < high
            missed[:] = False
        if query.side == "labels":
            kept &= (table.outcome == Outcome.TRUE_POSITIVE) | (table.is_confused & query.is_cell)
        elif query.side == "predictions":
            missed[:] = False
        if query.klass is not None:
            wanted_class = self._class_id(query.klass)
            self._keep(query, kept, missed, predictions.class_id == wanted_class, labels.class_id == wanted_class)
        for one in query.metric_ranges:
            self._keep(query, kept, missed, *self._in_range(one))
        if query.is_cell:
            self._keep_cells(query, kept, missed)
        return np.flatnonzero(kept), np.flatnonzero(missed)

    def _keep(
        self,
        query: ObjectQuery,
        kept: np.ndarray,
        missed: np.ndarray,
        of_predictions: np.ndarray,
        of_labels: np.ndarray,
    ) -> None:
        """Take away, in place, what does not meet a condition: bool by position of predictions and of labels."""
        kept &= self.of_their_labels(of_labels) if query.side == "labels" else of_predictions
        missed &= of_labels

    def _in_range(self, one: MetricRange) -> list[np.ndarray]:
        """bool by position of predictions and of labels: whether the value of a metric is in a range."""
        return [
            np.zeros(len(objects), bool) if column is None else one.holds(column)[objects.row]
            for column, objects in zip(self.metric(one.name), (self.table.predictions, self.table.labels), strict=True)
        ]

    def of_their_labels(self, of_labels: np.ndarray) -> np.ndarray:
        """What is known of labels, by position of the predictions that took them; NaN or False for others."""
        nothing = np.zeros(1, of_labels.dtype) if of_labels.dtype == bool else np.full(1, np.nan)
        return np.concatenate([of_labels, nothing])[self.table.label]

    def _keep_cells(self, query: ObjectQuery, kept: np.ndarray, missed: np.ndarray) -> None:
        """Take away, in place, what the cells of the confusion matrix do not hold."""
        table, predictions, labels = self.table, self.table.predictions, self.table.labels
        background = len(self.class_names)

        def side(name: str) -> int:
            return background if name == BACKGROUND else self._class_id(name)

        missed[table.label[table.is_confused]] = False
        has_label = (table.outcome == Outcome.TRUE_POSITIVE) | table.is_confused
        row = np.full(len(predictions), background)
        row[has_label] = labels.class_id[table.label[has_label]]
        kept &= table.outcome != Outcome.IGNORED
        missed &= table.label_outcome != Outcome.IGNORED
        if query.label_class is not None:
            kept &= row == side(query.label_class)
            missed &= labels.class_id == side(query.label_class)
        if query.predicted_class is not None:
            kept &= predictions.class_id == side(query.predicted_class)
            missed &= query.predicted_class == BACKGROUND

    def _class_id(self, name: str) -> int:
        return self.class_names.index(name) if name in self.class_names else -1
