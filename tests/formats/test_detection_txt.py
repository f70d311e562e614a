from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope import Project, import_labels, import_predictions
from predscope.errors import FileParsingError
from predscope.formats.text.detection_rows import DetectionRow, judge_boxes, parse_detection_row

CORNERS = "cat 10 20 40 60\ndog 100 5 140 60\n"
SIZES = "cat 40 50 30 40\ndog 100 60 20 55\n"


def write(folder: Path, text: str, name: str = "a.txt") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


def test_two_corners(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, CORNERS * 6))
    assert objects.reading.format == "detection_txt"
    assert objects[0]["box"] == [10, 20, 30, 40]
    assert objects.batches[0].box_format == "xyxy"
    assert set(objects.codes) == {"box_layout_assumed"}


def test_left_top_width_height(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, SIZES))
    assert objects[0]["box"] == [40, 50, 30, 40]
    assert objects.batches[0].box_format == "xywh"
    assert set(objects.codes) == {"box_layout_assumed"}


def test_few_rows_that_may_be_either_are_said_with_what_would_mend_it(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, CORNERS))
    problem = objects.report.problems["box_layout_unclear"]
    assert problem.correction == {"box_format": "xywh"}
    assert "left, top, width, height" in problem.examples[1]


def test_the_correction_takes_the_numbers_as_they_stand(shapes_project: Project, tmp_path: Path) -> None:
    from predscope.importing.corrections import Corrections

    path = write(tmp_path, "car .9 10 20 40 60\n") / "a.txt"
    boxes = []
    for name, corrections in (("as_told", None), ("corrected", Corrections(box_format="xywh"))):
        import_predictions(shapes_project, path, name=name, corrections=corrections)
        table = Project.open(shapes_project.path).objects("predictions", name).table(["x", "y", "w", "h"])
        boxes.append(list(table.to_pylist()[0].values()))
    assert boxes == [[10, 20, 30, 40], [10, 20, 40, 60]]


def test_predictions_and_difficult_labels(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path / "p", "cat .5 10 20 40 60\n" * 10), "predictions")
    assert objects.column("confidence") == [0.5] * 10
    objects = read(write(tmp_path / "l", CORNERS * 5 + "cat 1 2 30 40 difficult\n"))
    assert objects.column("is_ignored") == [False] * 10 + [True]
    with pytest.raises(FileParsingError, match="these are predictions"):
        read(tmp_path / "p")
    with pytest.raises(FileParsingError, match="these are labels"):
        read(tmp_path / "l", "predictions")


def test_the_folder_of_the_role_is_taken(tmp_path: Path, read) -> None:
    write(tmp_path / "ground-truth", CORNERS * 5)
    write(tmp_path / "detection-results", "cat .5 10 20 40 60\n" * 10)
    assert len(read(tmp_path)) == 10
    assert read(tmp_path, "predictions").column("confidence") == [0.5] * 10
    write(tmp_path / "gt", CORNERS)
    with pytest.raises(FileParsingError, match="several folders of labels: ground-truth, gt"):
        read(tmp_path, format="detection_txt")


def test_fractions_are_centre_and_size(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, "cat .2 .2 .1 .3\ndog .9 .9 .2 .2\n"))
    assert objects[0]["box"] == pytest.approx([0.15, 0.05, 0.1, 0.3])
    assert objects[0]["relative"]


def test_names_of_numbered_classes_stand_beside(tmp_path: Path, read) -> None:
    write(tmp_path, "0 .9 40 50 30 40\n1 .8 100 60 20 55\n")
    assert "class_names_missing" in read(tmp_path, "predictions").codes
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    objects = read(tmp_path, "predictions")
    assert objects.column("class_is") == ["id", "id"]
    assert [one.name for one in objects.reading.classes] == ["cat", "dog"]


def test_rows_that_are_none_are_named(tmp_path: Path, read) -> None:
    write(tmp_path, CORNERS * 6 + "cat 1 2\ncat nan 1 2 3\ntraffic light 1 2 3 4\n")
    objects = read(tmp_path)
    assert objects[-1]["class"] == "traffic light"
    assert [text.split(": ")[0] for text in objects.report.problems["detection_row_invalid"].examples] == [
        *("a.txt:13", "a.txt:14")
    ]


@given(
    st.lists(
        st.tuples(*[st.floats(0, 400)] * 2, *[st.floats(1, 200)] * 2).map(lambda box: tuple(map(float, box))),
        min_size=30,
        max_size=60,
    )
)
def test_corners_are_never_taken_for_sizes(boxes: list[tuple[float, ...]]) -> None:
    rows = [DetectionRow("c", (x, y, x + w, y + h)) for x, y, w, h in boxes]
    assert judge_boxes(rows).box_format == "xyxy"


def test_what_is_no_row() -> None:
    assert parse_detection_row("   ") is None
    assert isinstance(parse_detection_row("1 2 3 4 5 6 7 8 9"), str)
    assert parse_detection_row("a b 0.5 1 2 3 4").class_name == "a b"


@pytest.mark.parametrize(
    ("folder", "role", "count", "box_format", "relative"),
    [
        ("cartucho_map_sample/input/ground-truth", "labels", 686, "xyxy", False),
        ("cartucho_map_sample/input/detection-results", "predictions", 494, "xyxy", False),
        ("rodm_legacy_samples/groundtruths", "labels", 15, "xywh", False),
        ("rodm_legacy_samples/groundtruths_rel", "labels", 15, "cxcywh", True),
        ("rodm_legacy_samples/detections", "predictions", 24, "xywh", False),
        ("rodm_legacy_samples/detections_rel", "predictions", 24, "cxcywh", True),
        ("voc2012_rodm100/dets/abs_xywh", "predictions", 452, "xywh", False),
        ("voc2012_rodm100/dets/abs_xyx2y2", "predictions", 452, "xyxy", False),
        ("voc2012_rodm100/toyexample/dets_classname_abs_xywh", "predictions", 12, "xywh", False),
        ("voc2012_rodm100/toyexample/dets_classname_abs_xyx2y2", "predictions", 12, "xyxy", False),
        ("voc2012_rodm100/toyexample/dets_classname_rel_xcycwh", "predictions", 12, "cxcywh", True),
    ],
)
def test_real_files(
    shared_data: Path, read, folder: str, role: str, count: int, box_format: str, relative: bool
) -> None:
    objects = read(shared_data / folder, role)
    assert objects.reading.format == "detection_txt"
    assert (len(objects), objects.report.rejected) == (count, 0)
    assert {(batch.box_format, batch.relative) for batch in objects.batches} == {(box_format, relative)}
    assert "box_layout_assumed" in objects.codes


def test_the_same_detections_in_three_layouts_are_the_same(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "voc2012_rodm100"
    project = Project.create(tmp_path / "project", images=root / "images")
    import_labels(project, root / "gts" / "coco_format_v2")
    found = []
    for layout in ("abs_xywh", "abs_xyx2y2", "rel_xywh"):
        project = Project.open(project.path)
        import_predictions(project, root / "dets" / layout, name=layout)
        table = Project.open(project.path).objects("predictions", layout).table(["frame_index", "x", "y", "w", "h"])
        found.append(np.column_stack([table[name].to_numpy() for name in table.column_names]))
    assert len(found[0]) == 452
    assert np.array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() < 0.01  # six digits of a fraction
