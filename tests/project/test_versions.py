"""Versions of sets: looked at side by side, restored, deleted, renamed; whole at every moment, whoever is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from predscope.errors import InputError, ProjectError
from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.saved_views import rename_in_views
from predscope.importing import import_labels, import_predictions
from predscope.project import Project, manifest
from predscope.project.saved import save_view, saved_views
from predscope.project.version_names import OpenedVersion, parse_version_name, version_name
from predscope.project.versions import delete_set, delete_version, list_versions, rename_set, restore_version
from tests.conftest import ROOT


def coco(count: int) -> dict:
    ids = range(1, count + 1)
    return {
        "images": [{"id": number, "file_name": f"{number}.jpg", "width": 100, "height": 80} for number in ids],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0}
            for number in ids
        ],
        "categories": [{"id": 1, "name": "car"}],
    }


def write_predictions(folder: Path, count: int) -> Path:
    results = [{"image_id": 1 + n % 6, "category_id": 1, "bbox": [1, 2, 10, 20], "score": 0.5} for n in range(count)]
    path = folder / f"predictions_{count}.json"
    path.write_text(json.dumps(results))
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project of six frames; version n of "model" has 10 n predictions, for n from 1 to 3."""
    folder = tmp_path_factory.mktemp("versions")
    (folder / "labels.json").write_text(json.dumps(coco(6)))
    project = import_labels(Project.create(folder / "project"), folder / "labels.json").project
    for count in (10, 20, 30):
        project = import_predictions(project, write_predictions(folder, count), name="model").project
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Project:
    """A copy to change."""
    shutil.copytree(template, tmp_path / "copy")
    return Project.open(tmp_path / "copy" / "project")


def counts(project: Project, name: str = "model") -> dict[int, int]:
    """Objects by version, read from disk."""
    return {
        entry.version: project.objects("predictions", name, entry.version).table().num_rows
        for entry in project.versions("predictions", name)
    }


def folders_of(project: Project) -> set[str]:
    data = project.path / "data"
    return {path.relative_to(data).as_posix() for path in data.glob("*/*/*") if path.is_dir()}


def test_names_of_versions() -> None:
    assert version_name("model_a", 3) == "model_a@3"
    assert parse_version_name("model_a@3") == ("model_a", 3)
    assert parse_version_name("a@b@12") == ("a@b", 12)
    for text in ("model_a", "@1", "model_a@", "model_a@0", "model_a@x", "model_a@1.5", "model_a@9999999999"):
        assert parse_version_name(text) is None


def test_versions_are_listed_newest_first(project: Project) -> None:
    entries = list_versions(project)
    assert [(one.role, one.name, one.version.version, one.is_newest) for one in entries] == [
        ("labels", "labels", 1, True),
        ("predictions", "model", 3, True),
        ("predictions", "model", 2, False),
        ("predictions", "model", 1, False),
    ]
    assert [one.opened_name for one in entries] == ["labels", "model", "model@2", "model@1"]
    assert [one.count for one in entries] == [1, 3, 3, 3]
    assert all(one.byte_count > 1000 for one in entries)


def test_an_old_version_is_a_set_of_its_own_beside_the_newest(project: Project) -> None:
    opened = project.with_versions([OpenedVersion("predictions", "model", 1), OpenedVersion("predictions", "gone", 1)])
    assert opened.set_names("predictions") == ["model", "model@1"]
    assert opened.set_names("labels") == ["labels"]
    assert (opened.objects("predictions", "model").count, opened.objects("predictions", "model@1").count) == (30, 10)
    assert opened.objects("predictions", "model@1").name == "model@1"
    assert [one.version for one in opened.versions("predictions", "model@1")] == [1]
    query = FrameQuery.from_params({"model": ["model@1"]}, opened)
    assert (chosen_sets(opened, query), query.ignored) == (["model@1"], ())
    assert FrameQuery.from_params({"model": ["model@1"]}, project).ignored == ("prediction set “model@1”",)
    assert opened.revision != project.revision == opened.published.revision, "caches keep the two apart"
    assert opened.current_revision() == opened.published.revision
    assert opened.with_versions([]) is project
    assert opened.with_versions(opened.opened) is opened


def test_a_version_is_read_by_its_name_without_being_opened(project: Project) -> None:
    assert project.objects("predictions", "model@2").count == 20
    with pytest.raises(ProjectError, match="named 'model@7'"):
        project.objects("predictions", "model@7")


def test_a_set_that_is_called_like_a_version_is_that_set(project: Project, tmp_path: Path) -> None:
    project = import_predictions(project, write_predictions(tmp_path, 40), name="model@1").project
    assert project.objects("predictions", "model@1").count == 40
    assert project.with_versions([OpenedVersion("predictions", "model", 1)]) is project


def test_restoring_makes_a_new_version_and_loses_none(project: Project) -> None:
    restored = restore_version(project, "predictions", "model", 1)
    assert counts(restored) == {1: 10, 2: 20, 3: 30, 4: 10}
    assert restored.objects("predictions", "model").count == 10
    old, new = (restored.versions("predictions", "model")[place] for place in (0, 3))
    assert (new.restored_from, new.source, new.format, new.imported) == (1, old.source, old.format, 10)
    assert new.created >= old.created
    assert restored.objects("predictions", "model").report.rows == 10
    assert restored.revision != project.revision
    assert Project.open(project.path).versions("predictions", "model")[3].restored_from == 1
    with pytest.raises(InputError, match="the newest already"):
        restore_version(restored, "predictions", "model", 4)
    with pytest.raises(InputError, match="have no version 9; there are: 1, 2, 3, 4"):
        restore_version(restored, "predictions", "model", 9)


def test_what_is_imported_later_leaves_a_restored_version_and_its_origin_alone(
    project: Project, tmp_path: Path
) -> None:
    """Their files are one: whoever would write into one of them would change both."""
    restored = restore_version(project, "predictions", "model", 1)
    (tmp_path / "more.json").write_text(json.dumps(coco(9)))
    larger = import_labels(restored, tmp_path / "more.json").project
    larger = import_predictions(larger, write_predictions(tmp_path, 50), name="model").project
    assert counts(larger) == {1: 10, 2: 20, 3: 30, 4: 10, 5: 50}
    assert delete_version(larger, "predictions", "model", 1).objects("predictions", "model", 4).table().num_rows == 10


def test_a_number_is_never_given_twice(project: Project, tmp_path: Path) -> None:
    changed = delete_version(project, "predictions", "model", 3)
    assert (counts(changed), changed.objects("predictions", "model").version) == ({1: 10, 2: 20}, 2)
    changed = import_predictions(changed, write_predictions(tmp_path, 40), name="model").project
    assert counts(changed) == {1: 10, 2: 20, 4: 40}
    changed = delete_set(changed, "predictions", "model")
    assert changed.set_names("predictions") == []
    assert folders_of(changed) == {"labels/labels/1"}
    changed = import_predictions(changed, write_predictions(tmp_path, 10), name="model").project
    assert counts(changed) == {5: 10}


def test_deleting_the_only_version_deletes_the_set(project: Project) -> None:
    changed = delete_version(project, "labels", "labels", 1)
    assert changed.set_names("labels") == []
    assert len(changed.frames) == 6
    assert [entry.name for entry in changed.classes] == ["car"]
    assert counts(changed) == {1: 10, 2: 20, 3: 30}
    with pytest.raises(InputError, match="have no version 1; there are: none"):
        delete_version(changed, "labels", "labels", 1)
    with pytest.raises(InputError, match="no predictions named 'other'; there are: model"):
        delete_set(changed, "predictions", "other")


def test_renaming_keeps_place_numbers_and_what_was_joined(project: Project, tmp_path: Path) -> None:
    project = import_predictions(project, write_predictions(tmp_path, 40), name="second").project
    joined = {"on": "prediction", "set_name": "model", "version": 2, "columns": ["area"]}
    project = project.change_settings(**{"metrics:1": joined, "metrics:2": {"on": "label", "set_name": "model"}})
    renamed = rename_set(project, "predictions", "model", "  Modèle 2  ")
    assert renamed.set_names("predictions") == ["Modèle 2", "second"]
    assert counts(renamed, "Modèle 2") == {1: 10, 2: 20, 3: 30}
    assert renamed.settings["metrics:1"] == {**joined, "set_name": "Modèle 2"}
    assert renamed.settings["metrics:2"]["set_name"] == "model", "that one speaks of labels"
    with pytest.raises(InputError, match="already"):
        rename_set(renamed, "predictions", "Modèle 2", "second")
    with pytest.raises(InputError, match="printable"):
        rename_set(renamed, "predictions", "second", " ")


def test_renaming_back_gives_no_number_twice(project: Project) -> None:
    changed = rename_set(project, "predictions", "model", "other")
    changed = restore_version(changed, "predictions", "other", 2)
    changed = rename_set(changed, "predictions", "other", "model")
    assert counts(changed) == {4: 10, 5: 20, 6: 30, 7: 20}
    assert changed.versions("predictions", "model")[-1].restored_from == 5


def test_saved_views_follow_a_renamed_set(project: Project) -> None:
    save_view(project, "False", "Objects", {"set": "model", "outcome": "fp", "class": "model"}, sentence="words")
    save_view(project, "Two", "Explore", {"model": ["model@1", "model", "other"]})
    save_view(project, "None", "Explore", {"q": "model"})
    before = {view.name: view for view in saved_views(project)}
    assert rename_in_views(project, "predictions", "model", "new") == 2
    after = {view.name: view for view in saved_views(project)}
    assert after["False"].params == {"set": "new", "outcome": "fp", "class": "model"}
    assert after["Two"].params == {"model": ["new@1", "new", "other"]}
    assert after["None"] == before["None"]
    assert (after["False"].sentence, after["False"].created) == ("words", before["False"].created)


def test_projects_of_before_are_opened(project: Project) -> None:
    path = project.path / "predscope.json"
    record = json.loads(path.read_text())
    del record["last_versions"]
    for versions in record["sets"]["predictions"].values():
        for version in versions:
            del version["restored_from"]
    path.write_text(json.dumps(record))
    assert counts(restore_version(Project.open(project.path), "predictions", "model", 1)) == {
        1: 10,
        2: 20,
        3: 30,
        4: 10,
    }


def test_copies_where_there_are_no_links(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert counts(restore_version(project, "predictions", "model", 2)) == {1: 10, 2: 20, 3: 30, 4: 20}


def test_a_project_that_cannot_be_written_stays_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(manifest, "replace_whole", refuse)
    for change in (delete_version, restore_version):
        with pytest.raises(ProjectError, match="cannot be written \\(Permission denied\\)"):
            change(project, "predictions", "model", 1)
    assert counts(Project.open(project.path)) == {1: 10, 2: 20, 3: 30}


SERVER = """
import os, shutil, signal, sys
from pathlib import Path
from predscope.project import Project
from predscope.project.versions import delete_set, delete_version, rename_set, restore_version

CHANGES = {
    "restore": lambda project: restore_version(project, "predictions", "model", 1),
    "delete": lambda project: delete_version(project, "predictions", "model", 3),
    "delete set": lambda project: delete_set(project, "predictions", "model"),
    "rename": lambda project: rename_set(project, "predictions", "model", "other"),
}
folder = Path(sys.argv[1])

def run(change, fatal_step):
    steps = 0
    def watched(original):
        def call(*args, **kwargs):
            nonlocal steps
            for moment in ("before", "after"):
                steps += 1
                if steps == fatal_step:
                    os.kill(os.getpid(), signal.SIGKILL)
                if moment == "before":
                    result = original(*args, **kwargs)
            return result
        return call
    for name in ("fsync", "rename", "replace", "mkdir", "link", "unlink", "rmdir"):
        setattr(os, name, watched(getattr(os, name)))
    CHANGES[change](Project.open(folder / "project"))
    (folder / "steps").write_text(str(steps))

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        change, fatal_step = line.strip().split(",")
        run(change, int(fatal_step))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def victim(template: Path, tmp_path: Path) -> Iterator[Callable[[str, int], int]]:
    """``victim(change, step)``: change a fresh copy of the project, be killed at a step; minus the signal, or 0."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(change: str, fatal_step: int) -> int:
        shutil.rmtree(tmp_path / "project", ignore_errors=True)
        shutil.copytree(template / "project", tmp_path / "project")
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{change},{fatal_step}\n")
        server.stdin.flush()
        return os.waitstatus_to_exitcode(int(server.stdout.readline()))

    yield run
    server.kill()
    server.communicate()


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("restore", {"model": {1: 10, 2: 20, 3: 30, 4: 10}}),
        ("delete", {"model": {1: 10, 2: 20}}),
        ("delete set", {}),
        ("rename", {"other": {1: 10, 2: 20, 3: 30}}),
    ],
)
def test_killed_at_every_step(
    change: str, after: dict[str, dict[int, int]], victim: Callable[[str, int], int], tmp_path: Path
) -> None:
    before = {"model": {1: 10, 2: 20, 3: 30}}
    assert victim(change, 0) == 0
    steps = int((tmp_path / "steps").read_text())
    assert steps > 10
    seen = []
    for step in range(1, steps + 1):
        assert victim(change, step) == -signal.SIGKILL, f"step {step}"
        project = Project.open(tmp_path / "project")
        found = {name: counts(project, name) for name in project.set_names("predictions")}
        assert found in (before, after), f"step {step}"
        seen.append(found == after)
        project = import_predictions(project, write_predictions(tmp_path, 40), name="next").project
        expected = {f"predictions/{name}/{version}" for name in found for version in found[name]}
        assert folders_of(project) == expected | {"labels/labels/1", "predictions/next/1"}, "what was left is swept"
        assert not list((project.path / "staging").iterdir())
    assert seen == sorted(seen)
    assert set(seen) == {False, True}
