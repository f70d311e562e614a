from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from predscope import Project, import_labels, import_predictions
from predscope.errors import FileParsingError
from predscope.formats.text.kitti import class_ids_of
from predscope.formats.text.kitti_rows import KittiRow, parse_kitti_row, parse_kitti_text

LABEL = "Car 0.25 1 1.85 387.63 181.54 423.81 203.12 1.67 1.87 3.69 -16.53 2.39 58.49 1.57"
REGION = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10"
PREDICTIONS = """\
car 0.00 0 0.00 587.01 173.33 614.12 200.12 0.00 0.00 0.00 0.00 0.00 0.00 0.00 97.85
cyclist 0.00 0 0.00 665.45 160.00 717.93 217.99 0.00 0.00 0.00 0.00 0.00 0.00 0.00 32.65
pedestrian 0.00 0 0.00 423.17 173.67 433.17 224.03 0.00 0.00 0.00 0.00 0.00 0.00 0.00 3.183
"""
HASH = "a9f1dcc4-5c4f-4c5e-9d0e-6a1b2c3d4e5f"


def test_a_label_says_all_that_stands_in_it(tmp_path: Path, read) -> None:
    (tmp_path / "000001.txt").write_text(f"{LABEL}\n{REGION}\n")
    (tmp_path / "000002.txt").write_text("")
    objects = read(tmp_path)
    assert objects.reading.format == "kitti"
    assert [frame.file_name for frame in objects.reading.frames] == ["000001", "000002"]
    assert objects.column("class") == ["Car", "DontCare"]
    assert objects[0]["box"] == pytest.approx([387.63, 181.54, 36.18, 21.58])
    assert objects[0]["attributes"] == {
        "truncation": 0.25,
        "occlusion": 1,
        "alpha": 1.85,
        "dimensions_m": [1.67, 1.87, 3.69],
        "location_m": [-16.53, 2.39, 58.49],
        "rotation_y": 1.57,
    }
    assert objects[1]["attributes"] is None
    assert objects.column("is_ignored") == [False, True]
    assert objects.column("is_crowd") == [False, True]
    assert objects.column("place") == ["000001.txt:1", "000001.txt:2"]
    assert objects.report.problems == {}


@pytest.mark.parametrize("separator", [" ", "\t", "   ", ",", ", ", ";"])
@pytest.mark.parametrize("name", ["car.txt", "car.csv"])
def test_any_separator(tmp_path: Path, read, separator: str, name: str) -> None:
    text = "\ufeff" + PREDICTIONS.replace(" ", separator).replace("\n", "\r\n")
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    objects = read(tmp_path, "predictions")
    assert objects.reading.format == "kitti"
    assert objects.column("class") == ["car", "cyclist", "pedestrian"]
    assert objects.column("confidence") == [97.85, 32.65, 3.183]
    assert objects[0]["box"] == pytest.approx([587.01, 173.33, 27.11, 26.79])


def test_class_names_may_have_spaces_and_be_quoted() -> None:
    numbers = LABEL.partition(" ")[2]
    assert parse_kitti_row(f"traffic light {numbers}").class_name == "traffic light"
    assert parse_kitti_row(f'"sign, round",{numbers.replace(" ", ",")}').class_name == "sign, round"
    assert parse_kitti_row(f"3 {numbers}").class_name == "3"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Car 1 2 3", "4 columns"),
        (LABEL + " 0.5 7", "17 columns"),
        (LABEL.replace("181.54", "wide"), "'wide' is not a number"),
        (LABEL.replace("181.54", "nan"), "NaN or infinite"),
        ("," + LABEL.partition(" ")[2].replace(" ", ","), "class is empty"),
    ],
)
def test_rows_that_are_none_are_named(tmp_path: Path, read, line: str, reason: str) -> None:
    (tmp_path / "a.txt").write_text(f"{LABEL}\n{line}\n{LABEL}\n")
    objects = read(tmp_path)
    assert objects.column("place") == ["a.txt:1", "a.txt:3"]
    (example,) = objects.report.problems["kitti_row_invalid"].examples
    assert example.startswith("a.txt:2: ")
    assert reason in example
    assert (objects.report.rows, objects.report.rejected) == (1, 1)


def test_a_row_of_names_is_no_object() -> None:
    names = "type,truncated,occluded,alpha,left,top,right,bottom,height,width,length,x,y,z,rotation_y"
    rows = list(parse_kitti_text(f"{names}\n{LABEL.replace(' ', ',')}\n# said aside\n"))
    assert [number for number, _ in rows] == [2]
    assert isinstance(rows[0][1], KittiRow)


def test_labels_and_predictions_are_told_apart(tmp_path: Path, read) -> None:
    path = tmp_path / "a.txt"
    path.write_text(LABEL)
    with pytest.raises(FileParsingError, match="these are labels"):
        read(path, "predictions")
    path.write_text(PREDICTIONS)
    with pytest.raises(FileParsingError, match="these are predictions"):
        read(path)
    path.write_text(PREDICTIONS + LABEL)
    objects = read(path, "predictions")
    assert len(objects) == 3
    assert objects.report.problems["score_missing"].examples == ["a.txt:4"]


@pytest.mark.parametrize(
    ("scores", "correction"),
    [
        ((0.2, 0.9), None),
        ((97.85, 3.183), "percent"),
        ((-2.5, 4.0), "logit"),
        ((1200.0, 3.0), "unbounded"),
        ((9.0, 3.0), "unbounded"),
    ],
)
def test_scores_of_another_range_are_said_with_what_would_mend_it(
    tmp_path: Path, read, scores: tuple[float, float], correction: str | None
) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{LABEL} {score}\n" for score in scores))
    problems = read(tmp_path, "predictions").report.problems
    offered = problems["confidence_not_a_fraction"].correction if problems else None
    assert offered == (None if correction is None else {"confidence_scale": correction})


@pytest.mark.parametrize("turned", [False, True])
def test_files_named_by_frame_ids_with_a_class_map(tmp_path: Path, read, turned: bool) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / f"{HASH}__of_a_camera.txt").write_text(PREDICTIONS)
    class_map = {"OTk2MzM3": "pedestrian", "NzYyMjcx": "cyclist", "Nzg2ODEx": "car"}
    if turned:
        class_map = {name: key for key, name in class_map.items()}
    (tmp_path / "ontology_label_map.json").write_text(json.dumps(class_map))
    objects = read(tmp_path, "predictions")
    assert objects.column("frame") == [HASH] * 3
    assert objects.column("class") == ["Nzg2ODEx", "NzYyMjcx", "OTk2MzM3"]
    assert {(one.name, one.source_id) for one in objects.reading.classes} == {
        *(("pedestrian", "OTk2MzM3"), ("cyclist", "NzYyMjcx"), ("car", "Nzg2ODEx"))
    }


def test_a_class_map_that_fits_nothing_holds_the_names_in_its_values() -> None:
    assert class_ids_of({"k": "car"}, set()) == {"car": "k"}
    assert class_ids_of({"car": "k"}, {"car"}) == {"car": "k"}


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 3}', "\x00"])
def test_a_broken_class_map_is_left_aside(tmp_path: Path, read, content: str) -> None:
    (tmp_path / "a.txt").write_text(LABEL)
    (tmp_path / "ontology_label_map.json").write_text(content)
    objects = read(tmp_path)
    assert objects.column("class") == ["Car"]
    assert set(objects.codes) == {"class_map_unusable"}


def test_yolo_polygons_of_as_many_columns_are_yolo(tmp_path: Path, read) -> None:
    ring = " ".join(f"{0.5 + 0.3 * math.cos(turn):.4f} {0.5 + 0.3 * math.sin(turn):.4f}" for turn in range(7))
    (tmp_path / "a.txt").write_text(f"0 {ring}\n")
    assert read(tmp_path).reading.format == "yolo"


def test_real_labels_beside_their_images(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "kitti_sample3" / "training"
    project = Project.create(tmp_path / "project", images=folder / "image_2")
    report = import_labels(project, folder).report
    assert (report.format, report.rows, report.imported, report.frames, report.frames_matched) == (
        "kitti",
        10,
        10,
        3,
        3,
    )
    project = Project.open(project.path)
    table = project.objects("labels").table(["class_id", "is_ignored"])
    names = [project.classes[class_id].name for class_id in table["class_id"].to_pylist()]
    assert sorted(names) == ["Car"] * 2 + ["Cyclist"] + ["DontCare"] * 4 + ["Misc", "Pedestrian", "Truck"]
    assert sum(table["is_ignored"].to_pylist()) == 4


def test_scores_in_percent_become_fractions_in_a_project(shapes_project: Project, tmp_path: Path) -> None:
    rows = [f"car 0 0 0 {10 + n} 10 {50 + n} 40 0 0 0 0 0 0 0 {score}" for n, score in enumerate((97.85, 32.65, 3.183))]
    (tmp_path / "a.txt").write_text("\n".join(rows))
    import_predictions(shapes_project, tmp_path / "a.txt", name="kitti")
    confidence = Project.open(shapes_project.path).objects("predictions", "kitti").table(["confidence"])["confidence"]
    assert confidence.to_pylist() == pytest.approx([0.9785, 0.3265, 0.03183])


@pytest.mark.parametrize("folder", ["", "labels/"])
def test_frames_keep_their_folders(tmp_path: Path, folder: str) -> None:
    for frame in ("night/003", "clips/a/000004"):
        path = tmp_path / "kitti" / f"{folder}{frame}.txt"
        path.parent.mkdir(parents=True)
        path.write_text(LABEL)
    project = import_labels(Project.create(tmp_path / "project"), tmp_path / "kitti").project
    assert project.frames["frame_id"].tolist() == ["clips/a/000004", "night/003"]
