"""Error kinds and what they cost, against the authors' implementation and against its numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from predscope.evaluation.detection import Detection
from predscope.evaluation.tide import ErrorType, Tide, find_errors
from tests.evaluation import real_data
from tests.evaluation.problems import Problem, make_problem, problems

pytestmark = pytest.mark.long


def errors_of(problem: Problem, **options) -> Tide:
    found = Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)
    return find_errors(found.pairs, problem.labels, problem.predictions, len(problem.classes), **options)


def reference(problem: Problem) -> tuple[float, dict[str, float], dict[str, float], dict[str, int]]:
    """AP, dAP by kind, the special two and the counts, as ``tidecv`` has them."""
    tidecv = pytest.importorskip("tidecv", reason="it needs the OpenCV wheel with a GUI, so it is not installed")
    truth, found = tidecv.Data("labels"), tidecv.Data("predictions")
    labels, predictions = problem.labels, problem.predictions
    for frame in range(problem.frames):
        for data in (truth, found):
            data.add_image(frame, str(frame))
    for row in range(len(labels)):
        add = truth.add_ignore_region if labels.is_crowd[row] else truth.add_ground_truth
        add(int(labels.frame[row]), int(labels.class_id[row]), box=labels.box[row].tolist())
    for row in range(len(predictions)):
        found.add_detection(
            int(predictions.frame[row]),
            int(predictions.class_id[row]),
            float(predictions.confidence[row]),
            box=predictions.box[row].tolist(),
        )
    run = tidecv.TIDE().evaluate(truth, found, mode=tidecv.TIDE.BOX)
    main = {kind.short_name: float(value) for kind, value in run.fix_main_errors().items()}
    special = {kind.short_name: float(value) for kind, value in run.fix_special_errors().items()}
    return run.ap, main, special, {kind.short_name: count for kind, count in run.count_errors().items()}


@settings(max_examples=80, deadline=None)
@given(problems())
def test_equal_to_the_reference(problem: Problem) -> None:
    try:
        ap, main, special, counts = reference(problem)
    except ZeroDivisionError:  # it divides by the number of classes, which may be none once an error is mended
        assume(False)
    ours = errors_of(problem)
    assert ours.counts == counts
    assert ours.ap == pytest.approx(ap, abs=1e-9)
    assert ours.delta_ap == pytest.approx(main, abs=1e-9)
    assert ours.special == pytest.approx(special, abs=1e-9)


def test_the_published_numbers_of_a_large_problem(shared_data: Path, tmp_path: Path) -> None:
    script = shared_data.parent / "bench" / "make_synth.py"
    if not script.is_file():
        pytest.skip("the generator is not there")
    subprocess.run([sys.executable, script, "--out", tmp_path, "--no-images"], check=True, capture_output=True)
    found = real_data.joined(tmp_path / "gt.json", tmp_path / "pred.json")
    ours = find_errors(found.pairs, found.labels, found.predictions, len(found.classes))
    assert ours.ap == pytest.approx(46.0867, abs=5e-5)
    expected = {"Cls": 9.657, "Loc": 10.680, "Both": 0.640, "Dupe": 0.562, "Bkg": 0.792, "Miss": 17.152}
    assert ours.delta_ap == pytest.approx(expected, abs=5e-4)
    assert ours.special == pytest.approx({"FalsePos": 13.195, "FalseNeg": 31.470}, abs=5e-4)
    statistics = found.coco().statistics
    assert [statistics[name] for name in ("AP", "AP50")] == pytest.approx([0.173230, 0.460866], abs=5e-7)


@settings(max_examples=60, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.2, 0.5, 0.9]), st.sampled_from([0.25, 0.5, 1.0]))
def test_a_confidence_leaves_the_errors_of_the_rest_alone(problem: Problem, confidence: float, iou: float) -> None:
    found = problem.predictions
    rest = found.take(found.confidence >= confidence)
    pairs = Detection(problem.labels, rest, problem.classes, frame_count=problem.frames).pairs
    expected = find_errors(pairs, problem.labels, rest, len(problem.classes), iou_threshold=iou)
    ours = errors_of(problem, confidence=confidence, iou_threshold=iou)
    assert ours.records().equals(expected.records())
    assert ours.counts == expected.counts
    for name in ("ap", "delta_ap", "special"):
        assert getattr(ours, name) == pytest.approx(getattr(expected, name), abs=1e-12)
    assert not ours.is_matched[found.confidence < confidence].any()


def test_every_number_has_its_records() -> None:
    problem = make_problem(13, labels=60, predictions=300)
    ours = errors_of(problem)
    records = ours.records()
    assert records["error"].value_counts().to_dict() == {name: n for name, n in ours.counts.items() if n}
    assert ours.to_pandas()["count"].sum() == len(records)
    missed = records[records["error"] == "Miss"]
    assert (missed["prediction_row"] == -1).all()
    assert missed["confidence"].isna().all()
    near = records[records["error"] == "Loc"]
    assert near["iou"].between(0.1, 0.5).all()
    classes = problem.labels.class_id[np.argsort(problem.labels.row)]
    assert (classes[near["label_row"]] == near["class_id"]).all()
    wrong = records[records["error"] == "Cls"]
    assert (wrong["iou"] >= 0.5).all()
    assert (classes[wrong["label_row"]] != wrong["class_id"]).all()


def test_the_cap_counts_predictions_of_a_frame() -> None:
    problem = make_problem(13, frames=2, labels=20, predictions=300)
    capped, whole = errors_of(problem, cap=10), errors_of(problem, cap=None)
    looked_at = capped.is_matched | (capped.error != ErrorType.NONE)
    assert np.bincount(problem.predictions.frame[looked_at]).tolist() == [10, 10]
    assert sum(whole.counts.values()) > sum(capped.counts.values())
