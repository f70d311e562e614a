"""Whether other models see the same thing in the same place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.evaluation.pairs import find_pairs
from predscope.metrics.workspace import Workspace
from predscope.project import ObjectSet
from predscope.recently_used import RecentlyUsed

if TYPE_CHECKING:
    from predscope.evaluation.match_table import MatchTable

_best: Final[RecentlyUsed[np.ndarray]] = RecentlyUsed(16)


def agreement_of(workspace: Workspace, predictions: ObjectSet, others: Sequence[str], table: MatchTable) -> np.ndarray:
    """float64 (rows,): share of the other sets with a prediction of the same class there, at the operating point.

    By boxes, or, where the predictions have none, by frames. NaN for predictions below the confidence threshold.
    """
    project = workspace.project
    has_boxes = not np.isnan(table.predictions.box).all()
    iou_type = IouType.BBOX if has_boxes else IouType.FRAME
    agreeing = np.zeros(predictions.count)
    for name in others:
        other = project.objects("predictions", name)
        sets = (predictions.name, predictions.version, other.name, other.version)
        key = (str(project.path), project.revision, *sets, table.iou_threshold, iou_type)
        compute = partial(_highest_confidence, predictions, other, table.iou_threshold, iou_type)
        agreeing += _best.get(key, compute) >= table.confidence
    result = np.full(predictions.count, np.nan)
    kept = table.predictions.row[table.predictions.confidence >= table.confidence]
    result[kept] = agreeing[kept] / len(others)
    return result


def _highest_confidence(
    predictions: ObjectSet, other: ObjectSet, iou_threshold: float, iou_type: IouType
) -> np.ndarray:
    """float64 (rows,): of the other set's predictions of the same class from that IoU on; -1: there is none."""
    columns = columns_for(iou_type)
    own, theirs = (Objects.from_table(entry.table(columns), iou_type) for entry in (predictions, other))
    pairs = find_pairs(theirs, own, iou_type, lowest_iou=iou_threshold)
    highest = np.full(predictions.count, -1.0)
    same = pairs.is_same_class
    np.maximum.at(highest, own.row[pairs.prediction[same]], theirs.confidence[pairs.label[same]])
    return highest
