"""What is told of an input before it is read, and paths as people type them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from predscope.errors import InputError
from predscope.formats import open_input
from predscope.importing.inspection import foreign_path, inspect_source, typed_path
from tests.conftest import SAMPLE_DATA
from tests.shapes_dataset import ShapesDataset


def test_a_file_is_recognised(shapes_dataset: ShapesDataset) -> None:
    found = inspect_source(shapes_dataset.predictions)
    assert (found.is_folder, found.file_count, found.role) == (False, 1, "predictions")
    assert found.byte_count == shapes_dataset.predictions.stat().st_size
    assert found.name == shapes_dataset.predictions.stem
    assert found.formats[0].name == "coco"
    assert found.formats[0].reason
    assert inspect_source(shapes_dataset.labels).role == "labels"
    assert inspect_source(shapes_dataset.labels).name == "labels"
    assert inspect_source(shapes_dataset.labels, role="predictions").role == "predictions"


def test_a_folder_is_recognised() -> None:
    found = inspect_source(SAMPLE_DATA / "labels_yolo")
    assert (found.is_folder, found.role, found.formats[0].name) == (True, "labels", "yolo")
    assert found.file_count == sum(path.is_file() for path in (SAMPLE_DATA / "labels_yolo").rglob("*"))
    assert inspect_source(SAMPLE_DATA / "predictions_yolo").name == "predictions_yolo"


def test_an_archive_is_looked_into(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "labels"), "zip", SAMPLE_DATA / "labels_yolo")
    found = inspect_source(archive)
    assert (found.is_folder, found.role, found.formats[0].name, found.name) == (False, "labels", "yolo", "labels")
    (tmp_path / "damaged.zip").write_bytes(Path(archive).read_bytes()[:500])
    assert inspect_source(tmp_path / "damaged.zip").formats == ()


def test_what_no_reader_knows(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes")
    assert inspect_source(tmp_path / "notes.md").formats == ()
    with pytest.raises(InputError):
        inspect_source(tmp_path / "nothing.json")


def test_paths_as_they_are_typed() -> None:
    assert typed_path("  /data/results.json ") == Path("/data/results.json")
    assert typed_path('"/data/my results.json"') == Path("/data/my results.json")
    assert typed_path("'~/results.json'") == Path.home() / "results.json"
    assert typed_path("file:///data/my%20results.json") == Path("/data/my results.json")
    for text in ("", "   ", '""', "a\0b"):
        assert typed_path(text) is None


def test_paths_of_windows_are_none_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "posix")
    for text in ("C:\\runs\\results.json", '"d:/runs/a b.json"', r"\\server\share\results.json"):
        assert "Windows" in foreign_path(text), text
    for text in ("/data/results.json", "results.json", "~/a:b.json", ""):
        assert foreign_path(text) == ""


@pytest.mark.parametrize("name", ["street.jpg", "drive.mp4"])
def test_images_and_videos_are_no_input_and_one_is_told_where_they_belong(tmp_path: Path, name: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / name).write_bytes(b"\x00\x01pixels")
    for source in (tmp_path / "files" / name, tmp_path / "files"):
        with pytest.raises(InputError, match=r"of no format that is known.*into the images folder"):
            open_input(source, role="predictions")
