"""Who matches whom: COCO's greedy assignment, for all frames at once.

COCO visits predictions by falling confidence; each takes the free label of highest IoU. As every label would choose the
more confident of two predictions, that is the one stable matching of predictions and labels, and can be found in
rounds: every free prediction proposes to the best label that has not turned it down yet, and a label keeps the most
confident of those that proposed. A round is a few passes over columns, and there are few rounds.

Cutting the least confident predictions never changes the matches of the others: so one matching an IoU threshold serves
every confidence threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs

_NOBODY = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Matching:
    """The matches of all predictions at one IoU threshold.

    Attributes:
        iou_threshold: lowest IoU of a match.
        label: int64 (predictions,): position of the label that each took; -1: none.
        iou: float64 (predictions,): with that label; 0 without.
        prediction: int64 (labels,): position of the prediction that took each; -1: none. A crowd may be taken by
            several, and has the most confident of them here.
    """

    iou_threshold: float
    label: np.ndarray
    iou: np.ndarray
    prediction: np.ndarray


def match(pairs: Pairs, labels: Objects, predictions: Objects, iou_threshold: float) -> Matching:
    """COCO's assignment within classes (pycocotools ``evaluateImg``, without its cap).

    Non-ignored labels are taken before ignored ones, higher IoU before lower, the later label where IoUs are equal;
    predictions of equal confidence come in their order. Crowds may be taken repeatedly.
    """
    chosen = np.flatnonzero(pairs.is_same_class & (pairs.iou >= effective(iou_threshold)))
    return assign(pairs, chosen, labels, predictions, iou_threshold)


def effective(iou_threshold: float) -> float:
    """The threshold that COCO compares with: 1 itself would leave out what is equal but for rounding."""
    return min(iou_threshold, 1 - 1e-10)


def assign(pairs: Pairs, chosen: np.ndarray, labels: Objects, predictions: Objects, iou_threshold: float) -> Matching:
    """The assignment over some of the pairs.

    Args:
        chosen: int64, ascending: the pairs that may become matches.
    """
    owner, wanted = pairs.prediction[chosen], pairs.label[chosen]
    is_first = np.ones(len(chosen), bool)
    is_first[1:] = owner[1:] != owner[:-1]
    starts = np.flatnonzero(is_first)
    place = starts.copy()  # of the pair that each prediction proposes next
    stop = np.append(starts[1:], len(chosen))
    rank = predictions.rank[owner[starts]]
    best_rank = np.full(len(labels), _NOBODY)
    holder = np.full(len(labels), -1, np.int64)  # number of the prediction among those with pairs
    free = np.arange(len(starts))
    settled = np.full(len(starts), -1, np.int64)  # the pair of those that a crowd took in
    while len(free):
        label = wanted[place[free]]
        is_crowd = labels.is_crowd[label]
        if is_crowd.any():
            settled[free[is_crowd]] = place[free[is_crowd]]
            free, label = free[~is_crowd], label[~is_crowd]
        np.minimum.at(best_rank, label, rank[free])
        wins = best_rank[label] == rank[free]
        before = holder[label[wins]]
        holder[label[wins]] = free[wins]
        free = np.concatenate([free[~wins], before[before >= 0]])
        place[free] += 1
        free = free[place[free] < stop[free]]
    held = np.flatnonzero(holder >= 0)
    settled[holder[held]] = place[holder[held]]
    return _matching(pairs, chosen, owner[starts], settled, labels, predictions, iou_threshold)


def _matching(
    pairs: Pairs,
    chosen: np.ndarray,
    owner: np.ndarray,
    settled: np.ndarray,
    labels: Objects,
    predictions: Objects,
    iou_threshold: float,
) -> Matching:
    has_match = settled >= 0
    made, owner = chosen[settled[has_match]], owner[has_match]
    label = np.full(len(predictions), -1, np.int64)
    iou = np.zeros(len(predictions))
    label[owner] = pairs.label[made]
    iou[owner] = pairs.iou[made]
    taker = np.full(len(labels), -1, np.int64)
    by_rank = owner[np.argsort(-predictions.rank[owner])]  # the most confident is written last
    taker[label[by_rank]] = by_rank
    return Matching(iou_threshold, label, iou, taker)
