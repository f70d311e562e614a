"""Counts over confidences, thresholds to recommend, and how they are written down."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope import InputError
from predscope.evaluation.confusion import confuse
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import Objects
from predscope.evaluation.operating_point import Counts, count_outcomes
from predscope.evaluation.thresholds import best_f1, thresholds_yaml, with_costs, with_precision, with_recall
from predscope.schema import ObjectClass
from tests.evaluation.problems import Problem, make_problem, problems


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


@settings(max_examples=50, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.3, 0.5, 0.8]))
def test_the_curve_is_the_operating_points_one_by_one(problem: Problem, iou_threshold: float) -> None:
    found = detection(problem)
    curve = found.curve(iou_threshold)
    by_class = [found.curve(iou_threshold, entry.class_id) for entry in problem.classes]
    for confidence in [*np.unique(problem.predictions.confidence)[:6], 0.0, 0.37, 1.0]:
        point = found.operating_point(confidence, iou_threshold)
        assert curve.at(confidence) == point.micro
        for class_id, own in enumerate(by_class):
            expected = Counts(int(point.tp[class_id]), int(point.fp[class_id]), int(point.fn[class_id]))
            assert own.at(confidence) == expected
    np.testing.assert_array_equal(curve.tp + curve.fn, curve.label_count)


@settings(max_examples=50, deadline=None)
@given(problems(), st.sampled_from([0.3, 0.7]), st.sampled_from([0.2, 0.6, 0.95]))
def test_thresholds_are_the_best_there_are(problem: Problem, iou_threshold: float, share: float) -> None:
    curve = detection(problem).curve(iou_threshold)
    rows = [curve.at(confidence) for confidence in curve.confidence]
    best = best_f1(curve)
    if best is None:
        assert not rows or not curve.label_count
        return
    assert best.counts.f1 == max(row.f1 for row in rows)
    assert best.confidence == max(c for c, row in zip(curve.confidence, rows, strict=True) if row.f1 == best.counts.f1)
    low, high = best.plateau
    assert low <= best.confidence <= high
    inside = [row.f1 for c, row in zip(curve.confidence, rows, strict=True) if low <= c <= high]
    assert min(inside) >= 0.995 * best.counts.f1
    precise = with_precision(curve, share)
    allowed = [row.recall for row in rows if row.precision >= share]
    assert (precise is None) == (not allowed)
    if precise is not None:
        assert precise.counts.recall == max(allowed)
    complete = with_recall(curve, share)
    allowed = [row.precision for row in rows if row.recall >= share]
    assert (complete is None) == (not allowed)
    if complete is not None:
        assert complete.counts.precision == max(allowed)
    cheap = with_costs(curve, false_positive=1, false_negative=5)
    assert cheap.counts.fp + 5 * cheap.counts.fn == min(row.fp + 5 * row.fn for row in rows)


def test_shares_of_nothing_are_not_numbers() -> None:
    assert np.isnan(Counts(0, 0, 3).precision)
    assert Counts(0, 0, 3).recall == 0
    assert Counts(0, 0, 3).f1 == 0
    assert np.isnan(Counts(0, 2, 0).recall)
    assert np.isnan(Counts(0, 0, 0).f1)
    assert Counts(6, 2, 4).f1 == pytest.approx(12 / 18)


def test_means_are_over_the_classes_with_labels() -> None:
    square = np.array([0, 0, 10, 10.0])
    labels = Objects.from_arrays(np.array([0, 1]), np.array([0, 1]), np.stack([square, square]))
    predictions = Objects.from_arrays(
        np.array([0, 1]),
        np.array([0, 2]),
        np.stack([square, square + np.array([40, 0, 0, 0])]),
        confidence=np.array([0.9, 0.8]),
    )
    classes = tuple(ObjectClass(index, name) for index, name in enumerate(("car", "bus", "dog")))
    point = Detection(labels, predictions, classes, frame_count=2).operating_point(0.1, 0.5)
    assert point.macro == {"precision": 1.0, "recall": 0.5, "f1": 0.5}
    assert point.micro == Counts(1, 1, 1)
    table = point.to_pandas().set_index("name")
    assert table["support"].tolist() == [1, 1, 0]
    assert np.isnan(table.loc["bus", "precision"])
    assert np.isnan(table.loc["dog", "recall"])


def test_a_chart_gets_few_points_and_the_best() -> None:
    curve = detection(make_problem(3, predictions=3000, levels=100_000)).curve(0.5)
    table = curve.to_pandas(points=50)
    assert len(table) <= 53
    assert table["f1"].max() == curve.f1.max()
    assert table["confidence"].is_monotonic_decreasing
    assert len(curve.to_pandas()) == len(curve.confidence)


def test_thresholds_are_written_for_other_programs() -> None:
    problem = make_problem(3)
    found = detection(problem)
    chosen = [best_f1(found.curve(0.5)), *(best_f1(found.curve(0.5, entry.class_id)) for entry in problem.classes)]
    content = yaml.safe_load(thresholds_yaml(chosen, problem.classes, iou_threshold=0.5))
    assert content["iou_threshold"] == 0.5
    assert list(content["classes"]) == ["class 0", "class 1", "class 2"]
    assert content["all_classes"]["confidence"] == pytest.approx(chosen[0].confidence, abs=1e-6)
    assert set(content["classes"]["class 1"]) == {"confidence", "rule", "precision", "recall", "f1", "plateau"}


def test_impossible_wishes_are_refused() -> None:
    curve = detection(make_problem(3)).curve(0.5)
    with pytest.raises(InputError, match="precision must be between 0 and 1"):
        with_precision(curve, 1.2)
    with pytest.raises(InputError, match="must not be negative"):
        with_costs(curve, false_positive=-1, false_negative=1)


def test_confusions_are_listed_and_normalised() -> None:
    problem = make_problem(21, classes=4, labels=60, predictions=200)
    table = detection(problem).match_table(0.0, 0.5)
    confusion = confuse(table, problem.classes)
    largest = confusion.largest()
    assert largest["count"].is_monotonic_decreasing
    assert largest["count"].sum() == confusion.counts[:-1, :-1].sum() - np.trace(confusion.counts[:-1, :-1])
    point = count_outcomes(table, problem.classes).to_pandas()
    recall, precision = confusion.to_pandas("recall"), confusion.to_pandas("precision")
    assert np.diag(recall)[:-1] == pytest.approx(point["recall"])
    assert np.diag(precision)[:-1] == pytest.approx(point["precision"])
    assert list(recall.columns) == [*(entry.name for entry in problem.classes), "background"]
