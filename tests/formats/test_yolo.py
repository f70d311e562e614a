from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from predscope.errors import FileParsingError, InputError
from predscope.formats.yolo.rows import corners_to_oriented_box
from predscope.importing import import_labels
from predscope.project import Project


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def _image(path: Path, width: int = 200, height: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)


def test_boxes_of_a_data_set(tmp_path: Path, read) -> None:
    _write(
        tmp_path,
        {
            "data.yaml": "train: images/train\nval: images/val\nnames:\n  0: car\n  1: no\n",
            "labels/train/a.txt": "0 0.5 0.5 0.2 0.4\n1 0.25 0.75 0.5 0.5\n",
            "labels/val/b.txt": "",
            "labels/val/a.txt": "1 0.1 0.1 0.2 0.2\r\n\r\n",
            "notes.txt": "not a label file",
        },
    )
    objects = read(tmp_path)
    assert objects.reading.format == "yolo"
    assert [frame.file_name for frame in objects.reading.frames] == ["train/a", "val/a", "val/b"]
    assert [(entry.name, entry.source_id) for entry in objects.reading.classes] == [("car", "0"), ("no", "1")]
    assert objects.column("frame") == ["train/a", "train/a", "val/a"]
    assert objects.column("class") == [0, 1, 1]
    assert objects[0]["relative"]
    np.testing.assert_allclose(
        objects.column("box"), [[0.4, 0.3, 0.2, 0.4], [0, 0.5, 0.5, 0.5], [0, 0, 0.2, 0.2]], atol=1e-12
    )
    assert objects.column("place") == ["labels/train/a.txt:1", "labels/train/a.txt:2", "labels/val/a.txt:1"]
    assert objects.codes == {"windows_line_ends": 1}


@pytest.mark.parametrize("source", ["data.yaml", ".", "labels", "labels/val"])
def test_each_way_to_name_a_data_set_finds_names_and_images(tmp_path: Path, read, source: str) -> None:
    _write(tmp_path, {"data.yaml": "names: [car, dog]", "labels/val/v.1.txt": "1 0.5 0.5 1 1"})
    _image(tmp_path / "images/val/v.1.JPG")
    objects = read(tmp_path / source)
    assert [frame.file_name for frame in objects.reading.frames] == ["images/val/v.1.JPG"]
    assert [entry.name for entry in objects.reading.classes] == ["car", "dog"]
    assert objects.column("frame") == ["images/val/v.1.JPG"]


@pytest.mark.parametrize(
    ("images", "labels", "root", "source"),
    [
        ("images", "labels", "images", "labels"),
        (".", ".", ".", "."),
        ("p", "l", "p", "l"),
        ("images", "labels", ".", "."),
    ],
)
def test_one_name_at_the_root_and_in_a_folder(tmp_path: Path, images: str, labels: str, root: str, source: str) -> None:
    data = tmp_path / "set"
    for folder, center in ((".", 0.25), ("day", 0.75)):
        _image(data / images / folder / "004.png", 40, 30)
        _write(data / labels / folder, {"004.txt": f"0 {center} 0.5 0.1 0.1\n"})
    result = import_labels(Project.create(tmp_path / "project", images=data / root), data / source)
    lefts = {
        name: result.objects.of_frame(index, ["x"])["x"].to_pylist()
        for index, name in enumerate(result.project.frames["file_name"])
    }
    start = "images/" if (images, root) == ("images", ".") else ""
    assert lefts == {f"{start}004.png": [pytest.approx(8)], f"{start}day/004.png": [pytest.approx(28)]}


def test_labels_folders_inside_each_split(tmp_path: Path, read) -> None:
    _write(tmp_path, {"data.yaml": "names: [car]\ntrain: ../train/images\nval: ../test/images\n"})
    _write(
        tmp_path, {"train/labels/a.txt": "0 0.5 0.5 1 1", "test/labels/a.txt": "", "other/labels/z.txt": "0 0 0 0 0"}
    )
    _image(tmp_path / "test/images/a.jpg")
    for source in (tmp_path, tmp_path / "data.yaml"):
        assert [frame.file_name for frame in read(source).reading.frames] == ["test/images/a.jpg", "train/a"]


@pytest.mark.parametrize(("name", "text"), [("classes.txt", "car\ndog\n\n"), ("obj.names", "car\r\ndog")])
def test_names_from_a_list(tmp_path: Path, read, name: str, text: str) -> None:
    _write(tmp_path, {name: text, "obj_train_data/a.txt": "1 0.5 0.5 1 1"})
    objects = read(tmp_path)
    assert [entry.name for entry in objects.reading.classes] == ["car", "dog"]
    assert len(objects.reading.frames) == 1


def test_without_names_only_numbers_are_known(tmp_path: Path, read) -> None:
    _write(tmp_path / "a/b/c/d/e", {"x.txt": "4 0.5 0.5 1 1"})
    objects = read(tmp_path / "a/b/c/d/e")
    assert objects.reading.classes is None
    assert objects.codes == {"class_names_missing": 1}
    assert (objects[0]["class"], objects[0]["class_is"]) == (4, "id")


def test_polygons_and_boxes_in_one_file(tmp_path: Path, read) -> None:
    _write(tmp_path, {"classes.txt": "a", "x.txt": "0 0.1 0.2 0.5 0.2 0.3 0.6\n0 0.5 0.5 0.2 0.2\n"})
    objects = read(tmp_path)
    assert objects.column("geometry") == ["polygon", "box"]
    assert objects[0]["polygons"] == [[[0.1, 0.2, 0.5, 0.2, 0.3, 0.6]]]
    np.testing.assert_allclose(objects[0]["box"], [0.1, 0.2, 0.4, 0.4])
    assert objects[1]["polygons"] is None


def test_predictions_with_confidence(tmp_path: Path, read) -> None:
    _write(tmp_path, {"labels/x.txt": "2 0.5 0.5 0.2 0.2 0.875\n0 0.1 0.2 0.5 0.2 0.3 0.6 0.25\n"})
    objects = read(tmp_path, "predictions")
    assert objects.reading.role == "predictions"
    assert objects.column("geometry") == ["box", "polygon"]
    assert objects.column("confidence") == [0.875, 0.25]


def test_predictions_without_confidence_are_taken_as_sure_and_said(tmp_path: Path, read) -> None:
    _write(tmp_path, {"classes.txt": "a", "x.txt": "0 0.5 0.5 0.2 0.2\n" * 3})
    objects = read(tmp_path, "predictions")
    assert objects.column("confidence") == [1.0] * 3
    assert objects.codes == {"confidence_assumed": 3}


def test_confidence_behind_the_class_is_noticed(tmp_path: Path, read) -> None:
    rows = [f"0 {0.9 - n / 100} 0.5 0.5 0.{n}5 0.9" for n in range(1, 9)]
    _write(tmp_path, {"classes.txt": "a", "x.txt": "\n".join(rows)})
    objects = read(tmp_path, "predictions")
    assert "confidence_second" in objects.codes
    np.testing.assert_allclose(objects.column("confidence"), [0.9 - n / 100 for n in range(1, 9)])
    np.testing.assert_allclose(objects[0]["box"], [0.425, 0.05, 0.15, 0.9])


def test_labels_with_a_confidence_are_refused(tmp_path: Path, read) -> None:
    _write(tmp_path, {"x.txt": "2 0.5 0.5 0.2 0.2 0.875\n"})
    with pytest.raises(FileParsingError, match="these are predictions"):
        read(tmp_path)


def test_pose(tmp_path: Path, read) -> None:
    row = "0 0.5 0.5 0.4 0.4 0.1 0.2 2 0.3 0.4 1"
    _write(tmp_path, {"data.yaml": "names: [person]\nkpt_shape: [2, 3]\n", "labels/x.txt": row})
    objects = read(tmp_path)
    assert objects[0]["geometry"] == "keypoints"
    assert objects[0]["keypoints"] == [0.1, 0.2, 2, 0.3, 0.4, 1]
    np.testing.assert_allclose(objects[0]["box"], [0.3, 0.3, 0.4, 0.4])
    _write(tmp_path, {"labels/x.txt": row + " 0.75"})
    assert read(tmp_path, "predictions").column("confidence") == [0.75]


def test_pose_without_visibility(tmp_path: Path, read) -> None:
    row = "0 0.5 0.5 0.4 0.4 0.1 0.2 0 0"
    _write(tmp_path, {"data.yaml": "names: [person]\nkpt_shape: [2, 2]\n", "labels/x.txt": row})
    assert read(tmp_path)[0]["keypoints"] == [0.1, 0.2, 2, 0, 0, 0]


def test_oriented_boxes_are_in_pixels_of_their_image(tmp_path: Path, read) -> None:
    angle, width, height = 0.5, 60.0, 20.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[-30, -10], [30, -10], [30, 10], [-30, 10]]) @ turn + [100, 50]
    row = "0 " + " ".join(map(str, (corners / [200, 100]).ravel()))
    _write(tmp_path, {"data.yaml": "names: [ship]", "labels/x.txt": row, "labels/y.txt": row})
    _image(tmp_path / "images/x.png")
    objects = read(tmp_path)
    assert objects.column("geometry") == ["oriented_box", "polygon"]
    assert objects.column("relative") == [False, True]
    np.testing.assert_allclose(objects[0]["oriented_box"], [100, 50, width, height, angle])
    low, high = corners.min(axis=0), corners.max(axis=0)
    np.testing.assert_allclose(objects[0]["box"], [*low, *(high - low)])
    assert {"rows_of_corners", "oriented_box_as_polygon"} <= set(objects.codes)


def test_four_corners_that_are_no_rectangle_are_a_polygon(tmp_path: Path, read) -> None:
    _write(tmp_path, {"classes.txt": "a", "x.txt": "0 0.1 0.1 0.9 0.2 0.8 0.9 0.3 0.4"})
    assert read(tmp_path).column("geometry") == ["polygon"]


def test_corners_of_an_upright_rectangle_have_no_angle() -> None:
    assert corners_to_oriented_box(np.array([[0, 0], [4, 0], [4, 2], [0, 2]])) == [2, 1, 4, 2, 0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0 0.5 0.5 0.2", "4 columns"),
        ("0 0.5 0.5 0.2 0.2 0.1 0.1 0.1", "8 columns"),
        ("car 0.5 0.5 0.2 0.2", "'car' is not a number"),
        ("0 0.5 x 0.2 0.2", "'x' is not a number"),
        ("-1 0.5 0.5 0.2 0.2", "class -1"),
        ("1.5 0.5 0.5 0.2 0.2", "class 1.5"),
        ("0 nan 0.5 0.2 0.2", "NaN"),
        ("0 inf 0.5 0.2 0.2", "NaN or infinite"),
        ("\x00\x00", "not a number"),
        ("9" * 400 + " 0.5 0.5 0.2 0.2", "infinite"),
    ],
)
def test_rows_that_cannot_be_read_are_rejected_with_file_and_line(tmp_path: Path, read, row: str, reason: str) -> None:
    _write(tmp_path, {"classes.txt": "a", "x.txt": f"0 0.5 0.5 0.2 0.2\n\n{row}\n0 0.4 0.4 0.2 0.2\n"})
    objects = read(tmp_path)
    assert objects.column("place") == ["x.txt:1", "x.txt:4"]
    assert (objects.report.rows, objects.report.rejected) == (1, 1)
    (example,) = objects.report.problems["yolo_row_invalid"].examples
    assert example.startswith("x.txt:3: ")
    assert reason in example


def test_a_folder_of_empty_files_has_frames_without_objects(tmp_path: Path, read) -> None:
    _write(tmp_path, {"a.txt": "", "b.txt": "\n"})
    objects = read(tmp_path)
    assert (len(objects), len(objects.reading.frames)) == (0, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("names: [", "not valid YAML"),
        ("just text", "is not a data.yaml"),
        ("train: x", "no class names"),
        ("names: {}", "no class names"),
        ("a: &a [x]\n" + "".join(f"a{n}: &a{n} [*a, *a, *a]\n" for n in range(30)) + "names: *a29", "no label files"),
        ("[" * 5000, "nested too deeply"),
    ],
)
def test_a_data_yaml_that_cannot_be_used(tmp_path: Path, read, text: str, expected: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(InputError, match=expected):
        read(tmp_path / "data.yaml", format="yolo")


def test_many_rows_come_in_bounded_batches(tmp_path: Path, read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predscope.formats.yolo.reader.BATCH_ROWS", 100)
    _write(tmp_path, {"classes.txt": "a", **{f"{n}.txt": "0 0.5 0.5 0.2 0.2\n" * 77 for n in range(9)}})
    objects = read(tmp_path)
    assert len(objects) == 9 * 77
    assert max(map(len, objects.batches)) == 100
    assert len(set(objects.column("place"))) == 9 * 77


@pytest.mark.parametrize("corners", [6_000, 20_000], ids=["the head cuts the second row", "the head cuts the first"])
def test_rows_longer_than_what_is_looked_at_keep_their_confidence(tmp_path: Path, read, corners: int) -> None:
    row = "0 " + "0.5 0.25 " * corners + "0.9\n"
    _write(tmp_path, {"a.txt": row * 2, "video/b.txt": row})
    objects = read(tmp_path, "predictions")
    assert objects.reading.format == "yolo"
    assert objects.column("confidence") == [0.9, 0.9, 0.9]
    assert objects.column("frame") == ["a", "a", "video/b"]
