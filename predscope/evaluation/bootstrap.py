"""Intervals for AP by resampling frames, from stored matches: nothing is matched again.

Percentile bootstrap (Efron, 1979) over frames, which are what was sampled; objects of a frame go together. A frame that
is drawn twice counts twice, as if it stood in the data twice; between predictions of equal confidence, copies come side
by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.coco_result import RECALLS
from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass

DEFAULT_RESAMPLES: Final = 1000
_BLOCK: Final = 4_000_000
"""Weights (resamples times predictions) that are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval; NaN where it could not be computed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ApBootstrap:
    """AP of the data and of the resamples.

    Attributes:
        iou_thresholds: over which AP is a mean.
        classes: in the order of the arrays.
        value: float64 (classes,): AP of the data; NaN for classes without labels.
        samples: float64 (resamples, classes): AP of the resamples; NaN where a class has no label in one.
        label_count: int64 (classes,).
    """

    iou_thresholds: tuple[float, ...]
    classes: tuple[ObjectClass, ...]
    value: np.ndarray
    samples: np.ndarray
    label_count: np.ndarray

    @property
    def overall(self) -> Interval:
        """AP as the mean over the classes with labels."""
        return _interval(_mean(self.value[None])[0], _mean(self.samples))

    def of_class(self, position: int) -> Interval:
        """AP of one class."""
        return _interval(self.value[position], self.samples[:, position])

    def to_pandas(self) -> pd.DataFrame:
        """One row a class: ``class_id``, ``name``, ``labels``, ``AP``, ``low``, ``high``."""
        intervals = [self.of_class(position) for position in range(len(self.classes))]
        return pd.DataFrame(
            {
                "class_id": [entry.class_id for entry in self.classes],
                "name": [entry.name for entry in self.classes],
                "labels": self.label_count,
                "AP": [entry.value for entry in intervals],
                "low": [entry.low for entry in intervals],
                "high": [entry.high for entry in intervals],
            }
        )


def frame_weights(frame_count: int, resamples: int, seed: int = 0, groups: np.ndarray | None = None) -> np.ndarray:
    """int32 (resamples, frame_count): how often each frame is drawn.

    Args:
        groups: int (frame_count,): frames that go together (of one video or scene); None: each by itself.
    """
    rng = np.random.default_rng(seed)
    members = np.arange(frame_count) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(members.max(initial=-1)) + 1
    weights = np.empty((resamples, frame_count), np.int32)
    for row in range(resamples):
        weights[row] = np.bincount(rng.integers(count, size=count), minlength=count)[members] if count else 0
    return weights


def bootstrap_ap(
    matchings: Sequence[Matching],
    labels: Objects,
    predictions: Objects,
    classes: tuple[ObjectClass, ...],
    frame_count: int,
    *,
    resamples: int = DEFAULT_RESAMPLES,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> ApBootstrap:
    """AP, COCO's way but without a cap, of the data and of resampled frames.

    Args:
        matchings: one an IoU threshold; AP is the mean over them.
        resamples: how many times the frames are drawn.
        seed: equal seeds give equal draws, so that two models can be compared on the same.
        groups: see ``frame_weights``.
    """
    drawn = frame_weights(frame_count, resamples, seed, groups)
    weights = np.concatenate([np.ones((1, frame_count), np.int32), drawn])
    found = np.full((resamples + 1, len(classes)), np.nan)
    counted = ~labels.is_out
    for position in range(len(classes)):
        own = counted & (labels.class_id == position)
        per_frame = np.bincount(labels.frame[own], minlength=frame_count)
        if per_frame.any():
            rows = np.flatnonzero(predictions.class_id == position)
            rows = rows[np.argsort(predictions.rank[rows])]
            totals = weights @ per_frame
            found[:, position] = _class_ap(matchings, labels, predictions, rows, weights, totals)
    return ApBootstrap(
        iou_thresholds=tuple(matching.iou_threshold for matching in matchings),
        classes=classes,
        value=found[0],
        samples=found[1:],
        label_count=np.bincount(labels.class_id[counted], minlength=len(classes)),
    )


def _class_ap(
    matchings: Sequence[Matching],
    labels: Objects,
    predictions: Objects,
    rows: np.ndarray,
    weights: np.ndarray,
    totals: np.ndarray,
) -> np.ndarray:
    """float64 (samples,): mean over the matchings; NaN in samples without labels."""
    needed = _needed(totals)
    result = np.zeros(len(weights))
    block = max(1, _BLOCK // max(len(rows), 1))
    for start in range(0, len(weights), block):
        part = slice(start, start + block)
        drawn = weights[part][:, predictions.frame[rows]]
        seen = np.cumsum(drawn, axis=1, dtype=np.int32)
        for matching in matchings:
            label = matching.label[rows]
            is_right = label >= 0
            is_right[is_right] = ~labels.is_out[label[is_right]]
            is_counted = is_right | ((label < 0) & ~predictions.is_ignored[rows])
            result[part] += _sampled_ap(drawn, seen, is_right, is_counted, needed[part])
    result /= len(matchings)
    result[totals == 0] = np.nan
    return result


def _sampled_ap(
    drawn: np.ndarray, seen: np.ndarray, is_right: np.ndarray, is_counted: np.ndarray, needed: np.ndarray
) -> np.ndarray:
    """AP of each sample (row of ``drawn``, whose sums are ``seen``); only the precision at true positives matters."""
    right = np.flatnonzero(is_right)
    if not len(right):
        return np.zeros(len(drawn))
    kept = seen[:, right]
    ignored = np.flatnonzero(~is_counted)
    if len(ignored):
        sums = np.zeros((len(drawn), len(ignored) + 1), np.int32)
        np.cumsum(drawn[:, ignored], axis=1, out=sums[:, 1:])
        kept = kept - sums[:, np.searchsorted(ignored, right)]
    tp = np.cumsum(drawn[:, right], axis=1, dtype=np.int32)
    precision = np.zeros((len(drawn), len(right) + 1))
    np.divide(tp[:, ::-1], kept[:, ::-1], out=precision[:, 1:], where=kept[:, ::-1] > 0)
    np.maximum.accumulate(precision, axis=1, out=precision)  # from the last true positive to the first
    rows = np.arange(len(drawn))[:, None]
    step = int(max(tp[:, -1].max(), needed.max())) + 1
    places = np.searchsorted((tp + step * rows).reshape(-1), (needed + step * rows).reshape(-1)).reshape(needed.shape)
    places = np.minimum(places - len(right) * rows, len(right))
    return np.take_along_axis(precision, len(right) - places, axis=1).mean(axis=1)


def _needed(totals: np.ndarray) -> np.ndarray:
    """int64 (samples, recalls): the fewest true positives whose recall, as a float, reaches each of ``RECALLS``."""
    of = np.maximum(totals, 1)[:, None].astype(np.float64)
    needed = np.ceil(RECALLS * of)
    needed = np.where((needed - 1) / of >= RECALLS, needed - 1, needed)
    needed = np.where(needed / of < RECALLS, needed + 1, needed)
    return np.maximum(needed, 0).astype(np.int64)


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the classes that have a value; NaN where none has."""
    has_value = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(has_value, values, 0).sum(axis=1) / has_value.sum(axis=1)


def _interval(value: float, samples: np.ndarray) -> Interval:
    computed = samples[~np.isnan(samples)]
    if np.isnan(value) or not len(computed):
        return Interval(float(value), np.nan, np.nan)
    low, high = np.percentile(computed, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))
