from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope import Project, import_labels
from predscope.errors import FileParsingError

HEADER = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
)


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "boxes.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows))
    return path


def test_labels_with_their_flags_and_class_names(tmp_path: Path, read) -> None:
    (tmp_path / "class-descriptions-boxable.csv").write_text('/m/01g317,Person\n/m/0k4j,"Car, red"\n')
    path = write(
        tmp_path,
        "000a,xclick,/m/01g317,1,0.1,0.5,0.2,0.8,1,0,0,-1,0",
        "000a,activemil,/m/0k4j,1,0.1,0.5,0.2,0.8,0,0,1,0,0",
        "000b,xclick,/m/0zzz,1,0.1,0.5,0.2,0.8,0,0,0,0,0",
    )
    objects = read(path)
    assert objects.reading.format == "open_images"
    assert objects.column("class") == ["Person", "Car, red", "/m/0zzz"]
    assert objects[0]["box"] == pytest.approx([0.1, 0.2, 0.4, 0.6])
    assert objects[0]["relative"]
    assert objects.column("is_crowd") == [False, True, False]
    assert objects[0]["attributes"] == {
        "Source": "xclick",
        "IsOccluded": True,
        "IsTruncated": False,
        "IsInside": False,
    }
    assert objects.column("confidence") == [None] * 3
    assert objects.report.problems["class_names_missing"].examples == ["/m/0zzz"]


def test_predictions(tmp_path: Path, read) -> None:
    header = "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n"
    objects = read(write(tmp_path, "a,cat,0.25,0.1,0.5,0.2,0.8", header=header), "predictions")
    assert (objects.reading.format, objects.column("confidence")) == ("open_images", [0.25])


def test_labels_are_no_predictions(tmp_path: Path, read) -> None:
    with pytest.raises(FileParsingError, match="these are labels"):
        read(write(tmp_path, "a,,cat,,0.1,0.5,0.2,0.8,,,,,"), "predictions")


def test_decimal_commas(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, 'a.jpg,,cat,,"0,1","0,5","0,2","0,8",,,,,'))
    assert objects[0]["box"] == pytest.approx([0.1, 0.2, 0.4, 0.6])
    assert objects.codes == {}


def test_other_columns_are_refused(tmp_path: Path, read) -> None:
    with pytest.raises(FileParsingError, match="other columns than Open Images"):
        read(write(tmp_path, "a,b", header="image,class\n"), format="open_images")


def test_real_labels_are_those_of_the_same_photos_in_voc_xml(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "voc2012_rodm100"
    boxes = []
    for name, source in (("a", "openimages_format/all_bounding_boxes.csv"), ("b", "pascalvoc_format")):
        project = Project.create(tmp_path / name, images=root / "images")
        report = import_labels(project, root / "gts" / source).report
        assert (report.rows, report.imported) == (273, 273)
        project = Project.open(project.path)
        table = project.objects("labels").table(["frame_index", "class_id", "x", "y", "w", "h"])
        names = [project.classes[class_id].name for class_id in table["class_id"].to_pylist()]
        columns = [table[column].to_pylist() for column in ("frame_index", "x", "y", "w", "h")]
        boxes.append(sorted(zip(names, *columns, strict=True), key=lambda row: (row[1], row[0], *map(round, row[2:]))))
    assert [row[:2] for row in boxes[0]] == [row[:2] for row in boxes[1]]
    assert np.abs(np.array([row[2:] for row in boxes[0]]) - np.array([row[2:] for row in boxes[1]])).max() < 1.01
