"""Classes that take no part in evaluations: the one place where their labels and predictions are taken out.

Objects of such a class are gone from whatever is compared, so that all numbers are those of data without the class; no
prediction is held against a label of it, and none of it counts as false. Pixels are another matter: what is labelled as
such a class is void, so that nothing predicted there counts; a prediction of it elsewhere is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predscope.evaluation.frame_classes import FrameClasses
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass


def ignored_class_ids(classes: Sequence[ObjectClass]) -> list[int]:
    """Ids of the classes that take no part, ascending."""
    return [entry.class_id for entry in classes if entry.is_ignored]


def without_ignored(objects: Objects, classes: Sequence[ObjectClass]) -> Objects:
    """The objects that take part; ``row`` still names the originals."""
    ignored = ignored_class_ids(classes)
    return objects.take(~np.isin(objects.class_id, ignored)) if ignored else objects


def with_void_labels(labels: Objects, classes: Sequence[ObjectClass]) -> Objects:
    """Labels to be compared by pixels: those of ignored classes are void."""
    ignored = ignored_class_ids(classes)
    if not ignored:
        return labels
    return replace(labels, is_ignored=labels.is_ignored | np.isin(labels.class_id, ignored))


def predictions_on_pixels(predictions: Objects, classes: Sequence[ObjectClass]) -> Objects:
    """Predictions to be compared by pixels: a pixel of an ignored class is predicted to be nothing."""
    return without_ignored(predictions, classes)


def frame_classes_without_ignored(entries: FrameClasses, classes: Sequence[ObjectClass]) -> FrameClasses:
    """Classifications of whole frames that take part; ignored classes have no score."""
    ignored = ignored_class_ids(classes)
    if not ignored:
        return entries
    kept = ~np.isin(entries.class_id, ignored)
    scores = entries.scores
    if scores is not None:
        scores = scores[kept]
        scores[:, ignored] = np.where(np.isnan(scores[:, ignored]), np.nan, 0.0)
    return FrameClasses(
        entries.frame[kept], entries.class_id[kept], entries.confidence[kept], scores, entries.row[kept]
    )
