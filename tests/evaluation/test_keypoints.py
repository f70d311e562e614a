"""Keypoints: pycocotools' numbers with other sigmas, other numbers of keypoints, and classes that differ in both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from predscope import InputError, Project, import_labels, import_predictions
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType, Objects
from predscope.project_evaluation import evaluate_files, evaluate_project
from predscope.schema import OBJECT_SCHEMA, ObjectClass
from tests.evaluation import coco_oracle

SIGMAS = {0: [0.05, 0.1, 0.02, 0.2, 0.08], 1: [0.3, 0.03, 0.1]}
"""A dog has five keypoints here, a chair three."""
FRAMES = 6


def skeletons(seed: int, *, predicted: bool) -> list[dict[str, Any]]:
    """Records of labels, or of predictions near those of the same seed."""
    rng, noise = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    records = []
    for frame in range(FRAMES):
        for _ in range(6):
            class_id = int(rng.integers(2))
            count = len(SIGMAS[class_id])
            points = rng.uniform(0, 100, 2) + rng.uniform(0, rng.choice([20, 60, 150]), (count, 2))
            seen = rng.choice([0, 1, 2], count, p=[0.2, 0.2, 0.6])
            width, height = np.ptp(points, axis=0)
            area = float(width * height)
            if predicted:
                points = points + noise.normal(0, 0.1 * np.sqrt(area + 1), (count, 2))
                seen = np.ones(count, int)
            flat = np.column_stack([points, seen]).reshape(-1).tolist()
            low, high = points.min(axis=0), points.max(axis=0)
            records.append(
                {
                    "image_id": frame + 1,
                    "category_id": class_id + 1,
                    "keypoints": flat,
                    "bbox": [*low.tolist(), *(high - low).tolist()],
                    **({"score": float(noise.random())} if predicted else {"area": area, "iscrowd": 0}),
                    **({} if predicted else {"num_keypoints": int((seen > 0).sum()), "id": len(records) + 1}),
                }
            )
    return records


def content_of(labels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "images": [
            {"id": frame + 1, "file_name": f"{frame}.jpg", "width": 400, "height": 400} for frame in range(FRAMES)
        ],
        "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "chair"}],
        "annotations": labels,
    }


def objects(records: list[dict[str, Any]]) -> Objects:
    rows = [
        {
            "frame_index": record["image_id"] - 1,
            "class_id": record["category_id"] - 1,
            "geometry": "keypoints",
            **dict(zip("xywh", record["bbox"], strict=True)),
            "area": record.get("area", record["bbox"][2] * record["bbox"][3]),
            "confidence": record.get("score"),
            "is_crowd": False,
            "is_ignored": False,
            "keypoints": record["keypoints"],
        }
        for record in records
    ]
    return Objects.from_table(pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA))


def of_class(records: list[dict[str, Any]], class_id: int) -> list[dict[str, Any]]:
    return [dict(record) for record in records if record["category_id"] == class_id + 1]


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_every_class_by_its_own_sigmas(seed: int) -> None:
    labels, predictions = skeletons(seed, predicted=False), skeletons(seed, predicted=True)
    classes = (ObjectClass(0, "dog"), ObjectClass(1, "chair"))
    ours = Detection(
        objects(labels),
        objects(predictions),
        classes,
        frame_count=FRAMES,
        iou_type=IouType.KEYPOINTS,
        sigmas=SIGMAS,
    )
    found = ours.coco()
    for class_id, sigmas in SIGMAS.items():
        oracle = coco_oracle.evaluate_records(
            content_of(of_class(labels, class_id)), of_class(predictions, class_id), "keypoints", sigmas=sigmas
        )
        own = found.precision[:, :, class_id], oracle.eval["precision"][:, :, class_id]
        np.testing.assert_allclose(*own, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.recall[:, class_id], oracle.eval["recall"][:, class_id], rtol=0, atol=1e-9)
    assert 0 < found.statistics["AP"] < 1
    # The candidate pairs go by the same likeness: without a cap, recall is recall.
    recall = ours.operating_point(0.0, 0.5).to_pandas()["recall"]
    np.testing.assert_allclose(recall, ours.coco(iou_thresholds=[0.5], caps=[None]).to_pandas()["AR"])


@pytest.mark.parametrize("sigmas", [None, [0.01, 0.02, 0.03, 0.04, 0.05]])
def test_one_class_with_other_than_17(sigmas: list[float] | None) -> None:
    labels, predictions = (of_class(skeletons(3, predicted=predicted), 0) for predicted in (False, True))
    dog = (ObjectClass(0, "dog"), ObjectClass(1, "chair"))
    found = Detection(
        objects(labels), objects(predictions), dog, frame_count=FRAMES, iou_type=IouType.KEYPOINTS, sigmas=sigmas
    ).coco()
    oracle = coco_oracle.evaluate_records(content_of(labels), predictions, "keypoints", sigmas=sigmas or [1 / 5] * 5)
    coco_oracle.assert_equal(found, oracle)


def test_sigmas_of_another_number_are_refused() -> None:
    sides = [objects(of_class(skeletons(3, predicted=predicted), 0)) for predicted in (False, True)]
    classes = (ObjectClass(0, "dog"),)
    for sigmas, text in (([0.1] * 4, "expected 5 keypoint sigmas"), ([0.1, 0.1, 0, 0.1, 0.1], "above 0")):
        found = Detection(*sides, classes, frame_count=FRAMES, iou_type=IouType.KEYPOINTS, sigmas=sigmas)
        with pytest.raises(InputError, match=text):
            found.coco()
        with pytest.raises(InputError, match=text):
            found.match_table(0.1, 0.5)


def test_sigmas_by_class_name_from_files_and_from_the_project(tmp_path: Path) -> None:
    labels, predictions = tmp_path / "labels.json", tmp_path / "results.json"
    labels.write_text(json.dumps(content_of(skeletons(2, predicted=False))))
    predictions.write_text(json.dumps(skeletons(2, predicted=True)))
    named = {"dog": SIGMAS[0], "chair": SIGMAS[1]}
    by_files, _ = evaluate_files(labels, predictions, iou_type=IouType.KEYPOINTS, sigmas=named)
    usual, _ = evaluate_files(labels, predictions, iou_type=IouType.KEYPOINTS)
    assert by_files.coco().statistics["AP"] != usual.coco().statistics["AP"]
    project = Project.create(tmp_path / "project")
    import_labels(project, labels)
    import_predictions(Project.open(project.path), predictions, name="model")
    project = Project.open(project.path)
    before = evaluate_project(project, iou_type=IouType.KEYPOINTS)
    np.testing.assert_equal(before.coco().statistics, usual.coco().statistics)
    set_up = project.change_settings(keypoint_sigmas=named)
    after = evaluate_project(set_up, iou_type=IouType.KEYPOINTS)
    np.testing.assert_equal(after.coco().statistics, by_files.coco().statistics)
    assert len(after.pairs) != len(before.pairs), "pairs that were kept are of other sigmas"
    with pytest.raises(InputError, match="'cat', which is no class here"):
        evaluate_files(labels, predictions, iou_type=IouType.KEYPOINTS, sigmas={"cat": [0.1]})
