"""Classes defined apart from any file: colours, and which are ignored."""

from __future__ import annotations

from pathlib import Path

import orjson

from predscope import Project, import_labels
from predscope.importing import define_classes
from predscope.palette import class_color, color_of
from predscope.payload import scene
from predscope.schema import DeclaredClass, ObjectClass
from tests.shapes_dataset import ShapesDataset


def test_what_is_not_said_stays(shapes_project: Project) -> None:
    before = shapes_project.classes
    name = before[1].name
    project = define_classes(shapes_project, [DeclaredClass(name, color="#112233", is_ignored=True)])
    project = define_classes(project, [DeclaredClass(name), DeclaredClass("new", color="#445566")])
    assert [entry.name for entry in project.classes] == [*(entry.name for entry in before), "new"]
    changed = project.classes[1]
    assert (changed.color, changed.is_ignored) == ("#112233", True)
    assert (changed.keypoints, changed.source_id) == (before[1].keypoints, before[1].source_id)
    assert not define_classes(project, [DeclaredClass(name, is_ignored=False)]).classes[1].is_ignored
    assert Project.open(project.path).classes[3].color == "#445566"


def test_another_import_of_labels_keeps_colour_and_ignoring(
    shapes_project: Project, shapes_dataset: ShapesDataset
) -> None:
    name = shapes_project.classes[0].name
    project = define_classes(shapes_project, [DeclaredClass(name, color="#112233", is_ignored=True)])
    import_labels(project, shapes_dataset.labels)
    again = Project.open(project.path)
    assert (again.classes[0].color, again.classes[0].is_ignored) == ("#112233", True)


def test_the_viewer_is_told_the_colour(shapes_project: Project) -> None:
    project = define_classes(shapes_project, [DeclaredClass(shapes_project.classes[0].name, color="#112233")])
    colors = [entry["color"] for entry in scene(project, [])["classes"]]
    assert colors == ["#112233", class_color(1), class_color(2)]


def test_manifests_of_earlier_versions_have_neither(shapes_project: Project) -> None:
    path: Path = shapes_project.path / "predscope.json"
    record = orjson.loads(path.read_bytes())
    for entry in record["classes"]:
        del entry["color"], entry["is_ignored"]
    path.write_bytes(orjson.dumps(record))
    assert Project.open(shapes_project.path).classes == shapes_project.classes


def test_a_class_is_the_same_after_json() -> None:
    entry = ObjectClass(3, "a", color="#010203", is_ignored=True)
    assert ObjectClass.from_json(entry.to_json()) == entry
    assert color_of(entry) == "#010203"
    assert color_of(ObjectClass(3, "a")) == class_color(3)
