"""A folder that is no project, but has some below it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from predscope import Project, ProjectError
from predscope.cli.parser import main
from predscope.project.below import projects_below


@pytest.mark.parametrize("place", ["one", "one/two"])
def test_the_only_project_below_is_opened(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.create(tmp_path / place)
    assert Project.open(tmp_path).path == project.path
    assert Project.find(tmp_path).path == project.path
    monkeypatch.chdir(tmp_path)
    assert Project.find().path == project.path


def test_of_several_one_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for place in ("b", "a c/deep"):
        Project.create(tmp_path / place)
    with pytest.raises(ProjectError) as error:
        Project.open(tmp_path)
    expected = [f"predscope view {shlex.quote(str(tmp_path / place))}" for place in ("a c/deep", "b")]
    assert [line.strip() for line in str(error.value).splitlines()[1:]] == expected
    with pytest.raises(ProjectError, match="2 Predscope projects"):
        Project.find(tmp_path)
    assert main(["view", str(tmp_path), "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert all(command in said for command in expected)


def test_what_lies_deeper_or_hidden_is_not_looked_for(tmp_path: Path) -> None:
    Project.create(tmp_path / "a" / "b" / "c")
    Project.create(tmp_path / ".hidden" / "project")
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b", target_is_directory=True)
    assert projects_below(tmp_path) == []
    with pytest.raises(ProjectError, match="not a Predscope project"):
        Project.open(tmp_path)


def test_a_project_is_itself_whatever_lies_below(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "outer")
    Project.create(tmp_path / "outer" / "inner")
    assert Project.open(project.path).path == project.path


def test_a_project_around_a_folder_is_nearer_than_one_below(tmp_path: Path) -> None:
    outer = Project.create(tmp_path / "outer")
    Project.create(tmp_path / "outer" / "folder" / "inner")
    assert Project.find(outer.path / "folder").path == outer.path
