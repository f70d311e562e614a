"""Matching by place alone."""

from __future__ import annotations

import numpy as np
import pytest

from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import Outcome, Reason
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


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("confidence", [0.0, 0.4])
def test_the_matrix_of_a_plain_greedy_pass(seed: int, confidence: float) -> None:
    found = crowded_frames(seed)
    labels, predictions = found.labels, found.predictions
    counts = np.zeros((3, 3), int)
    free = set(range(len(labels)))
    for place in np.argsort(-predictions.confidence, kind="stable"):
        if predictions.confidence[place] < confidence:
            continue
        overlaps = [
            (overlap(predictions.box[place], labels.box[label]), label)
            for label in sorted(free)
            if labels.frame[label] == predictions.frame[place]
        ]
        iou, label = max(overlaps, default=(0.0, -1))
        if iou >= 0.5:
            free.remove(label)
        counts[labels.class_id[label] if iou >= 0.5 else 2, predictions.class_id[place]] += 1
    for label in free:
        counts[labels.class_id[label], 2] += 1
    assert found.confusion(confidence, 0.5, class_agnostic=True).counts.tolist() == counts.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_above_any_confidence_follow_from_one_matching(seed: int) -> None:
    found = crowded_frames(seed)
    right = found.matching(0.5, class_agnostic=True)
    for confidence in (0.0, 0.3, 0.6):
        table = found.match_table(confidence, 0.5, class_agnostic=True)
        kept = found.predictions.confidence >= confidence
        assert ((table.outcome == Outcome.TRUE_POSITIVE) == (kept & (right.label >= 0))).all()
        taker = right.prediction
        is_found = (taker >= 0) & kept[taker]
        assert ((table.label_outcome == Outcome.TRUE_POSITIVE) == is_found).all()
        assert (table.reason[table.is_confused] == Reason.WRONG_CLASS).all()
        assert (table.label_outcome[table.label[table.is_confused]] == Outcome.FALSE_NEGATIVE).all()


def crowded_frames(seed: int) -> Detection:
    """Boxes of two classes on three frames that overlap much."""
    generator = np.random.default_rng(seed)

    def boxes(count: int) -> np.ndarray:
        return np.column_stack([generator.uniform(0, 12, (count, 2)), generator.uniform(8, 14, (count, 2))])

    labels = Objects.from_arrays(np.sort(generator.integers(0, 3, 24)), generator.integers(0, 2, 24), boxes(24))
    predictions = Objects.from_arrays(
        np.sort(generator.integers(0, 3, 40)),
        generator.integers(0, 2, 40),
        boxes(40),
        confidence=generator.permutation(40) / 40,
    )
    return Detection(labels, predictions, CLASSES, frame_count=3)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    corner = np.maximum(one[:2], other[:2])
    sides = np.minimum(one[:2] + one[2:], other[:2] + other[2:]) - corner
    common = float(np.prod(np.maximum(sides, 0)))
    return common / (one[2] * one[3] + other[2] * other[3] - common)
