"""Parts of the data: as evaluated from scratch, and as COCO's own sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.evaluation.coco_result import ALL, SMALL
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import Outcome
from predscope.evaluation.slices import on_frames, on_objects, slice_numbers
from tests.evaluation import coco_oracle
from tests.evaluation.problems import Problem, make_problem, problems
from tests.evaluation.sequential import match_greedily


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


@settings(max_examples=40, deadline=None)
@given(problems(ignored=True), st.integers(0, 2**6 - 1))
def test_a_frame_slice_equals_evaluating_the_subset(problem: Problem, bits: int) -> None:
    chosen = np.array([bool(bits >> frame & 1) for frame in range(problem.frames)])
    part = on_frames(detection(problem), chosen)
    scratch = Detection(
        problem.labels.take(chosen[problem.labels.frame]),
        problem.predictions.take(chosen[problem.predictions.frame]),
        problem.classes,
        frame_count=problem.frames,
    )
    np.testing.assert_equal(part.coco().statistics, scratch.coco().statistics)
    ours, expected = part.match_table(0.3, 0.5), scratch.match_table(0.3, 0.5)
    for name in ("outcome", "reason", "label", "iou", "label_outcome", "label_prediction"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(expected, name))


@settings(max_examples=40, deadline=None)
@given(problems())
def test_an_object_slice_by_area_is_cocos_size(problem: Problem) -> None:
    whole = detection(problem)
    areas = problem.predictions.box[:, 2] * problem.predictions.box[:, 3]
    small = on_objects(
        whole,
        (problem.labels.area >= SMALL.lowest) & (problem.labels.area <= SMALL.highest),
        (areas >= SMALL.lowest) & (areas <= SMALL.highest),
    )
    ours, expected = small.coco(areas=[ALL]), whole.coco()
    assert ours.average_precision() == pytest.approx(expected.average_precision(area="small"), abs=1e-12, nan_ok=True)
    assert ours.average_recall() == pytest.approx(expected.average_recall(area="small"), abs=1e-12, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(problems(), st.sampled_from([0.0, 0.3]), st.sampled_from([0.3, 0.5]))
def test_an_object_slice_equals_evaluating_it_from_scratch(
    problem: Problem, confidence: float, iou_threshold: float
) -> None:
    """By shape: pycocotools ignores what it is told lies out of range; the plain matcher, what it is told to ignore."""
    wide = [objects.box[:, 2] > objects.box[:, 3] for objects in (problem.labels, problem.predictions)]
    part = on_objects(detection(problem), *wide)
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, len(problem.classes), problem.frames)
    for record, is_inside in zip(content["annotations"], wide[0].tolist(), strict=True):
        record["area"] = 1.0 if is_inside else 2e10
    oracle = coco_oracle.evaluate_records(
        content, records, areas=[(0, 1e10)], result_areas=np.where(wide[1], 1.0, 2e10).tolist()
    )
    coco_oracle.assert_equal(part.coco(areas=[ALL]), oracle)

    table = part.match_table(confidence, iou_threshold)
    narrowed = replace(problem.labels, is_ignored=~wide[0])
    expected = match_greedily(narrowed, problem.predictions, confidence, iou_threshold)
    right = expected >= 0
    right[right] = ~narrowed.is_out[expected[right]]
    np.testing.assert_array_equal(table.outcome == Outcome.TRUE_POSITIVE, right)
    np.testing.assert_array_equal(table.outcome == Outcome.FALSE_POSITIVE, (expected == -1) & wide[1])
    point = part.operating_point(confidence, iou_threshold).micro
    to_find = wide[0] & ~problem.labels.is_crowd
    assert (point.tp, point.fp) == (right.sum(), ((expected == -1) & wide[1]).sum())
    assert point.tp + point.fn == to_find.sum()


def test_the_operating_point_of_an_object_slice_agrees_with_its_recall() -> None:
    problem = make_problem(8, labels=60, predictions=200, crowd_share=0.0)
    whole = detection(problem)
    chosen = problem.labels.area > 2000
    part = on_objects(whole, chosen, None)
    numbers = slice_numbers("large", part, confidence=0.0, iou_threshold=0.5, is_recall_only=True)
    assert numbers.labels == chosen.sum()
    assert numbers.recall_low < numbers.recall < numbers.recall_high
    assert np.isnan(numbers.precision)
    assert part.operating_point(0.0, 0.5).micro.fp == 0
    recall = part.coco(iou_thresholds=[0.5], caps=[None])
    per_class = part.operating_point(0.0, 0.5).to_pandas()["recall"]
    assert per_class.mean() == pytest.approx(recall.average_recall())


def test_an_empty_slice_has_no_numbers() -> None:
    whole = detection(make_problem(8))
    numbers = slice_numbers("none", on_frames(whole, np.zeros(6, bool)), confidence=0.1, iou_threshold=0.5)
    assert (numbers.frames, numbers.labels, numbers.predictions) == (0, 0, 0)
    assert np.isnan([numbers.ap, numbers.precision, numbers.recall]).all()


def test_slices_may_be_nested() -> None:
    problem = make_problem(9, frames=6, labels=60, predictions=200)
    whole = detection(problem)
    first, second = np.arange(6) < 4, np.arange(6) % 2 == 0
    nested = on_frames(on_frames(whole, first), second)
    np.testing.assert_equal(nested.coco().statistics, on_frames(whole, first & second).coco().statistics)
    rows = on_objects(nested, nested.labels.area > 0, None).labels.row
    np.testing.assert_array_equal(np.sort(rows), np.sort(problem.labels.row[(first & second)[problem.labels.frame]]))
    assert replace(nested.labels).row is nested.labels.row
