"""``predscope evaluate`` on classes of whole frames and of pixels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from predscope.cli import main
from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.classification_dataset import CLASSES, ClassificationFiles, write_classification
from tests.semantic_dataset import SemanticFiles, write_semantic


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["evaluate", *map(str, arguments)]) == 0
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> ClassificationFiles:
    return write_classification(tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> SemanticFiles:
    return write_semantic(tmp_path_factory.mktemp("pixels"))


def test_classification_of_files_equals_scikit_learn(
    frames: ClassificationFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--labels", frames.images, "--predictions", frames.predictions)
    found = json.loads(run(capsys, *arguments, "--json"))["classification"]
    has_scores = np.isfinite(frames.scores[:, 0])
    predicted = np.where(has_scores, np.nan_to_num(frames.scores).argmax(axis=1), 4)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(frames.label, predicted))
    assert found["without_prediction"] == 2
    expected = metrics.confusion_matrix(frames.label, predicted, labels=range(5))[:4]
    np.testing.assert_array_equal(found["confusion"], expected)
    label, scores = frames.label[has_scores], frames.scores[has_scores]
    for place, row in enumerate(found["per_class"]):
        assert row["name"] == CLASSES[place]
        assert row["roc_auc"] == pytest.approx(metrics.roc_auc_score(label == place, scores[:, place]))
    right = metrics.top_k_accuracy_score(label, scores, k=2, normalize=False)
    assert found["top_k"]["2"] == pytest.approx(right / len(frames.label))
    text = run(capsys, *arguments)
    assert "60 labelled frames, one class each, confidence 0.1; 2 without a prediction" in text
    assert f"accuracy {found['accuracy']:.3f}" in text
    assert "AP50" not in text


def test_a_project_gives_the_same(
    frames: ClassificationFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = import_labels(Project.create(tmp_path / "p", images=frames.images), frames.images).project
    import_predictions(project, frames.predictions, name="model")
    own = json.loads(run(capsys, "--project", project.path, "--json"))
    files = json.loads(run(capsys, "--labels", frames.images, "--predictions", frames.predictions, "--json"))
    assert own["classification"] == files["classification"]
    assert set(own["coco"].values()) == {-1}
    strict = json.loads(run(capsys, "--project", project.path, "--confidence", 0.9, "--json"))["classification"]
    assert strict["without_prediction"] > own["classification"]["without_prediction"]


def test_several_classes_a_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rows in {
        "labels": [["a.jpg", "cat"], ["a.jpg", "dog"], ["b.jpg", "cat"]],
        "predictions": [["a.jpg", "cat", 0.9], ["a.jpg", "bird", 0.6], ["b.jpg", "cat", 0.8], ["b.jpg", "dog", 0.05]],
    }.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["frame", "class", "confidence"][: len(rows[0])], *rows])
    arguments = ("--labels", tmp_path / "labels.csv", "--predictions", tmp_path / "predictions.csv")
    found = json.loads(run(capsys, *arguments, "--json"))["classification"]
    assert found["multilabel"] is True
    assert found["exact_match"] == 0.5
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert "any number of classes each" in run(capsys, *arguments)


def test_pixels_of_files_and_of_a_project(
    pixels: SemanticFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = json.loads(run(capsys, "--labels", pixels.labels, "--predictions", pixels.predictions, "--json"))
    project = import_labels(Project.create(tmp_path / "p", images=pixels.images), pixels.labels).project
    import_predictions(project, pixels.predictions, name="model")
    own = json.loads(run(capsys, "--project", project.path, "--json"))["semantic"]
    assert own == files["semantic"]
    labelled = [mask for mask in pixels.label if mask is not None]
    assert own["pixels"] == sum(int((mask != 255).sum()) for mask in labelled)
    assert own["frames"] == len(labelled)
    assert own["confusion"]["labels"] == ["road", "car", "tree", "background"]
    assert np.array(own["confusion"]["pixels"]).sum() == own["pixels"]
    assert own["mIoU"] == pytest.approx(np.mean([row["IoU"] for row in own["per_class"]]))
    text = run(capsys, "--project", project.path)
    assert f"mIoU {own['mIoU']:.3f}, mean_frame_mIoU {own['mean_frame_mIoU']:.3f}" in text
    assert "without the background: mIoU" in text
    assert "AP50" not in text


def test_regions_are_objects_where_that_is_asked_for(pixels: SemanticFiles, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--labels", pixels.labels, "--predictions", pixels.predictions, "--iou-type", "segm")
    text = run(capsys, *arguments)
    assert "mIoU" in text
    assert "AP50" in text
