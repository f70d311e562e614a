"""``predscope versions``: listed, restored, deleted after a yes, renamed; wrong names are one clear line."""

from __future__ import annotations

import json

import pytest

from predscope.cli import versions
from predscope.cli.parser import main
from predscope.importing import import_predictions
from predscope.project import Project
from predscope.project.saved import save_view, saved_views
from tests.shapes_dataset import ShapesDataset


@pytest.fixture
def project(shapes_project: Project, shapes_dataset: ShapesDataset) -> Project:
    """With two versions of the predictions ``model``."""
    return import_predictions(shapes_project, shapes_dataset.predictions, name="model").project


def newest(project: Project) -> list[int]:
    return [entry.version for entry in Project.open(project.path).versions("predictions", "model")]


def run(project: Project, *arguments: str) -> int:
    return main(["versions", *arguments, "--project", str(project.path)])


def test_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == ["labels 'labels'", "predictions 'model'"]
    numbers = [line.split()[:2] for line in lines if line.startswith(" ")]
    assert [numbers[0], numbers[1]] == [["1", "(newest)"], ["2", "(newest)"]]
    assert numbers[2][0] == "1"
    assert run(project, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert [(entry["role"], entry["name"], entry["version"], entry["newest"]) for entry in record] == [
        ("labels", "labels", 1, True),
        ("predictions", "model", 2, True),
        ("predictions", "model", 1, False),
    ]
    assert all(entry["bytes"] > 0 and entry["restored_from"] is None for entry in record)


def test_restore(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["versions", "--project", str(project.path), "restore", "predictions", "model", "1"]) == 0
    assert "as version 3" in capsys.readouterr().out
    assert newest(project) == [1, 2, 3]
    assert run(project) == 0
    assert "restored from 1; coco" in capsys.readouterr().out
    assert run(project, "restore", "predictions", "model", "9") == 2
    assert "have no version 9; there are: 1, 2, 3" in capsys.readouterr().err


def test_delete_asks(project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(project, "delete", "predictions", "model", "1") == 2
    assert "cannot be undone" in capsys.readouterr().err
    questions = []

    def answer(question: str) -> bool:
        questions.append(question)
        return len(questions) > 1

    monkeypatch.setattr(versions, "can_ask", lambda: True)
    monkeypatch.setattr(versions, "ask_yes_no", answer)
    assert run(project, "delete", "predictions", "model", "1") == 0
    assert newest(project) == [1, 2]
    assert run(project, "delete", "predictions", "model", "1") == 0
    assert newest(project) == [2]
    assert run(project, "delete", "predictions", "model") == 0
    assert newest(project) == []
    assert questions == [
        "Delete version 1 of predictions 'model' for good?",
        "Delete version 1 of predictions 'model' for good?",
        "Delete predictions 'model' for good?",
    ]


def test_delete_without_asking(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, "delete", "predictions", "model", "--yes") == 0
    assert capsys.readouterr().out == "Deleted predictions 'model' with all 2 versions.\n"
    assert newest(project) == []
    assert run(project, "delete", "predictions", "model", "--yes") == 2
    assert "no predictions named 'model'" in capsys.readouterr().err


def test_rename(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    save_view(project, "False", "Objects", {"set": "model", "outcome": "fp"})
    assert run(project, "rename", "predictions", "model", "YOLO 11") == 0
    assert capsys.readouterr().out == "predictions 'model' are named 'YOLO 11' now, also in 1 saved view.\n"
    assert Project.open(project.path).set_names("predictions") == ["YOLO 11"]
    assert saved_views(project)[0].params["set"] == "YOLO 11"
