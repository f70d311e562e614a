"""What AP would be if errors of one kind were mended: the ``dAP`` of TIDE.

As in the authors' implementation, a false positive of a confidence comes before the true positives of the same
confidence once an error is mended, and a class with predictions but without labels has an AP of 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.objects import Objects

_RECALLS: Final = np.arange(101) / 100
_MOST_CLASSES: Final = np.iinfo(np.uint16).max


class Ranking:
    """Predictions in the orders in which AP goes through them, found once for all confidences.

    Attributes:
        by_confidence: int64 (predictions,): positions by falling confidence, equals in their order.
        wrong_first: the same, but of equals the unmatched ones first.
    """

    def __init__(self, predictions: Objects, is_matched: np.ndarray) -> None:
        self.by_confidence = np.empty(len(predictions), np.int64)
        self.by_confidence[predictions.rank] = np.arange(len(predictions))
        confidence = predictions.confidence[self.by_confidence]
        level = np.zeros(len(predictions), np.int64)
        level[1:] = np.cumsum(confidence[1:] != confidence[:-1])
        within = np.argsort(2 * level + is_matched[self.by_confidence], kind="stable")
        self.wrong_first = self.by_confidence[within]
        self._confidence = -confidence

    def kept(self, confidence: float) -> int:
        """How many, the first ones in both orders, are at or above a confidence."""
        return int(np.searchsorted(self._confidence, -confidence, side="right"))


class MendedAp:
    """AP at one IoU threshold and confidence, as it is and after errors have been mended.

    Args:
        ranking: of all predictions.
        kept: how many of them are at or above the confidence.
        labels, predictions: what was matched.
        class_count: number of classes.
        is_matched: bool (predictions,).
        is_counted: bool (predictions,): is a match or a false positive.
    """

    def __init__(
        self,
        ranking: Ranking,
        kept: int,
        labels: Objects,
        predictions: Objects,
        class_count: int,
        *,
        is_matched: np.ndarray,
        is_counted: np.ndarray,
    ) -> None:
        self._by_confidence = ranking.by_confidence[:kept]
        self._wrong_first = ranking.wrong_first[:kept]
        self._labels = labels
        self._class_id = predictions.class_id
        self._is_matched = is_matched
        self._is_counted = is_counted
        self._label_count = np.bincount(labels.class_id[~labels.is_out], minlength=class_count)

    def as_it_is(self) -> float:
        """Nothing mended."""
        rows = self._by_confidence[self._is_counted[self._by_confidence]]
        return mean_ap(self._class_id[rows], self._is_matched[rows], self._label_count)

    def mended(self, chosen: np.ndarray, right: np.ndarray, label: np.ndarray | None = None) -> float:
        """The chosen errors become matches or go away.

        Args:
            chosen: bool (predictions,).
            right: positions of those that become matches; the others of the chosen go away.
            label: of the matches, by position, where the class becomes the label's; None: it stays.
        """
        becomes_right = np.zeros(len(chosen), bool)
        becomes_right[right] = True
        class_id = self._class_id
        if label is not None:
            class_id = class_id.copy()
            class_id[right] = self._labels.class_id[label[right]]
        stays = (self._is_counted & ~chosen) | becomes_right
        return self._ap(stays, class_id, self._is_matched | becomes_right, self._label_count)

    def without_labels(self, gone: np.ndarray) -> float:
        """Some labels (bool (labels,)) do not count."""
        fewer = np.bincount(self._labels.class_id[gone], minlength=len(self._label_count))
        return self._ap(self._is_counted, self._class_id, self._is_matched, self._label_count - fewer)

    def ideal_confidence(self) -> float:
        """Every false positive has confidence 0."""
        rows = np.sort(self._by_confidence[self._is_counted[self._by_confidence]])
        rows = rows[np.argsort(~self._is_matched[rows], kind="stable")]
        return mean_ap(self._class_id[rows], self._is_matched[rows], self._label_count)

    def _ap(self, stays: np.ndarray, class_id: np.ndarray, is_right: np.ndarray, label_count: np.ndarray) -> float:
        rows = self._wrong_first[stays[self._wrong_first]]
        return mean_ap(class_id[rows], is_right[rows], label_count)


def mean_ap(class_id: np.ndarray, is_right: np.ndarray, label_count: np.ndarray) -> float:
    """Mean over classes of the AP, 0 to 100, of predictions in the order given.

    Of each class the mean over 101 recalls of the precision, made monotone. Classes with neither predictions nor labels
    are left out; classes without labels count as 0.

    Args:
        class_id: int (n,).
        is_right: bool (n,).
        label_count: int (classes,).
    """
    count = len(label_count)
    order = np.argsort(class_id.astype(np.uint16) if count <= _MOST_CLASSES else class_id, kind="stable")
    grouped = class_id[order]
    starts = np.searchsorted(grouped, np.arange(count + 1))
    true = np.flatnonzero(is_right[order])  # precision is highest, and recall grows, at right predictions only
    true_class = grouped[true]
    true_starts = np.searchsorted(true_class, np.arange(count + 1))
    precision = (np.arange(len(true)) - true_starts[true_class] + 1) / (true - starts[true_class] + 1)
    best = pd.Series(precision[::-1]).groupby(true_class[::-1], sort=False).cummax().to_numpy()[::-1]
    place = true_starts[:-1, None] + _needed(label_count) - 1
    is_reached = (place < true_starts[1:, None]) & (label_count > 0)[:, None]
    values = np.zeros(place.shape)
    values[is_reached] = best[place[is_reached]]
    occurs = (np.diff(starts) > 0) | (label_count != 0)
    return 100 * float((values.sum(axis=1) / len(_RECALLS))[occurs].sum()) / int(occurs.sum()) if occurs.any() else 0.0


def _needed(label_count: np.ndarray) -> np.ndarray:
    """int64 (classes, 101): how many right predictions reach each recall; at least one."""
    labels = np.maximum(label_count, 1)[:, None].astype(np.float64)
    needed = np.ceil(_RECALLS * labels)
    needed -= (needed - 1) / labels >= _RECALLS  # the product may have been rounded up, or down
    needed += needed / labels < _RECALLS
    return np.maximum(needed, 1).astype(np.int64)
