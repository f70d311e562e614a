"""Planted defects of files, images and names: each is found and named, and what can be read is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from predscope.errors import FileParsingError, InputError
from predscope.importing import Corrections
from predscope.report import Severity
from tests.importing.doctored import (
    Clinic,
    Dataset,
    assert_same,
    diagnosed,
    make_dataset,
    table_of,
    to_centres,
    to_fractions,
)


def test_missing_unreadable_and_truncated_images(clinic: Clinic) -> None:
    data = make_dataset()
    images = clinic.save_images(data)
    missing, truncated, text, empty = sorted(images.iterdir())[:4]
    missing.unlink()
    truncated.write_bytes(truncated.read_bytes()[:400])
    text.write_text("no image at all")
    empty.write_bytes(b"")
    staged = clinic.labels(data.labels, images)
    diagnosed(staged, "labels_without_image", count=1, place=missing.name, fix="--images")
    problem = diagnosed(staged, "image_unreadable", count=3, place=truncated.name, fix="whole copies")
    assert problem.examples == [truncated.name, text.name, empty.name]
    assert staged.report.imported == len(data.annotations)


def test_images_without_labels_or_predictions(clinic: Clinic) -> None:
    data = make_dataset()
    data.labels["annotations"] = [row for row in data.annotations if row["image_id"] != 101]
    results = [row for row in data.results if row["image_id"] != 103]
    diagnosed(clinic.labels(data.labels), "frames_without_labels", count=1, place="frame_000.jpg")
    diagnosed(clinic.predictions(data, results), "frames_without_predictions", place="frame_001.jpg")


def test_labels_for_images_that_are_not_there(clinic: Clinic) -> None:
    data = make_dataset()
    images = clinic.save_images(data)
    for image in data.labels["images"][:5]:
        image["file_name"] = f"elsewhere_{image['id']}.jpg"
    staged = clinic.labels(data.labels, images)
    diagnosed(staged, "labels_without_image", count=5, place="elsewhere_101.jpg", fix="--images")


def test_empty_files(clinic: Clinic) -> None:
    for content, words in ((b"", "is an empty file"), (b" \n \n", "nothing but white space")):
        with pytest.raises(InputError, match=words):
            clinic.labels(clinic.write(content))
    diagnosed(clinic.predictions(make_dataset(), []), "no_records", count=1)


def test_truncated_json_names_the_byte(clinic: Clinic) -> None:
    text = json.dumps(make_dataset().labels)
    with pytest.raises(FileParsingError, match=r"is cut short: it ends at byte 9,000 \(line 1\)") as caught:
        clinic.labels(clinic.write(text[:9000]))
    assert "complete" in str(caught.value)


def test_broken_json_names_the_byte(clinic: Clinic) -> None:
    text = json.dumps(make_dataset().labels)
    place = text.index('"bbox"', 9000)
    file = clinic.write(text[:place] + "%" + text[place:])
    with pytest.raises(FileParsingError, match=f"not valid JSON at byte {place:,}"):
        clinic.labels(file)


def test_nul_bytes(clinic: Clinic) -> None:
    text = json.dumps(make_dataset().labels)
    with pytest.raises(FileParsingError, match="NUL byte at byte 500"):
        clinic.labels(clinic.write(text[:500] + "\0" + text[500:]))
    data = make_dataset()
    folder = yolo_folder(clinic, data)
    file = folder / "frame_000.txt"
    file.write_bytes(file.read_bytes()[:-2] + b"\0\n")
    staged = clinic.predictions(data, folder, corrections=Corrections(class_ids="index"))
    diagnosed(staged, "nul_bytes", count=1, place="frame_000.txt: byte ", fix="again")
    assert staged.report.rejected == 1


def yolo_folder(clinic: Clinic, data: Dataset) -> Path:
    """The predictions as YOLO text files."""
    folder = clinic.folder / f"yolo_{clinic.made}"
    folder.mkdir()
    index = {1: 0, 3: 1, 8: 2, 18: 3}
    sizes = data.sizes()
    for image in data.labels["images"]:
        rows = [row for row in data.results if row["image_id"] == image["id"]]
        lines = [
            [index[row["category_id"]], *to_centres(to_fractions(row["bbox"], sizes[image["id"]])), row["score"]]
            for row in rows
        ]
        text = "".join(" ".join(map(str, line)) + "\n" for line in lines)
        (folder / f"{Path(image['file_name']).stem}.txt").write_text(text)
    return folder


@pytest.mark.parametrize("form", ["json", "text"])
def test_byte_order_marks_and_windows_line_ends(clinic: Clinic, form: str) -> None:
    data = make_dataset()
    told: dict[str, Any] = {"corrections": Corrections(class_ids="index")} if form == "text" else {}
    project = clinic.project(data)
    source = clinic.write(json.dumps(data.results, indent=1)) if form == "json" else yolo_folder(clinic, data)
    clean = table_of(clinic.predictions(data, source, project, **told))
    files = [source] if source.is_file() else sorted(source.iterdir())
    for file in files:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    staged = clinic.predictions(data, source, project, **told)
    place = files[0].name
    diagnosed(staged, "byte_order_mark", count=len(files), place=place, severity=Severity.INFO)
    diagnosed(staged, "windows_line_ends", count=len(files), place=place, severity=Severity.INFO)
    assert_same(table_of(staged), clean)


def test_wrong_encoding(clinic: Clinic) -> None:
    data = make_dataset()
    data.labels["categories"][0]["name"] = "Fußgänger"
    text = json.dumps(data.labels, ensure_ascii=False)
    staged = clinic.labels(clinic.write(text.encode("cp1252")))
    diagnosed(staged, "text_encoding", count=1, fix="UTF-8")
    assert staged.project.classes[0].name == "Fußgänger"
    wide = clinic.labels(clinic.write(text.encode("utf-16")))
    diagnosed(wide, "text_encoding", count=1, fix="UTF-8")
    assert wide.project.classes[0].name == "Fußgänger"
    folder = yolo_folder(clinic, data)
    (folder / "classes.txt").write_bytes("Fußgänger\ncar\ndog\ntraffic light\n".encode("cp1252"))
    diagnosed(clinic.predictions(data, folder), "text_encoding", count=1, place="classes.txt: byte 2")


@pytest.mark.parametrize(
    "path",
    ["/home/me/data/{}", "C:\\data\\train\\{}", "../../train/{}", "https://bucket.example/a%20b/{}?token=1"],
    ids=["absolute", "windows", "upwards", "address"],
)
def test_file_names_of_another_machine(clinic: Clinic, path: str) -> None:
    data = make_dataset()
    images = clinic.save_images(data)
    clean = clinic.labels(data.labels, images)
    for image in data.labels["images"]:
        image["file_name"] = path.format(image["file_name"])
    staged = clinic.labels(data.labels, images)
    place = path.format("frame_000.jpg")
    diagnosed(staged, "foreign_file_names", count=24, place=place, severity=Severity.INFO)
    assert_same(table_of(staged), table_of(clean))
    assert "labels_without_image" not in staged.report.problems


def test_headers_as_programs_write_them(clinic: Clinic) -> None:
    """The year as text or empty, licences null, image ids that are text: nothing is wrong with any of it."""
    clean = table_of(clinic.labels(make_dataset().labels))
    for year in ("2023", "", 2023, None):
        data = make_dataset()
        data.labels |= {"info": {"year": year, "version": "1"}, "licenses": None}
        staged = clinic.labels(data.labels)
        assert not staged.report.problems
        assert_same(table_of(staged), clean)


def test_image_ids_that_are_text_or_stems(clinic: Clinic) -> None:
    data = make_dataset()
    stems = {image["id"]: Path(image["file_name"]).stem for image in data.labels["images"]}
    clean = table_of(clinic.predictions(data))
    for row in data.results:
        row["image_id"] = stems[row["image_id"]]
    staged = clinic.predictions(make_dataset(), data.results)
    assert not staged.report.problems
    assert_same(table_of(staged), clean)
    for image in data.labels["images"]:
        image["id"] = stems[image["id"]]
    for row in data.annotations:
        row["image_id"] = stems[row["image_id"]]
    assert not clinic.labels(data.labels).report.problems
