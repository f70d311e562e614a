"""The objects that a query selects, in its order: as many as the number says that was clicked.

Every match, false positive, ignored prediction and missed label of an operating point is an *item*; a query picks some.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.outcomes import match_table
from predscope.exploration.query import chosen_label_set
from predscope.exploration.selection import Count, select_frames
from predscope.payload import LABEL_LAYER, PREDICTION_LAYER_PREFIX
from predscope.project import Project

OUTCOME_NAMES: Final = {
    Outcome.TRUE_POSITIVE: "tp",
    Outcome.FALSE_POSITIVE: "fp",
    Outcome.FALSE_NEGATIVE: "fn",
    Outcome.IGNORED: "ignored",
}
"""As links and the browser call them."""


@dataclass(frozen=True, slots=True)
class ObjectItem:
    """One of the objects that are counted.

    Attributes:
        frame_index: its frame.
        outcome: what became of it.
        reason: of a false positive.
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
    prediction_row: int
    label_row: int
    near_row: int
    confidence: float
    iou: float

    @property
    def is_label(self) -> bool:
        """Whether the object itself, the one that is counted, is a label."""
        return self.outcome == Outcome.FALSE_NEGATIVE


@dataclass(frozen=True, slots=True)
class ObjectCounters:
    """What a selection holds beside what the operating point has.

    Attributes:
        objects: selected of all items of the outcomes asked for, or of all.
        predictions: predictions among the selected (with their matches) of the predictions at the confidence or above.
        labels: missed labels among the selected, of the labels that count.
        frames: frames that they lie in, of all.
    """

    objects: Count
    predictions: Count
    labels: Count
    frames: Count


@dataclass(frozen=True, slots=True)
class ObjectFacets:
    """Objects by outcome, by reason of a false positive, and by class of what is counted; by name."""

    outcomes: dict[str, int]
    reasons: dict[str, int]
    classes: dict[str, int]


class ObjectSelection:
    """The answer to an ``ObjectQuery``; immutable. Arrays have one entry an item, in the order asked for.

    Attributes:
        query: the question.
        table: the outcomes that it was asked of.
        outcome, reason: int8 (n,).
        frame_index: int64 (n,).
        prediction_row, label_row, near_row: int64 (n,), as in ``ObjectItem``.
        confidence, iou, size: float64 (n,); size is the side of a square as large as the object's box, pixels.
    """

    def __init__(self, project: Project, query: ObjectQuery) -> None:
        self.query = query
        frames = query.frames
        label_set = chosen_label_set(project, frames)
        self.table = table = match_table(
            project, query.prediction_set, frames.confidence, frames.iou, label_set=label_set
        )
        self._frame_count = len(project.frames)
        self._in_frames = _frames_of(project, query)
        self._class_names = [object_class.name for object_class in project.classes]
        prediction, label = _chosen(table, query, self._in_frames, self._class_names)
        self._position, self._is_label = _ordered(table, query, prediction, label)
        self._describe()

    def __len__(self) -> int:
        return len(self._position)

    def _describe(self) -> None:
        """Columns of the items, from the positions of the objects that are counted."""
        table, position, is_label = self.table, self._position, self._is_label
        prediction, label = np.where(is_label, 0, position), np.where(is_label, position, 0)

        def pick(of_predictions: np.ndarray, of_labels: np.ndarray) -> np.ndarray:
            if not len(of_labels):
                return of_predictions[prediction]
            if not len(of_predictions):
                return of_labels[label]
            return np.where(is_label, of_labels[label], of_predictions[prediction])

        predictions, labels = table.predictions, table.labels
        other = pick(table.label, table.label_prediction)
        is_pair = pick((table.outcome != Outcome.FALSE_POSITIVE) | table.is_confused, np.zeros(len(labels), bool))
        label_row, prediction_row = np.append(labels.row, -1), np.append(predictions.row, -1)
        self.outcome = pick(table.outcome, table.label_outcome)
        self.reason = pick(table.reason, np.zeros(len(labels), np.int8))
        self.frame_index = pick(predictions.frame, labels.frame)
        self.prediction_row = np.where(is_label, -1, pick(predictions.row, np.full(len(labels), -1)))
        self.label_row = np.where(
            is_label, pick(np.full(len(predictions), -1), labels.row), label_row[np.where(is_pair, other, -1)]
        )
        self.near_row = np.where(
            is_label,
            prediction_row[np.where(is_label, other, -1)],
            label_row[np.where(is_pair | is_label, -1, other)],
        )
        self.confidence = pick(predictions.confidence, np.full(len(labels), np.nan))
        self.iou = pick(table.iou, table.label_iou)
        self.size = np.sqrt(pick(_box_area(predictions.box), _box_area(labels.box)))
        for name in (
            *("outcome", "reason", "frame_index", "prediction_row", "label_row", "near_row"),
            *("confidence", "iou", "size"),
        ):
            getattr(self, name).flags.writeable = False

    def item(self, place: int) -> ObjectItem:
        """The item at a place in the order, from 0."""
        return ObjectItem(
            frame_index=int(self.frame_index[place]),
            outcome=Outcome(int(self.outcome[place])),
            reason=Reason(int(self.reason[place])),
            prediction_row=int(self.prediction_row[place]),
            label_row=int(self.label_row[place]),
            near_row=int(self.near_row[place]),
            confidence=float(self.confidence[place]),
            iou=float(self.iou[place]),
        )

    def object_id(self, place: int) -> str:
        """The id, in frame payloads, of the object that is counted: ``p:model_a:77`` or ``labels:812``."""
        if self._is_label[place]:
            return f"{LABEL_LAYER}:{self.label_row[place]}"
        return f"{PREDICTION_LAYER_PREFIX}{self.query.prediction_set}:{self.prediction_row[place]}"

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
            found = found[np.argsort(~self._is_label[found], kind="stable")]
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

    @cached_property
    def counters(self) -> ObjectCounters:
        """The numbers beside the gallery."""
        table = self.table
        is_kept = table.outcome != Outcome.LEFT_OUT
        missed = int(np.count_nonzero(self._is_label))
        all_missed = int(np.count_nonzero(table.label_outcome == Outcome.FALSE_NEGATIVE))
        total = int(np.count_nonzero(is_kept))
        return ObjectCounters(
            objects=Count(len(self), total + all_missed),
            predictions=Count(len(self) - missed, total),
            labels=Count(missed, int(np.count_nonzero(~table.labels.is_out))),
            frames=Count(len(np.unique(self.frame_index)), self._frame_count),
        )

    @cached_property
    def frames(self) -> ObjectFrames:
        """The frames that they lie in."""
        return ObjectFrames(self)

    @cached_property
    def facets(self) -> ObjectFacets:
        """What each further choice would give; each counted under all conditions but its own."""

        def count(query: ObjectQuery) -> tuple[np.ndarray, np.ndarray]:
            return _chosen(self.table, query, self._in_frames, self._class_names)

        table, query = self.table, self.query
        prediction, label = count(query.with_(outcomes=(), reasons=()))
        outcomes = np.bincount(table.outcome[prediction], minlength=len(Outcome))
        outcomes[Outcome.FALSE_NEGATIVE] += len(label)
        if query.is_cell:
            outcomes[Outcome.FALSE_NEGATIVE] += np.count_nonzero(table.is_confused[prediction])
        wrong, _ = count(query.with_(outcomes=("fp",), reasons=()))
        reasons = np.bincount(table.reason[wrong], minlength=len(Reason))
        prediction, label = count(query.with_(klass=None))
        n_classes = len(self._class_names)
        classes = np.bincount(table.predictions.class_id[prediction], minlength=n_classes)
        classes += np.bincount(table.labels.class_id[label], minlength=n_classes)
        return ObjectFacets(
            {name: int(outcomes[code]) for code, name in OUTCOME_NAMES.items()},
            {reason.name.lower(): int(reasons[reason]) for reason in Reason if reason is not Reason.NONE},
            {name: int(number) for name, number in zip(self._class_names, classes, strict=True)},
        )


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


def _chosen(
    table: MatchTable, query: ObjectQuery, in_frames: np.ndarray, class_names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the predictions and of the missed labels that a query asks for."""
    predictions, labels = table.predictions, table.labels
    class_ids = {name: class_id for class_id, name in reversed([*enumerate(class_names)])}
    kept = (table.outcome != Outcome.LEFT_OUT) & in_frames[predictions.frame]
    missed = (table.label_outcome == Outcome.FALSE_NEGATIVE) & in_frames[labels.frame]
    if query.outcomes:
        wanted = np.isin(table.outcome, [code for code, name in OUTCOME_NAMES.items() if name in query.outcomes])
        if query.is_cell and "fn" in query.outcomes:
            wanted |= table.is_confused  # the pair is a false positive and a false negative in one
        kept &= wanted
        missed &= "fn" in query.outcomes
    if query.reasons:
        codes = [reason for reason in Reason if reason.name.lower() in query.reasons]
        kept &= (table.outcome == Outcome.FALSE_POSITIVE) & np.isin(table.reason, codes)
        missed[:] = False
    if query.klass is not None:
        wanted_class = class_ids.get(query.klass, -1)
        kept &= predictions.class_id == wanted_class
        missed &= labels.class_id == wanted_class
    if query.is_cell:
        background = len(class_names)
        class_ids[BACKGROUND] = background  # the matrix's own, even where a class bears its name
        missed[table.label[table.is_confused]] = False
        has_label = (table.outcome == Outcome.TRUE_POSITIVE) | table.is_confused
        row = np.full(len(predictions), background)
        row[has_label] = labels.class_id[table.label[has_label]]
        kept &= table.outcome != Outcome.IGNORED
        if query.label_class is not None:
            kept &= row == class_ids.get(query.label_class, -1)
            missed &= labels.class_id == class_ids.get(query.label_class, -1)
        if query.predicted_class is not None:
            kept &= predictions.class_id == class_ids.get(query.predicted_class, -1)
            missed &= query.predicted_class == BACKGROUND
    return np.flatnonzero(kept), np.flatnonzero(missed)


def _ordered(
    table: MatchTable, query: ObjectQuery, prediction: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the items in the order asked for, and whether each is a label's. Ties keep the frames' order."""
    predictions, labels = table.predictions, table.labels
    values = {
        "confidence": (predictions.confidence, np.full(len(labels), np.nan)),
        "iou": (table.iou, table.label_iou),
        "size": (_box_area(predictions.box), _box_area(labels.box)),
    }[query.sort]
    key = np.concatenate([values[0][prediction], values[1][label]])
    frame = np.concatenate([predictions.frame[prediction], labels.frame[label]])
    position = np.concatenate([prediction, label])
    is_label = np.repeat([False, True], [len(prediction), len(label)])
    order = np.lexsort((position, is_label, frame, -key if query.descending else key))  # NaN goes last either way
    return position[order], is_label[order]


def _box_area(box: np.ndarray) -> np.ndarray:
    return box[:, 2] * box[:, 3]


_selections: Final[RecentlyUsed[ObjectSelection]] = RecentlyUsed(24)


def select_objects(project: Project, query: ObjectQuery) -> ObjectSelection:
    """The objects that meet a query; the last few answers are kept.

    Raises:
        ProjectError: the project has no such prediction set, or no labels.
    """
    key = (str(project.path), project.revision, query)
    return _selections.get(key, lambda: ObjectSelection(project, query))
