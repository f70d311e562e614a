"""What became of labels and predictions at an operating point, kept ready for pages that ask again and again.

A page asks at every rerun, an address is fetched for every frame: so the comparison of two sets is kept for a revision,
and the tables of the last operating points with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import MatchTable, Outcome
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.query import FrameQuery, chosen_label_set, chosen_sets
from predscope.project import Project
from predscope.project_evaluation import evaluate_sets

_detections: Final[RecentlyUsed[Detection]] = RecentlyUsed(8)
_tables: Final[RecentlyUsed[MatchTable]] = RecentlyUsed(12)
_frame_outcomes: Final[RecentlyUsed[FrameOutcomes]] = RecentlyUsed(12)


@dataclass(frozen=True)
class FrameOutcomes:
    """Outcomes counted by frame; arrays run over all frames of the project.

    Attributes:
        tp, fp, fn: int64 (frames,).
    """

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray

    @property
    def f1(self) -> np.ndarray:
        """float64 (frames,): 2 TP / (2 TP + FP + FN); NaN for frames without labels and predictions."""
        total = 2 * self.tp + self.fp + self.fn
        return np.divide(2 * self.tp, total, out=np.full(len(total), np.nan), where=total > 0)


def evaluated_set(project: Project, query: FrameQuery) -> str | None:
    """The prediction set whose outcomes a page of frames tells: the first of those chosen.

    A label is found or missed by one model; with several on screen it has to be one of them. None: there is nothing to
    compare.
    """
    names = chosen_sets(project, query)
    return names[0] if names and chosen_label_set(project, query) is not None else None


def detection(project: Project, prediction_set: str, label_set: str | None = None) -> Detection:
    """A prediction set against a label set (None: the project's first), to be evaluated.

    Raises:
        ProjectError: there is no such set.
    """
    labels = project.objects("labels", label_set)
    key = (str(project.path), project.revision, labels.name, prediction_set)
    return _detections.get(key, lambda: evaluate_sets(project, labels, project.objects("predictions", prediction_set)))


def match_table(
    project: Project, prediction_set: str, confidence: float, iou: float, *, label_set: str | None = None
) -> MatchTable:
    """What became of every object at an operating point.

    Raises:
        ProjectError: there is no such set.
    """
    found = detection(project, prediction_set, label_set)
    return _tables.get((found, confidence, iou), lambda: found.match_table(confidence, iou))


def frame_outcomes(
    project: Project, prediction_set: str, confidence: float, iou: float, *, label_set: str | None = None
) -> FrameOutcomes:
    """Outcomes at an operating point, by frame.

    Raises:
        ProjectError: there is no such set.
    """
    table = match_table(project, prediction_set, confidence, iou, label_set=label_set)
    n_frames = len(project.frames)

    def count() -> FrameOutcomes:
        predictions, labels = table.predictions.frame, table.labels.frame
        return FrameOutcomes(
            tp=np.bincount(predictions[table.outcome == Outcome.TRUE_POSITIVE], minlength=n_frames),
            fp=np.bincount(predictions[table.outcome == Outcome.FALSE_POSITIVE], minlength=n_frames),
            fn=np.bincount(labels[table.label_outcome == Outcome.FALSE_NEGATIVE], minlength=n_frames),
        )

    key = (str(project.path), project.revision, label_set, prediction_set, confidence, iou)
    return _frame_outcomes.get(key, count)
