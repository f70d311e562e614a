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
from predscope.evaluation.matching import Matching
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


EXPERIMENTS, FRAMES, CLASS_COUNT = 600, 300, 4


def drawn_from_population(rng: np.random.Generator, frames: int) -> tuple[Matching, Objects, Objects]:
    """Frames of a known kind, matched already: some are harder than others, for all that is on them."""
    difficulty = rng.normal(0, 0.6, frames)
    label_frame = np.repeat(np.arange(frames), rng.poisson(3, frames))
    label_class = rng.integers(CLASS_COUNT, size=len(label_frame))
    found = np.flatnonzero(rng.random(len(label_frame)) < 1 / (1 + np.exp(difficulty[label_frame] - 1.1)))
    stray_frame = np.repeat(np.arange(frames), rng.poisson(1.8, frames))
    odds = np.concatenate([0.8 - 0.5 * difficulty[label_frame[found]], np.full(len(stray_frame), -0.8)])
    frame = np.concatenate([label_frame[found], stray_frame])
    class_id = np.concatenate([label_class[found], rng.integers(CLASS_COUNT, size=len(stray_frame))])
    label = np.concatenate([found, np.full(len(stray_frame), -1)])
    confidence = 1 / (1 + np.exp(-rng.normal(odds, 1.2)))
    order = np.argsort(frame, kind="stable")
    nowhere = np.zeros((len(frame), 4))
    predictions = Objects.from_arrays(frame[order], class_id[order], nowhere, confidence=confidence[order])
    labels = Objects.from_arrays(label_frame, label_class, np.zeros((len(label_frame), 4)))
    nobody = np.full(len(labels), -1)
    return Matching(0.5, label[order], np.ones(len(order)), nobody), labels, predictions


def test_intervals_cover_the_truth() -> None:
    """Frames drawn from a known population: its AP lies in about 95 % of the intervals, over classes and of each."""
    rng = np.random.default_rng(0)
    classes = tuple(ObjectClass(index, f"class {index}") for index in range(CLASS_COUNT))
    matching, labels, predictions = drawn_from_population(rng, 300_000)
    truth = bootstrap_ap([matching], labels, predictions, classes, 300_000, resamples=1)
    covered, of_classes, width, spread = [], [], [], []
    for seed in range(EXPERIMENTS):
        matching, labels, predictions = drawn_from_population(rng, FRAMES)
        boot = bootstrap_ap([matching], labels, predictions, classes, FRAMES, resamples=200, seed=seed)
        found = boot.overall
        covered.append(found.low <= truth.overall.value <= found.high)
        width.append(found.high - found.low)
        spread.append(found.value)
        for position, value in enumerate(truth.value):
            own = boot.of_class(position)
            of_classes.append(own.low <= value <= own.high)
    assert 0.93 <= np.mean(covered) <= 0.97
    assert 0.93 <= np.mean(of_classes) <= 0.97
    assert np.mean(width) == pytest.approx(2 * 1.96 * np.std(spread), rel=0.1), "no wider than it must be"


def test_an_interval_holds_its_value() -> None:
    """Also with many rare classes, whose AP comes out higher on every resample than on the data."""
    rng = np.random.default_rng(5)
    frame, class_id = np.arange(120), np.arange(120) % 60
    labels = Objects.from_arrays(frame, class_id, np.tile([0.0, 0, 10, 10], (120, 1)))
    boxes = np.where((rng.random(120) < 0.6)[:, None], [0.0, 0, 10, 10], [50.0, 50, 10, 10])
    predictions = Objects.from_arrays(frame, class_id, boxes, confidence=rng.random(120))
    classes = tuple(ObjectClass(index, f"class {index}") for index in range(60))
    found = Detection(labels, predictions, classes, frame_count=120)
    boot = bootstrap_ap([found.matching(0.5)], labels, predictions, classes, 120, resamples=100)
    assert boot.overall.low <= boot.overall.value <= boot.overall.high
    table = boot.to_pandas()
    assert (table["low"] <= table["AP"]).all()
    assert (table["AP"] <= table["high"]).all()
    certain = table["AP"] == 1
    assert certain.any()
    assert (table.loc[certain, "low"] > 0.99).all()


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
