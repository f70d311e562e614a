"""Views that people save: kept whatever else happens to the project, by several processes, killed or read-only."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import InputError, ProjectError
from predscope.importing import import_labels, import_predictions
from predscope.project import Project, remove_project
from predscope.project.saved import (
    MAX_NAME_LENGTH,
    NameTakenError,
    SavedView,
    check_view_name,
    delete_view,
    rename_view,
    save_view,
    saved_views,
)
from predscope.project.saved_database import DATABASE_NAME
from tests.conftest import ROOT
from tests.shapes_dataset import ShapesDataset

NIGHT = {"set": "model_a", "outcome": ["fn"], "om": ["brightness:...25"], "cell": "bus~truck"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def names(project: Project) -> list[str]:
    return [view.name for view in saved_views(project)]


def test_a_view_comes_back_as_it_was_saved(project: Project) -> None:
    saved = save_view(project, "  Small at\tnight ", "Objects", NIGHT, sentence="Recall on  person: .31")
    assert saved.name == "Small at night"
    assert (saved.page, saved.params, saved.sentence) == ("Objects", NIGHT, "Recall on person: .31")
    assert saved.created.endswith("+00:00")
    assert saved_views(Project.open(project.path)) == [saved]


def test_nothing_is_made_before_something_is_saved(project: Project) -> None:
    assert saved_views(project) == []
    with pytest.raises(InputError):
        save_view(project, "", "Objects", {})
    assert sorted(path.name for path in project.path.iterdir()) == ["predscope.json", "predscope.lock"]
    save_view(project, "first", "Explore", {})
    assert sorted(path.name for path in project.path.iterdir()) == ["predscope.json", "predscope.lock", DATABASE_NAME]


def test_a_name_is_there_once(project: Project) -> None:
    first = save_view(project, "Night", "Objects", NIGHT)
    with pytest.raises(NameTakenError, match=r"saved as 'Night' already\. Choose another name") as caught:
        save_view(project, "NIGHT ", "Explore", {})
    assert caught.value.view == first
    assert saved_views(project) == [first]
    second = save_view(project, "NIGHT", "Explore", {}, replace=True)
    assert saved_views(project) == [second]


def test_views_are_renamed_deleted_and_put_back(project: Project) -> None:
    one, other = save_view(project, "one", "Objects", NIGHT), save_view(project, "Other", "Explore", {"q": "x"})
    with pytest.raises(NameTakenError):
        rename_view(project, "one", "other")
    assert rename_view(project, "one", "ONE").name == "ONE"
    assert rename_view(project, "ONE", "zone") == SavedView("zone", one.page, one.params, one.sentence, one.created)
    assert names(project) == ["Other", "zone"]
    deleted = delete_view(project, "other")
    assert deleted == other
    assert names(project) == ["zone"]
    for change in (lambda: delete_view(project, "Other"), lambda: rename_view(project, "Other", "x")):
        with pytest.raises(ProjectError, match="nothing is saved as 'Other'"):
            change()
    put_back = save_view(
        project, deleted.name, deleted.page, deleted.params, sentence=deleted.sentence, created="2026-01-02T03:04:05"
    )
    assert put_back.created == "2026-01-02T03:04:05"
    assert names(project) == ["Other", "zone"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("x" * (MAX_NAME_LENGTH + 1), "81 characters"),
        ("a\x00b", r"'\\x00'"),
        ("a\u202eb", r"'\\u202e'"),
        ("\ud800", r"'\\ud800'"),
    ],
)
def test_names_that_cannot_be_used(project: Project, name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        save_view(project, name, "Objects", {})
    save_view(project, "good", "Objects", {})
    with pytest.raises(InputError, match=problem):
        rename_view(project, "good", name)
    assert names(project) == ["good"]


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE view; --", '"', "%", "../x", "<b>", "日本語", "é" * MAX_NAME_LENGTH, "🌃", "STRASSE ß"]
)
def test_odd_names_are_names(project: Project, name: str) -> None:
    save_view(project, name, "Objects", NIGHT)
    assert names(project) == [name]
    with pytest.raises(NameTakenError):
        save_view(project, name.upper() if len(name.upper()) == len(name) else name, "Objects", {})
    delete_view(project, name)
    assert names(project) == []


def test_the_same_letters_are_the_same_name(project: Project) -> None:
    save_view(project, "cafe\u0301", "Objects", {})
    with pytest.raises(NameTakenError):
        save_view(project, "caf\u00e9", "Objects", {})


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=90), params=st.dictionaries(texts, texts | st.lists(texts, max_size=3), max_size=4))
def test_whatever_is_saved_comes_back(project: Project, name: str, params: dict[str, str | list[str]]) -> None:
    try:
        saved = save_view(project, name, "Explore", params, replace=True)
    except InputError:
        with pytest.raises(InputError):
            check_view_name(name)
        return
    assert saved.params == params
    assert saved in saved_views(project)
    assert check_view_name(saved.name) == saved.name


@pytest.mark.parametrize(
    ("page", "params"),
    [
        ("/evil.example", {}),
        ("", {}),
        ("a/b", {}),
        ("Objects", {"q": "\ud800"}),
        ("Objects", {"q": "x" * 30_000}),
        ("Objects", {"q": [1]}),
    ],
)
def test_what_is_no_address_is_not_saved(project: Project, page: str, params: dict) -> None:
    with pytest.raises(InputError):
        save_view(project, "x", page, params)
    assert not (project.path / DATABASE_NAME).exists()


def test_imports_leave_it_alone_and_removing_the_project_takes_it(
    project: Project, shapes_dataset: ShapesDataset
) -> None:
    save_view(project, "kept", "Objects", NIGHT)
    changed = import_labels(project, shapes_dataset.labels, images=shapes_dataset.images).project
    for _ in range(2):
        changed = import_predictions(changed, shapes_dataset.predictions, name="model").project
    assert len(changed.versions("predictions", "model")) == 2
    assert names(changed) == ["kept"]
    remove_project(changed)
    assert not project.path.exists()


def run_code(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


MANY = """
import sys
from predscope.project import Project
from predscope.project.saved import delete_view, save_view, saved_views
project, who, count = Project.open(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    save_view(project, f"{who} {number}", "Objects", {"q": who * 50})
    assert f"{who} {number}" in [view.name for view in saved_views(project)]
    if number % 3 == 2:
        delete_view(project, f"{who} {number}")
"""


def test_processes_save_at_once(project: Project) -> None:
    """They begin together, with a database that none of them has made yet."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(project.path), who, "30"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for who in "abc"
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    expected = {f"{who} {number}" for who in "abc" for number in range(30) if number % 3 != 2}
    assert set(names(project)) == expected
    assert sorted(path.name for path in project.path.iterdir()) == ["predscope.json", "predscope.lock", DATABASE_NAME]


VICTIM = """
import os, signal, sys
from predscope.project import Project
from predscope.project.saved import save_view

def run(path, first, seconds, from_the_start):
    project = Project.open(path)
    number = first
    while True:
        if from_the_start or number == first + 1:
            signal.setitimer(signal.ITIMER_REAL, seconds)  # without a handler, its signal kills at once
            from_the_start = False
        save_view(project, f"view {number:06d}", "Objects", {"q": "x" * 3000})
        os.write(1, f"{number}\\n".encode())
        number += 1

for line in sys.stdin:
    path, first, seconds, from_the_start = line.split()
    child = os.fork()
    if child == 0:
        run(path, int(first), float(seconds), from_the_start == "True")
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


@pytest.fixture
def victims() -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(
        [sys.executable, "-c", VICTIM], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield server
    server.kill()
    server.communicate()


def test_what_was_saved_survives_a_kill_at_any_moment(project: Project, victims: subprocess.Popen[str]) -> None:
    chance = random.Random(5)
    saved: set[int] = set()
    for round_number in range(25):
        if round_number % 5 == 0:  # the making of the file is a moment, too
            for path in project.path.glob(f"{DATABASE_NAME}*"):
                path.unlink()
            saved = set()
        first = max(saved, default=-1) + 2
        from_the_start = round_number % 2 == 0
        victims.stdin.write(f"{project.path} {first} {chance.uniform(0.001, 0.06)} {from_the_start}\n")
        victims.stdin.flush()
        while (line := victims.stdout.readline()) != "dead\n":
            saved.add(int(line))
        found = {int(name.split()[1]) for name in names(project)}
        assert saved <= found, "what save_view came back from is there"
        assert len(found - saved) <= 1, "and at most the one that was being saved"
        assert found or from_the_start
        saved = found
    save_view(project, "after all", "Objects", {})
    assert "after all" in names(project)
    assert not list(project.path.glob("*.part"))


@pytest.mark.parametrize("content", [b"nothing of a database" * 300, b"", b"SQLite format 3\x00" + b"\xff" * 8192])
def test_a_damaged_file_is_said_to_be_damaged(project: Project, content: bytes) -> None:
    (project.path / DATABASE_NAME).write_bytes(content)
    for attempt in (lambda: saved_views(project), lambda: save_view(project, "x", "Objects", {})):
        with pytest.raises(ProjectError, match=r"saved\.sqlite: the file with what was saved is damaged"):
            attempt()
    assert (project.path / DATABASE_NAME).read_bytes() == content, "it is left as it is"
    Project.open(project.path)
    remove_project(project)


def change(project: Project, *statements: str) -> None:
    with closing(sqlite3.connect(project.path / DATABASE_NAME)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE view SET params = '{'",
        "UPDATE view SET params = '[1]'",
        "UPDATE view SET params = '{\"q\": {}}'",
        "UPDATE view SET page = '/evil.example/'",
        "UPDATE view SET name = x'ff'",
        "UPDATE view SET name = CAST(x'ff' AS TEXT)",
        "DROP TABLE view",
    ],
)
def test_rows_that_make_no_sense_are_said_to_be_damaged(project: Project, statement: str) -> None:
    save_view(project, "x", "Objects", NIGHT)
    change(project, statement)
    with pytest.raises(ProjectError, match="damaged"):
        saved_views(project)


def test_a_newer_layout_is_not_touched(project: Project) -> None:
    save_view(project, "x", "Objects", NIGHT)
    change(project, "PRAGMA user_version = 2")
    for attempt in (lambda: saved_views(project), lambda: delete_view(project, "x")):
        with pytest.raises(ProjectError, match="newer Predscope"):
            attempt()


def test_a_folder_in_its_place(project: Project) -> None:
    (project.path / DATABASE_NAME).mkdir()
    with pytest.raises(ProjectError, match="cannot be read"):
        saved_views(project)
    with pytest.raises(ProjectError, match="nothing can be saved here"):
        save_view(project, "x", "Objects", {})


READ_ONLY = """
import os, sys
from predscope.errors import ProjectError
from predscope.project import Project
from predscope.project.saved import delete_view, rename_view, save_view, saved_views
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)  # nothing is read-only for root
project = Project.open(sys.argv[1])
print([view.name for view in saved_views(project)])
for change in (
    lambda: save_view(project, "new", "Objects", {}),
    lambda: delete_view(project, "old"),
    lambda: rename_view(project, "old", "new"),
):
    try:
        change()
        print("done")
    except ProjectError as error:
        print(error)
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that others can look into, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="predscope-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def write_protect(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
@pytest.mark.parametrize("has_views", [False, True])
def test_in_a_read_only_folder_views_are_read_and_nothing_is_saved(public_folder: Path, has_views: bool) -> None:
    project = Project.create(public_folder / "project")
    if has_views:
        save_view(project, "old", "Objects", NIGHT)
    write_protect(project.path)
    output, errors = run_code(READ_ONLY, str(project.path)).communicate(timeout=60)
    assert errors == ""
    lines = output.splitlines()
    assert lines[0] == ("['old']" if has_views else "[]")
    assert len(lines) == 4
    assert all(f"{project.path}: nothing can be saved here (" in line for line in lines[1:])


KILLED_BETWEEN = """
import os, signal, sqlite3, sys
from predscope.project import Project
from predscope.project.saved import save_view
project = Project.open(sys.argv[1])
save_view(project, "first", "Objects", {})
other = sqlite3.connect(project.path / "saved.sqlite")  # while it is open, nobody cleans up
other.execute("SELECT * FROM view").fetchall()
save_view(project, "second", "Objects", {})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
def test_what_a_killed_process_left_is_read_in_a_read_only_folder(public_folder: Path) -> None:
    project = Project.create(public_folder / "project")
    run_code(KILLED_BETWEEN, str(project.path)).communicate(timeout=60)
    assert (project.path / f"{DATABASE_NAME}-wal").stat().st_size > 0
    write_protect(project.path)
    output, errors = run_code(READ_ONLY, str(project.path)).communicate(timeout=60)
    assert errors == ""
    assert output.splitlines()[0] == "['first', 'second']"


def test_the_file_is_plain_sqlite_with_wal(project: Project) -> None:
    save_view(project, "x", "Objects", NIGHT)
    with closing(sqlite3.connect(project.path / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        ((name, params),) = connection.execute("SELECT name, params FROM view").fetchall()
    assert (name, json.loads(params)) == ("x", NIGHT)


def test_a_writer_waits_for_another_and_says_so_in_the_end(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    save_view(project, "x", "Objects", NIGHT)
    monkeypatch.setattr("predscope.project.saved_database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(project.path / DATABASE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert names(project) == ["x"], "readers do not wait"
        with pytest.raises(ProjectError, match="another process has been writing here"):
            save_view(project, "y", "Objects", {})
        other.execute("ROLLBACK")
    save_view(project, "y", "Objects", {})
