"""Classifications of whole frames as objects, so that whatever is told of boxes can be told of them.

Every label and prediction of a frame is a candidate pair with an IoU of 1 (``IouType.FRAME``). Matching, outcomes and
the confusion matrix then are those of classification: with one label a frame, a prediction of another class is one
false positive and one false negative, a confused pair; accuracy is the recall of all classes together.
"""

from __future__ import annotations

import numpy as np

from predscope.evaluation.objects import Objects


def comparable_classifications(labels: Objects, predictions: Objects) -> tuple[Objects, Objects]:
    """What can be compared of labels and predictions read with ``IouType.FRAME``.

    Each class of a frame counts once, by its most confident prediction. A frame without a label says nothing, so its
    predictions are left out. Where no frame has labels of several classes, a frame has one answer: the most confident
    prediction (the first of equals); the scores of its other classes are no predictions of their own.

    Returns:
        Labels and predictions; ``row`` still names the originals.
    """
    labels = labels.take(_firsts(labels, by_class=True))
    predictions = predictions.take(np.isin(predictions.frame, labels.frame))
    predictions = predictions.take(_firsts(predictions, by_class=not has_one_class_a_frame(labels)))
    return labels, predictions


def has_one_class_a_frame(labels: Objects) -> bool:
    """Whether no frame has labels of several classes."""
    same_frame = labels.frame[1:] == labels.frame[:-1]
    return not (same_frame & (labels.class_id[1:] != labels.class_id[:-1])).any()


def _firsts(objects: Objects, *, by_class: bool) -> np.ndarray:
    """bool (n,): the most confident object of each frame, or of each class in a frame."""
    group = objects.class_id if by_class else np.zeros(len(objects), np.int64)
    order = np.lexsort((objects.rank, group, objects.frame))
    is_first = np.ones(len(objects), bool)
    frame, group = objects.frame[order], group[order]
    is_first[1:] = (frame[1:] != frame[:-1]) | (group[1:] != group[:-1])
    result = np.zeros(len(objects), bool)
    result[order[is_first]] = True
    return result
