"""A dry run says which flags would mend a file, and with them it is mended."""

from __future__ import annotations

import io
import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from predscope.cli.parser import main
from predscope.cli.report_text import OF_LABELS, print_report
from predscope.importing import Corrections, import_labels
from predscope.project import Project
from predscope.quick import quick_project
from predscope.report import ImportReport, Severity
from tests.importing.doctored import Dataset, change_boxes, make_dataset, to_corners


@pytest.fixture
def ill(tmp_path: Path) -> Dataset:
    """Corners, and class ids that count from another start; the files and a project lie in ``tmp_path``."""
    data = make_dataset()
    (tmp_path / "labels.json").write_text(json.dumps(data.labels))
    (tmp_path / "clean.json").write_text(json.dumps(data.results))
    import_labels(Project.create(tmp_path / "project"), tmp_path / "labels.json")
    change_boxes(data, "predictions", to_corners)
    for row in data.results:
        row["category_id"] -= 1
    (tmp_path / "results.json").write_text(json.dumps(data.results))
    return data


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_a_dry_run_names_the_flags_that_mend(
    ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    command = ["import", "predictions", tmp_path / "results.json", "--project", tmp_path / "project"]
    text = run(capsys, *command, "--dry-run")
    assert "fix: add --box-format xyxy\n" in text
    assert "fix: add --class-offset 1\n" in text
    assert "Nothing was published." in text
    offered = next(line for line in text.splitlines() if "To mend what the import can mend, add" in line)
    flags = shlex.split(offered.partition(", add ")[2])
    assert flags == ["--box-format", "xyxy", "--class-offset", "1"]
    mended = run(capsys, *command, *flags)
    assert "Published as version 1" in mended
    assert "fix: add" not in mended
    published = Project.open(tmp_path / "project").objects("predictions", "results")
    assert published.count == len(ill.results)


def test_json_has_the_correction_and_its_flags(
    ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["import", "predictions", tmp_path / "results.json", "--project", tmp_path / "project", "--dry-run"]
    record = json.loads(run(capsys, *command, "--json"))
    problems: dict[str, Any] = {problem["code"]: problem for problem in record["problems"]}
    assert problems["looks_like_corners"]["correction"] == {"box_format": "xyxy"}
    assert problems["looks_like_corners"]["flags"] == ["--box-format", "xyxy"]
    assert "box_clipped" not in problems  # it follows from the corners


def test_evaluating_files_takes_the_flags(ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "--labels", tmp_path / "labels.json", "--json", "--predictions"]
    clean = json.loads(run(capsys, *command, tmp_path / "clean.json"))
    mended = json.loads(run(capsys, *command, tmp_path / "results.json", "--box-format", "xyxy", "--class-offset", "1"))
    assert mended["coco"] == clean["coco"]
    wrong = json.loads(run(capsys, *command, tmp_path / "results.json"))
    assert any("Add --box-format xyxy." in note for note in wrong["notes"])


def test_flags_without_files_are_refused(ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--project", str(tmp_path / "project"), "--swap-xy"]) == 2
    assert "--swap-xy is only for --labels PATH --predictions PATH." in capsys.readouterr().err
    assert main(["view", str(tmp_path / "project"), "--units", "relative"]) == 2
    assert "--units is only for files" in capsys.readouterr().err


def test_labels_take_a_class_map(ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"vehicle": ["car"], "person": ["person"]}))
    project = tmp_path / "project"
    command = ["import", "labels", tmp_path / "labels.json", "--project", project, "--name", "other"]
    run(capsys, *command, "--class-map", tmp_path / "map.json")
    names = {entry.name: entry.class_id for entry in Project.open(project).classes}
    objects = Project.open(project).objects("labels", "other").table(["class_id"])["class_id"].to_pylist()
    assert names["vehicle"] in objects
    assert names["car"] not in objects


def example_report() -> ImportReport:
    report = ImportReport("results.json", "coco", rows=1200, imported=1190, rejected=10, frames=5, frames_matched=5)
    report.note("mild", Severity.INFO, "Something is worth knowing.", count=3, examples=["a"])
    report.note("bad", Severity.ERROR, "Rows cannot be used " + "at all " * 20 + "here.", count=10, fix="Mend them.")
    places = [f"[{row}]: x = {row}" for row in range(5)]
    report.note("odd", Severity.WARNING, "Boxes look odd.", count=1190, examples=places, fix="Write them otherwise.")
    report.problems["odd"].correction = {"swap_xy": True}
    return report


@pytest.mark.parametrize("columns", [80, 120])
def test_reports_fit_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = io.StringIO()
    print_report(example_report(), file=out)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[1] == "  1,190 of 1,200 objects imported, 10 rejected; 5 of 5 frames"
    titles = ["rows left out, or to be mended first", "repaired, or likely a mistake in the files", "worth knowing"]
    places = [lines.index(f"  {title}") for title in titles]
    assert places == sorted(places)
    assert "           fix: add --swap-xy" in lines
    assert "           or:  Write them otherwise." in lines
    assert "                and 1,187 more" in lines


def test_reports_are_not_broken_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: os.terminal_size(fallback))
    out = io.StringIO()
    print_report(example_report(), file=out, with_flags=False)
    assert "  x 10  Rows cannot be used " + "at all " * 20 + "here. [bad]\n" in out.getvalue()
    assert "--swap-xy" not in out.getvalue()


def test_viewing_files_takes_the_flags(ill: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDSCOPE_CACHE", str(tmp_path / "cache"))
    files = {"labels": tmp_path / "labels.json", "predictions": {"model": tmp_path / "results.json"}}
    told = Corrections(box_format="xyxy", class_offset=1)
    plain, mended = quick_project(**files), quick_project(**files, corrections=told)
    assert plain.project.path != mended.project.path  # kept apart in the cache
    assert "looks_like_corners" in plain.reports["predictions model"].problems
    assert mended.reports["predictions model"].problems.keys() == {"corrected"}
    assert not quick_project(**files, corrections=told).is_new


@pytest.fixture
def enlarged(tmp_path: Path) -> Path:
    """Labels made on images twice as large as those in ``images``, in ``large.json``; predictions in ``clean.json``."""
    data = make_dataset()
    (tmp_path / "labels.json").write_text(json.dumps(data.labels))
    (tmp_path / "clean.json").write_text(json.dumps(data.results))
    (tmp_path / "images").mkdir()
    for image in data.labels["images"]:
        Image.new("RGB", (image["width"], image["height"]), "teal").save(tmp_path / "images" / image["file_name"])
        image.update(width=2 * image["width"], height=2 * image["height"])
    change_boxes(data, "labels", lambda box, size: [2 * value for value in box])
    (tmp_path / "large.json").write_text(json.dumps(data.labels))
    return tmp_path


def test_labels_of_another_size_are_evaluated(enlarged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--images", enlarged / "images", "--predictions", enlarged / "clean.json", "--json"]
    clean = json.loads(run(capsys, "evaluate", "--labels", enlarged / "labels.json", *files))
    wrong = json.loads(run(capsys, "evaluate", "--labels", enlarged / "large.json", *files))
    assert any(note.startswith("labels: ") and "Add --rescale." in note for note in wrong["notes"])
    mended = json.loads(run(capsys, "evaluate", "--labels", enlarged / "large.json", *files, "--rescale"))
    assert mended["coco"] == pytest.approx(clean["coco"])
    assert mended["operating_point"]["macro"] == pytest.approx(clean["operating_point"]["macro"])
    assert wrong["operating_point"]["tp"] < clean["operating_point"]["tp"]
    assert not any("--rescale" in note for note in mended["notes"])


def test_labels_of_another_size_are_viewed(enlarged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDSCOPE_CACHE", str(enlarged / "cache"))
    files = {"images": enlarged / "images", "predictions": {"model": enlarged / "clean.json"}}
    clean = quick_project(labels=enlarged / "labels.json", **files).project
    plain = quick_project(labels=enlarged / "large.json", **files)
    mended = quick_project(labels=enlarged / "large.json", **files, corrections=Corrections(rescale=True))
    assert plain.reports["labels labels"].problems["size_differs"].correction == {"rescale": True}
    out = io.StringIO()
    print_report(plain.reports["labels labels"], file=out, taken=OF_LABELS)
    assert "fix: add --rescale\n" in out.getvalue()
    assert mended.reports["labels labels"].problems.keys() == {"rescaled", "corrected"}
    boxes = [project.objects("labels").table([*"xywh"]).to_pandas() for project in (clean, mended.project)]
    assert boxes[0].sub(boxes[1]).abs().max().max() < 1e-9


def test_only_flags_that_a_command_takes_are_offered() -> None:
    """Labels and predictions given at once share their flags, and most of those concern predictions."""
    everything = Corrections(box_format="xyxy", swap_xy=True, rescale=True, class_offset=1, drop_duplicates=True)
    assert everything.of_labels() == Corrections(**dict.fromkeys(OF_LABELS, True))
    out = io.StringIO()
    print_report(example_report(), file=out, taken=OF_LABELS)
    assert "--swap-xy" not in out.getvalue()
    assert "fix: Write them otherwise." in out.getvalue()


def test_pixels_of_a_networks_input_are_evaluated(
    ill: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Frames of 320 x 200 in the middle of 640 x 640; the notes name the flags that undo it."""
    data = make_dataset()
    change_boxes(data, "predictions", lambda b, size: [2 * b[0], 2 * b[1] + 120, 2 * b[2], 2 * b[3]])
    (tmp_path / "network.json").write_text(json.dumps(data.results))
    command = ["evaluate", "--labels", tmp_path / "labels.json", "--json", "--predictions"]
    clean = json.loads(run(capsys, *command, tmp_path / "clean.json"))
    wrong = json.loads(run(capsys, *command, tmp_path / "network.json"))
    flags = ["--network-input", "640x640", "--network-fit", "letterbox"]
    assert any(f"Add {' '.join(flags)}." in note for note in wrong["notes"])
    mended = json.loads(run(capsys, *command, tmp_path / "network.json", *flags))
    assert mended["coco"] == pytest.approx(clean["coco"])
    assert main([*map(str, command), str(tmp_path / "network.json"), "--network-input", "640by640"]) == 2
    error = capsys.readouterr().err
    assert "--network-input: network_input must be a width and a height in pixels, as 640x384, got '640by640'." in error
