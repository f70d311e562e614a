"""Classifications of whole frames through the matching of objects, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from predscope.evaluation.detection import Detection
from predscope.evaluation.frame_classes import FrameClasses
from predscope.evaluation.match_table import Outcome, Reason
from predscope.evaluation.multilabel import evaluate_multilabel
from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.schema import FRAME_SCHEMA, OBJECT_SCHEMA, ObjectClass

CLASSES = tuple(ObjectClass(index, f"class {index}") for index in range(4))


def table_of(frame: np.ndarray, class_id: np.ndarray, confidence: np.ndarray | None = None) -> pa.Table:
    """Whole-frame classifications, sorted by frame."""
    order = np.argsort(frame, kind="stable")
    rows = [
        {
            "frame_index": int(frame[row]),
            "class_id": int(class_id[row]),
            "geometry": "classification",
            "confidence": None if confidence is None else float(confidence[row]),
            "is_crowd": False,
            "is_ignored": False,
        }
        for row in order
    ]
    return pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA).select(columns_for(IouType.FRAME))


def frames_of(count: int) -> pa.Table:
    rows = [{"frame_index": index, "frame_id": f"{index}", "file_name": f"{index}", "image_status": "missing"}
            for index in range(count)]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=FRAME_SCHEMA)


def compared(labels: pa.Table, predictions: pa.Table, frames: int) -> Detection:
    return Detection.from_tables(labels, predictions, CLASSES, frames_of(frames), iou_type=IouType.FRAME)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_counts_of_single_labels_equal_scikit_learn(seed: int, scores_all: bool) -> None:
    rng = np.random.default_rng(seed)
    frames = 60
    label = rng.integers(4, size=frames)
    scores = (rng.dirichlet(np.ones(4), frames) + 0.4 * np.eye(4)[label]) / 1.4
    predicted = scores.argmax(axis=1)
    if scores_all:
        own = table_of(np.repeat(np.arange(frames), 4), np.tile(np.arange(4), frames), scores.ravel())
    else:
        own = table_of(np.arange(frames), predicted, scores.max(axis=1))
    found = compared(table_of(np.arange(frames), label), own, frames)
    point, confusion = found.operating_point(0.0, 0.5), found.confusion(0.0, 0.5)
    np.testing.assert_array_equal(
        confusion.counts[:-1, :-1], metrics.confusion_matrix(label, predicted, labels=range(4))
    )
    assert not confusion.counts[-1].any()
    assert not confusion.counts[:, -1].any()
    assert point.micro.recall == pytest.approx(metrics.accuracy_score(label, predicted))
    expected = metrics.precision_recall_fscore_support(label, predicted, labels=range(4), zero_division=np.nan)
    counts = point.to_pandas()
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose(counts[name], values, err_msg=name)
    wrong = found.match_table(0.0, 0.5)
    assert (wrong.is_confused == (wrong.outcome == Outcome.FALSE_POSITIVE)).all()
    assert set(np.unique(wrong.reason)) <= {Reason.NONE, Reason.WRONG_CLASS}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.2, 0.5, 0.8]))
def test_counts_of_several_labels_equal_scikit_learn(seed: int, confidence: float) -> None:
    rng = np.random.default_rng(seed)
    truth, sure = rng.random((30, 4)) < 0.5, rng.random((30, 4))
    truth[:, 0] |= ~truth.any(axis=1)  # every frame has a label
    truth[0] = True
    frame, class_id = np.nonzero(truth)
    own_frame, own_class = np.nonzero(sure > 0.1)
    labels = table_of(frame, class_id)
    predictions = table_of(own_frame, own_class, sure[own_frame, own_class])
    counts = compared(labels, predictions, 30).operating_point(confidence, 0.5).to_pandas()
    expected = metrics.precision_recall_fscore_support(truth, sure >= confidence, zero_division=np.nan)
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose(counts[name], values, err_msg=name)
    ours = evaluate_multilabel(
        FrameClasses.from_table(labels, 4), FrameClasses.from_table(predictions, 4), CLASSES, confidence=confidence
    )
    np.testing.assert_array_equal(counts["tp"], ours.to_pandas()["tp"])


def test_average_precision_ranks_the_frames_of_a_class() -> None:
    rng = np.random.default_rng(4)
    label = rng.permutation(np.arange(40) < 23).astype(int)
    truth = np.zeros((40, 2), bool)
    truth[np.arange(40), label] = True
    truth[np.flatnonzero(label)[0], 0] = True  # several labels, so every score is a prediction
    sure = rng.permutation(80).reshape(40, 2) / 100
    frame, class_id = np.nonzero(truth)
    found = compared(
        table_of(frame, class_id),
        table_of(np.repeat(np.arange(40), 2), np.tile(np.arange(2), 40), sure.ravel()),
        40,
    )
    precision, recall, _ = metrics.precision_recall_curve(truth[:, 1], sure[:, 1])
    points = np.linspace(0, 1, 101)
    sampled = [precision[:-1][recall[:-1] >= point].max() for point in points]  # without the made-up last one
    assert found.coco().to_pandas()["AP"][1] == pytest.approx(np.mean(sampled))


def test_boxes_and_classifications_are_told_apart() -> None:
    rows = [
        {"frame_index": 0, "geometry": "box", "x": 0.0, "y": 0.0, "w": 4.0, "h": 4.0, "area": 16.0},
        {"frame_index": 1, "geometry": "classification"},
        {"frame_index": 1, "geometry": "polyline", "x": 0.0, "y": 0.0, "w": 1.0, "h": 1.0},
    ]
    filled = [{"class_id": 1, "is_crowd": False, "is_ignored": False, **row} for row in rows]
    table = pa.Table.from_pylist(filled, schema=OBJECT_SCHEMA)
    assert Objects.from_table(table).row.tolist() == [0, 2]
    whole = Objects.from_table(table, IouType.FRAME)
    assert whole.row.tolist() == [1]
    assert whole.box.tolist() == [[0, 0, 1, 1]]
    assert whole.area.tolist() == [1]


def test_what_cannot_be_compared_is_left_out() -> None:
    labels = table_of(np.array([0, 0, 1]), np.array([2, 2, 1]))
    predictions = table_of(np.array([0, 0, 1, 3]), np.array([0, 2, 1, 1]), np.array([0.7, 0.7, 0.2, 0.9]))
    found = compared(labels, predictions, 4)
    assert found.labels.row.tolist() == [0, 2]  # a class once
    assert found.predictions.row.tolist() == [0, 2]  # the first of equals; nothing is known of frame 3
    several = compared(table_of(np.array([0, 0]), np.array([1, 2])), predictions, 4)
    assert several.predictions.row.tolist() == [0, 1]
    assert several.operating_point(0.0, 0.5).micro.tp == 1
