"""``predscope evaluate`` on a project and on files: as a user runs it, or, mostly, its command in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask as coco_mask

from predscope import Project, import_labels, import_predictions
from tests.cli.in_process import run_here
from tests.cli.test_commands import assert_one_clear_error, predscope
from tests.evaluation import coco_oracle
from tests.evaluation.problems import make_problem
from tests.shapes_dataset import ShapesDataset

COCO_NAMES = coco_oracle.NAMES[False]


def evaluate_json(*arguments: str | Path) -> dict[str, Any]:
    run = run_here("evaluate", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture
def generated(tmp_path: Path) -> tuple[Path, Path]:
    """Labels and results whose boxes reach far over the borders of their frames."""
    problem = make_problem(5, frames=4, labels=40, predictions=200, levels=1000)
    content, records = coco_oracle.records_of(problem.labels, problem.predictions, 3, problem.frames)
    for image in content["images"]:
        image |= {"file_name": f"{image['id']}.jpg", "width": 60, "height": 60}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    (tmp_path / "results.json").write_text(json.dumps(records))
    return tmp_path / "labels.json", tmp_path / "results.json"


def test_two_files_give_the_reference_numbers(generated: tuple[Path, Path]) -> None:
    labels, results = generated
    run = predscope("evaluate", "--labels", labels, "--predictions", results, "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    oracle = coco_oracle.evaluate_files(labels, results, "bbox")
    assert list(found["coco"]) == COCO_NAMES
    assert list(found["coco"].values()) == pytest.approx(oracle.stats.tolist(), abs=1e-9)
    assert (found["operating_point"]["confidence"], found["operating_point"]["iou"]) == (0.1, 0.5)
    assert [entry["name"] for entry in found["per_class"]] == ["0", "1", "2"]
    assert sum(entry["tp"] for entry in found["per_class"]) == found["operating_point"]["tp"]
    for entry in found["per_class"]:
        assert entry["tp"] + entry["fn"] == entry["support"]
        assert {"name", "AP", "AP50", "precision", "recall", "f1", "support"} <= set(entry)


def test_the_operating_point_is_chosen(generated: tuple[Path, Path]) -> None:
    labels, results = generated
    arguments = ("--labels", labels, "--predictions", results, "--iou", "0.75", "--confidence", "0.6")
    chosen = evaluate_json(*arguments)["operating_point"]
    usual = evaluate_json(*arguments[:4])["operating_point"]
    assert (chosen["confidence"], chosen["iou"]) == (0.6, 0.75)
    assert chosen["tp"] < usual["tp"]
    assert chosen["tp"] + chosen["fn"] == usual["tp"] + usual["fn"]


def test_a_project_gives_the_numbers_of_its_files(shapes_dataset: ShapesDataset, shapes_project: Project) -> None:
    by_project = evaluate_json("--project", shapes_project.path, "--predictions", "model")
    by_files = evaluate_json("--labels", shapes_dataset.labels, "--predictions", shapes_dataset.predictions)
    for name in ("coco", "operating_point", "per_class", "frames"):
        assert by_project[name] == by_files[name]
    assert by_project["operating_point"]["tp"] == 2
    cached = list((shapes_project.cache_dir / "evaluation").glob("pairs-*.npz"))
    assert len(cached) == 1
    cached[0].write_bytes(b"cut short")
    assert evaluate_json("--project", shapes_project.path) == by_project, "a damaged cache is made again"
    assert evaluate_json("--project", shapes_project.path) == by_project


def test_a_project_gives_the_reference_numbers_though_it_cuts_boxes(
    generated: tuple[Path, Path], tmp_path: Path
) -> None:
    """Boxes are drawn as far as their frame goes, and evaluated as the files give them."""
    labels, results = generated
    content, records = json.loads(labels.read_text()), json.loads(results.read_text())
    content["annotations"] = [entry for entry in content["annotations"] if max(entry["bbox"][:2]) < 60]
    records = [entry for entry in records if max(entry["bbox"][:2]) < 60 and min(entry["bbox"][:2]) > -2]
    labels.write_text(json.dumps(content))
    results.write_text(json.dumps(records))
    project = Project.create(tmp_path / "project")
    import_labels(project, labels)
    imported = import_predictions(Project.open(project.path), results, name="model")
    assert imported.report.rejected == 0
    assert imported.report.problems["box_clipped"].count > 20
    found = evaluate_json("--project", project.path)
    oracle = coco_oracle.evaluate_files(labels, results, "bbox")
    assert list(found["coco"].values()) == pytest.approx(oracle.stats.tolist(), abs=1e-9)
    by_files = evaluate_json("--labels", labels, "--predictions", results)
    for name in ("coco", "operating_point", "per_class"):
        assert found[name] == by_files[name]


def test_labels_without_areas_count_by_their_boxes(generated: tuple[Path, Path]) -> None:
    labels, results = generated
    content = json.loads(labels.read_text())
    for entry in content["annotations"]:
        entry["area"] = entry["bbox"][2] * entry["bbox"][3]
    labels.write_text(json.dumps(content))
    oracle = coco_oracle.evaluate_files(labels, results, "bbox")
    for entry in content["annotations"]:
        del entry["area"]
    labels.write_text(json.dumps(content))
    found = evaluate_json("--labels", labels, "--predictions", results)
    assert list(found["coco"].values()) == pytest.approx(oracle.stats.tolist(), abs=1e-9)


def test_a_cap_that_bites_is_said(generated: tuple[Path, Path]) -> None:
    labels, results = generated
    records = json.loads(results.read_text())
    results.write_text(json.dumps([{**record, "image_id": 1, "category_id": 1} for record in records]))
    arguments = ("--labels", labels, "--predictions", results)
    found = evaluate_json(*arguments)
    assert found["capped"] == {"cap": 100, "frames": 1, "predictions": 100}
    run = run_here("evaluate", *arguments)
    assert "1 frame has more than 100 predictions of a class; 100 predictions were ignored" in run.stderr


def test_pascal_voc_beside_coco(generated: tuple[Path, Path]) -> None:
    labels, results = generated
    arguments = ("--labels", labels, "--predictions", results, "--protocol")
    area = evaluate_json(*arguments, "voc")["voc"]
    eleven = evaluate_json(*arguments, "voc07", "--iou", "0.3", "--plus-one")["voc"]
    assert (area["protocol"], area["iou"], area["plus_one"]) == ("voc", 0.5, False)
    assert (eleven["protocol"], eleven["iou"], eleven["plus_one"]) == ("voc07", 0.3, True)
    assert list(area["AP"]) == ["0", "1", "2"]
    assert area["mAP"] == pytest.approx(sum(area["AP"].values()) / 3)
    run = run_here("evaluate", *arguments, "voc")
    assert f"Pascal VOC, area under the curve, IoU 0.5: mAP {area['mAP']:.3f}" in run.stdout
    assert "VOC AP" in run.stdout


def test_boundaries_and_sigmas(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "mixed14_maskrcnn"
    masks = (
        *("--labels", folder / "data/trainval.json"),
        *("--predictions", folder / "output/coco_instances_results.json"),
    )
    by_mask = evaluate_json(*masks, "--iou-type", "segm")["coco"]
    by_boundary = evaluate_json(*masks, "--iou-type", "boundary")["coco"]
    assert 0 < by_boundary["AP"] < by_mask["AP"]
    folder = shared_data / "coco_val2014_fake100/keypoints_dataset"
    points = ("--labels", folder / "gt_dataset.json", "--predictions", folder / "dt_dataset.json")
    usual = evaluate_json(*points, "--iou-type", "keypoints")["coco"]["AP"]
    (tmp_path / "sigmas.json").write_text(json.dumps({"person": [0.01] * 17}))
    strict = evaluate_json(*points, "--iou-type", "keypoints", "--sigmas", tmp_path / "sigmas.json")["coco"]["AP"]
    assert strict < usual


def test_what_cannot_be_computed_is_minus_one(shapes_dataset: ShapesDataset) -> None:
    found = evaluate_json(
        "--labels", shapes_dataset.labels, "--predictions", shapes_dataset.predictions, "--confidence", "1"
    )
    assert found["operating_point"]["precision"] == -1
    assert found["operating_point"]["recall"] == 0
    assert found["coco"]["APl"] == -1
    person = next(entry for entry in found["per_class"] if entry["name"] == "bicycle")
    assert (person["AP"], person["precision"], person["f1"]) == (0, -1, 0)


@pytest.mark.parametrize("have_keypoints", ["labels", "predictions", "neither"])
def test_keypoints_of_one_side_or_of_none(tmp_path: Path, have_keypoints: str) -> None:
    pose = {"keypoints": [5, 5, 2], "num_keypoints": 1}
    record = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 20, 20]}
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 40}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{**record, "id": 1, "iscrowd": 0, **(pose if have_keypoints == "labels" else {})}],
    }
    results = [{**record, "score": 0.9, **(pose if have_keypoints == "predictions" else {})}]
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "results.json").write_text(json.dumps(results))
    files = ("--labels", tmp_path / "labels.json", "--predictions", tmp_path / "results.json")
    found = evaluate_json(*files, "--iou-type", "keypoints")
    assert found["coco"]["AP"] == (0 if have_keypoints == "labels" else -1)


@pytest.mark.parametrize("iou_type", ["segm", "keypoints"])
def test_masks_and_keypoints(shared_data: Path, iou_type: str) -> None:
    folder = shared_data / "coco_val2014_fake100"
    labels, results = folder / "dataset/gt_dataset.json", folder / "dataset/dt_dataset.json"
    if iou_type == "keypoints":
        labels, results = folder / "keypoints_dataset/gt_dataset.json", folder / "keypoints_dataset/dt_dataset.json"
    found = evaluate_json("--labels", labels, "--predictions", results, "--iou-type", iou_type)
    oracle = coco_oracle.evaluate_files(labels, results, iou_type)
    names = coco_oracle.NAMES[iou_type == "keypoints"]
    assert [found["coco"][name] for name in names] == pytest.approx(oracle.stats.tolist(), abs=1e-9)
    assert set(COCO_NAMES) <= set(found["coco"])


def test_masks_without_boxes_are_measured_by_their_pixels(shared_data: Path, tmp_path: Path) -> None:
    """The reference takes the area of a predicted mask from its box where there is one, else from the mask."""
    folder = shared_data / "coco_val2014_fake100"
    labels = folder / "dataset/cocoapi/instances_val2014_100.json"
    results = folder / "cocoapi_results/instances_val2014_fakesegm100_results.json"
    boxed = tmp_path / "boxed.json"
    records = json.loads(results.read_text())
    for record in records:
        x, y, w, h = coco_mask.toBbox(record["segmentation"]).tolist()
        record["bbox"] = [x - 20, y - 20, w + 40, h + 40]
    boxed.write_text(json.dumps(records))
    found = {}
    for source in (results, boxed):
        found[source] = evaluate_json("--labels", labels, "--predictions", source, "--iou-type", "segm")["coco"]
        oracle = coco_oracle.evaluate_files(labels, source, "segm")
        assert list(found[source].values()) == pytest.approx(oracle.stats.tolist(), abs=1e-9)
    assert found[results]["APs"] != found[boxed]["APs"]
    project = Project.create(tmp_path / "project")
    import_labels(project, labels)
    import_predictions(Project.open(project.path), results, name="masks")
    by_project = evaluate_json("--project", project.path, "--iou-type", "segm")["coco"]
    assert by_project == pytest.approx(found[results], abs=1e-9)


def test_the_table_for_people(shapes_project: Project) -> None:
    run = predscope("evaluate", "--project", shapes_project.path)
    assert run.returncode == 0, run.stderr
    assert "model against labels: boxes, 4 frames" in run.stdout
    assert "confidence 0.1, IoU 0.5: precision 0.667" in run.stdout
    assert "bicycle" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--labels", "LABELS"), ("--predictions PATH",)),
        (("--labels", "LABELS", "--predictions", "nowhere.json"), ("nowhere.json",)),
        (("--labels", "LABELS", "--predictions", "RESULTS", "--iou", "1.5"), ("--iou", "1.5")),
        (("--labels", "LABELS", "--predictions", "RESULTS", "--confidence", "-1"), ("--confidence",)),
        (("--labels", "LABELS", "--predictions", "LABELS"), ("no score",)),
        (("--project", "nowhere"), ("nowhere",)),
        (("--labels", "LABELS", "--predictions", "RESULTS", "--plus-one"), ("--plus-one", "voc")),
        (("--labels", "LABELS", "--predictions", "RESULTS", "--sigmas", "RESULTS"), ("--sigmas", "keypoints")),
        (
            ("--labels", "LABELS", "--predictions", "RESULTS", "--iou-type", "keypoints", "--sigmas", "LABELS"),
            ("no keypoint sigmas", "one number a keypoint"),
        ),
    ],
)
def test_mistakes_are_one_clear_line(
    shapes_dataset: ShapesDataset, tmp_path: Path, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    files = {"LABELS": str(shapes_dataset.labels), "RESULTS": str(shapes_dataset.predictions)}
    run = run_here("evaluate", *(files.get(argument, argument) for argument in arguments), cwd=tmp_path)
    assert_one_clear_error(run, *parts)


def test_an_unknown_prediction_set_is_named(shapes_project: Project) -> None:
    run = predscope("evaluate", "--project", shapes_project.path, "--predictions", "other")
    assert_one_clear_error(run, "other", "model")
