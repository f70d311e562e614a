"""Outcomes where a prediction is matched by its place alone, whatever its class.

The matching of ``match_table`` prefers labels of the prediction's class, so that its true positives are those of
precision and recall. Here the most confident prediction takes the label that it overlaps most, and only then the two
classes are looked at: a match of different classes is a confusion, and what remains on either side is background.

So the two differ where a prediction of another class is more confident than the one of the right class: here it has
the label, and the right one is background; there it is a false positive beside a label that was found.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predscope.evaluation.match_table import MatchTable, Outcome, Reason, reasons, tabulate
from predscope.evaluation.matching import Matching, match
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs


def tabulate_class_agnostic(
    pairs: Pairs, labels: Objects, predictions: Objects, confidence: float, iou_threshold: float
) -> MatchTable:
    """What became of every object: a match of two classes is a confused pair, a false positive and a false negative.

    Args:
        pairs: of the labels and predictions, with all IoUs from the threshold on.
    """
    alike = _of_one_class(pairs)
    one_label, one_prediction = (
        replace(objects, class_id=np.zeros(len(objects), np.int64)) for objects in (labels, predictions)
    )
    matching = match(alike, one_label, one_prediction, iou_threshold)
    table = tabulate(alike, matching, one_label, one_prediction, confidence)
    is_match = table.outcome == Outcome.TRUE_POSITIVE
    is_confused = is_match.copy()
    is_confused[is_match] = predictions.class_id[is_match] != labels.class_id[table.label[is_match]]
    outcome, label_outcome = table.outcome.copy(), table.label_outcome.copy()
    outcome[is_confused] = Outcome.FALSE_POSITIVE
    label_outcome[table.label[is_confused]] = Outcome.FALSE_NEGATIVE
    is_unmatched = (outcome == Outcome.FALSE_POSITIVE) & ~is_confused
    reason, about = reasons(pairs, is_unmatched, iou_threshold)
    reason[is_confused] = Reason.WRONG_CLASS
    label, iou = table.label.copy(), table.iou.copy()
    has_pair = about >= 0
    label[has_pair], iou[has_pair] = pairs.label[about[has_pair]], pairs.iou[about[has_pair]]
    return replace(
        table,
        labels=labels,
        predictions=predictions,
        outcome=outcome,
        reason=reason,
        label=label,
        iou=iou,
        is_confused=is_confused,
        label_outcome=label_outcome,
        class_agnostic=True,
    )


def match_class_agnostic(pairs: Pairs, labels: Objects, predictions: Objects, iou_threshold: float) -> Matching:
    """The matches by place of all predictions, without those of two classes; what is ignored has no class.

    Args:
        pairs: of the labels and predictions, with all IoUs from the threshold on.
    """
    matching = match(_of_one_class(pairs), labels, predictions, iou_threshold)
    taken = matching.label
    is_right = (predictions.class_id == labels.class_id[taken]) | labels.is_out[taken] if len(labels) else taken >= 0
    label = np.where((taken >= 0) & is_right, taken, -1)
    prediction = matching.prediction.copy()
    is_taken = prediction >= 0
    is_taken[is_taken] = label[prediction[is_taken]] < 0
    prediction[is_taken] = -1
    return replace(matching, label=label, iou=np.where(label >= 0, matching.iou, 0.0), prediction=prediction)


def _of_one_class(pairs: Pairs) -> Pairs:
    return replace(pairs, is_same_class=np.ones(len(pairs), bool))
