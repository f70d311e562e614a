"""COCO's numbers against pycocotools, on generated and on real data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from predscope import InputError
from predscope.evaluation.coco import evaluate_coco, order_of_frames
from predscope.evaluation.coco_result import ALL, AreaRange, CocoEvaluation
from predscope.evaluation.objects import IouType, Objects
from predscope.importing.in_memory import JoinedFiles, join_files
from predscope.schema import ObjectClass
from tests.evaluation import coco_oracle, real_data
from tests.evaluation.problems import Problem, make_problem, problems


def evaluate(problem: Problem, **options) -> CocoEvaluation:
    return evaluate_coco(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames, **options)


def evaluate_joined(files: JoinedFiles, iou_type: IouType, **options) -> CocoEvaluation:
    return evaluate_coco(
        Objects.from_table(files.labels),
        Objects.from_table(files.predictions),
        files.classes,
        frame_count=len(files.frames),
        iou_type=iou_type,
        frame_order=order_of_frames(files.frames["source_id"].to_pylist()),
        frame_sizes=np.stack([files.frames[side].to_numpy().astype(float) for side in ("width", "height")], axis=1),
        **options,
    )


@settings(max_examples=120, deadline=None)
@given(problems())
def test_equal_to_pycocotools_on_generated_problems(problem: Problem) -> None:
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, len(problem.classes), problem.frames)
    coco_oracle.assert_equal(evaluate(problem), coco_oracle.evaluate_records(content, records))


@settings(max_examples=25, deadline=None)
@given(problems())
def test_any_thresholds_caps_and_areas(problem: Problem) -> None:
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, len(problem.classes), problem.frames)
    thresholds, bounds = [0.1, 0.33, 0.5, 1.0], [(0, 1e10), (0, 1024), (1024, 5000)]
    oracle = coco_oracle.evaluate_records(
        content, records, iou_thresholds=thresholds, caps=[2, 7, 100_000], areas=bounds
    )
    areas = [AreaRange("all" if index == 0 else f"range{index}", *bound) for index, bound in enumerate(bounds)]
    ours = evaluate(problem, iou_thresholds=thresholds, caps=[7, None, 2], areas=areas)
    assert ours.caps == (2, 7, None)
    coco_oracle.assert_equal(ours, oracle)


def test_the_order_of_frames_decides_between_equal_confidences() -> None:
    problem = make_problem(4, frames=5, labels=40, predictions=200, levels=2)
    order = np.array([3, 0, 4, 1, 2])
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, 3, 5)
    for record in (*content["annotations"], *records):
        record["image_id"] = int(order[record["image_id"] - 1]) + 1
    ours = evaluate(problem, frame_order=order)
    coco_oracle.assert_equal(ours, coco_oracle.evaluate_records(content, records))
    assert not np.array_equal(ours.precision, evaluate(problem).precision)


def test_ignored_labels_are_neither_found_nor_missed() -> None:
    problem = make_problem(7, ignored_share=0.3, crowd_share=0.0)
    ours = evaluate(problem, areas=[ALL])
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, 3, problem.frames)
    for record, is_ignored in zip(content["annotations"], problem.labels.is_ignored, strict=True):
        if is_ignored:
            record["area"] = 2e10
    oracle = coco_oracle.evaluate_records(content, records, areas=[(0, 1e10)])
    coco_oracle.assert_equal(ours, oracle)
    assert ours.label_count.sum() == (~problem.labels.is_ignored).sum()


def test_the_cap_says_what_it_left_out() -> None:
    boxes = np.tile([0.0, 0.0, 10.0, 10.0], (250, 1))
    predictions = Objects.from_arrays(np.repeat([0, 1], [103, 147]), np.zeros(250, int), boxes, confidence=np.ones(250))
    labels = Objects.from_arrays(np.array([0]), np.array([0]), boxes[:1])
    classes = (ObjectClass(0, "car"),)
    capped = evaluate_coco(labels, predictions, classes, frame_count=3).capped
    assert (capped.cap, capped.frames, capped.predictions) == (100, 2, 50)
    assert str(capped) == "2 frames have more than 100 predictions of a class; 50 predictions were ignored"
    without = evaluate_coco(labels, predictions, classes, frame_count=3, caps=[None])
    assert (without.capped.frames, str(without.capped)) == (0, "")
    assert list(without.statistics)[6] == "ARall"


def test_classes_without_labels_count_nowhere_and_are_named() -> None:
    problem = make_problem(3, classes=3)
    lone = Problem(
        problem.labels.take(problem.labels.class_id != 2), problem.predictions, problem.classes, problem.frames
    )
    ours = evaluate(lone)
    table = ours.to_pandas().set_index("name")
    assert np.isnan(table.loc["class 2", "AP"])
    assert table.loc["class 2", "predictions"] > 0
    assert [entry.name for entry in ours.hallucinated] == ["class 2"]
    assert ours.statistics["AP"] == pytest.approx(table["AP"].mean())


def test_nothing_at_all_gives_no_numbers() -> None:
    empty = Objects.from_arrays(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)))
    for classes in ((), (ObjectClass(0, "car"),)):
        ours = evaluate_coco(empty, empty, classes, frame_count=0)
        assert all(np.isnan(value) for value in ours.statistics.values())
        assert len(ours.to_pandas()) == len(classes)


def test_wrong_arguments_are_explained() -> None:
    problem = make_problem(1)
    with pytest.raises(InputError, match="above 0"):
        evaluate(problem, iou_thresholds=[0.0])
    with pytest.raises(InputError, match="caps must be"):
        evaluate(problem, caps=[0])
    with pytest.raises(InputError, match=r"IoU 0\.42 was not evaluated"):
        evaluate(problem).average_precision(iou=0.42)


REAL = [
    ("coco_val2014_fake100/dataset/gt_dataset.json", "coco_val2014_fake100/dataset/dt_dataset.json", "bbox"),
    ("coco_val2014_fake100/dataset/gt_dataset.json", "coco_val2014_fake100/dataset/dt_dataset.json", "segm"),
    (
        "coco_val2014_fake100/keypoints_dataset/gt_dataset.json",
        "coco_val2014_fake100/keypoints_dataset/dt_dataset.json",
        "keypoints",
    ),
    ("mixed14_maskrcnn/data/trainval.json", "mixed14_maskrcnn/output/coco_instances_results.json", "bbox"),
    ("mixed14_maskrcnn/data/trainval.json", "mixed14_maskrcnn/output/coco_instances_results.json", "segm"),
    ("sahi_tests/coco_evaluate/dataset.json", "sahi_tests/coco_evaluate/result.json", "bbox"),
]


@pytest.mark.parametrize(("labels", "predictions", "iou_type"), REAL)
def test_equal_to_pycocotools_on_real_files(shared_data: Path, labels: str, predictions: str, iou_type: str) -> None:
    files = join_files(shared_data / labels, shared_data / predictions)
    ours = evaluate_joined(files, IouType(iou_type), mask_area="box")
    oracle = coco_oracle.evaluate_files(shared_data / labels, shared_data / predictions, iou_type)
    coco_oracle.assert_equal(ours, oracle)
    assert ours.statistics["AP"] > 0


@pytest.mark.parametrize("iou_type", ["bbox", "segm"])
def test_equal_on_the_official_fake_results(shared_data: Path, iou_type: str) -> None:
    labels = shared_data / "coco_val2014_fake100/dataset/cocoapi/instances_val2014_100.json"
    results = shared_data / f"coco_val2014_fake100/cocoapi_results/instances_val2014_fake{iou_type}100_results.json"
    ours = evaluate_joined(join_files(labels, results), IouType(iou_type))
    coco_oracle.assert_equal(ours, coco_oracle.evaluate_files(labels, results, iou_type))


def test_label_id_0_and_file_order_do_not_matter(tmp_path: Path) -> None:
    """pycocotools takes label 0 for "not matched"; with ids from 1 it gives the number that is right."""
    problem = make_problem(11, levels=1000)
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, 3, problem.frames)
    oracle = coco_oracle.evaluate_records(json.loads(json.dumps(content)), json.loads(json.dumps(records)))
    for record in content["annotations"]:
        record["id"] -= 1
    for image in content["images"]:
        image |= {"file_name": f"{image['id']}.jpg", "width": 640, "height": 480}
    content["images"].reverse()
    (tmp_path / "labels.json").write_text(json.dumps(content))
    (tmp_path / "results.json").write_text(json.dumps(records))
    ours = evaluate_joined(join_files(tmp_path / "labels.json", tmp_path / "results.json"), IouType.BBOX)
    coco_oracle.assert_equal(ours, oracle)


def test_boxes_are_evaluated_as_they_stand_in_the_files(tmp_path: Path) -> None:
    content = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 100, "height": 100}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [60, 60, 80, 80], "area": 6400, "iscrowd": 0}
        ],
    }
    records = [
        {"image_id": 1, "category_id": 1, "bbox": [60, 60, 39, 39], "score": 0.8},
        {"image_id": 1, "category_id": 1, "bbox": [120, 120, 10, 10], "score": 0.9},
    ]
    (tmp_path / "labels.json").write_text(json.dumps(content))
    (tmp_path / "results.json").write_text(json.dumps(records))
    files = join_files(tmp_path / "labels.json", tmp_path / "results.json")
    ours = evaluate_joined(files, IouType.BBOX)
    assert ours.statistics["AP50"] == 0, "cut to the frame, the label would be found"
    assert len(files.predictions) == 2
    coco_oracle.assert_equal(ours, coco_oracle.evaluate_records(content, records))


@pytest.mark.parametrize("name", ["voc2012", "teeth", "cars"])
def test_equal_to_pycocotools_on_joined_data(shared_data: Path, name: str) -> None:
    """Labels and predictions that no other program joins as they are: the same objects, given to the oracle."""
    found = getattr(real_data, name)(shared_data)
    content, records = coco_oracle.records_of(found.labels, found.predictions, len(found.classes), found.frame_count)
    ours = found.coco()
    assert ours.statistics["AP50"] > 0.3
    oracle = coco_oracle.evaluate_records(content, records)
    order = found._frame_order
    if order is None or np.array_equal(order, np.arange(len(order))):
        coco_oracle.assert_equal(ours, oracle)
    else:
        assert ours.statistics["AP"] == pytest.approx(oracle.stats[0], abs=1e-3)
