"""The match table against COCO's matcher written out, and what must hold of any matching."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.evaluation.confusion import confuse
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.evaluation.objects import Objects
from predscope.evaluation.operating_point import count_outcomes
from predscope.schema import ObjectClass
from tests.evaluation.problems import Problem, make_problem, problems
from tests.evaluation.sequential import box_iou, confuse_greedily, match_greedily

THRESHOLDS = st.one_of(st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.75, 1.0]), st.floats(0.02, 1.0))


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


@settings(max_examples=150, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.0, 0.3, 0.5, 0.9]), THRESHOLDS)
def test_equal_to_the_sequential_matcher(problem: Problem, confidence: float, iou_threshold: float) -> None:
    table = detection(problem).match_table(confidence, iou_threshold)
    expected = match_greedily(problem.labels, problem.predictions, confidence, iou_threshold)
    matched = (table.outcome == Outcome.TRUE_POSITIVE) | (
        (table.outcome == Outcome.IGNORED) & ~problem.predictions.is_ignored
    )
    np.testing.assert_array_equal(np.where(matched, table.label, -1), np.maximum(expected, -1))
    np.testing.assert_array_equal(table.outcome == Outcome.LEFT_OUT, expected == -2)
    confused = confuse_greedily(problem.labels, problem.predictions, expected, iou_threshold)
    ours = {int(row): int(table.label[row]) for row in np.flatnonzero(table.is_confused)}
    assert ours == confused


@settings(max_examples=60, deadline=None)
@given(problems(ignored=True), THRESHOLDS)
def test_one_matching_serves_every_confidence(problem: Problem, iou_threshold: float) -> None:
    whole = detection(problem).matching(iou_threshold)
    for confidence in np.unique(problem.predictions.confidence)[-5:]:
        kept = problem.predictions.confidence >= confidence
        cut = Detection(
            problem.labels, problem.predictions.take(kept), problem.classes, frame_count=problem.frames
        ).matching(iou_threshold)
        np.testing.assert_array_equal(cut.label, whole.label[kept])


@settings(max_examples=80, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.0, 0.4, 0.8]), THRESHOLDS)
def test_confusion_agrees_with_the_counts(problem: Problem, confidence: float, iou_threshold: float) -> None:
    table = detection(problem).match_table(confidence, iou_threshold)
    confusion, point = confuse(table, problem.classes), count_outcomes(table, problem.classes)
    counts, side = confusion.counts, len(problem.classes)
    labels, predictions = problem.labels, problem.predictions
    np.testing.assert_array_equal(counts[:-1].sum(axis=1), np.bincount(labels.class_id[~labels.is_out], minlength=side))
    counted = (table.outcome == Outcome.TRUE_POSITIVE) | (table.outcome == Outcome.FALSE_POSITIVE)
    np.testing.assert_array_equal(
        counts[:, :-1].sum(axis=0), np.bincount(predictions.class_id[counted], minlength=side)
    )
    np.testing.assert_array_equal(np.diag(counts)[:-1], point.tp)
    np.testing.assert_array_equal(counts[:, :-1].sum(axis=0) - point.tp, point.fp)
    np.testing.assert_array_equal(counts[:-1].sum(axis=1) - point.tp, point.fn)
    np.testing.assert_array_equal(confusion.background_reasons.sum(axis=1), counts[-1, :-1])
    assert counts[-1, -1] == 0
    for row in range(side + 1):
        for column in range(side + 1):
            prediction_rows, label_rows = confusion.cell(row, column)
            assert max(len(prediction_rows), len(label_rows)) == counts[row, column]
            assert len(set(prediction_rows)) == len(prediction_rows)
            assert len(set(label_rows)) == len(label_rows)
    for column in range(side):
        for reason in Reason:
            assert len(confusion.background_of(column, reason)) == confusion.background_reasons[column, reason]


@settings(max_examples=60, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.0, 0.4]), st.sampled_from([0.3, 0.5, 0.75]))
def test_every_reason_is_what_it_says(problem: Problem, confidence: float, iou_threshold: float) -> None:
    labels, predictions = problem.labels, problem.predictions
    table = detection(problem).match_table(confidence, iou_threshold)
    found = set(table.label[table.outcome == Outcome.TRUE_POSITIVE].tolist())
    for row in range(len(predictions)):
        if table.outcome[row] != Outcome.FALSE_POSITIVE:
            assert table.reason[row] == Reason.NONE
            continue
        near = [label for label in np.flatnonzero(labels.frame == predictions.frame[row]) if not labels.is_out[label]]
        ious = {label: box_iou(predictions.box[row], labels.box[label], False) for label in near}
        same = {label: iou for label, iou in ious.items() if labels.class_id[label] == predictions.class_id[row]}
        other = {label: iou for label, iou in ious.items() if label not in same}
        best_same, best_other = max(same.values(), default=0), max(other.values(), default=0)
        if table.is_confused[row]:
            expected = Reason.WRONG_CLASS
        elif best_same >= iou_threshold:
            expected = Reason.DUPLICATE
            assert table.label[row] in found
        elif best_same >= 0.1:
            expected = Reason.LOCALISATION
        elif best_other >= iou_threshold:
            expected = Reason.WRONG_CLASS
        else:
            expected = Reason.BOTH if best_other >= 0.1 else Reason.BACKGROUND
        assert table.reason[row] == expected
        if expected is Reason.BACKGROUND:
            assert table.label[row] == -1
        else:
            assert table.iou[row] == ious[table.label[row]]


@settings(max_examples=40, deadline=None)
@given(problems(), st.sampled_from([0.3, 0.5]))
def test_labels_know_their_predictions(problem: Problem, iou_threshold: float) -> None:
    table = detection(problem).match_table(0.3, iou_threshold)
    for label in range(len(problem.labels)):
        row = table.label_prediction[label]
        if table.label_outcome[label] == Outcome.TRUE_POSITIVE:
            assert table.label[row] == label
            assert table.outcome[row] == Outcome.TRUE_POSITIVE
        if row >= 0:
            assert table.outcome[row] != Outcome.LEFT_OUT
            expected = box_iou(
                problem.predictions.box[row], problem.labels.box[label], bool(problem.labels.is_crowd[label])
            )
            assert table.label_iou[label] == expected


def test_the_worked_example_of_each_reason() -> None:
    """One label of class 0; predictions that find it, repeat it, miss it by a little, misname it, and see nothing."""
    labels = Objects.from_arrays(np.array([0, 1]), np.array([0, 0]), np.array([[0, 0, 10, 10.0], [0, 0, 10, 10]]))
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [5, 0, 10, 10], [0, 0, 10, 10], [6, 0, 10, 10], [50, 50, 5, 5]]
    predictions = Objects.from_arrays(
        np.array([0, 0, 0, 1, 0, 0]),
        np.array([0, 0, 0, 1, 1, 0]),
        np.array(boxes, float),
        confidence=np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]),
    )
    classes = (ObjectClass(0, "car"), ObjectClass(1, "bus"))
    table = Detection(labels, predictions, classes, frame_count=2).match_table(0.1, 0.5)
    found = table.predictions_to_pandas().set_index("row")
    expected = ["none", "duplicate", "localisation", "both", "background", "wrong_class"]
    assert found.loc[[0, 1, 2, 4, 5, 3], "reason"].tolist() == expected
    assert found.loc[3, "label_row"] == 1
    assert found.loc[5, "label_row"] == -1
    seen = table.labels_to_pandas()
    assert seen["outcome"].tolist() == ["true_positive", "false_negative"]
    assert seen["prediction_row"].tolist() == [0, 3]


def test_nothing_to_match() -> None:
    empty = Objects.from_arrays(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)))
    problem = make_problem(2)
    for labels, predictions in ((empty, empty), (problem.labels, empty), (empty, problem.predictions)):
        table = Detection(labels, predictions, problem.classes, frame_count=problem.frames).match_table(0.1, 0.5)
        assert not (table.outcome == Outcome.TRUE_POSITIVE).any()
        point = count_outcomes(table, problem.classes)
        assert point.micro.fn == (~labels.is_out).sum()


def _voc_table(shared_data: Path) -> tuple[MatchTable, Detection]:
    from tests.evaluation.real_data import voc2012

    found = voc2012(shared_data)
    return found.match_table(0.0, 0.5), found


def test_real_confusions(shared_data: Path) -> None:
    table, found = _voc_table(shared_data)
    point = count_outcomes(table, found.classes).micro
    confusion = confuse(table, found.classes)
    inner = confusion.counts[:-1, :-1].sum() - np.trace(confusion.counts[:-1, :-1])
    assert (point.fp, point.fn) == (226, 47)
    assert (int(confusion.counts[-1].sum()), int(confusion.counts[:, -1].sum()), int(inner)) == (223, 44, 3)


@pytest.mark.parametrize("iou_threshold", [0.3, 0.5, 0.75])
def test_real_data_match_as_one_by_one(shared_data: Path, iou_threshold: float) -> None:
    _, found = _voc_table(shared_data)
    expected = match_greedily(found.labels, found.predictions, 0.0, iou_threshold)
    np.testing.assert_array_equal(found.matching(iou_threshold).label, expected)
