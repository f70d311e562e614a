"""Columns of every kind, on a project of labels, predictions, polygons and masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.errors import InputError, ProjectError
from predscope.metrics import available_metrics, frame_column, object_column, run_metrics
from predscope.metrics.duplicates import find_duplicates
from predscope.metrics.metric import MeasuredOn
from predscope.project_evaluation import evaluate_project
from tests.metrics.conftest import write_images, write_labels
from tests.shapes_dataset import ShapesDataset


def test_every_metric_that_is_offered_can_be_read(shapes_project: Project) -> None:
    run_metrics(shapes_project)
    table = evaluate_project(shapes_project, "model").match_table(0.1, 0.5)
    n_frames = len(shapes_project.frames_table)
    offered = available_metrics(shapes_project)
    assert len(offered) >= 30
    for metric in offered:
        column = frame_column(shapes_project, metric.name, table=table)
        assert len(column) == n_frames, metric.name
        _check_range(column)
    for role in ("labels", "predictions"):
        count = shapes_project.objects(role).count
        for metric in available_metrics(shapes_project, role):
            assert metric.measured_on.covers(role)
            column = object_column(shapes_project, metric.name, role, table=table)
            assert len(column) == count, metric.name
            _check_range(column)


def _check_range(column) -> None:  # type: ignore[no-untyped-def]
    known = column.values[~np.isnan(column.values)]
    if column.metric.range is not None:
        assert ((known >= column.metric.range[0]) & (known <= column.metric.range[1])).all(), column.metric.name
    if column.is_categorical:
        assert column.codes.max(initial=-1) < len(column.categories)


def test_only_what_makes_sense_is_offered(shapes_project: Project, grey_project: Project) -> None:
    shapes = {metric.name for metric in available_metrics(shapes_project, "labels")}
    assert {"vertices", "solidity", "shape_outlier", "class", "match_iou", "annotation_quality"} <= shapes
    assert not shapes & {"track_consistency", "class_entropy", "confidence", "agreement", "brightness"}
    boxes = {metric.name for metric in available_metrics(grey_project, "predictions")}
    assert "confidence" in boxes
    assert not boxes & {"vertices", "solidity", "shape_outlier", "agreement", "annotation_quality"}
    with pytest.raises(ProjectError, match="named 'other'"):
        available_metrics(grey_project, "predictions", "other")


def test_a_metric_of_frames_on_objects_is_that_of_their_frame(grey_project: Project) -> None:
    run_metrics(grey_project, only=["brightness"])
    frames = frame_column(grey_project, "brightness").values
    np.testing.assert_array_equal(object_column(grey_project, "brightness", "labels").values, np.repeat(frames, 2))
    assert object_column(grey_project, "label_count", "predictions").values.tolist() == [2] * 6


def test_classes_and_confidences(grey_project: Project) -> None:
    column = object_column(grey_project, "class", "labels")
    assert column.categories == ("thing",)
    assert column.codes is not None
    assert column.codes.tolist() == [0] * 12
    assert object_column(grey_project, "confidence", "predictions").values[1] == pytest.approx(0.55)
    assert frame_column(grey_project, "max_confidence", prediction_set="model").values[1] == pytest.approx(0.55)


def test_questions_that_have_no_answer(grey_project: Project) -> None:
    with pytest.raises(InputError, match="no metric 'confidence'"):
        object_column(grey_project, "confidence", "labels")
    with pytest.raises(InputError, match="no metric 'crowding'"):
        frame_column(grey_project, "crowding")
    with pytest.raises(InputError, match="at an operating point only"):
        frame_column(grey_project, "frame_f1")


def test_other_models_that_agree(grey_project: Project, tmp_path: Path) -> None:
    results = [
        {"image_id": 0, "category_id": 1, "bbox": [10, 10, 20, 10], "score": 0.9},
        {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 11], "score": 0.05},
        {"image_id": 2, "category_id": 1, "bbox": [40, 30, 20, 10], "score": 0.9},
    ]
    (tmp_path / "second.json").write_text(json.dumps(results))
    import_predictions(grey_project, tmp_path / "second.json", name="second")
    project = Project.open(grey_project.path)
    detection = evaluate_project(project, "model")
    found = object_column(project, "agreement", "predictions", "model", table=detection.match_table(0.1, 0.5)).values
    assert found.tolist() == [1, 0, 0, 0, 0, 0]
    low = object_column(project, "agreement", "predictions", "model", table=detection.match_table(0.0, 0.5)).values
    assert low.tolist() == [1, 1, 0, 0, 0, 0]


def test_sequences_of_frames(tmp_path: Path) -> None:
    names = [f"video/{index:03d}.png" for index in range(5)]
    (tmp_path / "images" / "video").mkdir(parents=True)
    write_images(tmp_path / "images", dict.fromkeys(names, 50))
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    content = {
        "videos": [{"id": 1, "name": "video"}],
        "images": [
            {"id": i, "file_name": name, "width": 64, "height": 48, "video_id": 1, "frame_id": i}
            for i, name in enumerate(names)
        ],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400} for i in (0, 1, 3, 4)
        ],
        "categories": [{"id": 1, "name": "thing"}],
    }
    (tmp_path / "video.json").write_text(json.dumps(content))
    import_labels(project, tmp_path / "video.json")
    project = Project.open(project.path)
    if project.frames["sequence"].isna().all():
        pytest.skip("this reader keeps no sequences")
    run_metrics(project)
    assert object_column(project, "missing_before", "labels").values[1:].tolist()[1:] == [1, 0]
    assert object_column(project, "interruptions", "labels").values.tolist() == [1] * 4


def test_duplicates_exact_and_near(tmp_path: Path) -> None:
    import cv2

    rng = np.random.default_rng(9)
    folder = tmp_path / "images"
    folder.mkdir()
    first, other = (cv2.resize(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8), (200, 160)) for _ in range(2))
    for name, image in (("a", first), ("b", other), ("c", first), ("d", cv2.convertScaleAbs(first, alpha=0.95))):
        cv2.imwrite(str(folder / f"{name}.png"), image)
    cv2.imwrite(str(folder / "e.jpg"), other)
    project = Project.create(tmp_path / "project", images=folder)
    run_metrics(project)
    groups = find_duplicates(project)
    assert [(group.frames, group.is_exact) for group in groups] == [((0, 2, 3), False), ((1, 4), False)]
    exact = find_duplicates(project, most_bits=None)
    assert [(group.frames, group.is_exact) for group in exact] == [((0, 2), True)]


def test_measured_on(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "only-images", images=shapes_dataset.images)
    assert {metric.measured_on for metric in available_metrics(project)} == {MeasuredOn.FRAME}
    assert not [metric.name for metric in available_metrics(project) if metric.of_role]
    import_labels(project, write_labels(tmp_path / "none.json", {"a.jpg": []}))
    project = Project.open(project.path)
    run_metrics(project)
    assert frame_column(project, "label_count").values.tolist() == [0, 0, 0]
    assert object_column(project, "area", "labels").values.tolist() == []
