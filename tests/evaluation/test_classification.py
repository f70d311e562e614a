"""Classes of frames against scikit-learn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from predscope import InputError
from predscope.evaluation.binary_curve import binary_curve
from predscope.evaluation.classification import Classification, evaluate_classification
from predscope.evaluation.frame_classes import FrameClasses
from predscope.evaluation.multilabel import evaluate_multilabel
from predscope.schema import OBJECT_SCHEMA, ObjectClass

CLASSES = tuple(ObjectClass(index, f"class {index}") for index in range(4))


def frame_classes(
    frame: np.ndarray, class_id: np.ndarray, confidence: np.ndarray | None = None, scores: np.ndarray | None = None
) -> FrameClasses:
    count = len(frame)
    sure = np.zeros(count) if confidence is None else confidence
    return FrameClasses(np.asarray(frame), np.asarray(class_id), sure, scores, np.arange(count))


def generated(seed: int, frames: int = 120) -> tuple[Classification, np.ndarray, np.ndarray, np.ndarray]:
    """Labels and predictions of the same frames, the predictions in another order."""
    rng = np.random.default_rng(seed)
    label = rng.integers(4, size=frames)
    scores = rng.dirichlet(np.ones(4), frames).round(2) + 0.3 * np.eye(4)[label]
    predicted = scores.argmax(axis=1)
    order = rng.permutation(frames)
    found = evaluate_classification(
        frame_classes(np.arange(frames), label),
        frame_classes(order, predicted[order], scores.max(axis=1)[order], scores[order]),
        CLASSES,
    )
    return found, label, predicted, scores


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_equal_to_scikit_learn(seed: int) -> None:
    ours, label, predicted, scores = generated(seed)
    assert ours.accuracy == pytest.approx(metrics.accuracy_score(label, predicted))
    np.testing.assert_array_equal(ours.confusion[:, :-1], metrics.confusion_matrix(label, predicted, labels=range(4)))
    expected = metrics.precision_recall_fscore_support(label, predicted, labels=range(4), zero_division=np.nan)
    table = ours.to_pandas()
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose(table[name], values)
    for means, average in ((ours.macro, "macro"), (ours.weighted, "weighted")):
        values = metrics.precision_recall_fscore_support(label, predicted, average=average, zero_division=0)
        assert list(means.values()) == pytest.approx(values[:3])
    for class_id in range(4):
        curve = ours.curve(class_id)
        assert curve.roc_auc == pytest.approx(metrics.roc_auc_score(label == class_id, scores[:, class_id]))
        own = metrics.average_precision_score(label == class_id, scores[:, class_id])
        assert curve.average_precision == pytest.approx(own)


def test_top_k() -> None:
    ours, label, _, scores = generated(3)
    if len(np.unique(scores)) == scores.size:
        assert ours.top_k_accuracy(2) == pytest.approx(metrics.top_k_accuracy_score(label, scores, k=2))
    assert ours.top_k_accuracy(1) == pytest.approx(ours.accuracy)
    assert ours.top_k_accuracy(4) == 1
    with pytest.raises(InputError, match="k must be"):
        ours.top_k_accuracy(0)


def test_a_missing_prediction_is_a_miss_and_shifts_nothing() -> None:
    labels = frame_classes([0, 1, 2, 3], [0, 1, 2, 1])
    predictions = frame_classes([3, 0, 7, 2, 2], [1, 0, 3, 0, 2], np.array([0.9, 0.8, 0.7, 0.4, 0.6]))
    ours = evaluate_classification(labels, predictions, CLASSES)
    assert ours.prediction.tolist() == [0, -1, 2, 1]
    assert ours.accuracy == 0.75
    assert ours.unlabelled == 1
    assert ours.confusion[1].tolist() == [0, 1, 0, 0, 1]
    assert ours.frames_of(1, None).tolist() == [1]
    assert ours.frames_of(2, 2).tolist() == [2]
    assert ours.to_pandas().set_index("class_id").loc[1, "recall"] == 0.5
    assert ours.balanced_accuracy == pytest.approx((1 + 0.5 + 1) / 3)
    assert ours.scored_classes == 1
    assert ours.top_k_accuracy(1) == 0.75
    assert np.isnan(ours.top_k_accuracy(2))
    assert ours.curve(0) is None


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_one_prediction_a_class_is_a_row_of_scores(seed: int) -> None:
    ours, label, _, scores = generated(seed)
    frames = len(label)
    order = np.random.default_rng(seed).permutation(frames * 4)
    frame, class_id = np.repeat(np.arange(frames), 4)[order], np.tile(np.arange(4), frames)[order]
    by_row = evaluate_classification(
        frame_classes(np.arange(frames), label), frame_classes(frame, class_id, scores.ravel()[order]), CLASSES
    )
    np.testing.assert_array_equal(by_row.scores, scores)
    assert by_row.scored_classes == 4
    assert by_row.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(label, by_row.prediction))
    assert by_row.top_k_accuracy(2) == ours.top_k_accuracy(2)
    for class_id in range(4):
        assert by_row.curve(class_id).roc_auc == ours.curve(class_id).roc_auc


def test_several_labels_of_a_frame_are_another_question() -> None:
    labels = frame_classes([0, 0, 1], [0, 1, 2])
    with pytest.raises(InputError, match="several classes"):
        evaluate_classification(labels, labels, CLASSES)
    evaluate_classification(frame_classes([0, 0], [1, 1]), labels, CLASSES)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_multilabel_equals_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, sure = rng.random((30, 4)) < 0.4, rng.random((30, 4))
    frame, class_id = np.nonzero(truth)
    own_frame, own_class = np.nonzero(sure > 0.2)
    ours = evaluate_multilabel(
        frame_classes(frame, class_id),
        frame_classes(own_frame, own_class, sure[own_frame, own_class]),
        CLASSES,
        confidence=0.6,
        frames=np.arange(30),
    )
    predicted = sure >= 0.6
    assert ours.exact_match == pytest.approx(metrics.accuracy_score(truth, predicted))
    expected = metrics.precision_recall_fscore_support(truth, predicted, zero_division=np.nan)
    table = ours.to_pandas()
    for name, values in zip(("precision", "recall", "f1"), expected[:3], strict=True):
        np.testing.assert_allclose(table[name], values)


def test_classifications_are_picked_out_of_a_table() -> None:
    rows = [
        {"frame_index": 0, "geometry": "box", "x": 0.0, "y": 0.0, "w": 1.0, "h": 1.0},
        {"frame_index": 1, "geometry": "classification", "confidence": 0.7, "class_scores": [0.1, 0.7, 0.1, 0.1]},
        {"frame_index": 2, "geometry": "classification", "confidence": 0.5},
    ]
    filled = [{"class_id": 1, "is_crowd": False, "is_ignored": False, **row} for row in rows]
    found = FrameClasses.from_table(pa.Table.from_pylist(filled, schema=OBJECT_SCHEMA), 4)
    assert found.frame.tolist() == [1, 2]
    assert found.row.tolist() == [1, 2]
    assert found.scores[0] == pytest.approx([0.1, 0.7, 0.1, 0.1])
    assert np.isnan(found.scores[1]).all()


def test_curves_of_one_kind_only_have_no_area() -> None:
    curve = binary_curve(np.array([0.2, 0.9]), np.array([True, True]))
    assert np.isnan(curve.roc_auc)
    assert curve.average_precision == 1
    assert curve.to_pandas()["recall"].tolist() == [0.5, 1]
