"""Classes of files meet those of the project; none is dropped, none is shifted in silence."""

from __future__ import annotations

import pytest

from predscope.errors import InputError
from predscope.importing.classes.class_map import read_class_map
from predscope.schema import DeclaredClass, DeclaredFrame

C = DeclaredClass


def class_names(importer) -> list[str]:
    return [entry.name for entry in importer.project.classes]


def classes_of(importer, result) -> list[str]:
    names = class_names(importer)
    return [names[class_id] for class_id in result.objects.table(["class_id"])["class_id"].to_pylist()]


def predict(importer, references: list, kind: str = "id", **options):
    frames = list(range(11, 11 + len(references)))
    return importer.predictions(importer.batch(frames, references, class_ref_is=kind, confidence=0.5), **options)


def test_labels_make_classes(labelled) -> None:
    assert [(entry.class_id, entry.name, entry.source_id) for entry in labelled.project.classes] == [
        (0, "person", "1"),
        (1, "car", "3"),
        (2, "dog", "8"),
    ]


def test_predictions_by_id_and_by_name(labelled) -> None:
    assert classes_of(labelled, predict(labelled, [8, 1, 3])) == ["dog", "person", "car"]
    assert classes_of(labelled, predict(labelled, ["dog", "person"], "name")) == ["dog", "person"]
    assert classes_of(labelled, predict(labelled, ["3", "dog"], "id")) == ["car", "dog"]
    assert len(class_names(labelled)) == 3


def test_unknown_classes_are_added_and_said(labelled) -> None:
    result = predict(labelled, [1, 7, 7])
    assert classes_of(labelled, result) == ["person", "class 7", "class 7"]
    assert result.report.problems["unknown_class"].examples == ["class 7 (from 7)"]
    assert result.report.rejected == 0
    result = predict(labelled, ["person", "zebra"], "name")
    assert classes_of(labelled, result) == ["person", "zebra"]
    assert "--class-map" in result.report.problems["unknown_class"].fix
    assert class_names(labelled) == ["person", "car", "dog", "class 7", "zebra"]


def test_classes_of_the_predictions_own_list(labelled) -> None:
    result = predict(labelled, [0, 1], classes=[C("dog", "0"), C("tram", "1"), C("unused", "2")])
    assert classes_of(labelled, result) == ["dog", "tram"]
    assert "unused" not in class_names(labelled)


def test_shifted_ids_are_said_not_shifted(labelled) -> None:
    result = predict(labelled, [2, 4, 9])
    assert classes_of(labelled, result) == ["class 2", "class 4", "class 9"]
    assert "one more" in result.report.problems["class_ids_shifted"].examples[0]
    assert "--class-map" in result.report.problems["class_ids_shifted"].fix


def test_positions_in_the_class_list_are_said(labelled) -> None:
    result = predict(labelled, [0, 1, 2])
    assert "positions" in result.report.problems["class_ids_shifted"].examples[0]
    assert classes_of(labelled, result) == ["class 0", "person", "class 2"]


def test_first_classes_of_a_project_without_labels(importer) -> None:
    importer.use_images("11.jpg", "12.jpg")
    result = predict(importer, ["cat", "dog"], "name")
    assert class_names(importer) == ["cat", "dog"]
    assert "unknown_class" not in result.report.problems


def test_same_name_twice_is_one_class(importer) -> None:
    frames = [DeclaredFrame("11.jpg", "11", 100, 80)]
    batch = importer.batch([11, 11, 11], [1, 2, 5])
    result = importer.labels(batch, frames=frames, classes=[C("car", "1"), C("bus", "2"), C("car", "5")])
    assert classes_of(importer, result) == ["car", "bus", "car"]
    assert importer.project.classes[0].source_id == "1"
    assert result.report.problems["duplicate_class_name"].examples == ["car: ids 1, 5"]
    assert classes_of(importer, importer.predictions(importer.batch([11], [5], confidence=0.5))) == ["car"]


def test_same_id_twice_is_said(importer) -> None:
    frames = [DeclaredFrame("11.jpg", "11", 100, 80)]
    result = importer.labels(importer.batch([11], [1]), frames=frames, classes=[C("car", "1"), C("bus", "1")])
    assert classes_of(importer, result) == ["car"]
    assert result.report.problems["duplicate_class_id"].count == 1


def test_spellings_stay_apart(labelled) -> None:
    result = predict(labelled, ["Person", "cars", "person"], "name")
    assert classes_of(labelled, result) == ["Person", "cars", "person"]
    assert result.report.problems["class_names_alike"].examples == ["person / Person", "car / cars"]
    assert "class_names_alike" not in predict(labelled, ["person"], "name").report.problems


def test_classes_that_labels_do_not_list(importer) -> None:
    frames = [DeclaredFrame("11.jpg", "11", 100, 80)]
    result = importer.labels(importer.batch([11, 11], [1, 4]), frames=frames, classes=[C("car", "1")])
    assert class_names(importer) == ["car", "class 4"]
    assert result.report.problems["undeclared_class"].count == 1
    names_only = importer.labels(importer.batch([11], ["tree"], class_ref_is="name"), frames=frames)
    assert "undeclared_class" not in names_only.report.problems
    assert class_names(importer) == ["car", "class 4", "tree"]


def test_no_class_is_rejected(labelled) -> None:
    result = predict(labelled, ["person", None, ""], "name")
    assert result.report.problems["class_missing"].count == 2


def test_newer_labels_append_and_complete(labelled) -> None:
    frames = [DeclaredFrame("000011.jpg", "11", 100, 80)]
    newer = [C("tree", "1"), C("person", "2", "living", ("nose", "tail"), ((0, 1),))]
    labelled.labels(labelled.batch([11, 11], [1, 2]), frames=frames, classes=newer)
    person = labelled.project.classes[0]
    assert (person.source_id, person.supercategory, person.keypoints, person.skeleton) == (
        "2", "living", ("nose", "tail"), ((0, 1),),
    )  # fmt: skip
    assert class_names(labelled) == ["person", "car", "dog", "tree"]
    assert classes_of(labelled, predict(labelled, [1, 2, 3])) == ["tree", "person", "car"]


@pytest.mark.parametrize(
    "class_map",
    [
        {"person": 0, "car": 1, "dog": "pup"},
        {0: "person", 1: "car", "pup": "dog"},
        {"0": "person", "1": "car", "pup": "dog"},
        {"person": [0], "car": (1,), "dog": ["pup"]},
        {"1": 0, "3": 1, "8": "pup"},
    ],
)
def test_class_map_either_way_round(labelled, class_map: dict) -> None:
    assert classes_of(labelled, predict(labelled, ["0", "1", "pup"], class_map=class_map)) == ["person", "car", "dog"]


def test_class_map_for_names_behind_ids(labelled) -> None:
    result = predict(
        labelled, [0, 1], classes=[C("pedestrian", "0"), C("car", "1")], class_map={"pedestrian": "person"}
    )
    assert classes_of(labelled, result) == ["person", "car"]
    assert class_names(labelled) == ["person", "car", "dog"]


def test_class_map_for_labels(importer) -> None:
    frames = [DeclaredFrame("11.jpg", "11", 100, 80)]
    batch = importer.batch([11, 11, 11], [3, 7, 9])
    result = importer.labels(
        batch, frames=frames, classes=[C("class 3", "3")], class_map={"car": [3, 9], "bus": 7, "x": 1}
    )
    assert classes_of(importer, result) == ["car", "bus", "car"]
    assert result.report.problems["class_map_unused"].examples == ["1"]


def test_class_map_merges_many_into_one(labelled) -> None:
    result = predict(labelled, ["child", "adult", "car"], "name", class_map={"person": ["child", "adult"]})
    assert classes_of(labelled, result) == ["person", "person", "car"]


def test_class_map_that_makes_no_sense() -> None:
    with pytest.raises(InputError, match="two classes"):
        read_class_map({"person": 0, "car": 0}, {"person": "person", "car": "car"}, {"0"})
    with pytest.raises(InputError, match="must be a dictionary, got list"):
        read_class_map([1], {}, set())  # type: ignore[arg-type]


def grid(count: int) -> list[list[float]]:
    return [[10.0 * (index % 8), 10.0 * (index // 8), 8, 8] for index in range(count)]


def on_grid(importer, references: list, **options):
    """One object in each cell of a grid on the first frame."""
    return importer.batch([11] * len(references), references, boxes=grid(len(references)), **options)


def test_ids_of_another_list_show_where_predictions_lie_on_labels(labelled) -> None:
    labelled.labels(on_grid(labelled, [1] * 10 + [3] * 10 + [8] * 4))
    mixed_up = labelled.predictions(on_grid(labelled, [3] * 10 + [8] * 9 + [1] * 5, confidence=0.5))
    assert mixed_up.report.problems["classes_disagree"].examples == [
        "10 of 10 labels of 'person' are covered by 'car'",
        "9 of 10 labels of 'car' are covered by 'dog'",
    ]
    fine = labelled.predictions(on_grid(labelled, [1] * 10 + [3] * 6 + [8] * 8, confidence=0.5))
    assert "classes_disagree" not in fine.report.problems
    one_class_always_wrong = labelled.predictions(on_grid(labelled, [1] * 10 + [8] * 14, confidence=0.5))
    assert "classes_disagree" not in one_class_always_wrong.report.problems
    by_name = labelled.predictions(on_grid(labelled, ["car"] * 24, class_ref_is="name", confidence=0.5))
    assert "classes_disagree" not in by_name.report.problems


def test_labels_without_a_class_list_define_ids(importer) -> None:
    frames = [DeclaredFrame("11.jpg", "11", 100, 80)]
    importer.labels(on_grid(importer, [0, 1, 2]), frames=frames)
    assert [(entry.name, entry.source_id) for entry in importer.project.classes] == [
        ("class 0", "0"),
        ("class 1", "1"),
        ("class 2", "2"),
    ]
    result = importer.predictions(on_grid(importer, [1, 2, 3], confidence=0.5))
    assert "one more" in result.report.problems["class_ids_shifted"].examples[0]
