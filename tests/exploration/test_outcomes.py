"""Outcomes for pages: kept tables, frames' counts, words for every reason, and what the viewer derives on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from predscope.evaluation.match_table import Outcome, Reason
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.outcome_fields import outcome_fields
from predscope.exploration.outcome_words import OutcomeWords
from predscope.exploration.outcomes import detection, evaluated_set, frame_outcomes, match_table


def box(frame: int, class_id: int, x: float, w: float = 100.0, **more: Any) -> dict[str, Any]:
    return {"frame_index": frame, "class_id": class_id, "x": x, "y": 0.0, "w": w, "h": 100.0, **more}


@pytest.fixture(scope="module")
def scene(project_maker: Any) -> Any:
    """A case a frame: 0 found and a duplicate, 1 poorly placed, 2 wrong class, 3 both, 4 nothing, 5 crowd, 6 low."""
    labels = [
        box(0, 0, 0),
        box(1, 1, 0),
        box(2, 2, 0),
        box(3, 2, 0),
        box(4, 0, 0),
        box(5, 1, 0, is_crowd=True),
        box(6, 1, 0),
    ]
    predictions = [
        box(0, 0, 0, confidence=0.95),
        box(0, 0, 10, confidence=0.9),
        box(0, 0, 60, confidence=0.85),
        box(1, 1, 50, confidence=0.71),
        box(2, 0, 0, confidence=0.8),
        box(2, 1, 5, confidence=0.6),
        box(3, 0, 60, confidence=0.5),
        box(4, 0, 300, confidence=0.4),
        box(5, 1, 0, confidence=0.7),
        box(6, 1, 0, confidence=0.2),
    ]
    return project_maker([{}] * 7, {("labels", "labels"): labels, ("predictions", "m"): predictions})


def test_words_for_every_reason(scene: Any) -> None:
    table = match_table(scene, "m", 0.3, 0.5)
    words = OutcomeWords.of(detection(scene, "m"), table)
    assert [Reason(int(code)).name for code in table.reason[:8]] == [
        *("NONE", "DUPLICATE", "LOCALISATION", "LOCALISATION", "WRONG_CLASS", "WRONG_CLASS", "BOTH", "BACKGROUND"),
    ]
    assert [words.of_prediction(position) for position in range(10)] == [
        "IoU 1.00 with its label",
        "duplicate, IoU .82 with a car that .95 already matched",
        "best overlap .25 with a car that .95 already matched",
        "IoU .33 with this person, needs .50",
        "IoU 1.00 with a label of another class, dog",
        "IoU .90 with a label of another class, dog that car .80 already stands for",
        "IoU .25 with a label of another class, dog, needs .50",
        "no label overlaps it by .10 or more",
        "lies on a crowd of class person: counts neither way",
        "",
    ]
    assert [words.of_label(position) for position in range(7)] == [
        "found by car .95, IoU 1.00",
        "best overlap .33 with person .71, needs .50",
        "predicted as car .80, IoU 1.00",
        "best overlap .25 with car .50, needs .50",
        "no prediction overlaps it by .10 or more",
        "stands for a crowd: counts neither way",
        "found only by person .20, below the confidence threshold .30 (IoU 1.00)",
    ]


def test_frames_count_what_the_table_says(project: Any) -> None:
    for confidence, iou in ((0.0, 0.5), (0.4, 0.3), (0.9, 0.1)):
        table = match_table(project, "model_a", confidence, iou)
        counts = frame_outcomes(project, "model_a", confidence, iou)
        assert counts.tp.sum() == np.sum(table.outcome == Outcome.TRUE_POSITIVE)
        assert counts.fp.sum() == np.sum(table.outcome == Outcome.FALSE_POSITIVE)
        assert counts.fn.sum() == np.sum(table.label_outcome == Outcome.FALSE_NEGATIVE)
        labels = np.bincount(table.labels.frame, minlength=60)
        assert (counts.tp + counts.fn).tolist() == labels.tolist()
        empty = (counts.tp + counts.fp + counts.fn) == 0
        assert np.isnan(counts.f1).tolist() == empty.tolist()


def test_tables_are_computed_once(project: Any, random_project_maker: Any) -> None:
    assert match_table(project, "model_a", 0.25, 0.5) is match_table(project, "model_a", 0.25, 0.5)
    assert match_table(project, "model_a", 0.26, 0.5) is not match_table(project, "model_a", 0.25, 0.5)
    other = random_project_maker(seed=3)
    assert detection(other, "model_a") is not detection(project, "model_a")


def test_of_several_sets_the_first_chosen_is_evaluated(project: Any, project_maker: Any) -> None:
    assert evaluated_set(project, FrameQuery()) == "model_a"
    assert evaluated_set(project, FrameQuery(prediction_sets=("model_b",))) == "model_b"
    assert evaluated_set(project_maker([{}], {("predictions", "m"): []}), FrameQuery()) is None
    query = FrameQuery(prediction_sets=("model_b",), sort="missed", descending=True, confidence=0.3)
    selection = select_frames(project, query)
    missed = frame_outcomes(project, "model_b", 0.3, 0.5).fn
    assert selection.values.tolist() == missed[selection.indices].tolist() == sorted(missed, reverse=True)
    assert selection.value_in_words(0) == f"{missed.max()} missed"


def test_labels_can_be_told_at_any_threshold_from_one_answer(project: Any) -> None:
    """What the browser does while the slider moves equals what Python says at that threshold."""
    rows = np.arange(project.objects("labels").count)
    own = np.arange(project.objects("predictions", "model_a").count)
    fields = outcome_fields(project, ["model_a"], 0.3, 0.5)
    labels, predictions = fields["labels"](rows), fields["p:model_a"](own)
    confidence = project.objects("predictions", "model_a").table(["confidence"])["confidence"].to_numpy()
    for threshold in (0.0, 0.2, 0.5, 0.83):
        table = match_table(project, "model_a", threshold, 0.5)
        kept = np.flatnonzero(confidence >= threshold)
        said = [predictions[row]["outcome"] for row in kept]
        assert said == [{1: "tp", 2: "fp", 4: "ignored"}[int(code)] for code in table.outcome[kept]]
        found = [
            "match" in label and bool(confidence[int(label["match"].rsplit(":", 1)[1])] >= threshold)
            for label in labels
        ]
        assert found == (table.label_outcome == Outcome.TRUE_POSITIVE).tolist()


def test_labels_are_told_against_each_set(project: Any) -> None:
    rows = np.arange(20)
    both = outcome_fields(project, ["model_b", "model_a"], 0.3, 0.5)
    alone = {name: outcome_fields(project, [name], 0.3, 0.5)["labels"](rows) for name in ("model_a", "model_b")}
    for place, label in enumerate(both["labels"](rows)):
        by = label.pop("by")
        assert by == {"p:model_b": alone["model_b"][place], "p:model_a": alone["model_a"][place]}
        assert label == alone["model_b"][place]
    assert outcome_fields(project, [], 0.3, 0.5) == {}


def test_why_is_said_of_errors_alone(scene: Any) -> None:
    fields = outcome_fields(scene, ["m"], 0.3, 0.5)
    predictions = fields["p:m"](np.arange(10))
    assert predictions[0] == {"outcome": "tp", "match": "labels:0", "iou": 1.0}
    assert predictions[2] == {
        "outcome": "fp",
        "near": "labels:0",
        "iou": 0.25,
        "error": "Best overlap .25 with a car that .95 already matched.",
    }
    assert predictions[8]["outcome"] == "ignored"
    labels = fields["labels"](np.arange(7))
    assert [label["outcome"] for label in labels] == ["tp", "fn", "fn", "fn", "fn", "ignored", "fn"]
    assert labels[6]["match"] == "p:m:9", "so that lowering the threshold finds it"
