"""Scores of classes in the order of the project's classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from predscope.formats.base import ObjectBatch, text_column
from predscope.importing.classes.joining import ClassJoin


def with_ordered_scores(batch: ObjectBatch, classes: ClassJoin) -> ObjectBatch:
    """The batch with one score a class of the project in ``class_scores``; 0 for classes that the file does not score.

    Scores of files that do not name their classes are left as they are, and so is the batch that is given.
    """
    if batch.class_scores is None or batch.score_classes is None:
        return batch
    class_ids = classes.resolve(text_column(batch.score_classes), "name")
    count = len(classes.names)
    ordered: list[Any] = []
    for values in batch.class_scores:
        if values is None or len(values) != len(class_ids):
            ordered.append(None)
            continue
        scores = np.zeros(count)
        np.add.at(scores, class_ids, values)  # of two columns of one class the sum
        ordered.append(scores.tolist())
    return replace(batch, class_scores=ordered, score_classes=None)
