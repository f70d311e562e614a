"""How well a prediction set names whole frames, on the frames of a query.

Counts at an operating point are those of objects compared by their frames (``performance`` with ``IouType.FRAME``), so
that each opens what it counts. What needs the scores of all classes, or one answer a frame, is here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from predscope.evaluation.classification import Classification, evaluate_classification
from predscope.evaluation.frame_classes import FrameClasses, has_one_class
from predscope.evaluation.ignored_classes import frame_classes_without_ignored
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.exploration.selection import select_frames
from predscope.project import ObjectSet, Project
from predscope.recently_used import RecentlyUsed

_COLUMNS: Final = ("frame_index", "class_id", "geometry", "confidence", "class_scores")

_found: Final[RecentlyUsed[Classification | None]] = RecentlyUsed(6)


def classification_performance(project: Project, query: FrameQuery, prediction_set: str) -> Classification | None:
    """One class a frame, labels against the most confident predictions; kept for the revision, the sets and the frames.

    Predictions below the confidence of the query count as none; the scores of the classes stay as they are.

    Returns:
        None where some frame of the project has labels of several classes.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    label_set = chosen_label_set(project, query)
    frames_only = query.with_(iou=query.default_iou, by="", sort="frame", descending=False)
    key = (str(project.path), project.revision, label_set, prediction_set, frames_only)

    def compute() -> Classification | None:
        sets = project.objects("labels", label_set), project.objects("predictions", prediction_set)
        labels, predictions = (_frame_classes(project, entry) for entry in sets)
        if not has_one_class(labels):
            return None
        if not query.is_unfiltered:
            labels = _on_frames(labels, select_frames(project, query).indices)
        return evaluate_classification(labels, predictions, project.classes, confidence=query.confidence)

    return _found.get(key, compute)


def _frame_classes(project: Project, objects: ObjectSet) -> FrameClasses:
    entries = FrameClasses.from_table(objects.table(list(_COLUMNS)), len(project.classes))
    return frame_classes_without_ignored(entries, project.classes)


def _on_frames(entries: FrameClasses, frames: np.ndarray) -> FrameClasses:
    kept = np.isin(entries.frame, frames)
    scores = None if entries.scores is None else entries.scores[kept]
    return FrameClasses(
        entries.frame[kept], entries.class_id[kept], entries.confidence[kept], scores, entries.row[kept]
    )
