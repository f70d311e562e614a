"""COCO's matcher written out one prediction at a time, as a reference for the one that works on columns."""

from __future__ import annotations

import numpy as np

from predscope.evaluation.objects import Objects


def box_iou(own: np.ndarray, label: np.ndarray, is_crowd: bool) -> float:
    width = min(own[0] + own[2], label[0] + label[2]) - max(own[0], label[0])
    height = min(own[1] + own[3], label[1] + label[3]) - max(own[1], label[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared, area = width * height, own[2] * own[3]
    return shared / (area if is_crowd else area + label[2] * label[3] - shared)


def match_greedily(labels: Objects, predictions: Objects, confidence: float, iou_threshold: float) -> np.ndarray:
    """For each prediction the position of its label; -1: none, -2: below the confidence."""
    result = np.full(len(predictions), -2)
    for frame, class_id in {*zip(predictions.frame.tolist(), predictions.class_id.tolist(), strict=True)}:
        mine = np.flatnonzero((predictions.frame == frame) & (predictions.class_id == class_id))
        mine = mine[np.argsort(-predictions.confidence[mine], kind="stable")]
        theirs = np.flatnonzero((labels.frame == frame) & (labels.class_id == class_id))
        theirs = theirs[np.argsort(labels.is_out[theirs], kind="stable")]
        taken: set[int] = set()
        for prediction in mine.tolist():
            if predictions.confidence[prediction] < confidence:
                continue
            best, label_found = min(iou_threshold, 1 - 1e-10), -1
            for label in theirs.tolist():
                if label in taken and not labels.is_crowd[label]:
                    continue
                if label_found >= 0 and not labels.is_out[label_found] and labels.is_out[label]:
                    break
                iou = box_iou(predictions.box[prediction], labels.box[label], bool(labels.is_crowd[label]))
                if iou < best:
                    continue
                best, label_found = iou, label
            result[prediction] = label_found
            taken.add(label_found)
    return result


def confuse_greedily(
    labels: Objects, predictions: Objects, matches: np.ndarray, iou_threshold: float
) -> dict[int, int]:
    """Second stage: free predictions by falling confidence take the best free label of another class."""
    free = {label for label in range(len(labels)) if not labels.is_out[label]} - set(matches.tolist())
    pairs = {}
    for prediction in np.argsort(-predictions.confidence, kind="stable").tolist():
        if matches[prediction] != -1:
            continue
        best, found = min(iou_threshold, 1 - 1e-10), -1
        for label in sorted(free):
            if labels.frame[label] != predictions.frame[prediction]:
                continue
            if labels.class_id[label] == predictions.class_id[prediction]:
                continue
            iou = box_iou(predictions.box[prediction], labels.box[label], False)
            if iou >= best:
                best, found = iou, label
        if found >= 0:
            pairs[prediction] = found
            free.remove(found)
    return pairs
