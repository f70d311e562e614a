"""``predscope metrics``, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from predscope import Project
from predscope.cli import main
from predscope.metrics.registry import restored_registry

WARMTH = """
from predscope.metrics import metric

@metric("warmth", measured_on="frame", definition="Red minus blue.")
def warmth(image):
    return image.bgr[..., 2].mean() - image.bgr[..., 0].mean()
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["metrics", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_run_then_list(shapes_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--project", shapes_project.path)
    code, before, _ = run(capsys, "list", *where)
    assert code == 0
    assert "* brightness" in before
    assert "predscope metrics run" in before
    code, text, _ = run(capsys, "run", *where)
    assert code == 0
    assert "3 images decoded" in text
    assert "1 frame without an image file" in text
    assert "nothing was computed" in run(capsys, "run", *where)[1]
    code, after, _ = run(capsys, "list", *where)
    assert "  brightness " in after
    assert "*" not in after
    assert max(map(len, after.splitlines())) <= 118
    listed = json.loads(run(capsys, "list", *where, "--json")[1])["metrics"]
    by_name = {record["name"]: record for record in listed}
    assert by_name["brightness"]["computed"] is True
    assert by_name["brightness"]["range"] == [0, 1]
    assert by_name["weather"]["is_categorical"]


def test_list_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, text, _ = run(capsys, "list")
    assert code == 0
    for name in ("sharpness", "interruptions", "annotation_quality", "class_entropy"):
        assert f"  {name} " in text


def test_run_as_json_and_only_some(shapes_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = run(
        capsys, "run", "--project", shapes_project.path, "--only", "brightness", "crowding", "--workers", "0", "--json"
    )
    report = json.loads(text)
    assert code == 0
    assert report["values"] == {"brightness": 3, "crowding": 9}
    assert (report["images"], report["missing"], report["cancelled"], report["problems"]) == (3, 1, False, [])


def test_a_version_is_named_or_refused(shapes_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--project", shapes_project.path, "--only", "crowding", "--json")
    code, _, error = run(capsys, "run", *where, "--version", "labels@7")
    assert code == 2
    assert "labels@7" in error
    assert "predscope versions" in error
    code, text, _ = run(capsys, "run", *where, "--version", "labels@1")
    assert code == 0
    assert json.loads(text)["values"]["crowding"] == 9 + shapes_project.objects("labels").count


def test_a_file_of_metrics_is_run_once_and_shown_ever_after(
    shapes_project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "warmth.py").write_text(WARMTH)
    with restored_registry():
        code, _, _ = run(capsys, "run", "--project", shapes_project.path, "--file", tmp_path / "warmth.py")
        assert code == 0
    (tmp_path / "warmth.py").unlink()
    assert "Red minus blue." in run(capsys, "list", "--project", shapes_project.path)[1]
    from predscope.metrics import frame_column

    assert len(frame_column(shapes_project, "warmth")) == 4


def test_join_and_remove(shapes_project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("image,celsius\na.jpg,3\nz.jpg,4\n")
    where = ("--project", shapes_project.path)
    code, text, _ = run(capsys, "join", tmp_path / "t.csv", "--on", "frame", "--column", "celsius=temperature", *where)
    assert code == 0
    assert "1 of 2 rows matched" in text
    assert "z.jpg" in text
    assert "  temperature" in run(capsys, "list", *where)[1]
    assert json.loads(run(capsys, "join", tmp_path / "t.csv", "--on", "frame", *where, "--json")[1])["matched"] == 1
    assert run(capsys, "remove", "temperature", *where)[0] == 0
    assert "  temperature" not in run(capsys, "list", *where)[1]
    code, _, error = run(capsys, "remove", "temperature", *where)
    assert code == 2
    assert "no metric 'temperature'" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--only", "brightnes"], "no metric 'brightnes'. Did you mean brightness"),
        (["run", "--file", "gone.py"], "there is no such file"),
        (["run", "--workers", "-1"], "--workers must be 0 or more, got -1"),
        (["join", "gone.csv", "--on", "frame"], "there is no such file"),
        (["remove", "x"], "nothing has been joined"),
    ],
)
def test_mistakes_are_one_line(
    shapes_project: Project, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = run(capsys, *arguments, "--project", shapes_project.path)
    assert (code, out) == (2, "")
    assert message in error
    assert len(error.splitlines()) == 1


def test_a_metric_that_fails_ends_with_1(
    shapes_project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.py").write_text(WARMTH.replace("return image", "return 1 / 0 + image"))
    with restored_registry():
        code, text, _ = run(capsys, "run", "--project", shapes_project.path, "--file", tmp_path / "bad.py")
    assert code == 1
    assert "ZeroDivisionError" in text
