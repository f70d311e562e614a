"""The command line as a user runs it, in a process of its own."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from predscope import InputError, Project
from predscope.cli.parser import main
from predscope.cli.view import first_telling_frame, named_paths
from tests.cli.in_process import run_here
from tests.shapes_dataset import ShapesDataset, make_shapes_dataset

pytestmark = pytest.mark.long


def predscope(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "predscope", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def assert_one_clear_error(run: subprocess.CompletedProcess[str], *parts: str, code: int = 2) -> None:
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr.strip().startswith("predscope:")
    for part in parts:
        assert part in run.stderr


@pytest.fixture(scope="module")
def made_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    dataset = make_shapes_dataset(folder / "dataset")
    made = predscope("init", folder / "project", "--images", dataset.images, "--labels", dataset.labels)
    assert made.returncode == 0, made.stderr
    assert "3 images" in made.stdout
    assert "5 of 5 objects imported" in made.stdout
    return folder / "project"


@pytest.fixture
def project_path(made_project: Path, tmp_path: Path) -> Path:
    """A project with labels, made by the command line; each test has its own copy."""
    return shutil.copytree(made_project, tmp_path / "project")


def import_json(*arguments: str | Path) -> dict[str, Any]:
    run = predscope("import", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_predictions_become_versions_of_a_named_set(shapes_dataset: ShapesDataset, project_path: Path) -> None:
    for version in (1, 2):
        report = import_json("predictions", shapes_dataset.predictions, "--project", project_path, "--name", "model")
        assert (report["rows"], report["imported"], report["repaired"], report["rejected"]) == (4, 4, 0, 0)
        assert (report["published"], report["name"], report["version"]) == (True, "model", version)
    assert [entry.version for entry in Project.open(project_path).versions("predictions", "model")] == [1, 2]


def test_the_project_around_the_current_folder_is_the_default(
    shapes_dataset: ShapesDataset, project_path: Path
) -> None:
    below = project_path / "notes"
    below.mkdir()
    run = predscope("import", "predictions", shapes_dataset.predictions, cwd=below)
    assert run.returncode == 0, run.stderr
    assert "Published as version 1 of predictions 'results'." in run.stdout


def test_a_dry_run_reports_and_changes_nothing(shapes_dataset: ShapesDataset, project_path: Path) -> None:
    before = Project.open(project_path).revision
    report = import_json("predictions", shapes_dataset.predictions, "--project", project_path, "--dry-run")
    assert report["imported"] == 4
    assert (report["published"], report["version"]) == (False, None)
    assert Project.open(project_path).revision == before


def test_strict_refuses_an_input_with_a_bad_row(
    shapes_dataset: ShapesDataset, project_path: Path, tmp_path: Path
) -> None:
    rows = json.loads(shapes_dataset.predictions.read_text())
    rows[1]["bbox"][2] = -5
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(rows))
    before = Project.open(project_path).revision
    strict = predscope("import", "predictions", bad, "--project", project_path, "--strict")
    assert_one_clear_error(strict, "bad.json")
    assert Project.open(project_path).revision == before
    report = import_json("predictions", bad, "--project", project_path)
    assert (report["rows"], report["imported"], report["rejected"]) == (4, 3, 1)
    assert any(problem["severity"] == "error" and problem["examples"] for problem in report["problems"])


def test_a_preview_without_a_terminal_writes_a_picture_and_never_waits(
    shapes_dataset: ShapesDataset, project_path: Path
) -> None:
    report = import_json("predictions", shapes_dataset.predictions, "--project", project_path, "--preview-first-frame")
    image = Path(report["preview_image"])
    assert image.read_bytes().startswith(b"\x89PNG")
    assert (image.parent / "report.json").is_file(), "it stands beside the report"
    assert report["published"] is True


def test_a_preview_of_a_dry_run_leaves_the_project_as_it_was(shapes_dataset: ShapesDataset, project_path: Path) -> None:
    before = Project.open(project_path).revision
    arguments = ("--project", project_path, "--preview-first-frame", "--dry-run")
    report = import_json("predictions", shapes_dataset.predictions, *arguments)
    assert Path(report["preview_image"]).is_file()
    assert Project.open(project_path).revision == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"image_id": 10, "category_id": 1, "bbox": [1, 2, 3, 4], "sco', "instances"),
        ("", "empty"),
        ("<html><body>Not found</body></html>", ""),
        ('[{"image_id": 9999, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]', "9999"),
    ],
    ids=["truncated", "empty", "wrong file", "no matching frame"],
)
def test_unusable_files_are_one_clear_error_and_change_nothing(
    project_path: Path, tmp_path: Path, content: str, said: str
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(content)
    before = (project_path / "predscope.json").read_bytes()
    run = run_here("import", "predictions", bad, "--project", project_path)
    assert_one_clear_error(run, "bad.json", *([] if said == "instances" else [said]))
    assert (project_path / "predscope.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["import", "predictions", "nowhere.json"], ["no Predscope project"]),
        (["view", "nowhere"], ["nowhere"]),
        (["view", "project", "--images", "photos"], ["not both"]),
        (["view", "--predictions", "a=one.json", "--predictions", "a=two.json"], ["two prediction sets"]),
        (["init", "project", "--images", "nowhere"], ["nowhere"]),
    ],
)
def test_wrong_arguments_are_one_clear_error(tmp_path: Path, arguments: list[str], parts: list[str]) -> None:
    assert_one_clear_error(run_here(*arguments, cwd=tmp_path), *parts)


@pytest.mark.parametrize("has_other_files", [False, True])
def test_a_project_that_could_not_get_its_labels_is_not_made(
    shapes_dataset: ShapesDataset, tmp_path: Path, has_other_files: bool
) -> None:
    project = tmp_path / "project"
    if has_other_files:
        project.mkdir()
        (project / "notes.txt").write_text("mine")
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    failed = predscope("init", project, "--images", shapes_dataset.images, "--labels", bad)
    assert_one_clear_error(failed, "bad.json")
    assert [path.name for path in project.glob("*")] == (["notes.txt"] if has_other_files else [])
    again = predscope("init", project, "--images", shapes_dataset.images, "--labels", shapes_dataset.labels)
    assert again.returncode == 0, again.stderr


def test_a_damaged_project_says_so(project_path: Path, shapes_dataset: ShapesDataset) -> None:
    (project_path / "predscope.json").write_text("{")
    run = predscope("import", "predictions", shapes_dataset.predictions, "--project", project_path)
    assert_one_clear_error(run, "predscope.json")


def test_a_bad_class_map_says_what_it_must_be(
    project_path: Path, shapes_dataset: ShapesDataset, tmp_path: Path
) -> None:
    class_map = tmp_path / "classes.json"
    class_map.write_text("[1, 2]")
    run = predscope(
        "import", "predictions", shapes_dataset.predictions, "--project", project_path, "--class-map", class_map
    )
    assert_one_clear_error(run, "classes.json", "JSON object")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["frobnicate"], ["invalid choice: 'frobnicate'", "predscope --help"]),
        (["import", "predictions"], ["required: PATH", "predscope import predictions --help"]),
        (["evaluate", "--iou", "much"], ["--iou: invalid float value: 'much'", "predscope evaluate --help"]),
    ],
)
def test_arguments_that_are_not_understood_are_one_line(
    arguments: list[str], parts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert (said.count("\n"), said.startswith("predscope: ")) == (1, True)
    assert all(part in said for part in parts)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--port", "99999", "from 1 to 65535"), ("--host", "8.8.8.8", "no address of this machine")],
)
def test_an_address_that_no_program_can_have_is_an_error(
    project_path: Path, option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["view", str(project_path), "--no-browser", option, value]) == 2
    assert said in capsys.readouterr().err


def test_a_project_is_no_file_and_lies_in_a_folder_that_can_be_written(
    shapes_dataset: ShapesDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").write_text("mine")
    for place in ("notes", "notes/project"):
        assert main(["init", str(tmp_path / place), "--images", str(shapes_dataset.images)]) == 2
        assert "this is a file" in capsys.readouterr().err


def test_names_that_the_terminal_cannot_show_are_printed_with_escapes(
    shapes_dataset: ShapesDataset, project_path: Path
) -> None:
    odd = shutil.copy(shapes_dataset.predictions, project_path / "m\u00fcde \u2665.json")
    run = predscope("import", "predictions", odd, "--project", project_path, PYTHONIOENCODING="ascii", LC_ALL="C.UTF-8")
    assert run.returncode == 0, run.stderr
    assert "m\\xfcde \\u2665" in run.stdout


@pytest.mark.parametrize("role", ["labels", "predictions"])
@pytest.mark.parametrize(
    "class_map",
    [{"car": 70, "person": 90}, {"70": "car", "90": "person"}, {"1": 70, "2": 90}, {"70": 1, "90": 2}],
    ids=["name: pixel", "pixel: name", "id: pixel", "pixel: id"],
)
def test_class_maps_name_pixels_either_way_round(
    project_path: Path, tmp_path: Path, role: str, class_map: dict[str, Any]
) -> None:
    project = Project.open(project_path)
    frame = project.frames.iloc[0]
    pixels = np.zeros((int(frame["height"]), int(frame["width"])), np.uint8)
    pixels[2:8, 2:9], pixels[12:20, 2:9], pixels[2:8, 20:29] = 70, 90, 3
    (tmp_path / "masks").mkdir()
    Image.fromarray(pixels).save(tmp_path / "masks" / f"{Path(frame['file_name']).stem}.png")
    (tmp_path / "map.json").write_text(json.dumps(class_map))
    words = ("--class-map", tmp_path / "map.json", "--project", project_path, "--name", "m", "--json")
    run = run_here("import", role, tmp_path / "masks", *words)
    assert run.returncode == 0, run.stderr
    project = Project.open(project_path)
    ids = project.objects(role, "m").table(["class_id"])["class_id"].to_pylist()
    assert {project.classes[class_id].name for class_id in ids} == {"car", "person", "class 3"}
    problems = {problem["code"]: problem for problem in json.loads(run.stdout)["problems"]}
    assert problems["ids_beside_class_map"]["examples"] == ["3: class 3"]


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed otherwise there")
@pytest.mark.parametrize("words", [["print", "ontology", "--json"], ["versions", "--json"]])
def test_nobody_has_to_listen(project_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "predscope", *words, "--project", str(project_path)]
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="there are other pipes there")
def test_what_was_published_is_no_failure_though_nobody_reads_on(
    shapes_dataset: ShapesDataset, project_path: Path
) -> None:
    words = ["import", "predictions", str(shapes_dataset.predictions), "--project", str(project_path), "--name", "m"]
    script = '{ sleep 0.1; "$@"; echo $? >&2; } | true'
    run = subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, "-u", "-m", "predscope", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stderr == "0\n"
    assert len(Project.open(project_path).versions("predictions", "m")) == 1


def test_a_full_disk_is_a_failure_and_nothing_is_left_of_a_project(
    shapes_dataset: ShapesDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "empty").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("predscope.project.durable.os.fsync", is_full)
        for place in ("new/project", "empty"):
            run = run_here("init", tmp_path / place, "--images", shapes_dataset.images)
            assert_one_clear_error(run, "No space left", code=1)
    run = run_here("init", tmp_path / "new", "--images", shapes_dataset.images, "--labels", tmp_path / "none.json")
    assert_one_clear_error(run, "none.json")
    assert [path.name for path in tmp_path.rglob("*") if "dataset" not in path.parts] == ["empty"]


def test_a_dry_run_needs_no_project_that_can_be_written(shapes_dataset: ShapesDataset, project_path: Path) -> None:
    words = ("import", "predictions", shapes_dataset.predictions, "--project", project_path, "--name", "m")
    shutil.rmtree(project_path / "staging", ignore_errors=True)
    (project_path / "staging").write_text("no folder can be made here, even by a user that may write anywhere")
    state = sorted(project_path.rglob("*"))
    run = run_here(*words, "--dry-run", "--preview-first-frame")
    assert run.returncode == 0, run.stderr
    assert "Nothing was published." in run.stdout
    picture = Path(run.stdout.rpartition("First frame: ")[2].strip())
    assert picture.is_file()
    shutil.rmtree(picture.parent)
    assert sorted(project_path.rglob("*")) == state
    assert_one_clear_error(run_here(*words), "cannot be written")


def test_no_command_shows_the_commands() -> None:
    run = predscope()
    assert run.returncode == 2
    assert "usage: predscope" in run.stderr


def test_names_of_prediction_sets(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.json"
    odd.touch()
    assert named_paths(["x=one.json", "two.json", str(odd)]) == {
        "x": Path("one.json"),
        "two": Path("two.json"),
        "a=b": odd,
    }
    with pytest.raises(InputError, match="two prediction sets"):
        named_paths(["one.json", "other/one.json"])


def test_the_first_frame_to_show_has_its_image_and_objects_of_every_set(shapes_project: Project) -> None:
    assert shapes_project.frames["frame_id"].iloc[first_telling_frame(shapes_project)] == "a"
