"""Intervals, calibration and LRP against what is known of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hotcoco import metrics
from hypothesis import given, settings

from predscope import InputError
from predscope.evaluation.bootstrap import bootstrap_ap, frame_weights
from predscope.evaluation.calibration import calibrate
from predscope.evaluation.coco import COCO_IOU_THRESHOLDS
from predscope.evaluation.detection import Detection
from predscope.evaluation.intervals import wilson
from predscope.evaluation.lrp import evaluate_lrp
from predscope.evaluation.match_table import Outcome
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass
from tests.evaluation.problems import Problem, make_problem, problems


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


def repeated(problem: Problem, times: np.ndarray) -> Problem:
    """Every frame as often as ``times`` says, the copies behind one another."""
    source = np.repeat(np.arange(problem.frames), times)

    def copied(objects: Objects) -> Objects:
        rows = [np.flatnonzero(objects.frame == frame) for frame in source]
        frames = np.repeat(np.arange(len(source)), [len(entry) for entry in rows])
        taken = np.concatenate(rows) if rows else np.zeros(0, int)
        return Objects.from_arrays(
            frames,
            objects.class_id[taken],
            objects.box[taken],
            confidence=objects.confidence[taken],
            area=objects.area[taken],
            is_crowd=objects.is_crowd[taken],
            is_ignored=objects.is_ignored[taken],
        )

    return Problem(copied(problem.labels), copied(problem.predictions), problem.classes, len(source))


@settings(max_examples=30, deadline=None)
@given(problems(ignored=True))
def test_a_frame_drawn_twice_counts_as_two_frames(problem: Problem) -> None:
    rng = np.random.default_rng(len(problem.predictions))
    confidence = rng.permutation(np.linspace(0.1, 0.9, len(problem.predictions)))
    problem = replace(problem, predictions=replace(problem.predictions, confidence=confidence))
    found = detection(problem)
    boot = bootstrap_ap(
        [found.matching(iou) for iou in (0.5, 0.75)],
        found.labels,
        found.predictions,
        found.classes,
        found.frame_count,
        resamples=3,
        seed=4,
    )
    options = {"iou_thresholds": (0.5, 0.75), "caps": [None]}
    np.testing.assert_allclose(boot.value, found.coco(**options).to_pandas()["AP"], atol=1e-9)
    for row, times in enumerate(frame_weights(problem.frames, 3, seed=4)):
        again = detection(repeated(problem, times)).coco(**options)
        np.testing.assert_allclose(boot.samples[row], again.to_pandas()["AP"], atol=1e-9)


def test_intervals_of_ap() -> None:
    problem = make_problem(5, frames=60, labels=300, predictions=900, coarse=False, levels=100_000)
    found = detection(problem)
    matchings = [found.matching(iou) for iou in COCO_IOU_THRESHOLDS]
    arguments = (matchings, found.labels, found.predictions, found.classes, found.frame_count)
    boot = bootstrap_ap(*arguments, resamples=300, seed=1)
    assert boot.overall.value == pytest.approx(found.coco(caps=[None]).statistics["AP"], abs=1e-9)
    assert boot.overall.low < boot.overall.value < boot.overall.high
    np.testing.assert_array_equal(boot.samples, bootstrap_ap(*arguments, resamples=300, seed=1).samples)
    table = boot.to_pandas()
    assert (table["low"] <= table["AP"]).all()
    assert (table["AP"] <= table["high"]).all()


def test_frames_of_a_group_go_together() -> None:
    weights = frame_weights(6, 50, groups=np.array([3, 3, 9, 9, 9, 1]))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 2] == weights[:, 4]).all()
    assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()


def test_intervals_cover_the_truth() -> None:
    """Frames drawn from a known population: the interval holds the population's AP in about 95 % of the experiments."""
    rng = np.random.default_rng(0)
    square = np.array([0.0, 0.0, 10.0, 10.0])

    def draw(frames: int) -> Detection:
        hits = rng.random(frames) < 0.7
        boxes = np.where(hits[:, None], square, square + 20)
        labels = Objects.from_arrays(np.arange(frames), np.zeros(frames, int), np.tile(square, (frames, 1)))
        predictions = Objects.from_arrays(
            np.arange(frames),
            np.zeros(frames, int),
            boxes,
            confidence=np.where(hits, 0.5, 0.3) + 0.4 * rng.random(frames),
        )
        return Detection(labels, predictions, (ObjectClass(0, "car"),), frame_count=frames)

    truth = draw(200_000).coco(iou_thresholds=[0.5], caps=[None]).average_precision()
    covered = []
    for seed in range(400):
        found = draw(150)
        boot = bootstrap_ap(
            [found.matching(0.5)], found.labels, found.predictions, found.classes, 150, resamples=400, seed=seed
        )
        covered.append(boot.overall.low <= truth <= boot.overall.high)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_wilson_intervals() -> None:
    low, high = wilson(np.array([8, 0, 10, 0]), np.array([10, 10, 10, 0]))
    assert low[:3] == pytest.approx([0.49016, 0, 0.72246], abs=1e-5)
    assert high[:3] == pytest.approx([0.94331, 0.27754, 1], abs=1e-5)
    assert np.isnan(low[3])


@settings(max_examples=40, deadline=None)
@given(problems(ignored=True))
def test_calibration_errors(problem: Problem) -> None:
    found = detection(problem)
    ours = calibrate(found.matching(0.5), found.labels, found.predictions)
    table = found.match_table(0.0, 0.5)
    counted = (table.outcome == Outcome.TRUE_POSITIVE) | (table.outcome == Outcome.FALSE_POSITIVE)
    right = table.outcome[counted] == Outcome.TRUE_POSITIVE
    assert ours.count.sum() == counted.sum()
    if counted.any():
        ece, mce = metrics.calibration_error(problem.predictions.confidence[counted], right, n_bins=10)
        on_edge = np.isclose(problem.predictions.confidence[counted] * 10 % 1, 0).any()
        if not on_edge:
            assert (ours.ece, ours.mce) == (pytest.approx(ece), pytest.approx(mce))
    else:
        assert np.isnan(ours.ece)
    mass = calibrate(found.matching(0.5), found.labels, found.predictions, spacing="mass", bins=4)
    assert mass.count.sum() == counted.sum()
    assert mass.count.max(initial=0) - mass.count.min(initial=10**9) <= 1 or len(mass.count) < 4


def test_a_calibrated_model_has_no_error() -> None:
    rng = np.random.default_rng(1)
    count = 20_000
    confidence = rng.random(count)
    boxes = np.where((rng.random(count) < confidence)[:, None], [0.0, 0, 10, 10], [50.0, 50, 10, 10])
    frames, classes = np.arange(count), np.zeros(count, int)
    labels = Objects.from_arrays(frames, classes, np.tile([0.0, 0, 10, 10], (count, 1)))
    predictions = Objects.from_arrays(frames, classes, boxes, confidence=confidence)
    found = Detection(labels, predictions, (ObjectClass(0, "car"),), frame_count=count)
    ours = calibrate(found.matching(0.5), labels, predictions)
    assert ours.ece < 0.02
    assert ours.recall == pytest.approx(0.5, abs=0.02)
    assert ours.lowest_confidence == confidence.min()
    table = ours.to_pandas()
    inside = (table["precision_low"] <= table["confidence"]) & (table["confidence"] <= table["precision_high"])
    assert inside.sum() >= 8
    with pytest.raises(InputError, match="bins must be"):
        calibrate(found.matching(0.5), labels, predictions, bins=0)


@settings(max_examples=40, deadline=None)
@given(problems(ignored=True))
def test_lrp_is_the_lowest_over_all_confidences(problem: Problem) -> None:
    found = detection(problem)
    ours = evaluate_lrp(found.matching(0.5), found.labels, found.predictions, found.classes)
    for entry in ours.per_class:
        lowest = 1.0
        for confidence in np.unique(problem.predictions.confidence):
            table = found.match_table(confidence, 0.5)
            own = problem.predictions.class_id == entry.class_id
            right = own & (table.outcome == Outcome.TRUE_POSITIVE)
            wrong = int((own & (table.outcome == Outcome.FALSE_POSITIVE)).sum())
            missed = table.label_outcome == Outcome.FALSE_NEGATIVE
            missed_count = int((missed & (problem.labels.class_id == entry.class_id)).sum())
            total = int(right.sum()) + wrong + missed_count
            lowest = min(lowest, ((1 - table.iou[right]).sum() / 0.5 + wrong + missed_count) / total)
        assert entry.error == pytest.approx(lowest)
    labelled = {int(entry) for entry in problem.labels.class_id[~problem.labels.is_out]}
    assert {entry.class_id for entry in ours.per_class} == labelled
    if ours.per_class:
        assert ours.error == pytest.approx(ours.to_pandas()["error"].mean())


def test_perfect_boxes_have_no_lrp() -> None:
    problem = make_problem(2, crowd_share=0.0)
    same = replace_with_labels(problem)
    ours = evaluate_lrp(same.matching(0.5), same.labels, same.predictions, same.classes)
    assert ours.error == pytest.approx(0, abs=1e-12)
    assert ours.per_class[0].confidence == 1
    with pytest.raises(InputError, match="below 1"):
        evaluate_lrp(same.matching(1.0), same.labels, same.predictions, same.classes)


def replace_with_labels(problem: Problem) -> Detection:
    """The labels predicted exactly."""
    labels = problem.labels
    predictions = Objects.from_arrays(labels.frame, labels.class_id, labels.box, confidence=np.ones(len(labels)))
    return Detection(labels, predictions, problem.classes, frame_count=problem.frames)
