"""Planted defects of classes: each is found, named, and mended by the correction that is offered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from predscope.importing import Corrections
from predscope.importing.classes.alike_names import alike_key
from predscope.importing.classes.numbering import COCO_IDS, COCO_NAMES
from predscope.report import Severity
from tests.importing.doctored import (
    CLASSES,
    DOCTOR_CODES,
    Clinic,
    Dataset,
    assert_mends,
    assert_same,
    diagnosed,
    make_dataset,
    table_of,
)


@pytest.mark.parametrize(
    ("ids", "words", "correction"),
    [
        ({1: 0, 3: 2, 8: 7, 18: 17}, "one less than those of the labels", {"class_offset": 1}),
        ({1: 2, 3: 4, 8: 9, 18: 19}, "one more than those of the labels", {"class_offset": -1}),
        ({1: 0, 3: 1, 8: 2, 18: 3}, "positions in the list of classes, counted from 0", {"class_ids": "index"}),
        (
            {1: 1, 3: 2, 8: 3, 18: 4},
            "positions in the list of classes, counted from 1",
            {"class_ids": "index", "class_offset": -1},
        ),
    ],
    ids=["one less", "one more", "index from 0", "index from 1"],
)
def test_ids_counted_from_another_start(
    clinic: Clinic, ids: Mapping[int, int], words: str, correction: dict[str, Any]
) -> None:
    data = make_dataset()
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    for row in ill.results:
        row["category_id"] = ids[row["category_id"]]
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    diagnosed(staged, "class_ids_shifted", count=4, place=words, fix="--class-map", correction=correction)
    assert_mends(staged, "class_ids_shifted", lambda **told: clinic.predictions(data, file, project, **told), clean)


def test_ids_of_another_list_that_all_exist(clinic: Clinic) -> None:
    """No way to count explains them, so the class map that what lies on what speaks for is spelled out."""
    data = make_dataset(objects=12)
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    drifted = {1: 3, 3: 8, 8: 18, 18: 1}
    ill = data.copy()
    for row in ill.results:
        row["category_id"] = drifted[row["category_id"]]
    staged = clinic.predictions(data, ill.results, project)
    problem = diagnosed(staged, "classes_disagree", count=4, place="labels of 'person' are covered by 'car'")
    class_map = json.loads(problem.fix[problem.fix.index("{") : problem.fix.index("}") + 1])
    assert class_map == {name: str(drifted[key]) for key, name in CLASSES.items()}
    mended = clinic.predictions(data, ill.results, project, class_map=class_map)
    assert_same(table_of(mended), table_of(clean))
    assert "classes_disagree" not in mended.report.problems


def test_offsets_add_up(clinic: Clinic) -> None:
    """What is offered takes the place of what was told, not a place beside it."""
    data = make_dataset()
    for row in data.results:
        row["category_id"] -= 1
    staged = clinic.predictions(make_dataset(), data.results, corrections=Corrections(class_offset=3))
    diagnosed(staged, "class_ids_shifted", correction={"class_offset": 1})


@pytest.mark.parametrize(
    "spellings",
    [
        {1: "Person", 3: "CAR", 8: "Dog", 18: "Traffic Light"},
        {1: "people", 3: "cars", 8: "dogs", 18: "traffic lights"},
        {1: "person", 3: "car", 8: "dog", 18: "traffic_light"},
    ],
    ids=["case", "plural", "separators"],
)
def test_names_that_differ_in_case_or_plural(clinic: Clinic, spellings: dict[int, str]) -> None:
    data = make_dataset()
    project = clinic.project(data)
    named = {
        **data.labels,
        "annotations": [
            {**row, "id": number, "category_id": list(CLASSES).index(row["category_id"])}
            for number, row in enumerate(data.results, 1)
        ],
    }
    categories = {"categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES.values())]}
    clean = clinic.predictions(data, clinic.write(named | categories), project)
    categories = {"categories": [{"id": number, "name": name} for number, name in enumerate(spellings.values())]}
    file = clinic.write(named | categories)
    staged = clinic.predictions(data, file, project)
    differing = [key for key, name in spellings.items() if name != CLASSES[key]]
    pair = f"{CLASSES[differing[0]]} / {spellings[differing[0]]}"
    diagnosed(
        staged,
        "class_names_alike",
        count=len(differing),
        place=pair,
        fix="--class-map",
        correction={"merge_alike_classes": True},
    )
    assert_mends(staged, "class_names_alike", lambda **told: clinic.predictions(data, file, project, **told), clean)
    merged = clinic.predictions(data, file, project, corrections=Corrections(merge_alike_classes=True))
    assert merged.report.problems["classes_merged"].count == len(differing)


def test_names_within_labels_that_differ_in_case(clinic: Clinic) -> None:
    data = make_dataset()
    clean = clinic.labels(data.labels)
    ill = data.copy()
    ill.labels["categories"].append({"id": 20, "name": "Car"})
    cars = [row for row in ill.annotations if row["category_id"] == 3]
    for row in cars[::2]:
        row["category_id"] = 20
    file = clinic.write(ill.labels)
    staged = clinic.labels(file)
    diagnosed(staged, "class_names_alike", place="car / Car", correction={"merge_alike_classes": True})
    assert_mends(staged, "class_names_alike", lambda **told: clinic.labels(file, **told), clean)


def test_names_that_are_not_alike_stay_apart() -> None:
    apart = ["bus", "buss", "glass", "gas", "cat", "cut", "tennis racket", "dress", "canvas", "lens", "car", "cart"]
    assert len({alike_key(name) for name in apart if name != "buss"}) == len(apart) - 1
    for one, other in (("Buses", "bus"), ("traffic_lights", "Traffic Light"), ("berries", "berry"), ("boxes", "box")):
        assert alike_key(one) == alike_key(other)


def test_same_name_three_times(clinic: Clinic) -> None:
    data = make_dataset()
    data.labels["categories"] += [{"id": 30, "name": "car"}, {"id": 31, "name": "car"}]
    for number, row in enumerate(data.annotations):
        if row["category_id"] == 3:
            row["category_id"] = (3, 30, 31)[number % 3]
    staged = clinic.labels(data.labels)
    diagnosed(staged, "duplicate_class_name", count=1, place="car: ids 3, 30, 31", fix="one id")
    assert_same(table_of(staged), table_of(clinic.labels(make_dataset().labels)))


def test_category_id_zero(clinic: Clinic) -> None:
    data = make_dataset()
    for row in (*data.annotations, *data.results, *data.labels["categories"]):
        key = "category_id" if "category_id" in row else "id"
        row[key] = {1: 0}.get(row[key], row[key])
    staged = clinic.predictions(data)
    assert staged.report.imported == len(data.results)
    assert staged.report.problems.keys() <= {"frames_without_predictions"}


def test_most_predicted_classes_without_any_label(clinic: Clinic) -> None:
    """Labels of one class of several, predictions of all."""
    data = make_dataset()
    predicted = sum(row["category_id"] == 18 for row in data.results)
    for row in data.annotations:
        row["category_id"] = 3
    labels = clinic.labels(data.labels)
    diagnosed(labels, "classes_unused", count=3, place="person", severity=Severity.INFO)
    staged = clinic.predictions(data)
    place = f"traffic light: {predicted} predictions"
    diagnosed(staged, "classes_without_labels", count=3, place=place, fix="ignored", severity=Severity.INFO)


def test_predicted_classes_that_no_list_has(clinic: Clinic) -> None:
    data = make_dataset()
    for row in data.results[:6]:
        row["category_id"] = 99
    diagnosed(clinic.predictions(make_dataset(), data.results), "unknown_class", count=1, place="class 99")


def renumbered(labels: Mapping[int, tuple[int, str]], results: Mapping[int, int], **options: Any) -> Dataset:
    """A data set with other class ids: ``labels`` by the ids of ``CLASSES`` id and name, ``results`` by those too."""
    data = make_dataset(**options)
    data.labels["categories"] = [{"id": number, "name": name} for number, name in labels.values()]
    for row in data.annotations:
        row["category_id"] = labels[row["category_id"]][0]
    for row in data.results:
        row["category_id"] = results[row["category_id"]]
    return data


COCO_IDS_OF = {1: (1, "person"), 3: (44, "bottle"), 8: (62, "chair"), 18: (73, "laptop")}
"""By the ids of ``CLASSES``: COCO's own id and name."""
COCO_NUMBERS = {1: 0, 3: 39, 8: 56, 18: 63}
"""In the list of COCO's 80 classes, from 0."""


@pytest.mark.parametrize(
    ("labels", "results", "words", "correction"),
    [
        (COCO_IDS_OF, COCO_NUMBERS, "COCO's 80 classes, counted from 0", {"class_ids": "coco80"}),
        (
            COCO_IDS_OF,
            {key: number + 1 for key, number in COCO_NUMBERS.items()},
            "COCO's 80 classes, counted from 1",
            {"class_ids": "coco80", "class_offset": -1},
        ),
        (
            {key: (COCO_NUMBERS[key], name) for key, (_, name) in COCO_IDS_OF.items()},
            {key: number for key, (number, _) in COCO_IDS_OF.items()},
            "COCO's own (1 to 90)",
            {"class_ids": "coco91"},
        ),
        (
            {1: (1, "person"), 3: (2, "car"), 8: (3, "dog"), 18: (4, "traffic light")},
            {1: 2, 3: 0, 8: 1, 18: 3},
            "list of classes sorted by name, counted from 0",
            {"class_ids": "sorted"},
        ),
        (
            {1: (0, "person"), 3: (1, "car"), 8: (2, "dog"), 18: (3, "traffic light")},
            {1: 3, 3: 1, 8: 2, 18: 4},
            "list of classes sorted by name, counted from 1",
            {"class_ids": "sorted", "class_offset": -1},
        ),
    ],
    ids=["COCO 80", "COCO 80 from 1", "COCO 91", "sorted", "sorted from 1"],
)
def test_ids_of_another_list(
    clinic: Clinic,
    labels: Mapping[int, tuple[int, str]],
    results: Mapping[int, int],
    words: str,
    correction: dict[str, Any],
) -> None:
    project = clinic.project(renumbered(labels, results))
    right = renumbered(labels, {key: number for key, (number, _) in labels.items()})
    clean = clinic.predictions(right, project=project)
    assert DOCTOR_CODES.isdisjoint(clean.report.problems)
    file = clinic.write(renumbered(labels, results).results)
    staged = clinic.predictions(right, file, project)
    diagnosed(staged, "class_ids_shifted", count=4, place=words, fix="--class-map", correction=correction)
    assert "unknown_class" not in staged.report.problems, "it follows from that"
    assert_mends(staged, "class_ids_shifted", lambda **told: clinic.predictions(right, file, project, **told), clean)


@pytest.mark.parametrize(
    ("seen", "words", "correction"),
    [
        ([0, 2, 16, 79], "COCO's 80 classes, counted from 0", {"class_ids": "coco80"}),
        ([1, 12, 26, 80], "COCO's 80 classes, counted from 1", {"class_ids": "coco80", "class_offset": -1}),
        ([1, 3, 18, 90], "ids of COCO's 80 classes, 1 to 90", {"class_ids": "coco91"}),
    ],
)
def test_ids_of_coco_where_nothing_lies_on_labels(
    clinic: Clinic, seen: list[int], words: str, correction: dict[str, Any]
) -> None:
    """Told by the ids alone: classes of names of COCO, numbered otherwise."""
    data = make_dataset()
    data.labels["categories"] = [{"id": 201 + number, "name": name} for number, name in enumerate(CLASSES.values())]
    for row in data.annotations:
        row["category_id"] = 201
    boxes = [{"image_id": 101, "category_id": number, "bbox": [5, 5, 9, 9], "score": 0.5} for number in seen]
    staged = clinic.predictions(data, boxes)
    diagnosed(staged, "class_ids_shifted", count=4, place=words, correction=correction)
    mended = clinic.predictions(data, boxes, corrections=Corrections().changed(correction))
    names = [mended.project.classes[entry.class_id].name for entry in mended.classes]
    step = correction.get("class_offset", 0)
    ways = {"coco80": COCO_NAMES, "coco91": dict(zip(COCO_IDS, COCO_NAMES, strict=True))}
    assert sorted(names) == sorted(ways[correction["class_ids"]][number + step] for number in seen)


def test_a_model_that_says_one_class_of_everything(clinic: Clinic) -> None:
    """Ids of another list name one class each; here all labels are covered by persons."""
    data = make_dataset(objects=12)
    for row in data.results:
        row["category_id"] = 1
    assert "classes_disagree" not in clinic.predictions(make_dataset(objects=12), data.results).report.problems
