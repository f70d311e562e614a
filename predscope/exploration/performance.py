"""How well a prediction set does on the frames of a query: every number of the Performance page.

What does not depend on the operating point is computed once for a revision, two sets and a choice of frames; what does
is a pass over the candidate pairs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.bootstrap import ApBootstrap, bootstrap_ap
from predscope.evaluation.calibration import Calibration, calibrate
from predscope.evaluation.class_curves import class_curves
from predscope.evaluation.coco import COCO_IOU_THRESHOLDS
from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.confusion import Confusion, confuse
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import MatchTable
from predscope.evaluation.operating_point import ConfidenceCurve, OperatingPoint, count_outcomes
from predscope.evaluation.slices import on_frames
from predscope.evaluation.thresholds import Threshold, best_f1
from predscope.evaluation.tide import ErrorKinds, Tide
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.comparison import comparison_of
from predscope.exploration.outcomes import detection, error_kinds
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.exploration.selection import select_frames
from predscope.project import Project

_MOST_DIGITS: Final = 12


@dataclass(frozen=True)
class AtPoint:
    """What depends on the operating point.

    Attributes:
        table: the outcome of every object.
        counts: by class.
    """

    table: MatchTable
    counts: OperatingPoint

    @cached_property
    def confusion(self) -> Confusion:
        return confuse(self.table, self.counts.classes)

    @property
    def confused(self) -> int:
        """Pairs of a label and a prediction of another class: each is one false positive and one false negative."""
        return int(self.table.is_confused.sum())

    @property
    def ignored_labels(self) -> int:
        return int(self.table.labels.is_out.sum())


@dataclass(frozen=True)
class Curves:
    """What depends on the IoU threshold alone.

    Attributes:
        pooled: all classes.
        by_class: by class id.
        best: the best F1 of each class; None for a class without labels or predictions.
    """

    pooled: ConfidenceCurve
    by_class: tuple[ConfidenceCurve, ...]
    best: tuple[Threshold | None, ...]


class Performance:
    """One prediction set against one label set on some frames; immutable, and everything is kept once computed."""

    def __init__(self, found: Detection, frames: np.ndarray) -> None:
        """``frames``: int (n,), the frames that ``found`` holds the objects of."""
        self.detection = found
        self.frames = frames
        self._points: RecentlyUsed[AtPoint] = RecentlyUsed(6)
        self._curves: RecentlyUsed[Curves] = RecentlyUsed(8)
        self._error_kinds: RecentlyUsed[ErrorKinds] = RecentlyUsed(2)
        self._errors: RecentlyUsed[Tide] = RecentlyUsed(4)
        self._intervals: RecentlyUsed[ApBootstrap] = RecentlyUsed(1)

    def at(self, confidence: float, iou: float, *, by_place: bool = False) -> AtPoint:
        """Outcomes and counts at an operating point.

        Args:
            by_place: predictions take labels of any class, see ``evaluation.class_agnostic``.
        """

        def compute() -> AtPoint:
            table = self.detection.match_table(confidence, iou, class_agnostic=by_place)
            return AtPoint(table, count_outcomes(table, self.detection.classes))

        return self._points.get((confidence, iou, by_place), compute)

    def curves(self, iou: float) -> Curves:
        """Counts over all confidences."""

        def compute() -> Curves:
            found = self.detection
            by_class = class_curves(found.matching(iou), found.labels, found.predictions, len(found.classes))
            return Curves(found.curve(iou), by_class, tuple(best_f1(curve) for curve in by_class))

        return self._curves.get(iou, compute)

    @cached_property
    def coco(self) -> CocoEvaluation:
        """COCO's numbers by what is compared."""
        return self.detection.coco()

    def per_class(self, confidence: float, iou: float) -> pd.DataFrame:
        """One row a class that has labels or predictions, in the project's order.

        Columns: ``class_id``, ``name``, ``labels``, ``predictions`` (above the threshold, without the ignored), ``AP``,
        ``AP50``, ``precision``, ``recall``, ``f1``, ``tp``, ``fp``, ``fn``, ``best_confidence`` (of the highest F1),
        ``best_f1``; NaN where there is none.
        """
        table = self.at(confidence, iou).counts.to_pandas().drop(columns="ignored")
        table = table.rename(columns={"support": "labels"})
        table.insert(3, "predictions", table["tp"] + table["fp"])
        coco = self.coco.to_pandas()
        for place, name in enumerate(("AP", "AP50")):
            table.insert(4 + place, name, coco[name].to_numpy())
        best = self.curves(iou).best
        table["best_confidence"] = [np.nan if entry is None else entry.confidence for entry in best]
        table["best_f1"] = [np.nan if entry is None else entry.counts.f1 for entry in best]
        occurs = (table["labels"] > 0) | (self.coco.prediction_count > 0)
        return table[occurs.to_numpy()].reset_index(drop=True)

    def errors(self, confidence: float, iou: float) -> Tide:
        """Kinds of error at an operating point, and what each of them costs."""
        kinds = self._error_kinds.get(iou, lambda: error_kinds(self.detection, iou))
        return self._errors.get((confidence, iou), lambda: kinds.at(confidence))

    def calibration(self, iou: float) -> Calibration:
        """Whether the confidences mean what they say."""
        found = self.detection
        return calibrate(found.matching(iou), found.labels, found.predictions)

    def ap_intervals(self, progress: Callable[[float], None] | None = None) -> ApBootstrap:
        """95 % intervals of AP over IoU .50 to .95, overall and by class; a matter of seconds on large sets.

        Args:
            progress: see ``bootstrap_ap``.
        """

        def compute() -> ApBootstrap:
            found = self.detection
            place = np.zeros(found.frame_count, np.int64)
            place[self.frames] = np.arange(len(self.frames))
            return bootstrap_ap(
                [found.matching(iou) for iou in COCO_IOU_THRESHOLDS],
                replace(found.labels, frame=place[found.labels.frame]),
                replace(found.predictions, frame=place[found.predictions.frame]),
                found.classes,
                len(self.frames),
                progress=progress,
            )

        return self._intervals.get("AP", compute)

    def readable_threshold(self, confidence: float) -> float:
        """The roundest number that keeps exactly the predictions that ``confidence`` keeps."""
        below = self._confidences[: np.searchsorted(self._confidences, confidence)]
        for digits in range(2, _MOST_DIGITS):
            rounded = round(math.floor(confidence * 10**digits) / 10**digits, digits)
            if rounded <= confidence and (not len(below) or rounded > below[-1]):
                return rounded
        return confidence

    @cached_property
    def _confidences(self) -> np.ndarray:
        return np.unique(self.detection.predictions.confidence)


_performances: Final[RecentlyUsed[Performance]] = RecentlyUsed(6)


def performance(project: Project, query: FrameQuery, prediction_set: str) -> Performance:
    """How a prediction set does on the frames of a query; kept while these stay the same.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """

    def compute() -> Performance:
        found = detection(project, prediction_set, chosen_label_set(project, query), query.by)
        return Performance(_on_frames(found, project, query), _frames(project, query))

    return _performances.get(_key(project, query, prediction_set), compute)


def _key(project: Project, query: FrameQuery, prediction_set: str) -> tuple[Hashable, ...]:
    frames = None if query.is_unfiltered else hashlib.blake2b(_frames(project, query).tobytes()).digest()
    iou_type = comparison_of(project, query, prediction_set)
    return str(project.path), project.revision, chosen_label_set(project, query), prediction_set, iou_type, frames


def _frames(project: Project, query: FrameQuery) -> np.ndarray:
    return np.arange(len(project.frames)) if query.is_unfiltered else np.sort(select_frames(project, query).indices)


def _on_frames(found: Detection, project: Project, query: FrameQuery) -> Detection:
    if query.is_unfiltered:
        return found
    chosen = np.zeros(found.frame_count, bool)
    chosen[_frames(project, query)] = True
    return on_frames(found, chosen)
