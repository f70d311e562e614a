"""The numbers of the Performance page, and that each opens exactly the objects that it counts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.performance.per_class import objects_of_cell
from predscope import Project, import_labels, import_predictions, quick_project
from predscope.evaluation.confusion import BACKGROUND
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import performance
from tests.conftest import SAMPLE_DATA

COUNTS = ("labels", "predictions", "tp", "fp", "fn")


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample scenes with one model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREDSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return quick_project(
            images=SAMPLE_DATA / "images",
            labels=SAMPLE_DATA / "labels" / "instances.json",
            predictions={"model_a": SAMPLE_DATA / "predictions" / "model_a.json"},
        ).project


@pytest.fixture(scope="module")
def photographs(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """100 photographs of 20 classes: 273 labels, 452 predictions."""
    folder = shared_data / "voc2012_rodm100"
    project = Project.create(tmp_path_factory.mktemp("voc") / "project", images=folder / "images")
    import_labels(project, folder / "gts/coco_format_v2/instances_v2.json")
    project = Project.open(project.path)
    import_predictions(project, folder / "dets/coco_format/coco_dets.json", name="detector")
    return Project.open(project.path)


def at(project: Project, confidence: float, iou: float, **filters: object) -> FrameQuery:
    return FrameQuery.of(project).with_(confidence=confidence, iou=iou, **filters)


def opened(project: Project, query: ObjectQuery) -> int:
    return len(select_objects(project, query))


def assert_every_number_opens_its_objects(project: Project, query: FrameQuery, set_name: str) -> None:
    found = performance(project, query, set_name)
    everything = ObjectQuery(query, set_name)
    point = found.at(query.confidence, query.iou)
    counts = point.counts.micro
    for outcome, number in (
        ("tp", counts.tp),
        ("fp", counts.fp),
        ("fn", counts.fn),
        ("ignored", point.counts.ignored.sum()),
    ):
        assert opened(project, everything.with_(outcomes=(outcome,))) == number
    table = found.per_class(query.confidence, query.iou)
    for row in table.to_dict("records"):
        for column in COUNTS:
            assert opened(project, objects_of_cell(row["name"], column, everything)) == row[column], (row, column)
    cells = point.confusion.to_pandas()
    for label in cells.index:
        for predicted in cells.columns:
            if (label, predicted) != (BACKGROUND, BACKGROUND):
                cell = everything.with_(label_class=label, predicted_class=predicted)
                assert opened(project, cell) == cells.loc[label, predicted], (label, predicted)


@pytest.mark.parametrize(("confidence", "iou"), [(0.0, 0.5), (0.5, 0.5), (0.3, 0.8), (0.999, 0.1)])
def test_every_number_opens_as_many_objects(streets: Project, confidence: float, iou: float) -> None:
    assert_every_number_opens_its_objects(streets, at(streets, confidence, iou), "model_a")


def test_numbers_of_filtered_frames_open_objects_of_those_frames(streets: Project) -> None:
    query = at(streets, 0.4, 0.5, label_classes=("dog",))
    assert 0 < len(select_frames(streets, query)) < len(streets.frames)
    assert_every_number_opens_its_objects(streets, query, "model_a")


def test_a_confused_pair_is_one_false_positive_and_one_false_negative(photographs: Project) -> None:
    query = at(photographs, 0.0, 0.5)
    found = performance(photographs, query, "detector")
    point = found.at(0.0, 0.5)
    counts = point.counts.micro
    assert (counts.tp, counts.fp, counts.fn, point.confused) == (226, 226, 47, 3)
    cells = point.confusion.to_pandas().to_numpy()
    assert cells[-1].sum() == 223
    assert cells[:, -1].sum() == 44
    assert np.trace(cells[:-1, :-1]) == 226
    assert cells[:-1, :-1].sum() - 226 == 3
    assert_every_number_opens_its_objects(photographs, query, "detector")


def test_a_confusion_opens_the_right_pair(photographs: Project) -> None:
    query = at(photographs, 0.0, 0.5)
    point = performance(photographs, query, "detector").at(0.0, 0.5)
    worst = point.confusion.largest(1).iloc[0]
    selection = select_objects(
        photographs,
        ObjectQuery(query, "detector", label_class=worst["label_name"], predicted_class=worst["predicted_name"]),
    )
    predictions, labels = point.confusion.cell(worst["label_class"], worst["predicted_class"])
    assert sorted(zip(selection.prediction_row, selection.label_row, strict=True)) == sorted(
        zip(predictions, labels, strict=True)
    )


@pytest.mark.parametrize("confidence", [0.0, 0.25, 0.7])
def test_the_counts_add_up(streets: Project, confidence: float) -> None:
    found = performance(streets, at(streets, confidence, 0.5), "model_a")
    table = found.per_class(confidence, 0.5)
    assert (table["tp"] + table["fp"] == table["predictions"]).all()
    assert (table["tp"] + table["fn"] == table["labels"]).all()
    counts = found.at(confidence, 0.5).counts.micro
    assert table[["tp", "fp", "fn"]].sum().tolist() == [counts.tp, counts.fp, counts.fn]
    kept = (found.detection.predictions.confidence >= confidence).sum()
    assert counts.tp + counts.fp + found.at(confidence, 0.5).counts.ignored.sum() == kept
    assert counts.tp + counts.fn + found.at(confidence, 0.5).ignored_labels == len(found.detection.labels)


def test_filtered_frames_are_evaluated_by_themselves(streets: Project) -> None:
    """Numbers of a filter are not those of the whole, and equal a count over its frames alone."""
    query = at(streets, 0.4, 0.5, label_classes=("dog",))
    whole, part = (performance(streets, one, "model_a") for one in (at(streets, 0.4, 0.5), query))
    assert part.coco.statistics["AP"] != whole.coco.statistics["AP"]
    chosen = np.isin(whole.at(0.4, 0.5).table.predictions.frame, select_frames(streets, query).indices)
    outcomes = whole.at(0.4, 0.5).table.outcome[chosen]
    assert sorted(part.at(0.4, 0.5).table.outcome.tolist()) == sorted(outcomes.tolist())
    assert part.ap_intervals().overall.value == pytest.approx(part.coco.statistics["AP"], abs=1e-9)


def test_class_curves_are_those_of_each_class(streets: Project) -> None:
    found = performance(streets, FrameQuery.of(streets), "model_a")
    for entry, curve in zip(found.detection.classes, found.curves(0.5).by_class, strict=True):
        alone = found.detection.curve(0.5, entry.class_id)
        pd.testing.assert_frame_equal(curve.to_pandas(), alone.to_pandas())
        assert (curve.label_count, curve.class_id) == (alone.label_count, alone.class_id)


def test_curves_and_counts_agree(streets: Project) -> None:
    found = performance(streets, FrameQuery.of(streets), "model_a")
    for confidence in (0.0, 0.2, 0.5, 0.9):
        assert found.curves(0.5).pooled.at(confidence) == found.at(confidence, 0.5).counts.micro


def test_a_readable_threshold_keeps_the_same_predictions(streets: Project) -> None:
    found = performance(streets, FrameQuery.of(streets), "model_a")
    confidences = np.unique(found.detection.predictions.confidence)
    for below, confidence in pairwise(confidences[::37]):
        readable = found.readable_threshold(confidence)
        assert below < readable <= confidence
        kept = found.detection.predictions.confidence >= readable
        assert kept.sum() == (found.detection.predictions.confidence >= confidence).sum()
        assert float(f"{readable:.12g}") == readable, "an address spells it exactly"


def test_numbers_are_kept_until_something_changes(streets: Project) -> None:
    query = at(streets, 0.3, 0.5)
    found = performance(streets, query, "model_a")
    assert performance(streets, query.with_(confidence=0.7, iou=0.9), "model_a") is found
    assert performance(streets, query.with_(label_classes=("dog",)), "model_a") is not found
    assert found.coco is found.coco
    assert performance(streets, query.with_(by="bbox"), "model_a") is found, "automatic: the boxes of these labels"
