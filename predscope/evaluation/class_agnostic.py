"""Outcomes where a prediction is matched by its place alone, whatever its class.

The matching of ``match_table`` prefers labels of the prediction's class, so that its true positives are those of
precision and recall. Here the most confident prediction takes the label that it overlaps most, and only then the two
classes are looked at: a match of different classes is a confusion, and what remains on either side is background.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predscope.evaluation.match_table import MatchTable, tabulate
from predscope.evaluation.matching import match
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs


def tabulate_class_agnostic(
    pairs: Pairs, labels: Objects, predictions: Objects, confidence: float, iou_threshold: float
) -> MatchTable:
    """What became of every object; true positives are matches of whatever classes.

    Args:
        pairs: of the labels and predictions, with all IoUs from the threshold on.
    """
    alike = replace(pairs, is_same_class=np.ones(len(pairs), bool))
    one_label, one_prediction = (
        replace(objects, class_id=np.zeros(len(objects), np.int64)) for objects in (labels, predictions)
    )
    matching = match(alike, one_label, one_prediction, iou_threshold)
    table = tabulate(alike, matching, one_label, one_prediction, confidence)
    return replace(table, labels=labels, predictions=predictions)
