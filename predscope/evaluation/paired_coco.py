"""COCO's numbers by any likeness of which there are candidate pairs: boundaries of masks, oriented boxes.

The rules are those of pycocotools ``cocoeval.py``, with these pairs in the place of its ``computeIoU``; on boxes it
gives pycocotools' numbers (tested). Boxes, masks and keypoints themselves go through ``coco``, which is faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predscope.evaluation.coco_result import RECALLS, AreaRange
from predscope.evaluation.matching import assign, effective
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs


def accumulate_pairs(
    pairs: Pairs,
    labels: Objects,
    predictions: Objects,
    class_count: int,
    *,
    prediction_area: np.ndarray,
    iou_thresholds: Sequence[float],
    areas: Sequence[AreaRange],
    caps: Sequence[int],
    frame_order: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The arrays ``precision`` (T, R, K, A, M) and ``recall`` (T, K, A, M) of ``CocoEvaluation``.

    Args:
        pairs: with every pair at or above the lowest threshold.
        prediction_area: float64 (predictions,), pixels^2.
        caps: ascending.
        frame_order: int (frames,): the place of each frame among equal confidences.
    """
    curves = _Curves(labels, predictions, class_count, frame_order)
    places = _places(predictions)
    may_match = pairs.is_same_class & (places[pairs.prediction] < caps[-1])
    prediction, label, iou = pairs.prediction[may_match], pairs.label[may_match], pairs.iou[may_match]
    shape = (len(iou_thresholds), class_count, len(areas), len(caps))
    precision = np.full((shape[0], len(RECALLS), *shape[1:]), -1.0)
    recall = np.full(shape, -1.0)
    for column, area in enumerate(areas):
        is_outside = (labels.area < area.lowest) | (labels.area > area.highest)
        narrowed = replace(labels, is_ignored=labels.is_ignored | is_outside)
        is_excused = predictions.is_ignored | (prediction_area < area.lowest) | (prediction_area > area.highest)
        ordered = Pairs.ordered(narrowed, predictions, prediction, label, iou, pairs.lowest_iou)
        label_counts = np.bincount(labels.class_id[~narrowed.is_out], minlength=class_count)
        for row, iou_threshold in enumerate(iou_thresholds):
            chosen = np.flatnonzero(ordered.iou >= effective(iou_threshold))
            matching = assign(ordered, chosen, narrowed, predictions, iou_threshold)
            is_right = matching.label >= 0
            is_right[is_right] = ~narrowed.is_out[matching.label[is_right]]
            is_counted = is_right | ((matching.label < 0) & ~is_excused)
            for last, cap in enumerate(caps):
                sampled, reached = curves.sample(is_right, is_counted & (places < cap), label_counts)
                precision[row, :, :, column, last], recall[row, :, column, last] = sampled, reached
    return precision, recall


class _Curves:
    """Predictions class by class, in COCO's order of confidence."""

    def __init__(self, labels: Objects, predictions: Objects, class_count: int, frame_order: np.ndarray) -> None:
        keys = (np.arange(len(predictions)), frame_order[predictions.frame], -predictions.confidence)
        self._order = np.lexsort((*keys, predictions.class_id))
        self._starts = np.searchsorted(predictions.class_id[self._order], np.arange(class_count + 1))

    def sample(
        self, is_right: np.ndarray, is_counted: np.ndarray, label_counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """float64 (R, K) precision at ``RECALLS``, and (K,) the last recall; -1 for classes without labels."""
        precision = np.full((len(RECALLS), len(label_counts)), -1.0)
        recall = np.full(len(label_counts), -1.0)
        for position in np.flatnonzero(label_counts).tolist():
            rows = self._order[self._starts[position] : self._starts[position + 1]]
            right = is_right[rows[is_counted[rows]]]
            tp = np.cumsum(right)
            reached = tp / label_counts[position]
            envelope = np.zeros(len(tp) + 1)
            envelope[:-1] = tp / (np.arange(1, len(tp) + 1) + np.spacing(1))
            np.maximum.accumulate(envelope[::-1], out=envelope[::-1])
            precision[:, position] = envelope[np.searchsorted(reached, RECALLS, side="left")]
            recall[position] = reached[-1] if len(tp) else 0.0
        return precision, recall


def _places(predictions: Objects) -> np.ndarray:
    """int64 (n,): place of each prediction among those of its frame and class, by falling confidence, from 0."""
    order = np.lexsort((predictions.rank, predictions.class_id, predictions.frame))
    frame, class_id = predictions.frame[order], predictions.class_id[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (frame[1:] != frame[:-1]) | (class_id[1:] != class_id[:-1])
    firsts = np.flatnonzero(is_first)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - np.repeat(firsts, np.diff(np.append(firsts, len(order))))
    return places
