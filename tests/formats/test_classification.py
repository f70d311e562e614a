"""Classes of whole frames from CSV files and from folders of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from predscope import formats
from predscope.errors import FileParsingError, InputError
from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.classification_dataset import CLASSES, write_classification


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ("frame,class,confidence", ","),
        ("\ufeffImage Name;Label;Score", ";"),
        ("file_name\tpredicted_class\tprobability", "\t"),
        ("filename|category|prob", "|"),
    ],
)
def test_columns_are_found_by_their_names(tmp_path: Path, read, header: str, sign: str) -> None:
    rows = [["a.jpg", "cat", "0.9"], ["b.jpg", "big dog", "0.25"]]
    text = "\n".join([header, *(sign.join(row) for row in rows)]) + "\n\n"
    objects = read(write(tmp_path / "x.csv", text), "predictions")
    assert objects.reading.format == "classification_csv"
    assert objects.column("frame") == ["a.jpg", "b.jpg"]
    assert objects.column("class") == ["cat", "big dog"]
    assert objects.column("confidence") == [0.9, 0.25]
    assert objects.column("geometry") == ["classification"] * 2
    assert objects.column("place") == ["line 2", "line 3"]
    assert objects.codes == ({"byte_order_mark": 1} if header.startswith("\ufeff") else {})


def test_order_of_columns_and_further_ones(tmp_path: Path, read) -> None:
    text = 'score,weather,class,note,image\n.5,rain,cat,"one, two",a.jpg\n.25,,dog,,b.jpg\n'
    objects = read(write(tmp_path / "x.csv", text), "predictions")
    assert objects.column("class") == ["cat", "dog"]
    assert objects.column("attributes") == [{"weather": "rain", "note": "one, two"}, None]


def test_labels_have_no_confidence_and_predictions_without_get_one(tmp_path: Path, read) -> None:
    path = write(tmp_path / "x.csv", "image,label\na.jpg,cat\n")
    assert formats.detect(path, "labels")[0][1].role == "labels"
    assert read(path).column("confidence") == [None]
    objects = read(path, "predictions")
    assert objects.column("confidence") == [1.0]
    assert "confidence_assumed" in objects.codes


def test_a_table_without_names_of_columns(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path / "x.csv", "images/a.jpg,cat,.5\nimages/b.jpg,dog,.7\n"), "predictions")
    assert objects.column("frame") == ["images/a.jpg", "images/b.jpg"]
    assert objects.column("place") == ["line 1", "line 2"]
    assert read(write(tmp_path / "y.csv", "a.jpg;cat\n")).column("class") == ["cat"]


def test_class_ids_are_ids(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path / "x.csv", "image,class_id\na.jpg,3\n"))
    assert (objects[0]["class"], objects[0]["class_is"]) == ("3", "id")


def test_rows_that_cannot_be_used_are_named_by_line(tmp_path: Path, read) -> None:
    text = "frame,class,confidence\na.jpg,cat,high\n,cat,.5\nb.jpg\nc.jpg,dog,.5\n"
    objects = read(write(tmp_path / "x.csv", text), "predictions")
    assert objects.column("frame") == ["c.jpg"]
    assert objects.codes == {"confidence_not_a_number": 1, "frame_missing": 1, "row_too_short": 1}
    assert objects.report.problems["confidence_not_a_number"].examples == ["line 2: a.jpg,cat,high"]
    assert objects.report.problems["row_too_short"].examples == ["line 4: b.jpg"]
    assert objects.report.rejected == 3


def test_text_that_is_not_utf8_is_named_by_line(tmp_path: Path, read) -> None:
    path = write(tmp_path / "x.csv", "frame,class\na.jpg,cat\nb.jpg,fée\n", "latin-1")
    with pytest.raises(FileParsingError, match=r"line 3: is not UTF-8 \(byte 8 is 0xe9\)"):
        read(path)


def test_other_tables_are_refused_in_words(tmp_path: Path, read) -> None:
    with pytest.raises(InputError, match="without columns named frame and class"):
        read(write(tmp_path / "y.csv", "time,speed\n1,2\n"))
    with pytest.raises(FileParsingError, match="Begin the file with a row such as"):
        read(tmp_path / "y.csv", format="classification_csv")


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), (90, 120, 30)).save(path)
    return path


def test_folders_of_images_are_classes(tmp_path: Path, read) -> None:
    for name in ("dog/1.jpg", "dog/2.jpg", "cat/1.jpg"):
        picture(tmp_path / name)
    objects = read(tmp_path)
    assert objects.reading.format == "image_folder"
    assert objects.column("frame") == ["cat/1.jpg", "dog/1.jpg", "dog/2.jpg"]
    assert objects.column("class") == ["cat", "dog", "dog"]
    assert [(entry.name, entry.source_id) for entry in objects.reading.classes] == [("cat", "0"), ("dog", "1")]


def test_splits_are_no_classes(tmp_path: Path, read) -> None:
    for name in ("train/dog/1.jpg", "train/cat/2.jpg", "val/dog/3.jpg"):
        picture(tmp_path / name)
    assert set(read(tmp_path).column("class")) == {"cat", "dog"}


@pytest.mark.parametrize("names", [("images/1.jpg", "masks/1.jpg"), ("dog/1.jpg",), ("train/1.jpg", "val/2.jpg")])
def test_other_folders_of_images_are_not_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        picture(tmp_path / name)
    assert [reader.name for reader, _ in formats.detect(tmp_path, "labels")] == []


def test_from_files_to_a_project(tmp_path: Path) -> None:
    """Joined by the frame whatever the order: each class lands on its own frame."""
    files = write_classification(tmp_path)
    project = Project.create(tmp_path / "project", images=files.images)
    labels = import_labels(project, files.images)
    found = import_predictions(labels.project, files.predictions, name="model")
    assert labels.report.imported == len(files.names)
    assert found.report.imported == np.isfinite(files.scores).sum()
    assert [entry.name for entry in found.project.classes] == list(CLASSES)
    names = found.project.frames["file_name"].tolist()
    table = labels.objects.table(["frame_index", "class_id"])
    assert {
        names[frame]: class_id
        for frame, class_id in zip(*(column.to_pylist() for column in table.columns), strict=True)
    } == dict(zip(files.names, files.label.tolist(), strict=True))
    row = {name: place for place, name in enumerate(files.names)}
    for entry in found.objects.table(["frame_index", "class_id", "confidence"]).to_pylist():
        assert entry["confidence"] == files.scores[row[names[entry["frame_index"]]], entry["class_id"]]


def test_folders_below_another_root(tmp_path: Path) -> None:
    """The labels are the folder above the images that the project was made of."""
    for name in ("train/dog/1.jpg", "train/cat/1.jpg", "val/dog/7.jpg"):
        picture(tmp_path / "all" / name)
    project = Project.create(tmp_path / "project", images=tmp_path / "all/train")
    result = import_labels(project, tmp_path / "all")
    names = result.project.frames["file_name"].tolist()
    assert names[:2] == ["cat/1.jpg", "dog/1.jpg"]
    assert result.objects.of_frame(0, ["class_id"])["class_id"].to_pylist() == [0]
    assert result.objects.of_frame(1, ["class_id"])["class_id"].to_pylist() == [1]
