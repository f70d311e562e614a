"""What evaluations give back: small, immutable, and a table each."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest

from predscope.evaluation.bootstrap import bootstrap_ap
from predscope.evaluation.calibration import calibrate
from predscope.evaluation.detection import Detection
from predscope.evaluation.lrp import evaluate_lrp
from predscope.evaluation.tide import find_errors
from tests.evaluation.problems import make_problem


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    problem = make_problem(3)
    found = Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)
    matching = found.matching(0.5)
    return {
        "coco": found.coco(),
        "voc": found.voc(),
        "operating point": found.operating_point(0.1, 0.5),
        "curve": found.curve(0.5),
        "confusion": found.confusion(0.1, 0.5),
        "calibration": calibrate(matching, found.labels, found.predictions),
        "lrp": evaluate_lrp(matching, found.labels, found.predictions, found.classes),
        "bootstrap": bootstrap_ap([matching], found.labels, found.predictions, found.classes, 6, resamples=20),
        "tide": find_errors(found.pairs, found.labels, found.predictions, len(found.classes)),
    }


def test_results_are_tables_and_do_not_change(results: dict[str, Any]) -> None:
    for name, result in results.items():
        table = result.to_pandas()
        assert isinstance(table, pd.DataFrame), name
        assert len(table), name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, dataclasses.fields(result)[0].name, None)


def test_matches_are_tables_of_both_sides() -> None:
    problem = make_problem(3)
    found = Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)
    table = found.match_table(0.1, 0.5)
    assert len(table.labels_to_pandas()) == len(problem.labels)
    assert len(table.predictions_to_pandas()) == (problem.predictions.confidence >= 0.1).sum()
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.confidence = 0.2


def test_a_matching_is_computed_once() -> None:
    problem = make_problem(3)
    found = Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)
    assert found.matching(0.5) is found.matching(0.5)
    assert found.pairs is found.pairs
