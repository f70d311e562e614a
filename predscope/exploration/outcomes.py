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
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import ErrorKinds, Tide
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.comparison import comparison, comparisons
from predscope.exploration.query import AUTOMATIC, FrameQuery, chosen_label_set, chosen_sets
from predscope.project import Project
from predscope.project_evaluation import SIGMAS_SETTING, evaluate_sets

__all__ = [
    "FrameOutcomes",
    "comparison",
    "comparisons",
    "detection",
    "error_kinds",
    "evaluated_set",
    "frame_outcomes",
    "match_table",
    "tide_errors",
]

_detections: Final[RecentlyUsed[Detection]] = RecentlyUsed(8)
_tables: Final[RecentlyUsed[MatchTable]] = RecentlyUsed(12)
_frame_outcomes: Final[RecentlyUsed[FrameOutcomes]] = RecentlyUsed(12)
_error_kinds: Final[RecentlyUsed[ErrorKinds]] = RecentlyUsed(4)
_errors: Final[RecentlyUsed[Tide]] = RecentlyUsed(12)


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
    def precision(self) -> np.ndarray:
        """float64 (frames,): TP / (TP + FP); NaN for frames without predictions that count."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64 (frames,): TP / (TP + FN); NaN for frames without labels that count."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> np.ndarray:
        """float64 (frames,): 2 TP / (2 TP + FP + FN); NaN for frames without labels and predictions."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def evaluated_set(project: Project, query: FrameQuery) -> str | None:
    """The prediction set whose outcomes a page of frames tells: the first of those chosen.

    A label is found or missed by one model; with several on screen it has to be one of them. None: there is nothing to
    compare.
    """
    names = chosen_sets(project, query)
    return names[0] if names and chosen_label_set(project, query) is not None else None


def detection(project: Project, prediction_set: str, label_set: str | None = None, by: str = AUTOMATIC) -> Detection:
    """A prediction set against a label set (None: the project's first), to be evaluated.

    Args:
        by: what they are compared by, see ``comparison``.

    Raises:
        ProjectError: there is no such set.
    """
    labels = project.objects("labels", label_set)
    iou_type = comparison(project, label_set, prediction_set, by)
    sigmas = str(project.settings.get(SIGMAS_SETTING)) if iou_type is IouType.KEYPOINTS else None
    key = (str(project.path), project.revision, labels.name, prediction_set, iou_type, sigmas)
    return _detections.get(
        key, lambda: evaluate_sets(project, labels, project.objects("predictions", prediction_set), iou_type)
    )


def match_table(
    project: Project,
    prediction_set: str,
    confidence: float,
    iou: float,
    *,
    label_set: str | None = None,
    by: str = AUTOMATIC,
    by_place: bool = False,
) -> MatchTable:
    """What became of every object at an operating point.

    Args:
        by_place: matched whatever the classes, see ``evaluation.class_agnostic``.

    Raises:
        ProjectError: there is no such set.
    """
    found = detection(project, prediction_set, label_set, by)
    key = (found, confidence, iou, by_place)
    return _tables.get(key, lambda: found.match_table(confidence, iou, class_agnostic=by_place))


def frame_outcomes(
    project: Project,
    prediction_set: str,
    confidence: float,
    iou: float,
    *,
    label_set: str | None = None,
    by: str = AUTOMATIC,
) -> FrameOutcomes:
    """Outcomes at an operating point, by frame.

    Raises:
        ProjectError: there is no such set.
    """
    table = match_table(project, prediction_set, confidence, iou, label_set=label_set, by=by)
    n_frames = len(project.frames)

    def count() -> FrameOutcomes:
        predictions, labels = table.predictions.frame, table.labels.frame
        return FrameOutcomes(
            tp=np.bincount(predictions[table.outcome == Outcome.TRUE_POSITIVE], minlength=n_frames),
            fp=np.bincount(predictions[table.outcome == Outcome.FALSE_POSITIVE], minlength=n_frames),
            fn=np.bincount(labels[table.label_outcome == Outcome.FALSE_NEGATIVE], minlength=n_frames),
        )

    key = (detection(project, prediction_set, label_set, by), confidence, iou)
    return _frame_outcomes.get(key, count)


def tide_errors(
    project: Project,
    prediction_set: str,
    confidence: float,
    iou: float,
    *,
    label_set: str | None = None,
    by: str = AUTOMATIC,
) -> Tide:
    """The errors of the predictions at or above a confidence by kind, as TIDE tells them, with their records.

    Raises:
        ProjectError: there is no such set.
    """
    found = detection(project, prediction_set, label_set, by)
    kinds = _error_kinds.get((found, iou), lambda: error_kinds(found, iou))
    return _errors.get((found, confidence, iou), lambda: kinds.at(confidence))


def error_kinds(found: Detection, iou: float) -> ErrorKinds:
    """What TIDE says of two sets at an IoU threshold, whatever the confidence."""
    return ErrorKinds(found.pairs, found.labels, found.predictions, len(found.classes), iou_threshold=iou)
