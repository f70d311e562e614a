"""A staged import before it is published: what became of its classes, and another name for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from predscope.errors import InputError
from predscope.importing import stage_predictions
from predscope.importing.classes.near_names import near_name
from predscope.project import Project
from tests.shapes_dataset import ShapesDataset


@pytest.fixture
def renamed(shapes_project: Project, shapes_dataset: ShapesDataset, tmp_path: Path) -> Path:
    """The predictions as a file that lists its classes, under names of its own."""
    labels = json.loads(shapes_dataset.labels.read_text())
    categories = [{"id": one["id"], "name": f"{one['name'].title()}s"} for one in labels["categories"]]
    annotations = [
        {"id": number, "area": 1, "iscrowd": 0, **row}
        for number, row in enumerate(json.loads(shapes_dataset.predictions.read_text()), start=1)
    ]
    path = tmp_path / "renamed.json"
    path.write_text(json.dumps({"images": labels["images"], "categories": categories, "annotations": annotations}))
    return path


def test_what_became_of_each_class(shapes_project: Project, renamed: Path) -> None:
    rows = json.loads(renamed.read_text())
    with stage_predictions(shapes_project, renamed) as staged:
        joined = staged.classes
    names = {str(one["id"]): one["name"] for one in rows["categories"]}
    counts = dict.fromkeys(names, 0)
    for row in rows["annotations"]:
        counts[str(row["category_id"])] += 1
    assert {one.reference: one.count for one in joined} == {key: count for key, count in counts.items() if count}
    assert [one.count for one in joined] == sorted((one.count for one in joined), reverse=True)
    assert all(one.kind == "id" and one.name == one.class_name == names[one.reference] for one in joined)
    assert all(one.is_new for one in joined)
    known = [entry.name for entry in shapes_project.classes]
    meant = {near_name(one.name, known): [one.reference] for one in joined}
    assert None not in meant
    with stage_predictions(shapes_project, renamed, class_map=meant) as staged:
        assert {(one.name, one.class_name) for one in staged.classes} == {
            (names[reference], name) for name, (reference,) in meant.items()
        }
        assert not any(one.is_new for one in staged.classes)
        assert "unknown_class" not in staged.report.problems


def test_another_name(shapes_project: Project, shapes_dataset: ShapesDataset) -> None:
    with stage_predictions(shapes_project, shapes_dataset.predictions, name="first") as staged:
        staged.rename(" second ")
        assert staged.name == staged.objects.name == "second"
        assert shapes_project.open_staged(staged.staged_id)[1].name == "second"
        with pytest.raises(InputError):
            staged.rename("")
        result = staged.publish()
    assert (result.name, result.version) == ("second", 1)
    assert result.project.set_names("predictions") == ["model", "second"]
