from __future__ import annotations

from pathlib import Path

import pytest

from predscope.errors import FileParsingError

_BOX = "<bndbox><xmin>10</xmin><ymin>20.5</ymin><xmax>30</xmax><ymax>60</ymax></bndbox>"


def _xml(
    *objects: str, filename: str = "a.jpg", size: str = "<size><width>100</width><height>80</height></size>"
) -> str:
    return f"<annotation><filename>{filename}</filename>{size}{''.join(objects)}</annotation>"


def _object(inner: str = _BOX, name: str = "cat") -> str:
    return f"<object><name>{name}</name>{inner}</object>"


def test_objects_with_all_their_flags(tmp_path: Path, read) -> None:
    flags = "<pose>Left</pose><truncated>1</truncated><difficult>1</difficult><occluded>0</occluded>"
    (tmp_path / "a.xml").write_text(_xml(_object(_BOX + flags), _object("<pose>Unspecified</pose>" + _BOX, " dog ")))
    objects = read(tmp_path)
    assert objects.reading.format == "voc"
    (frame,) = objects.reading.frames
    assert (frame.file_name, frame.width, frame.height) == ("a.jpg", 100, 80)
    assert objects.column("box") == [[10, 20.5, 20, 39.5]] * 2
    assert objects.column("class") == ["cat", "dog"]
    assert objects.column("is_ignored") == [True, False]
    assert objects.column("attributes") == [{"pose": "Left", "truncated": True, "occluded": False}, None]
    assert objects.column("place") == ["a.xml: object 1", "a.xml: object 2"]
    assert objects.report.problems == {}


@pytest.mark.parametrize("size", ["", "<size/>", "<size><width>x</width><height>-3</height></size>"])
def test_the_size_may_be_missing(tmp_path: Path, read, size: str) -> None:
    (tmp_path / "a.xml").write_text(_xml(_object(), size=size))
    (frame,) = read(tmp_path / "a.xml").reading.frames
    assert (frame.width, frame.height) == (None, None)


def test_frames_without_objects_and_without_a_file_name(tmp_path: Path, read) -> None:
    (tmp_path / "b.xml").write_text(_xml(filename=""))
    objects = read(tmp_path)
    assert len(objects) == 0
    assert [frame.file_name for frame in objects.reading.frames] == ["b"]


def test_a_file_name_that_was_copied_along_is_not_believed(tmp_path: Path, read) -> None:
    for name in ("x", "y"):
        (tmp_path / f"{name}.xml").write_text(_xml(_object(), filename="first.jpg"))
    objects = read(tmp_path)
    assert objects.column("frame") == ["x", "y"]
    assert objects.codes == {"voc_filename_shared": 2}


@pytest.mark.parametrize("tag", ["confidence", "score"])
def test_predictions(tmp_path: Path, read, tag: str) -> None:
    (tmp_path / "a.xml").write_text(_xml(_object(_BOX + f"<{tag}>0.5</{tag}>"), _object()))
    objects = read(tmp_path, "predictions")
    assert objects.column("confidence") == [0.5]
    assert objects.report.problems["score_missing"].examples == ["a.xml: object 2"]
    assert (objects.report.rows, objects.report.rejected) == (1, 1)


def test_labels_and_predictions_are_told_apart(tmp_path: Path, read) -> None:
    path = tmp_path / "a.xml"
    path.write_text(_xml(_object()))
    with pytest.raises(FileParsingError, match="these are labels"):
        read(path, "predictions")
    path.write_text(_xml(_object(_BOX + "<confidence>0.5</confidence>")))
    with pytest.raises(FileParsingError, match="these are predictions"):
        read(path)


@pytest.mark.parametrize(
    "polygon",
    [
        "<pt><x>1</x><y>2</y></pt><pt><x>9</x><y>2</y></pt><pt><x>5</x><y>8</y></pt>",
        "<x1>1</x1><y1>2</y1><x2>9</x2><y2>2</y2><x3>5</x3><y3>8</y3>",
    ],
)
def test_polygons(tmp_path: Path, read, polygon: str) -> None:
    (tmp_path / "a.xml").write_text(_xml(_object(f"<polygon>{polygon}</polygon>"), _object()))
    objects = read(tmp_path)
    assert objects.column("geometry") == ["polygon", "box"]
    assert objects[0]["polygons"] == [[[1, 2, 9, 2, 5, 8]]]
    assert objects[0]["box"] == [1, 2, 8, 6]


def test_parts_are_left_out_with_a_word(tmp_path: Path, read) -> None:
    (tmp_path / "a.xml").write_text(_xml(_object(f"<part><name>head</name>{_BOX}</part>" + _BOX)))
    objects = read(tmp_path)
    assert len(objects) == 1
    assert objects.codes == {"voc_parts": 1}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (_object("", "cat"), "no <bndbox>"),
        (_object(_BOX.replace("30", "wide")), "<xmax> is 'wide'"),
        (_object(_BOX.replace("30", "nan")), "<xmax> is nan"),
        (_object("<bndbox><xmin>1</xmin></bndbox>"), "<ymin> is ''"),
        (_object(name=""), "no <name>"),
    ],
)
def test_an_object_that_cannot_be_read_is_rejected_with_its_place(
    tmp_path: Path, read, broken: str, reason: str
) -> None:
    (tmp_path / "a.xml").write_text(_xml(_object(), broken, _object()))
    objects = read(tmp_path)
    assert objects.column("place") == ["a.xml: object 1", "a.xml: object 3"]
    (example,) = objects.report.problems["voc_object_invalid"].examples
    assert example.startswith("a.xml: object 2")
    assert reason in example
    assert (objects.report.rows, objects.report.rejected) == (1, 1)


_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "&l;"}">' for n in range(9))
    + "]><annotation>&l8;</annotation>"
)
_OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'


@pytest.mark.parametrize(
    "content", [b"", b"<annotation><object>", b"\x00\x01", _BOMB.encode(), _OUTSIDE.encode(), b"<other/>"]
)
def test_files_that_cannot_be_read_are_named_and_the_rest_is_read(tmp_path: Path, read, content: bytes) -> None:
    (tmp_path / "bad.xml").write_bytes(content)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xml").write_text(_xml(_object(), filename=f"{name}.jpg"))
    objects = read(tmp_path)
    assert objects.column("frame") == ["a.jpg", "b.jpg", "c.jpg"]
    (example,) = objects.report.problems["xml_unusable"].examples
    assert example.startswith("bad.xml: ")
    assert objects.report.has_errors


def test_nothing_but_broken_files_is_an_error(tmp_path: Path, read) -> None:
    (tmp_path / "bad.xml").write_text("<annotation><object>")
    with pytest.raises(FileParsingError, match=r"no usable Pascal VOC XML file.*bad\.xml"):
        read(tmp_path)


def test_other_encodings(tmp_path: Path, read) -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + _xml(_object(name="Straße"))
    (tmp_path / "a.xml").write_bytes(text.encode("latin-1"))
    assert read(tmp_path).column("class") == ["Straße"]
