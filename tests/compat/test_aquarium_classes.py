"""Class maps: colours, roll-up, ignored classes, and projects that have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

import predscope.compat.aquarium as al
from predscope import InputError, Project
from predscope.palette import class_colors
from predscope.project_evaluation import evaluate_project
from tests.compat.aquarium_data import (
    dataset_of,
    inferences_frame,
    inferences_of,
    labeled_frame,
    make_planes,
    save_images,
    train_of,
)


def entry(name: str, class_id: int, **more: object) -> al.ClassMapEntry:
    return al.ClassMapEntry(name=name, class_id=class_id, color=(class_id, 0, 255), **more)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return save_images(tmp_path / "images", "a.png") / "a.png"


def frame_of(image: Path, *names: str) -> al.LabeledFrame:
    frame = al.LabeledFrame(frame_id="a")
    frame.add_image(image_url=str(image))
    for place, name in enumerate(names):
        frame.add_label_2d_bbox(
            label_id=f"l{place}", classification=name, top=10, left=5 + 20 * place, width=10, height=10
        )
    return frame


def predictions_of(*names: str) -> al.InferencesFrame:
    frame = al.InferencesFrame(frame_id="a")
    for place, name in enumerate(names):
        frame.add_inference_2d_bbox(
            label_id=f"p{place}",
            classification=name,
            top=10,
            left=5 + 20 * place,
            width=10,
            height=10,
            confidence=0.9 - place / 100,
        )
    return frame


def test_colors_of_class_names() -> None:
    few = al.LabelClassMap.from_classnames(["a", "b"])
    assert [(one.name, one.class_id, one.color) for one in few.entries] == [
        ("a", 0, (31, 119, 180)),
        ("b", 1, (255, 127, 14)),
    ]
    assert [one.color for one in al.LabelClassMap.from_classnames(map(str, range(20))).entries] == list(
        al.orig_label_color_list
    )
    many = al.LabelClassMap.from_classnames(map(str, range(100)))
    assert len({one.color for one in many.entries}) > 95
    assert al.LabelClassMap.from_classnames([]).entries == []


def test_names_differ_by_case_and_each_is_there_once() -> None:
    assert len(al.LabelClassMap([entry("B", 0), entry("b", 1)])) == 2
    with pytest.raises(InputError, match="name or number"):
        al.LabelClassMap([entry("B", 0), entry("B", 1)])
    with pytest.raises(InputError, match="name or number"):
        al.LabelClassMap([entry("B", 0), entry("b", 0)])
    with pytest.raises(InputError, match="0 to 255"):
        al.ClassMapEntry(name="a", class_id=0, color=(0, 0, 256))


def test_the_project_tells_its_class_map(tmp_path: Path) -> None:
    client = al.Client(home=tmp_path)
    client.create_project("p", al.LabelClassMap([entry("a", 4, category="thing", ignore_in_eval=True)]))
    (told,) = al.Client(home=tmp_path).get_project("p")["label_class_map"]
    assert told["category"] == "thing"
    assert told["ignore_in_eval"] is True
    assert (told["name"], told["id"], told["color"]) == ("a", 4, [4, 0, 255])


def test_classes_have_the_colors_of_the_class_map(tmp_path: Path, image: Path) -> None:
    client = al.Client(home=tmp_path)
    client.create_project("p", al.LabelClassMap([entry("a", 1), entry("b", 2)]))
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "a")))
    assert class_colors(Project.open(tmp_path / "p" / "d").classes) == {"a": "#0100FF", "b": "#0200FF"}
    client.update_label_class_map_colors("p", [al.ClassMapUpdateEntry(name="a", color=(9, 9, 9))])
    assert class_colors(Project.open(tmp_path / "p" / "d").classes)["a"] == "#090909"


def test_classes_roll_up_and_keep_their_own_name_as_an_attribute(tmp_path: Path, image: Path) -> None:
    client = al.Client(home=tmp_path)
    class_map = al.LabelClassMap(
        [
            entry("child", 1, train_name="person", train_id=7, train_color=(1, 2, 3), category="human"),
            entry("adult", 2, train_name="person", train_id=7, train_color=(1, 2, 3)),
            entry("car", 3),
        ]
    )
    client.create_project("p", class_map)
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "child", "adult", "car")))
    client.create_inferences("p", "d", "m", inferences=inferences_of(predictions_of("person", "person", "car")))
    project = Project.open(tmp_path / "p" / "d")
    person, car = project.classes
    assert (person.name, person.source_id, person.supercategory, person.color) == ("person", "7", "human", "#010203")
    labels = project.objects("labels").table(["class_id", "attributes"]).to_pylist()
    assert [row["class_id"] for row in labels] == [0, 0, 1]
    assert [row["attributes"] and orjson.loads(row["attributes"])["class_name"] for row in labels] == [
        "child",
        "adult",
        None,
    ]
    point = evaluate_project(project, "m").operating_point(0.1, 0.5).micro
    assert (point.tp, point.fp, point.fn) == (3, 0, 0)
    assert car.name == "car"


def test_ignored_classes_are_left_out_of_evaluations(tmp_path: Path, image: Path) -> None:
    client = al.Client(home=tmp_path)
    client.create_project("p", al.LabelClassMap([entry("a", 1), entry("dust", 2, ignore_in_eval=True)]))
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "a", "dust", "dust")))
    client.create_inferences("p", "d", "m", inferences=inferences_of(predictions_of("a", "dust", "a")))
    project = Project.open(tmp_path / "p" / "d")
    assert [one.is_ignored for one in project.classes] == [False, True]
    point = evaluate_project(project, "m").operating_point(0.1, 0.5).micro
    assert (point.tp, point.fp, point.fn) == (1, 1, 0)
    client.create_project("p", al.LabelClassMap([entry("a", 1), entry("dust", 2)]))
    counted = evaluate_project(Project.open(project.path), "m").operating_point(0.1, 0.5).micro
    assert (counted.tp, counted.fp, counted.fn) == (2, 1, 1)


def test_of_a_class_of_several_kinds_single_kinds_can_be_ignored(tmp_path: Path, image: Path) -> None:
    client = al.Client(home=tmp_path)
    class_map = al.LabelClassMap(
        [entry("adult", 1, train_name="person"), entry("statue", 2, train_name="person", ignore_in_eval=True)]
    )
    client.create_project("p", class_map)
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "adult", "statue")))
    client.create_inferences("p", "d", "m", inferences=inferences_of(predictions_of("person", "person")))
    project = Project.open(tmp_path / "p" / "d")
    assert not project.classes[0].is_ignored
    assert project.objects("labels").table(["is_ignored"])["is_ignored"].to_pylist() == [False, True]
    point = evaluate_project(project, "m").operating_point(0.1, 0.5).micro
    assert (point.tp, point.fp, point.fn) == (1, 0, 0)


def test_without_a_project_classes_are_inferred_and_said(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture
) -> None:
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "B", "b", "B")))
    assert "There was no project 'p'; it was made with the classes of these labels: B, b." in capsys.readouterr().out
    assert [one.name for one in Project.open(tmp_path / "p" / "d").classes] == ["B", "b"]
    assert [one["name"] for one in client.get_project("p")["label_class_map"]] == ["B", "b"]


def test_without_a_project_pixel_values_become_classes(tmp_path: Path, image: Path) -> None:
    frame = frame_of(image, "box")
    mask = np.zeros((120, 160), np.uint8)
    mask[:20], mask[50:70] = 3, 9
    frame.add_label_2d_semseg(label_id="m", mask_data=mask)
    al.Client(home=tmp_path).create_dataset("p", "d", dataset=dataset_of(frame))
    told = al.Client(home=tmp_path).get_project("p")["label_class_map"]
    assert [(one["name"], one["id"]) for one in told] == [("class 3", 3), ("class 9", 9), ("box", 10)]
    assert Project.open(tmp_path / "p" / "d").objects("labels").count == 3


def test_a_class_that_the_map_lacks_is_added_and_reported(tmp_path: Path, image: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "planes_images", 1)
    client.create_inferences(
        "planes", "train", "m", inferences=inferences_of(inferences_frame("p0", classification="ufo"))
    )
    project = train_of(tmp_path)
    assert [one.name for one in project.classes] == ["plane", "boat", "ufo"]
    assert project.objects("predictions", "m").report.problems["unknown_class"].examples == ["ufo"]


def test_a_class_name_that_is_a_number_is_no_class_id(tmp_path: Path, image: Path) -> None:
    client = al.Client(home=tmp_path)
    client.create_project("p", al.LabelClassMap([entry("seven", 0), entry("0", 7)]))
    client.create_dataset("p", "d", dataset=dataset_of(frame_of(image, "0", "seven")))
    client.create_inferences("p", "d", "m", inferences=inferences_of(predictions_of("0", "seven", "7")))
    project = Project.open(tmp_path / "p" / "d")
    names = [one.name for one in project.classes]
    for role, name, expected in (("labels", "labels", ["0", "seven"]), ("predictions", "m", ["0", "seven", "7"])):
        found = project.objects(role, name).table(["class_id"])["class_id"].to_pylist()
        assert [names[class_id].removeprefix("class ") for class_id in found] == expected


def test_creating_a_project_again_adds_classes(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    client.create_project("planes", al.LabelClassMap([entry("plane", 0), entry("kite", 5)]))
    told = client.get_project("planes")["label_class_map"]
    assert [one["name"] for one in told] == ["plane", "boat", "kite"]
    assert [one.name for one in train_of(tmp_path).classes] == ["plane", "boat", "kite"]
    with pytest.raises(InputError, match="name or number"):
        client.create_project("planes", al.LabelClassMap([entry("other", 1)]))
    assert client.get_project("planes")["label_class_map"] == told


def test_the_operating_point_of_the_project_is_that_of_the_app(tmp_path: Path) -> None:
    client = make_planes(
        tmp_path, tmp_path / "images", 1, metrics_confidence_threshold=0.3, metrics_iou_threshold=np.float64(0.7)
    )
    assert train_of(tmp_path).settings["confidence"] == 0.3
    assert train_of(tmp_path).settings["iou"] == 0.7
    assert client.get_project("planes")["metrics_confidence_threshold"] == 0.3


def test_the_task_of_a_project(tmp_path: Path) -> None:
    client = al.Client(home=tmp_path)
    class_map = al.LabelClassMap.from_classnames(["no", "yes"])
    for given, kept in ((al.PrimaryTaskTypes.SemSeg, "2D_SEMSEG"), ("CLASSIFICATION", "CLASSIFICATION"), (None, None)):
        client.create_project(f"p{kept}", class_map, primary_task=given)
        assert client.get_project(f"p{kept}")["primary_task"] == kept
    with pytest.raises(InputError, match="primary_task"):
        client.create_project("p", class_map, primary_task="NONSENSE")
    with pytest.raises(InputError, match="negative_class"):
        client.create_project("p", class_map, primary_task=al.PrimaryTaskTypes.BinaryClassification)
    client.create_project("p", class_map, "BINARY_CLASSIFICATION", binary_classification_negative_class="no")
    with pytest.raises(InputError, match="at least one class"):
        client.create_project("empty", al.LabelClassMap())


def test_labeled_frame_helper_is_of_a_known_class(tmp_path: Path) -> None:
    assert labeled_frame("a", None)._labels.label_data[0]["label"] == "plane"
