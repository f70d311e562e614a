"""Which kinds of error cost how much: TIDE (Bolya et al., ECCV 2020), with the records behind every number.

Definitions and numbers are those of the authors' implementation, ``tidecv`` 1.0.1, its order of rules and its way
of breaking ties included: a false positive of a confidence comes before the true positives of the same confidence once
an error is mended, and a class with predictions but without labels has an AP of 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.matching import Matching, assign
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import LOWEST_IOU, Pairs

DEFAULT_CAP: Final = 100
_RECALLS: Final = np.arange(101) / 100


class ErrorType(IntEnum):
    """Kinds of error; the first rule that fits decides."""

    NONE = 0
    """No error: matched, or beyond the cap."""
    CLS = 1
    """A label of another class would have been matched."""
    LOC = 2
    """A label of the class is overlapped, by too little."""
    BOTH = 3
    """Wrong class and badly placed."""
    DUPE = 4
    """The label was matched by a more confident prediction."""
    BKG = 5
    """Nothing is there."""
    MISS = 6
    """A label that nothing found, and that no mended error would find."""


PREDICTION_ERRORS: Final = (ErrorType.CLS, ErrorType.LOC, ErrorType.BOTH, ErrorType.DUPE, ErrorType.BKG)


@dataclass(frozen=True)
class Tide:
    """Errors at one IoU threshold, and what mending each kind alone would add to AP.

    Attributes:
        iou_threshold, background_iou: t_f and t_b.
        ap: AP at ``iou_threshold``, 0 to 100; classes without labels count as 0.
        delta_ap: by name of the kind (``Cls``, ``Loc``, ``Both``, ``Dupe``, ``Bkg``, ``Miss``): points of AP.
        special: ``FalsePos``: AP gained if every false positive had confidence 0; ``FalseNeg``: if no unmatched label
            counted.
        labels, predictions: what was evaluated.
        error: int8 (predictions,), ``ErrorType``.
        label: int64 (predictions,): the label that the prediction matches or that its error is about; -1: none.
        iou: float64 (predictions,): with that label; 0 without.
        is_matched: bool (predictions,).
        is_ignored: bool (predictions,): lies on a crowd, so that AP does not count it; it may be an error all the same.
        is_missed: bool (labels,).
    """

    iou_threshold: float
    background_iou: float
    ap: float
    delta_ap: dict[str, float]
    special: dict[str, float]
    labels: Objects
    predictions: Objects
    error: np.ndarray
    label: np.ndarray
    iou: np.ndarray
    is_matched: np.ndarray
    is_ignored: np.ndarray
    is_missed: np.ndarray

    @property
    def counts(self) -> dict[str, int]:
        """How many errors of each kind there are."""
        found = {name_of(kind): int((self.error == kind).sum()) for kind in PREDICTION_ERRORS}
        return found | {name_of(ErrorType.MISS): int(self.is_missed.sum())}

    def to_pandas(self) -> pd.DataFrame:
        """One row a kind: ``error``, ``count``, ``delta_ap``."""
        counts = self.counts
        return pd.DataFrame({"error": counts.keys(), "count": counts.values(), "delta_ap": self.delta_ap.values()})

    def records(self) -> pd.DataFrame:
        """One row an error; ``prediction_row`` and ``label_row`` are rows of the sets (-1: none).

        Columns: ``error``, ``frame_index``, ``prediction_row``, ``label_row``, ``iou``, ``confidence`` (NaN for missed
        labels), ``class_id`` (of the prediction; of a missed label).
        """
        wrong, missed = np.flatnonzero(self.error > 0), np.flatnonzero(self.is_missed)
        none = np.full(len(missed), -1)
        names = np.array([name_of(kind) for kind in ErrorType], dtype=object)
        return pd.DataFrame(
            {
                "error": np.concatenate(
                    [names[self.error[wrong]], np.full(len(missed), name_of(ErrorType.MISS), object)]
                ),
                "frame_index": np.concatenate([self.predictions.frame[wrong], self.labels.frame[missed]]),
                "prediction_row": np.concatenate([self.predictions.row[wrong], none]),
                "label_row": np.concatenate(
                    [np.append(self.labels.row, -1)[self.label[wrong]], self.labels.row[missed]]
                ),
                "iou": np.concatenate([self.iou[wrong], np.zeros(len(missed))]),
                "confidence": np.concatenate([self.predictions.confidence[wrong], np.full(len(missed), np.nan)]),
                "class_id": np.concatenate([self.predictions.class_id[wrong], self.labels.class_id[missed]]),
            }
        )


def name_of(kind: ErrorType) -> str:
    """As the paper writes it."""
    return kind.name.capitalize()


def find_errors(
    pairs: Pairs,
    labels: Objects,
    predictions: Objects,
    class_count: int,
    *,
    iou_threshold: float = 0.5,
    background_iou: float = LOWEST_IOU,
    cap: int | None = DEFAULT_CAP,
) -> Tide:
    """Sort the errors into kinds and mend each kind in turn.

    Args:
        pairs: with all that have at least ``background_iou``.
        cap: the most confident predictions of each frame that are looked at; None: all.
    """
    considered = _under_cap(predictions, cap)
    matching = _match(pairs, labels, predictions, considered, iou_threshold)
    is_matched = matching.label >= 0
    error, about = _sort_errors(pairs, labels, predictions, considered & ~is_matched, matching, background_iou)
    has_label = about >= 0
    label, iou = matching.label.copy(), matching.iou.copy()
    label[has_label], iou[has_label] = pairs.label[about[has_label]], pairs.iou[about[has_label]]
    mended = _mended(error, label, matching, predictions)
    unfound = (matching.prediction < 0) & ~labels.is_out
    usable = np.zeros(len(labels), bool)
    usable[label[mended]] = True
    is_missed = unfound & ~usable
    on_crowd = pairs.is_out & pairs.is_same_class & (pairs.iou > iou_threshold)
    is_ignored = np.zeros(len(predictions), bool)
    is_ignored[pairs.prediction[on_crowd]] = True
    is_ignored &= considered & ~is_matched
    oracle = _Oracle(labels, predictions, class_count, is_matched, considered & ~is_matched, is_ignored)
    ap = oracle.base()
    delta = {
        name_of(kind): max(0.0, oracle.mend(error == kind, mended, label, kind) - ap) for kind in PREDICTION_ERRORS
    }
    delta[name_of(ErrorType.MISS)] = max(0.0, oracle.without_labels(is_missed) - ap)
    special = {"FalsePos": oracle.ideal_confidence() - ap, "FalseNeg": oracle.without_labels(unfound) - ap}
    return Tide(
        iou_threshold=iou_threshold,
        background_iou=background_iou,
        ap=ap,
        delta_ap=delta,
        special=special,
        labels=labels,
        predictions=predictions,
        error=error,
        label=label,
        iou=iou,
        is_matched=is_matched,
        is_ignored=is_ignored,
        is_missed=is_missed,
    )


def _under_cap(predictions: Objects, cap: int | None) -> np.ndarray:
    considered = np.ones(len(predictions), bool)
    if cap is None or not len(predictions):
        return considered
    order = np.lexsort((predictions.rank, predictions.frame))
    place = np.arange(len(order)) - np.searchsorted(predictions.frame, predictions.frame[order])
    considered[order[place >= cap]] = False
    return considered


def _match(
    pairs: Pairs, labels: Objects, predictions: Objects, considered: np.ndarray, iou_threshold: float
) -> Matching:
    """As COCO matches, but without crowds, and the earlier of two labels of equal IoU first."""
    chosen = pairs.is_same_class & ~pairs.is_out & (pairs.iou >= iou_threshold) & considered[pairs.prediction]
    rows = np.flatnonzero(chosen)
    rows = rows[np.lexsort((pairs.label[rows], -pairs.iou[rows], pairs.prediction[rows]))]
    columns = ("prediction", "label", "iou", "is_same_class", "is_out")
    subset = replace(pairs, **{name: getattr(pairs, name)[rows] for name in columns})
    return assign(subset, np.arange(len(rows)), labels, predictions, iou_threshold)


def _sort_errors(
    pairs: Pairs,
    labels: Objects,
    predictions: Objects,
    is_wrong: np.ndarray,
    matching: Matching,
    background_iou: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Kind of each error, and the pair that it is about (-1: none)."""
    count, iou_threshold = len(predictions), matching.iou_threshold
    open_pair = is_wrong[pairs.prediction] & ~pairs.is_out
    same, other = open_pair & pairs.is_same_class, open_pair & ~pairs.is_same_class
    is_used = matching.prediction[pairs.label] >= 0
    error = np.where(is_wrong, np.int8(ErrorType.BKG), np.int8(ErrorType.NONE))
    about = np.full(count, -1, np.int64)
    largest = _best(pairs, same, count)
    is_near = np.zeros(count, bool)
    has_same = largest >= 0
    is_near[has_same] = (pairs.iou[largest[has_same]] >= background_iou) & (
        pairs.iou[largest[has_same]] <= iou_threshold
    )
    # From the last rule to the first: what an earlier rule says replaces what a later one said.
    for chosen, kind in (
        (open_pair & (pairs.iou > background_iou), ErrorType.BOTH),
        (same & is_used & (pairs.iou >= iou_threshold), ErrorType.DUPE),
        (other & (pairs.iou >= iou_threshold), ErrorType.CLS),
    ):
        best = _best(pairs, chosen, count)
        error[best >= 0] = kind
        about = np.where(best >= 0, best, about)
    error[is_near] = ErrorType.LOC
    about[is_near] = largest[is_near]
    return error, about


def _best(pairs: Pairs, chosen: np.ndarray, count: int) -> np.ndarray:
    """The pair of highest IoU of each prediction, the earlier label of equals; -1 without one."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.lexsort((pairs.label[rows], -pairs.iou[rows], pairs.prediction[rows]))]
    owners = pairs.prediction[rows]
    result = np.full(count, -1, np.int64)
    result[owners[::-1]] = rows[::-1]  # the first of an owner is written last
    return result


def _mended(error: np.ndarray, label: np.ndarray, matching: Matching, predictions: Objects) -> np.ndarray:
    """Positions of the class and location errors that would become matches: for each free label the most confident."""
    rows = np.flatnonzero((error == ErrorType.CLS) | (error == ErrorType.LOC))
    rows = rows[matching.prediction[label[rows]] < 0]
    rows = rows[np.argsort(predictions.rank[rows])]
    return rows[np.unique(label[rows], return_index=True)[1]]


class _Oracle:
    """AP after one kind of error has been mended."""

    def __init__(
        self,
        labels: Objects,
        predictions: Objects,
        class_count: int,
        is_matched: np.ndarray,
        is_wrong: np.ndarray,
        is_ignored: np.ndarray,
    ) -> None:
        self._labels = labels
        self._predictions = predictions
        self._is_matched = is_matched
        self._is_wrong = is_wrong
        self._is_counted = (is_matched | is_wrong) & ~is_ignored
        self._label_count = np.bincount(labels.class_id[~labels.is_out], minlength=class_count)

    def base(self) -> float:
        rows = np.flatnonzero(self._is_counted)
        rows = rows[np.argsort(self._predictions.rank[rows])]
        return mean_ap(self._predictions.class_id[rows], self._is_matched[rows], self._label_count)

    def mend(self, chosen: np.ndarray, mended: np.ndarray, label: np.ndarray, kind: ErrorType) -> float:
        """The chosen errors become matches where they are among the mended, and go away where not."""
        becomes_right = np.zeros(len(chosen), bool)
        becomes_right[mended] = chosen[mended]
        class_id = self._predictions.class_id.copy()
        if kind is ErrorType.CLS:
            class_id[becomes_right] = self._labels.class_id[label[becomes_right]]
        stays = (self._is_counted & ~chosen) | becomes_right
        return self._ap(stays, class_id, self._is_matched | becomes_right, self._label_count)

    def without_labels(self, gone: np.ndarray) -> float:
        fewer = np.bincount(self._labels.class_id[gone], minlength=len(self._label_count))
        return self._ap(self._is_counted, self._predictions.class_id, self._is_matched, self._label_count - fewer)

    def ideal_confidence(self) -> float:
        rows = np.flatnonzero(self._is_counted)
        rows = rows[np.argsort(~self._is_matched[rows], kind="stable")]
        return mean_ap(self._predictions.class_id[rows], self._is_matched[rows], self._label_count)

    def _ap(self, stays: np.ndarray, class_id: np.ndarray, is_right: np.ndarray, label_count: np.ndarray) -> float:
        """Those that were wrong come first among equal confidences."""
        rows = np.flatnonzero(stays)
        order = np.lexsort((self._predictions.rank[rows], self._is_matched[rows], -self._predictions.confidence[rows]))
        rows = rows[order]
        return mean_ap(class_id[rows], is_right[rows], label_count)


def mean_ap(class_id: np.ndarray, is_right: np.ndarray, label_count: np.ndarray) -> float:
    """Mean over classes of the AP, 0 to 100, of predictions in the order given.

    Classes with neither predictions nor labels are left out; classes without labels count as 0.
    """
    order = np.argsort(class_id, kind="stable")
    starts = np.searchsorted(class_id[order], np.arange(len(label_count) + 1))
    found = [
        average_precision(is_right[order[start:stop]], labels)
        for start, stop, labels in zip(starts[:-1], starts[1:], label_count.tolist(), strict=True)
        if stop > start or labels
    ]
    return 100 * sum(found) / len(found) if found else 0.0


def average_precision(is_right: np.ndarray, label_count: int) -> float:
    """AP of one class from its predictions by falling confidence: 101 recalls, precision made monotone."""
    if not label_count or not len(is_right):
        return 0.0
    true = np.cumsum(is_right)
    precision = np.maximum.accumulate((true / np.arange(1, len(true) + 1))[::-1])[::-1]
    places = np.searchsorted(true / label_count, _RECALLS, side="left")
    return float(np.append(precision, 0.0)[np.minimum(places, len(precision))].sum() / len(_RECALLS))
