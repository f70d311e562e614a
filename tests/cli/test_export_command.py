from __future__ import annotations

import json
from pathlib import Path

import pytest

from predscope import Project
from predscope.cli.parser import main


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["export", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_labels_as_coco(shapes_project: Project, tmp_path: Path, capsys) -> None:
    target = tmp_path / "labels.json"
    code, out, _ = run(capsys, "--project", shapes_project.path, "--labels", "--format", "coco", "--output", target)
    assert code == 0
    assert "5 objects of labels 'labels' version 1 in 4 frames (coco)" in out
    assert len(json.loads(target.read_text())["annotations"]) == 5


def test_a_report_as_json(shapes_project: Project, tmp_path: Path, capsys) -> None:
    common = ("--project", shapes_project.path, "--format", "kitti", "--json")
    code, out, _ = run(capsys, *common, "--labels", "labels", "--output", tmp_path / "kitti", "--copy-images")
    report = json.loads(out)
    assert (code, report["objects"], report["images"]) == (0, 5, 3)
    assert {loss["code"] for loss in report["losses"]} >= {"masks_as_boxes", "keypoints_as_boxes", "images_missing"}


def test_filters_and_a_file_of_frames(shapes_project: Project, tmp_path: Path, capsys) -> None:
    (tmp_path / "frames.txt").write_text("a\n\nb.jpg\n")
    common = ("--project", shapes_project.path, "--predictions", "model", "--format", "csv", "--json")
    code, out, _ = run(
        capsys, *common, "--frames", tmp_path / "frames.txt", "--classes", "car", "--output", tmp_path / "x.csv"
    )
    assert (code, json.loads(out)["frames"]) == (0, 2)
    code, out, _ = run(capsys, *common, "--outcome", "fn", "--output", tmp_path / "y.csv")
    assert (code, json.loads(out)["role"]) == (0, "labels")


def test_mistakes_are_said_in_one_line(shapes_project: Project, tmp_path: Path, capsys) -> None:
    common = ("--project", shapes_project.path, "--predictions", "nobody", "--format", "csv")
    code, _, error = run(capsys, *common, "--output", tmp_path / "x.csv")
    assert code == 2
    assert "nobody" in error
    assert error.count("\n") == 1
