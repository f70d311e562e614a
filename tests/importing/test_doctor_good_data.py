"""The doctor says nothing of data that nothing is wrong with: generated, committed and real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope.importing import import_labels, stage_predictions
from predscope.project import Project
from predscope.report import ImportReport, Severity
from tests.conftest import SAMPLE_DATA
from tests.importing.doctored import DOCTOR_CODES, Clinic, make_dataset

SHAPES = [(320, 200), (200, 320), (256, 256), (1920, 1080), (64, 48)]


def alarms(report: ImportReport) -> set[str]:
    return {code for code in report.problems if code in DOCTOR_CODES}


@pytest.mark.parametrize("seed", range(25))
def test_generated_data(clinic: Clinic, seed: int) -> None:
    """Frames of all proportions, from one to thirty; models that find nearly all labels, and poor ones."""
    random = np.random.default_rng(1000 + seed)
    width, height = SHAPES[seed % len(SHAPES)]
    data = make_dataset(
        seed,
        frames=int(random.integers(1, 30)),
        objects=int(random.integers(1, 12)),
        found=float(random.choice([0.05, 0.15, 0.3, 0.6, 0.95])),
        width=width,
        height=height,
    )
    labels = clinic.labels(data.labels)
    assert alarms(labels.report) == set()
    assert all(problem.severity is Severity.INFO for problem in labels.report.problems.values())
    if data.results:
        assert alarms(clinic.predictions(data).report) == set()


def test_a_model_that_mistakes_one_class(clinic: Clinic) -> None:
    """All dogs are taken for persons: that is the model's error, not one of ids."""
    data = make_dataset()
    for row in data.results:
        row["category_id"] = {8: 1}.get(row["category_id"], row["category_id"])
    assert alarms(clinic.predictions(data).report) == set()


def test_boxes_of_one_place(clinic: Clinic) -> None:
    """Square boxes on the diagonal: what is exchanged or not cannot be told, and is not."""
    data = make_dataset(width=200, height=200)
    for number, row in enumerate((*data.annotations, *data.results)):
        row["bbox"] = [5 * (number % 30), 5 * (number % 30), 20, 20]
        row.pop("area", None)
    assert {"looks_swapped", "looks_like_corners", "looks_like_centres"}.isdisjoint(
        alarms(clinic.predictions(data).report)
    )


def test_boxes_of_which_some_are_outside(clinic: Clinic) -> None:
    """A tenth of the boxes is moved out of the frame: errors of those, not another way to write all."""
    data = make_dataset()
    for row in data.annotations[::10]:
        row["bbox"][0] += 200
    assert alarms(clinic.labels(data.labels).report) == set()


def test_sample_data(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", images=SAMPLE_DATA / "images")
    labels = import_labels(project, SAMPLE_DATA / "labels" / "instances.json")
    assert alarms(labels.report) == set()
    sources = [*sorted((SAMPLE_DATA / "predictions").glob("*.json")), SAMPLE_DATA / "predictions_yolo"]
    assert len(sources) == 3
    for source in sources:
        with stage_predictions(labels.project, source) as staged:
            assert alarms(staged.report) == set()


REAL = [
    ("mixed14_maskrcnn/data/trainval.json", "mixed14_maskrcnn/output/coco_instances_results.json"),
    ("sahi_tests/coco_evaluate/dataset.json", "sahi_tests/coco_evaluate/result.json"),
    ("coco_val2014_fake100/dataset/gt_dataset.json", "coco_val2014_fake100/dataset/dt_dataset.json"),
    ("coco_val2014_fake100/dataset/gt_ignore_test.json", "coco_val2014_fake100/dataset/dt_ignore_test.json"),
    (
        "coco_val2014_fake100/keypoints_dataset/gt_dataset.json",
        "coco_val2014_fake100/keypoints_dataset/dt_dataset.json",
    ),
    *(
        (
            "coco_val2014_fake100/dataset/cocoapi/instances_val2014_100.json",
            f"coco_val2014_fake100/cocoapi_results/{name}",
        )
        for name in ("instances_val2014_fakebbox100_results.json", "instances_val2014_fakesegm100_results.json")
    ),
    *(
        (f"voc2012_rodm100/gts/{labels}", f"voc2012_rodm100/dets/{predictions}")
        for labels in ("pascalvoc_format", "coco_format_v2")
        for predictions in ("abs_xywh", "abs_xyx2y2", "rel_xywh", "coco_format")
    ),
]


@pytest.mark.parametrize(("labels", "predictions"), REAL, ids=lambda path: "_".join(path.split("/")[-2:]))
def test_real_data(shared_data: Path, tmp_path: Path, labels: str, predictions: str) -> None:
    images = shared_data / "voc2012_rodm100" / "images" if labels.startswith("voc") else None
    made = import_labels(Project.create(tmp_path / "project", images=images), shared_data / labels)
    assert alarms(made.report) == set()
    with stage_predictions(made.project, shared_data / predictions) as staged:
        assert alarms(staged.report) == set()
        assert staged.report.imported > 0


@pytest.mark.parametrize("folder", ["cars_yolov8_test54", "teeth_yolov8_test51"])
def test_real_results_of_shifted_ids(shared_data: Path, tmp_path: Path, folder: str) -> None:
    """Ids that count from 1 where the labels count from 0: a true finding, and the only one."""
    root = shared_data / folder
    images = next(path for path in (root / "images", root / "test" / "images") if path.is_dir())
    labels = next(path for path in (root / "labels", root / "test" / "labels") if path.is_dir())
    made = import_labels(Project.create(tmp_path / "project", images=images), labels)
    with stage_predictions(made.project, root / "predictions.json") as staged:
        assert alarms(staged.report) == {"class_ids_shifted"}
        assert staged.report.problems["class_ids_shifted"].correction == {"class_offset": -1}
