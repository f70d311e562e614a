"""Which frames and objects an export writes, and how it writes them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from predscope import InputError, Project, export_objects, import_labels, import_predictions
from predscope.errors import StorageError
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.query import FrameQuery
from predscope.export import export_download, exporters, select
from predscope.export.frames import ExportFrame, FrameNames, portable_path
from predscope.export.report import LOSSES, ExportReport
from predscope.export.selection import Filters
from predscope.project.saved import save_view
from tests.conftest import ROOT


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(project: Project, folder: Path, **arguments) -> list[dict[str, str]]:
    path = folder / f"out{len(list(folder.iterdir()))}.csv"
    export_objects(project, path, format="csv", **{"role": "predictions", **arguments})
    return [row for row in records(path) if row["class"]]


def test_filters(shapes_project: Project, tmp_path: Path) -> None:
    everything = written(shapes_project, tmp_path)
    assert len(everything) == 4
    confident = written(shapes_project, tmp_path, min_confidence=0.6)
    assert 0 < len(confident) < 4
    assert confident == [row for row in everything if float(row["confidence"]) >= 0.6]
    cars = written(shapes_project, tmp_path, classes=["car"])
    assert cars == [row for row in everything if row["class"] == "car"]
    few = written(shapes_project, tmp_path, frames=["a", "c.jpg"])
    assert few == [row for row in everything if row["file_name"] in ("a.jpg", "c.jpg")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": ["cow"]}, "no class cow"),
        ({"frames": ["a", "zz"]}, "no frame zz"),
        ({"view": "Nothing"}, "no saved view 'Nothing'"),
        ({"min_confidence": 2}, "from 0 to 1"),
        ({"min_confidence": 0.5, "role": "labels"}, "labels have no confidence"),
        ({"outcome": "fp", "role": "labels"}, "false positives are predictions"),
        ({"outcome": "tp", "against": "zz"}, "no 'zz' among its labels"),
        ({"outcome": "xx"}, "one of tp, fp, fn"),
        ({"format": "docx"}, "no format 'docx'"),
        ({"format": "coco_predictions", "role": "labels"}, "cannot hold labels"),
        ({"images": "move"}, "images must be one of"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    shapes_project: Project, tmp_path: Path, arguments: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        export_objects(shapes_project, tmp_path / "x", **{"role": "predictions", "format": "csv"} | arguments)
    assert list(tmp_path.glob("x*")) == []


@pytest.mark.parametrize("outcome", ["tp", "fp", "fn"])
def test_outcomes_are_those_that_the_app_counts(shapes_project: Project, tmp_path: Path, outcome: str) -> None:
    query = ObjectQuery.of(shapes_project, FrameQuery.of(shapes_project)).with_(outcomes=(outcome,))
    expected = len(select_objects(shapes_project, query))
    assert len(written(shapes_project, tmp_path, outcome=outcome)) == expected
    selection = select(shapes_project, "predictions", filters=Filters(outcome=outcome))
    assert selection.role == ("labels" if outcome == "fn" else "predictions")
    frames = {frame.index for frame in selection.frames()}
    assert frames == set(select_objects(shapes_project, query).frame_index.tolist())
    if outcome != "fp":
        assert len(written(shapes_project, tmp_path, role="labels", outcome=outcome, against="model")) == expected


def test_saved_views_of_frames_and_objects(shapes_project: Project, tmp_path: Path) -> None:
    frames = FrameQuery.of(shapes_project).with_(label_classes=("bicycle",))
    save_view(shapes_project, "Bikes", "Explore", frames.to_params())
    objects = ObjectQuery.of(shapes_project, FrameQuery.of(shapes_project)).with_(outcomes=("fp",))
    save_view(shapes_project, "False", "Objects", objects.to_params())
    save_view(shapes_project, "Gone", "Explore", {"label": ["unicorn"]})
    in_view = {row["file_name"] for row in written(shapes_project, tmp_path, role="labels", view="bikes")}
    assert in_view == {
        row["file_name"] for row in written(shapes_project, tmp_path, role="labels") if row["class"] == "bicycle"
    }
    assert len(written(shapes_project, tmp_path, view="False")) == len(select_objects(shapes_project, objects))
    with pytest.raises(InputError, match="label class “unicorn”"):
        written(shapes_project, tmp_path, view="Gone")


def test_earlier_versions(shapes_project: Project, shapes_dataset, tmp_path: Path) -> None:
    results = json.loads(shapes_dataset.predictions.read_text())
    (tmp_path / "one.json").write_text(json.dumps(results[:1]))
    import_predictions(shapes_project, tmp_path / "one.json", name="model")
    project = Project.open(shapes_project.path)
    assert len(written(project, tmp_path)) == 1
    assert len(written(project, tmp_path, version=1)) == 4
    both = [len(written(project, tmp_path, version=1, outcome=outcome)) for outcome in ("tp", "fp")]
    assert sum(both) == len(written(project, tmp_path, version=1, min_confidence=project.settings.get("confidence", 0)))


def test_frames_without_objects_are_written_with_labels(shapes_project: Project, tmp_path: Path) -> None:
    export_objects(shapes_project, tmp_path / "labels.csv", role="labels", format="csv")
    assert {row["file_name"] for row in records(tmp_path / "labels.csv")} == {f"{name}.jpg" for name in "abcd"}
    export_objects(shapes_project, tmp_path / "yolo", role="labels", format="yolo", classes=["bicycle"])
    assert sorted(path.name for path in (tmp_path / "yolo" / "labels").iterdir()) == [f"{name}.txt" for name in "abcd"]
    assert "0: bicycle" in (tmp_path / "yolo" / "data.yaml").read_text()


def test_nothing_is_written_over(shapes_project: Project, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export_objects(shapes_project, target, role="labels", format="coco")
    assert target.read_text() == "mine"
    export_objects(shapes_project, target, role="labels", format="coco", overwrite=True)
    assert len(json.loads(target.read_text())["annotations"]) == 5


def test_only_folders_that_an_export_made_are_replaced(shapes_project: Project, tmp_path: Path) -> None:
    target = tmp_path / "out"
    export_objects(shapes_project, target, role="labels", format="voc")
    (target / "Annotations" / "old.xml").write_text("x")
    export_objects(shapes_project, target, role="labels", format="yolo", overwrite=True)
    assert not (target / "Annotations").exists()
    assert (target / "data.yaml").is_file()
    other = tmp_path / "photos"
    other.mkdir()
    (other / "mine.jpg").write_text("x")
    with pytest.raises(InputError, match="no export made"):
        export_objects(shapes_project, other, role="labels", format="yolo", overwrite=True)
    with pytest.raises(InputError, match="is a folder"):
        export_objects(shapes_project, other, role="labels", format="csv", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize("place", ["", "data", "data/new"])
def test_the_project_and_its_images_are_no_place(shapes_project: Project, place: str) -> None:
    for root in (shapes_project.path, shapes_project.images_root):
        with pytest.raises(InputError, match="lies in, or around"):
            export_objects(shapes_project, root / place, role="labels", format="yolo", overwrite=True)


def test_a_failure_leaves_what_was_there(
    shapes_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    export_objects(shapes_project, target, role="labels", format="yolo")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("predscope.export.yolo._write_description", fail)
    with pytest.raises(StorageError, match="No space left on device"):
        export_objects(shapes_project, target, role="predictions", format="yolo", overwrite=True)
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("images", ["copy", "link"])
@pytest.mark.parametrize("format", sorted(exporters("labels")))
def test_images_beside(shapes_project: Project, tmp_path: Path, format: str, images: str) -> None:
    report = export_objects(shapes_project, tmp_path / "out", role="labels", format=format, images=images)
    found = sorted(path.name for path in (tmp_path / "out").rglob("*.jpg"))
    assert found == ["a.jpg", "b.jpg", "c.jpg"]
    assert (report.images, report.losses["images_missing"].count) == (3, 1)
    source = shapes_project.images_root / "a.jpg"
    (copied,) = (tmp_path / "out").rglob("a.jpg")
    assert copied.read_bytes() == source.read_bytes()
    assert copied.samefile(source) == (images == "link")


def test_a_video_that_cannot_be_read_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "walk.mp4").write_text("not a video")
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    (tmp_path / "labels.csv").write_text("file_name,class,x,y,w,h\nwalk.mp4,car,1,2,3,4\n")
    import_labels(project, tmp_path / "labels.csv")
    project = Project.open(project.path)
    report = export_objects(project, tmp_path / "out", role="labels", format="csv", images="copy")
    assert (report.images, report.losses["images_missing"].count) == (0, 1)


def test_downloads_are_one_file(shapes_project: Project) -> None:
    import io
    import zipfile

    selection = select(shapes_project, "predictions", "model")
    name, content, report = export_download(selection, "coco")
    assert (name, len(json.loads(content)), report.objects) == ("model_coco.json", 4, 4)
    name, content, _ = export_download(selection, "voc")
    assert name == "model_voc.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "Annotations/a.xml" in archive.namelist()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("night/003.jpg", "night/003.jpg"),
        ("C:\\data\\a.jpg", "data/a.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("https://host/x/a%20b.jpg?sig=1", "x/a b.jpg"),
        ("ab:c*d?.png", "ab_c_d_.png"),
        ("con.jpg", "_con.jpg"),
        (".hidden.jpg", "_.hidden.jpg"),
        ("a. /b.jpg", "a/b.jpg"),
    ],
)
def test_names_hold_on_any_system(name: str, expected: str) -> None:
    assert portable_path(name) == expected


def test_names_never_collide() -> None:
    report = ExportReport(Path("x"), "yolo", "labels", "labels", 1)
    names = FrameNames(report)
    files = ["a.jpg", "a.png", "A.JPG", "b/a.jpg", "a.jpg", "../a.jpg", "x" * 300 + ".jpg", "x" * 300 + "y.jpg"]
    found = [names.name(ExportFrame(index, f"f{index}", name)) for index, name in enumerate(files)]
    assert found[:4] == ["a", "a.png", "A.JPG", "b/a"]
    assert len({name.casefold() for name in found}) == len(files)
    assert all(len(name.encode()) < 200 for name in found)


def test_every_loss_is_documented() -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    assert [code for code in LOSSES if f"`{code}`" not in text] == []
    assert [name for name in exporters() if f"| `{name}` |" not in text] == []


def test_memory_stays_bounded_by_reading_some_frames_at_a_time(shapes_project: Project, monkeypatch) -> None:
    monkeypatch.setattr("predscope.export.selection._CHUNK_ROWS", 2)
    selection = select(shapes_project, "labels")
    sizes = [len(table) for table in selection.chunks(["geometry"])]
    assert sum(sizes) == 5
    assert len(sizes) > 1
    rows = [(frame.file_name, len(rows)) for frame, rows in selection.rows_by_frame(["geometry"])]
    assert [count for _, count in rows] == np.diff(shapes_project.objects("labels").offsets).tolist()
