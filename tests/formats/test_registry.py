from __future__ import annotations

import json
import warnings
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from predscope import formats
from predscope.errors import InputError
from predscope.formats import Detection, Reading, registry
from predscope.formats.content import describe_content


class _Named:
    """A reader that is as sure as it is told to be."""

    title = "Made up"

    def __init__(self, name: str = "made_up", score: float = 0.9) -> None:
        self.name = name
        self.score = score

    def detect(self, source: Path, head: bytes) -> Detection:
        return Detection(self.score if source.suffix == ".made" else 0.0, f"seen by {self.name}", "labels")

    def read(self, source: Path, role: formats.Role) -> Reading:
        return Reading(self.name, role, None, None, iter(()))


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers registered in a test are forgotten after it."""
    monkeypatch.setattr(registry, "_readers", formats.readers())
    monkeypatch.setattr(registry, "_loaded_groups", {registry.ENTRY_POINT_GROUP})


def test_the_readers_have_names_and_titles() -> None:
    found = formats.readers()
    assert {"coco", "yolo", "voc", "masks", "classification_csv", "image_folder"} <= set(found)
    assert all(reader.name == name and reader.title for name, reader in found.items())


def test_a_registered_reader_is_used(own_registry: None, tmp_path: Path) -> None:
    formats.register(_Named())
    path = tmp_path / "x.made"
    path.write_text("hello")
    assert formats.open_input(path, role="labels").format == "made_up"
    assert formats.detect(path, "labels")[0][1].reason == "seen by made_up"


def test_two_that_fit_equally_well_are_named(own_registry: None, tmp_path: Path) -> None:
    formats.register(_Named("first", 0.9))
    formats.register(_Named("second", 0.88))
    formats.register(_Named("third", 0.5))
    path = tmp_path / "x.made"
    path.write_text("hello")
    with pytest.raises(InputError) as caught:
        formats.open_input(path, role="labels")
    assert "--format first or --format second" in str(caught.value)
    assert "third" not in str(caught.value)
    assert formats.open_input(path, format="second", role="labels").format == "second"


def test_entry_points_are_loaded_once_and_broken_ones_do_no_harm(
    own_registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    class _EntryPoint:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> type[_Named]:
            loaded.append(self.name)
            if self.name == "broken":
                raise RuntimeError("no")
            return _Named

    monkeypatch.setattr(registry, "_loaded_groups", set())
    monkeypatch.setattr(registry, "entry_points", lambda group: [_EntryPoint("broken"), _EntryPoint("good")])
    with pytest.warns(UserWarning, match="format broken could not be loaded: no"):
        assert "made_up" in formats.readers()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        formats.readers()
    assert loaded == ["broken", "good"]
    assert EntryPoint("a", "b", registry.ENTRY_POINT_GROUP).group == "predscope.formats"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<!DOCTYPE html>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"PK\x03\x04", "a zip archive"),
        (b"PAR1", "a Parquet file"),
        (b"hello", 'a text file that starts with "hello"'),
        (b'{"version": "5.0", "sizes": []}', "it has version, sizes"),
        (b"<annotations><image/></annotations>", "an XML file"),
    ],
)
def test_what_fits_nothing_is_described(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        formats.open_input(path, role="labels")
    message = str(caught.value)
    assert expected in message
    assert "--format" in message
    assert "coco" in message


@pytest.mark.parametrize(("content", "expected"), [(b"", "is an empty file"), (b" \n", "nothing but white space")])
def test_a_file_with_nothing_in_it_is_said_to_be_so(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        formats.open_input(path, role="labels")


def test_a_folder_that_fits_nothing_is_described(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "results.json"):
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=r"2 \.jpg, 1 \.json; it has results\.json: give the file itself"):
        formats.open_input(tmp_path, role="predictions")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="a folder without files"):
        formats.open_input(tmp_path / "empty", role="labels")


def test_a_missing_path_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        formats.open_input(tmp_path / "nothing.json", role="labels")
    with pytest.raises(InputError, match=r"expected one of .*\bcoco, .*\bmasks, .*\bvoc, .* or auto"):
        formats.open_input(tmp_path, format="cocoo", role="labels")


@pytest.mark.parametrize("name", ["coco", "yolo", "voc", "masks"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"[[[", b"<a>", b"hello"])
def test_a_forced_format_that_does_not_fit_is_a_clear_error(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"file\.dat"):
        formats.open_input(path, format=name, role="labels")
    with pytest.raises(InputError) as caught:
        formats.open_input(tmp_path, format=name, role="labels")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}], "predictions"),
        ([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}], "labels"),
        ([], "predictions"),
        ({"images": [], "annotations": [], "categories": []}, "labels"),
        ({"annotations": [{"image_id": 1, "category_id": 2, "score": 1}], "images": []}, "predictions"),
        ({"info": {"a": "x" * 70_000}, "annotations": [], "images": [], "categories": []}, "labels"),
    ],
)
def test_coco_labels_and_results_are_told_apart(tmp_path: Path, value: object, role: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    ((reader, detection),) = formats.detect(path, "labels")
    assert (reader.name, detection.role) == ("coco", role)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"image_id": 1, "bbox": [1,2', "at byte 29 (line 1) with 3 brackets"),
        ("{", "at byte 1 (line 1) with 1 bracket "),
    ],
)
def test_json_that_is_cut_before_it_tells_its_format_is_told_with_the_byte(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"is cut short") as caught:
        formats.open_input(path, role="predictions")
    assert place in str(caught.value)


def test_images_are_recognised() -> None:
    assert describe_content(b"RIFF....WEBPVP8 ") == "a WebP image"
    assert describe_content(b"\xff\xd8\xff\xe0") == "a JPEG image"
