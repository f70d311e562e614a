"""Everything that goes out comes in again: the same objects, within what each format can hold."""

from __future__ import annotations

import contextlib
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from predscope import Project, export_objects, import_labels, import_predictions
from predscope.formats.base import ObjectBatch, Reading, text_column
from predscope.importing import stage_reading
from predscope.schema import DeclaredFrame, Geometry, Role
from tests.conftest import SAMPLE_DATA
from tests.export.round_trip import READER_OF, SUFFIX_OF, export_and_import, rows_of

pytestmark = pytest.mark.long

BOX_FORMATS = ("coco", "yolo", "voc", "kitti", "csv", "parquet")
WIDTH, HEIGHT = 320, 200


def alike(first: Any, second: Any) -> bool:
    """Equal but for the last digits of numbers."""
    if isinstance(first, float) and isinstance(second, (int, float)):
        return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(alike(first[key], second[key]) for key in first)
    return bool(first == second)


def assert_alike(first: dict[str, list[Any]], second: dict[str, list[Any]], *, names: str = "whole") -> None:
    if names == "stems":
        first, second = ({Path(name).stem: rows for name, rows in side.items()} for side in (first, second))
    assert first.keys() == second.keys()
    for frame in first:
        assert len(first[frame]) == len(second[frame]), frame
        for one, other in zip(first[frame], second[frame], strict=True):
            differing = {key: (one[key], other[key]) for key in one if not alike(one[key], other[key])}
            assert not differing, frame


def test_what_kitti_says_of_space_comes_through_coco(tmp_path: Path) -> None:
    row = "Car 0.5 1 -1.5 10 20 60 80 1.65 1.67 3.64 -0.65 1.71 46.7 -1.59\n"
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(row)
    project = import_labels(Project.create(tmp_path / "project"), tmp_path / "labels").project
    export_objects(project, tmp_path / "all.json", role="labels", format="coco")
    again = import_labels(Project.create(tmp_path / "again"), tmp_path / "all.json").project
    first, second = (one.objects("labels").table(["attributes"])["attributes"][0].as_py() for one in (project, again))
    assert json.loads(first) == json.loads(second)
    assert json.loads(second)["dimensions_m"] == [1.65, 1.67, 3.64]


@pytest.mark.parametrize("role", ["labels", "predictions"])
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_tables_hold_everything(shapes_project: Project, tmp_path: Path, format: str, role: Role) -> None:
    report, fresh = export_and_import(shapes_project, tmp_path, format=format, role=role)
    assert set(report.losses) == ({"class_details_left_out", "metadata_left_out"} if role == "labels" else set())
    assert rows_of(fresh, role) == rows_of(shapes_project, role)
    assert fresh.objects(role).report.rejected == 0


@pytest.mark.parametrize("format", ["coco", "coco_predictions"])
def test_coco_holds_boxes_outlines_masks_and_keypoints(shapes_project: Project, tmp_path: Path, format: str) -> None:
    for role in ("labels", "predictions") if format == "coco" else ("predictions",):
        folder = tmp_path / role
        folder.mkdir()
        report, fresh = export_and_import(shapes_project, folder, format=format, role=role)
        assert report.losses == {}
        assert rows_of(fresh, role) == rows_of(shapes_project, role)
        if role == "labels":
            assert [one.keypoints for one in fresh.classes] == [one.keypoints for one in shapes_project.classes]


def test_ids_of_the_original_file_are_kept(shapes_project: Project, shapes_dataset: Any, tmp_path: Path) -> None:
    export_objects(shapes_project, tmp_path / "out.json", role="labels", format="coco")
    before, after = (json.loads(path.read_text()) for path in (shapes_dataset.labels, tmp_path / "out.json"))
    for key in ("id", "image_id", "category_id"):
        assert [one[key] for one in after["annotations"]] == [one[key] for one in before["annotations"]]
    assert [(one["id"], one["file_name"], one["weather"]) for one in after["images"]] == [
        (one["id"], one["file_name"], one["weather"]) for one in before["images"]
    ]
    assert after["categories"][1]["skeleton"] == [[1, 2]]


SHAPES = ("box", "polygon", "oriented_box", "keypoints")


def sheet(folder: Path, kind: str, *, with_images: bool = True) -> Project:
    """Nested frames of equal base names, in a project with labels of one kind of shape."""
    import cv2

    names = ["night/003.png", "day/003.png", "day/004.png", "005.png"]
    for name in names:
        (folder / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "images" / name), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    rng = np.random.default_rng(len(kind))
    count = 12
    corner, size = rng.uniform(20, 120, (count, 2)), rng.uniform(10, 60, (count, 2))
    box = np.hstack([corner, size])
    oriented = [[*(box[row, :2] + box[row, 2:] / 2), *box[row, 2:], 0.1 * row] for row in range(count)]
    points = [[*corner[row], 2.0, *(corner[row] + size[row]), 1.0, 0.0, 0.0, 0.0] for row in range(count)]
    rings = [[[[x, y, x + w, y, x + w / 2, y + h]]] for x, y, w, h in box]
    batch = ObjectBatch(
        frame_ref=text_column([names[row % 4] for row in range(count)]),
        class_ref=text_column([["big dog", "cat", "no"][row % 3] for row in range(count)]),
        frame_ref_is="name",
        class_ref_is="name",
        geometry=np.full(count, Geometry(kind), object),
        place=np.arange(count),
        box=None if kind == "oriented_box" else box,
        polygons=rings if kind == "polygon" else None,
        oriented_box=[list(map(float, one)) for one in oriented] if kind == "oriented_box" else None,
        keypoints=[list(map(float, one)) for one in points] if kind == "keypoints" else None,
    )
    project = Project.create(folder / "project", images=folder / "images" if with_images else None)
    frames = [DeclaredFrame(name, width=WIDTH, height=HEIGHT) for name in names]
    with stage_reading(project, Reading("made", "labels", frames, None, iter([batch])), name="labels") as staged:
        staged.publish()
    return Project.open(project.path)


@pytest.mark.parametrize("format", BOX_FORMATS)
@pytest.mark.parametrize("kind", SHAPES)
def test_nested_frames_of_equal_names_stay_apart(tmp_path: Path, kind: str, format: str) -> None:
    project = sheet(tmp_path / "made", kind)
    report, fresh = export_and_import(project, tmp_path, format=format, images="copy" if format == "yolo" else "none")
    assert report.objects == 12
    before, after = rows_of(project), rows_of(fresh)
    kept = kind == "box" or format in ("csv", "parquet") or (kind != "oriented_box" and format == "coco")
    kept |= format == "yolo" or (format == "voc" and kind == "polygon")
    for side in (before, after):
        for rows in side.values():
            for row in rows:
                row["class"] = row["class"].replace(" ", "_") if format == "kitti" else row["class"]
                if not kept:  # what is left is the box
                    row |= dict.fromkeys(("geometry", "polygons", "oriented_box", "keypoints"))
                row.pop("area", None)
    assert_alike(before, after)
    assert bool(report.losses) != kept or format == "kitti"


def test_kitti_keeps_what_is_its_own(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "kitti_sample3" / "training"
    project = Project.create(tmp_path / "made", images=folder / "image_2")
    import_labels(project, folder)
    project = Project.open(project.path)
    report, fresh = export_and_import(project, tmp_path, format="kitti")
    assert (report.objects, report.losses) == (10, {})
    assert_alike(rows_of(project), rows_of(fresh))
    for path in sorted((folder / "label_2").iterdir()):
        again = (report.path / "label_2" / path.name).read_text()
        assert _numbers(again) == _numbers(path.read_text())


def odd_labels(tmp_path: Path) -> Project:
    """One frame: a person with keypoints, an outline and attributes; a second class has no object."""
    (tmp_path / "labels.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}],
                "categories": [{"id": 1, "name": "person", "keypoints": ["head"]}, {"id": 2, "name": "unicorn"}],
                "annotations": [
                    {
                        "id": 1,
                        "image_id": 1,
                        "category_id": 1,
                        "bbox": [10, 10, 20, 30],
                        "segmentation": [[10, 10, 30, 10, 30, 40, 10, 40]],
                        "keypoints": [20, 12, 2],
                        "attributes": {"occlusion": 0.3, "truncation": 0.5},
                    },
                    {
                        "id": 2,
                        "image_id": 1,
                        "category_id": 1,
                        "bbox": [50, 50, 9, 9],
                        "segmentation": [[50, 50, 59, 59, 50, 59]],
                    },
                    {
                        "id": 3,
                        "image_id": 1,
                        "category_id": 1,
                        "bbox": [70, 50, 9, 9],
                        "segmentation": [[70, 50, 79, 59, 70, 59]],
                    },
                ],
            }
        )
    )
    project = Project.create(tmp_path / "made")
    import_labels(project, tmp_path / "labels.json")
    return Project.open(project.path)


def test_objects_with_keypoints_keep_their_outlines_where_there_is_no_place_for_keypoints(tmp_path: Path) -> None:
    project = odd_labels(tmp_path)
    report = export_objects(project, tmp_path / "yolo", role="labels", format="yolo")
    assert report.losses["keypoints_as_boxes"].count == 1
    rows = (tmp_path / "yolo" / "labels" / "a.txt").read_text().splitlines()
    assert [len(row.split()) for row in rows] == [9, 7, 7]
    export_objects(project, tmp_path / "voc", role="labels", format="voc")
    assert (tmp_path / "voc" / "Annotations" / "a.xml").read_text().count("<polygon>") == 3


def test_kitti_has_whole_numbers_of_occlusion_alone(tmp_path: Path) -> None:
    report = export_objects(odd_labels(tmp_path), tmp_path / "kitti", role="labels", format="kitti")
    assert (tmp_path / "kitti" / "label_2" / "a.txt").read_text().split()[:4] == ["person", "0.5", "-1", "-10"]
    assert report.losses["attributes_left_out"].count == 1


@pytest.mark.parametrize("format", sorted(SUFFIX_OF.keys() - {"coco_predictions"}))
def test_classes_without_objects_are_kept_or_named(tmp_path: Path, format: str) -> None:
    report = export_objects(odd_labels(tmp_path), tmp_path / f"out{SUFFIX_OF[format]}", role="labels", format=format)
    is_kept = format in ("coco", "yolo")
    assert ("unused_classes_left_out" in report.losses) != is_kept
    assert is_kept or report.losses["unused_classes_left_out"].examples == ["unicorn"]
    assert ("class_details_left_out" in report.losses) == (format != "coco")


def _numbers(text: str) -> list[list[Any]]:
    return [[row.split()[0], *(pytest.approx(float(cell)) for cell in row.split()[1:])] for row in text.splitlines()]


def test_yolo_masks_come_back_as_outlines_of_the_same_area(shared_data: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "made")
    root = shared_data / "coco_val2014_fake100"
    import_labels(project, root / "dataset" / "cocoapi" / "instances_val2014_100.json")
    project = Project.open(project.path)
    export_objects(project, tmp_path / "yolo", role="labels", format="yolo")
    areas = project.objects("labels").table(["area", "geometry", "is_crowd", "rle_counts"]).to_pylist()
    lines = sum(len(path.read_text().splitlines()) for path in (tmp_path / "yolo" / "labels").iterdir())
    assert lines == len(areas) == 839


def test_keypoints_of_real_predictions(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "coco_val2014_fake100" / "keypoints_dataset"
    project = Project.create(tmp_path / "made")
    import_labels(project, root / "gt_dataset.json")
    import_predictions(Project.open(project.path), root / "dt_dataset.json", name="pose")
    project = Project.open(project.path)
    export_objects(project, tmp_path / "gt.json", role="labels", format="coco")
    export_objects(project, tmp_path / "dt.json", role="predictions", format="coco")
    assert _statistics(root / "gt_dataset.json", root / "dt_dataset.json", "keypoints") == _statistics(
        tmp_path / "gt.json", tmp_path / "dt.json", "keypoints"
    )


def _statistics(labels: Path, predictions: Path, kind: str) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(labels))
        evaluation = COCOeval(truth, truth.loadRes(str(predictions)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in evaluation.stats]


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_coco_evaluates_as_the_original_files_do(shared_data: Path, tmp_path: Path, kind: str) -> None:
    root = shared_data / "coco_val2014_fake100"
    labels = root / "dataset" / "cocoapi" / "instances_val2014_100.json"
    results = root / "cocoapi_results" / f"instances_val2014_fake{kind}100_results.json"
    project = Project.create(tmp_path / "made")
    import_labels(project, labels)
    import_predictions(Project.open(project.path), results, name=kind)
    project = Project.open(project.path)
    export_objects(project, tmp_path / "gt.json", role="labels", format="coco")
    export_objects(project, tmp_path / "dt.json", role="predictions", name=kind, format="coco")
    expected = _statistics(labels, results, kind)
    assert _statistics(tmp_path / "gt.json", tmp_path / "dt.json", kind) == expected
    assert _statistics(labels, tmp_path / "dt.json", kind) == expected
    assert expected[0] > 0.3


@pytest.mark.parametrize("format", BOX_FORMATS)
def test_the_sample_data(tmp_path: Path, format: str) -> None:
    project = Project.create(tmp_path / "made", images=SAMPLE_DATA / "images")
    import_labels(project, SAMPLE_DATA / "labels" / "instances.json")
    project = Project.open(project.path)
    report, fresh = export_and_import(project, tmp_path, format=format)
    assert report.objects == project.objects("labels").count
    shown = set(project.frames["file_name"][project.frames["image_status"] == "ok"])
    before, after = rows_of(project), rows_of(fresh)
    if format not in ("coco", "csv", "parquet"):  # what they all hold
        before, after = (
            {frame: _boxes(rows) for frame, rows in side.items() if frame in shown} for side in (before, after)
        )
    assert_alike(before, after)


def _boxes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({side: round(row[side], 3) for side in "xywh"} for row in rows), key=lambda box: tuple(box.values()))


boxes = st.tuples(
    st.floats(0, WIDTH - 2), st.floats(0, HEIGHT - 2), st.floats(0.5, 60), st.floats(0.5, 60), st.floats(0, 1)
)


@pytest.mark.parametrize("format", BOX_FORMATS)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["car", "Ärger", "a-b"]), boxes), min_size=1, max_size=12))
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_boxes(tmp_path_factory: pytest.TempPathFactory, format: str, rows: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("any")
    names = ["a/1.jpg", "b/1.jpg", "ü 2.jpg"]
    frames = [DeclaredFrame(name, width=WIDTH, height=HEIGHT) for name in names]
    project = Project.create(folder / "made")
    numbers = np.array([box for _, _, box in rows])
    numbers[:, 2] = np.minimum(numbers[:, 2], WIDTH - numbers[:, 0])
    numbers[:, 3] = np.minimum(numbers[:, 3], HEIGHT - numbers[:, 1])

    def batch(role: Role) -> ObjectBatch:
        return ObjectBatch(
            frame_ref=text_column([names[frame] for frame, _, _ in rows]),
            class_ref=text_column([name for _, name, _ in rows]),
            frame_ref_is="name",
            class_ref_is="name",
            geometry=np.full(len(rows), Geometry.BOX, object),
            place=np.arange(len(rows)),
            box=numbers[:, :4],
            confidence=numbers[:, 4] if role == "predictions" else None,
        )

    for role in ("labels", "predictions"):
        reading = Reading("made", role, frames, None, iter([batch(role)]))
        with stage_reading(Project.open(project.path), reading, name=role) as staged:
            staged.publish()
    project = Project.open(project.path)
    for role in ("labels", "predictions"):
        (folder / role).mkdir()
        report = export_objects(project, folder / role / f"out{SUFFIX_OF[format]}", role=role, format=format)
        assert (report.objects, report.left_out) == (len(rows), 0)
        fresh = Project.create(folder / role / "fresh")
        declared = Reading("made", "labels", frames, None, iter([batch("labels")]))
        with stage_reading(fresh, declared, name="truth") as staged:
            staged.publish()
        source = report.path
        if format == "coco" and role == "predictions":
            continue  # these frames have no ids: results are for labels exported beside them
        importing = import_labels if role == "labels" else import_predictions
        importing(Project.open(fresh.path), source, name="again", format=READER_OF.get(format, format))
        assert_alike(rows_of(project, role), rows_of(Project.open(fresh.path), role, "again"))
