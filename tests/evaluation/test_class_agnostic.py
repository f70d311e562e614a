"""Matching by place alone."""

from __future__ import annotations

import numpy as np

from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass

CLASSES = (ObjectClass(0, "car"), ObjectClass(1, "truck"))


def test_the_most_confident_prediction_takes_the_label_whatever_its_class() -> None:
    boxes = np.array([[0, 0, 10, 10], [50, 50, 10, 10]], float)
    labels = Objects.from_arrays(np.zeros(2, int), np.array([1, 0]), boxes)
    predicted = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [80, 80, 5, 5]], float)
    predictions = Objects.from_arrays(
        np.zeros(3, int), np.array([0, 1, 1]), predicted, confidence=np.array([0.9, 0.5, 0.4])
    )
    found = Detection(labels, predictions, CLASSES, frame_count=1)
    within = found.confusion(0.1, 0.5)
    assert within.counts.tolist() == [[0, 0, 1], [0, 1, 0], [1, 1, 0]]
    by_place = found.confusion(0.1, 0.5, class_agnostic=True)
    assert by_place.counts.tolist() == [[0, 0, 1], [1, 0, 0], [0, 2, 0]]
    rows, label_rows = by_place.cell(1, 0)
    assert (rows.tolist(), label_rows.tolist()) == ([0], [0])
    assert by_place.counts[:, :2].sum() == 3
    assert by_place.counts[:2].sum() == 2


def test_at_a_higher_confidence_what_is_below_counts_for_nothing() -> None:
    box = np.array([[0, 0, 10, 10]], float)
    labels = Objects.from_arrays(np.zeros(1, int), np.array([1]), box)
    predictions = Objects.from_arrays(np.zeros(1, int), np.array([0]), box, confidence=np.array([0.3]))
    found = Detection(labels, predictions, CLASSES, frame_count=1)
    assert found.confusion(0.5, 0.5, class_agnostic=True).counts.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
