"""Which kinds of error cost how much: TIDE (Bolya et al., ECCV 2020), with the records behind every number.

Definitions and numbers are those of the authors' implementation, ``tidecv`` 1.0.1, its order of rules and its way
of breaking ties included.

Which kind an error is does not depend on the confidence threshold: whoever took the label of a duplicate is more
confident than the duplicate. So kinds are told once an IoU threshold; a confidence only chooses among them, and says
which labels are missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.matching import Matching, assign
from predscope.evaluation.mended_ap import MendedAp, Ranking
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import LOWEST_IOU, Pairs

DEFAULT_CAP: Final = 100
"""The most confident predictions of each frame that are looked at."""


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
    """Errors at one confidence and one IoU threshold, and what mending each kind alone would add to AP.

    Positions count all predictions and labels that were given.

    Attributes:
        confidence: predictions below it are as if they were not there.
        iou_threshold, background_iou: t_f and t_b.
        labels, predictions: what was evaluated.
        error: int8 (predictions,), ``ErrorType``.
        label: int64 (predictions,): the label that the prediction matches or that its error is about; -1: none.
        iou: float64 (predictions,): with that label; 0 without.
        is_matched: bool (predictions,).
        is_ignored: bool (predictions,): lies on a crowd, so that AP does not count it; it may be an error all the same.
        is_missed: bool (labels,).
        is_found: bool (labels,): matched.
        mended: int64: positions of the class and location errors that would become matches.
    """

    confidence: float
    iou_threshold: float
    background_iou: float
    labels: Objects
    predictions: Objects
    error: np.ndarray
    label: np.ndarray
    iou: np.ndarray
    is_matched: np.ndarray
    is_ignored: np.ndarray
    is_missed: np.ndarray
    is_found: np.ndarray
    mended: np.ndarray
    _oracle: MendedAp = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many errors of each kind there are."""
        found = np.bincount(self.error, minlength=len(ErrorType))
        found[ErrorType.MISS] = np.count_nonzero(self.is_missed)
        return {name_of(kind): int(found[kind]) for kind in (*PREDICTION_ERRORS, ErrorType.MISS)}

    @cached_property
    def ap(self) -> float:
        """AP at ``iou_threshold``, 0 to 100; classes without labels count as 0."""
        return self._oracle.as_it_is()

    @cached_property
    def delta_ap(self) -> dict[str, float]:
        """By name of the kind (``Cls``, ``Loc``, ``Both``, ``Dupe``, ``Bkg``, ``Miss``): points of AP."""
        found = {name_of(kind): max(0.0, self._without(kind) - self.ap) for kind in PREDICTION_ERRORS}
        found[name_of(ErrorType.MISS)] = max(0.0, self._oracle.without_labels(self.is_missed) - self.ap)
        return found

    @cached_property
    def special(self) -> dict[str, float]:
        """``FalsePos``: AP gained if every false positive had confidence 0.

        ``FalseNeg``: AP gained if no unmatched label counted.
        """
        unfound = ~self.is_found & ~self.labels.is_out
        return {
            "FalsePos": self._oracle.ideal_confidence() - self.ap,
            "FalseNeg": self._oracle.without_labels(unfound) - self.ap,
        }

    def _without(self, kind: ErrorType) -> float:
        right = self.mended[self.error[self.mended] == kind]
        return self._oracle.mended(self.error == kind, right, self.label if kind is ErrorType.CLS else None)

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


class ErrorKinds:
    """The kind of every error at one IoU threshold; ``at`` a confidence, the errors that are left there."""

    def __init__(
        self,
        pairs: Pairs,
        labels: Objects,
        predictions: Objects,
        class_count: int,
        *,
        iou_threshold: float = 0.5,
        background_iou: float = LOWEST_IOU,
        cap: int | None = DEFAULT_CAP,
    ) -> None:
        """See ``find_errors`` for the arguments."""
        pairs = _earlier_label_first(pairs)
        considered = _under_cap(predictions, cap)
        matching = _match(pairs, labels, predictions, considered, iou_threshold)
        is_matched = matching.label >= 0
        error, about = _sort_errors(pairs, considered & ~is_matched, matching, background_iou)
        has_label = about >= 0
        label, iou = matching.label.copy(), matching.iou.copy()
        label[has_label], iou[has_label] = pairs.label[about[has_label]], pairs.iou[about[has_label]]
        on_crowd = pairs.is_out & pairs.is_same_class & (pairs.iou > iou_threshold)
        is_ignored = np.zeros(len(predictions), bool)
        is_ignored[pairs.prediction[on_crowd]] = True
        is_ignored &= considered & ~is_matched
        self._thresholds = iou_threshold, background_iou
        self._labels, self._predictions, self._class_count = labels, predictions, class_count
        self._considered, self._is_matched, self._is_ignored = considered, is_matched, is_ignored
        self._error, self._label, self._iou = error, label, iou
        self._taker = matching.prediction
        self._near = _near_misses(error, label, predictions)
        self._ranking = Ranking(predictions, is_matched)

    def at(self, confidence: float) -> Tide:
        """The errors of the predictions at or above a confidence; what they cost is computed when it is asked for."""
        kept = self._predictions.confidence >= confidence
        is_matched, is_ignored = self._is_matched & kept, self._is_ignored & kept
        is_found = self._taker >= 0
        is_found[is_found] = kept[self._taker[is_found]]
        near = self._near[kept[self._near] & ~is_found[self._label[self._near]]]
        mended = near[np.unique(self._label[near], return_index=True)[1]]
        is_missed = ~is_found & ~self._labels.is_out
        is_missed[self._label[mended]] = False
        return Tide(
            confidence=confidence,
            iou_threshold=self._thresholds[0],
            background_iou=self._thresholds[1],
            labels=self._labels,
            predictions=self._predictions,
            error=np.where(kept, self._error, np.int8(ErrorType.NONE)),
            label=np.where(kept, self._label, -1),
            iou=np.where(kept, self._iou, 0.0),
            is_matched=is_matched,
            is_ignored=is_ignored,
            is_missed=is_missed,
            is_found=is_found,
            mended=mended,
            _oracle=MendedAp(
                self._ranking,
                self._ranking.kept(confidence),
                self._labels,
                self._predictions,
                self._class_count,
                is_matched=is_matched,
                is_counted=self._considered & kept & ~is_ignored,
            ),
        )


def find_errors(
    pairs: Pairs,
    labels: Objects,
    predictions: Objects,
    class_count: int,
    *,
    confidence: float = 0.0,
    iou_threshold: float = 0.5,
    background_iou: float = LOWEST_IOU,
    cap: int | None = DEFAULT_CAP,
) -> Tide:
    """Sort the errors into kinds; each kind can then be mended in turn.

    Args:
        pairs: with all that have at least ``background_iou``.
        confidence: predictions below it are as if they were not there.
        cap: the most confident predictions of each frame that are looked at; None: all.
    """
    kinds = ErrorKinds(
        pairs,
        labels,
        predictions,
        class_count,
        iou_threshold=iou_threshold,
        background_iou=background_iou,
        cap=cap,
    )
    return kinds.at(confidence)


def _under_cap(predictions: Objects, cap: int | None) -> np.ndarray:
    considered = np.ones(len(predictions), bool)
    if cap is None or not (np.bincount(predictions.frame) > cap).any():
        return considered
    order = np.lexsort((predictions.rank, predictions.frame))
    place = np.arange(len(order)) - np.searchsorted(predictions.frame, predictions.frame[order])
    considered[order[place >= cap]] = False
    return considered


def _earlier_label_first(pairs: Pairs) -> Pairs:
    """The pairs of each prediction with the earlier of two labels of equal IoU first: COCO has the later one first."""
    starts_run = np.zeros(len(pairs), bool)
    for column in (pairs.prediction, pairs.is_out, pairs.iou):
        starts_run[1:] |= column[1:] != column[:-1]
    run = np.cumsum(starts_run)
    starts = np.append(0, np.flatnonzero(starts_run))
    if len(starts) == len(pairs):
        return pairs
    ends = np.append(starts[1:], len(pairs))
    return _taken(pairs, (starts + ends - 1)[run] - np.arange(len(pairs)))


def _match(
    pairs: Pairs, labels: Objects, predictions: Objects, considered: np.ndarray, iou_threshold: float
) -> Matching:
    """As COCO matches, but without crowds, and the earlier of two labels of equal IoU first."""
    chosen = pairs.is_same_class & ~pairs.is_out & (pairs.iou >= iou_threshold) & considered[pairs.prediction]
    return assign(pairs, np.flatnonzero(chosen), labels, predictions, iou_threshold)


def _sort_errors(
    pairs: Pairs, is_wrong: np.ndarray, matching: Matching, background_iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Kind of each error, and the pair that it is about (-1: none)."""
    count, iou_threshold = len(is_wrong), matching.iou_threshold
    open_pair = is_wrong[pairs.prediction] & ~pairs.is_out
    same, other = open_pair & pairs.is_same_class, open_pair & ~pairs.is_same_class
    is_used = matching.prediction[pairs.label] >= 0
    error = np.where(is_wrong, np.int8(ErrorType.BKG), np.int8(ErrorType.NONE))
    about = np.full(count, -1, np.int64)
    largest = pairs.best_of_predictions(same, count)
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
        best = pairs.best_of_predictions(chosen, count)
        error[best >= 0] = kind
        about = np.where(best >= 0, best, about)
    error[is_near] = ErrorType.LOC
    about[is_near] = largest[is_near]
    return error, about


def _near_misses(error: np.ndarray, label: np.ndarray, predictions: Objects) -> np.ndarray:
    """Positions of the class and location errors, the most confident first: for a free label, the first would match."""
    rows = np.flatnonzero((error == ErrorType.CLS) | (error == ErrorType.LOC))
    return rows[np.argsort(predictions.rank[rows])]


def _taken(pairs: Pairs, rows: np.ndarray) -> Pairs:
    columns = ("prediction", "label", "iou", "is_same_class", "is_out")
    return replace(pairs, **{name: getattr(pairs, name)[rows] for name in columns})
