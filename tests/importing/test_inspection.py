"""What is told of an input before it is read, and paths as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from predscope.errors import InputError
from predscope.importing.inspection import inspect_source, typed_path
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
