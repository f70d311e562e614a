from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from pycocotools import mask as oracle

from predscope.errors import FileParsingError
from predscope.formats.masks.classes import read_class_names
from predscope.formats.masks.components import find_regions
from predscope.formats.masks.files import UnusableMask, read_mask

_PICTURE = """
0000000000000000000
0011100000000000000
0011100000002222000
0000000000002222000
0000111000002200000
0000111000002200000
0000111000000000000
0000000000000000000
"""


def _picture() -> np.ndarray:
    return np.array([list(map(int, line)) for line in _PICTURE.split()], np.uint8)


def _save(path: Path, pixels: np.ndarray, palette: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image = image.convert("L")
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768).astype(np.uint8).tobytes())
    image.save(path)
    return path


@pytest.mark.parametrize("palette", [False, True])
@pytest.mark.parametrize("role", ["labels", "predictions"])
def test_each_region_of_a_class_is_one_object(tmp_path: Path, read, palette: bool, role: str) -> None:
    _save(tmp_path / "a.png", _picture(), palette)
    objects = read(tmp_path, role)
    assert objects.column("class") == [1, 1, 2]
    assert objects.column("box") == [[2, 1, 3, 2], [4, 4, 3, 3], [12, 2, 4, 4]]
    assert objects.column("area") == [6, 9, 12]
    assert objects.column("geometry") == ["mask"] * 3
    assert objects.column("confidence") == [None if role == "labels" else 1.0] * 3
    assert objects.column("attributes") == [{"semantic": True}] * 3
    assert objects.column("place")[2] == "a.png: region 3"
    (frame,) = objects.reading.frames
    assert (frame.file_name, frame.width, frame.height) == ("a.png", 19, 8)
    painted = np.zeros((8, 19), np.int64)
    for row in objects.rows:
        painted += row["class"] * rle_codec.decode({"size": row["rle_size"], "counts": row["rle_counts"]})
    np.testing.assert_array_equal(painted, _picture())


@settings(max_examples=150, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
def test_regions_are_encoded_exactly_as_by_the_reference(mask: np.ndarray) -> None:
    values = [value for value in np.unique(mask).tolist() if value]
    regions = find_regions(mask, values)
    painted = np.zeros(mask.shape, np.int64)
    for value, box, area, counts in zip(regions.values, regions.boxes, regions.areas, regions.counts, strict=True):
        rle = {"size": list(mask.shape), "counts": counts}
        region = rle_codec.decode(rle)
        assert oracle.encode(np.asfortranarray(region))["counts"] == counts
        assert oracle.toBbox(rle).tolist() == box.tolist()
        assert oracle.area(rle) == area
        assert (mask[region.astype(bool)] == value).all()
        painted += region * int(value)
    np.testing.assert_array_equal(painted, mask)


def test_holes_stay_holes_and_diagonal_pixels_belong_together() -> None:
    mask = np.zeros((9, 9), np.uint8)
    mask[1:6, 1:6] = 1
    mask[3, 3] = 0
    mask[6, 6] = 1
    regions = find_regions(mask, [1])
    assert regions.areas.tolist() == [25]
    np.testing.assert_array_equal(rle_codec.decode({"size": [9, 9], "counts": regions.counts[0]}), mask)


def test_void_is_left_out_and_said(tmp_path: Path, read) -> None:
    mask = _picture()
    mask[0] = 255
    _save(tmp_path / "a.png", mask)
    objects = read(tmp_path)
    assert set(objects.column("class")) == {1, 2}
    assert objects.codes["void_pixels"] == 1


def test_every_pixel_is_spoken_of(tmp_path: Path, read) -> None:
    """Also in a mask without objects, and the void pixels exactly."""
    mask = _picture()
    mask[0] = 255
    _save(tmp_path / "a.png", mask)
    _save(tmp_path / "b.png", np.zeros((5, 4), np.uint8))
    (tmp_path / "c.png").write_bytes(b"no image")
    maps = read(tmp_path, format="masks").reading.pixel_maps
    assert [(entry.file_name, entry.height, entry.width) for entry in maps] == [("a.png", 8, 19), ("b.png", 5, 4)]
    void = rle_codec.decode({"size": [8, 19], "counts": maps[0].void_counts})
    np.testing.assert_array_equal(void.astype(bool), mask == 255)
    assert maps[1].void_counts is None


@pytest.mark.parametrize(
    ("zero", "classes", "void_pixels"), [("road", {0, 1, 2}, 0), ("background", {1, 2}, 0), ("unlabeled", {1, 2}, 125)]
)
def test_zero_is_what_its_name_says(tmp_path: Path, read, zero: str, classes: set[int], void_pixels: int) -> None:
    _save(tmp_path / "a.png", _picture())
    (tmp_path / "classes.json").write_text(json.dumps({"0": zero, "1": "car", "2": "dog"}))
    objects = read(tmp_path)
    assert set(objects.column("class")) == classes
    assert {int(entry.source_id) for entry in objects.reading.classes} == classes
    counts = objects.reading.pixel_maps[0].void_counts
    assert (0 if counts is None else rle_codec.decode({"size": [8, 19], "counts": counts}).sum()) == void_pixels


def test_black_and_white_masks_have_one_class(tmp_path: Path, read) -> None:
    _save(tmp_path / "a.png", (_picture() == 1).astype(np.uint8) * 255)
    objects = read(tmp_path)
    assert objects.column("class") == [255, 255]
    assert "binary_masks" in objects.codes


def test_255_is_a_class_where_it_has_a_name(tmp_path: Path, read) -> None:
    mask = _picture()
    mask[0] = 255
    _save(tmp_path / "a.png", mask)
    (tmp_path / "classes.json").write_text(json.dumps({"sky": 255, "car": 1, "dog": 2}))
    assert set(read(tmp_path).column("class")) == {1, 2, 255}


def test_values_of_16_bits_never_wrap(tmp_path: Path, read) -> None:
    mask = np.zeros((80, 80), np.uint16)
    mask[10:40, 10:40] = 257
    mask[50:60, 50:60] = 60_000
    _save(tmp_path / "a.png", mask)
    objects = read(tmp_path)
    assert objects.column("class") == [257, 60_000]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_grey_of_few_bits_keeps_its_own_values(tmp_path: Path, depth: int) -> None:
    values = np.arange(16).reshape(2, 8) % 2**depth
    bits = (
        "".join(format(value, f"0{depth}b") for value in values[0]),
        "".join(format(v, f"0{depth}b") for v in values[1]),
    )
    rows = b"".join(b"\x00" + int(line, 2).to_bytes(len(line) // 8, "big") for line in bits)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 2, depth, 0, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    np.testing.assert_array_equal(read_mask(path), values)


def test_equal_channels_are_grey_and_colours_are_refused(tmp_path: Path, read) -> None:
    grey = np.repeat(_picture()[..., None], 3, axis=2)
    colour = grey.copy()
    colour[2, 2] = (10, 20, 30)
    np.testing.assert_array_equal(read_mask(_save(tmp_path / "grey.png", grey)), _picture())
    with pytest.raises(UnusableMask, match="colours"):
        read_mask(_save(tmp_path / "colour.png", colour))
    _save(tmp_path / "plain.png", _picture())
    (tmp_path / "broken.png").write_bytes((tmp_path / "plain.png").read_bytes()[:40])
    objects = read(tmp_path)
    assert {row["frame"] for row in objects.rows} == {"grey.png", "plain.png"}
    assert objects.codes["mask_unusable"] == 2
    assert objects.report.problems["mask_unusable"].examples[0].startswith("broken.png: ")


def test_photographs_are_not_masks(tmp_path: Path, read) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8)
    _save(tmp_path / "a.png", noise)
    with pytest.raises(Exception, match="photographs"):
        read(tmp_path)
    many = np.arange(100 * 100).reshape(100, 100).astype(np.uint16)
    _save(tmp_path / "a.png", many)
    objects = read(tmp_path, format="masks")
    assert len(objects) == 0
    assert "9,998 different values" in objects.report.problems["mask_unusable"].examples[0]


def test_instance_masks_are_refused(tmp_path: Path, read) -> None:
    _save(tmp_path / "SegmentationObject/a.png", _picture())
    with pytest.raises(FileParsingError, match="--format instance_masks"):
        read(tmp_path, format="masks")
    _save(tmp_path / "SegmentationClass/a.png", _picture())
    objects = read(tmp_path)
    assert len(objects) == 3
    assert objects.codes["instance_masks"] == 1


def test_arrays_of_classes(tmp_path: Path, read) -> None:
    mask = _picture().astype(np.int32)
    mask[0] = -1
    np.save(tmp_path / "a.npy", mask)
    objects = read(tmp_path)
    assert (objects.reading.format, objects.column("class")) == ("masks", [1, 1, 2])
    (entry,) = objects.reading.pixel_maps
    void = rle_codec.decode({"size": [8, 19], "counts": entry.void_counts})
    np.testing.assert_array_equal(void.astype(bool), mask == -1)
    assert objects.reading.frames[0].width == 19
    _save(tmp_path / "a.png", _picture())  # the same mask again: it counts once
    assert len(read(tmp_path)) == 3


def test_arrays_that_are_no_masks(tmp_path: Path, read) -> None:
    np.save(tmp_path / "good.npy", _picture())
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    np.save(tmp_path / "fractions.npy", np.zeros((5, 5)))
    np.save(tmp_path / "cube.npy", np.zeros((5, 5, 5), np.uint8))
    (tmp_path / "empty.npy").write_bytes(b"")
    whole = (tmp_path / "good.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-5])
    objects = read(tmp_path, format="masks")
    assert (len(objects), objects.codes["mask_unusable"]) == (3, 5)


@pytest.mark.parametrize("kind", ["png", "wide_png", "npy", "npy_of_classes", "npy_of_classes_last"])
def test_maps_of_probabilities_give_confidences(tmp_path: Path, read, kind: str) -> None:
    _save(tmp_path / "a.png", _picture())
    probabilities = np.random.default_rng(4).integers(0, 256, (8, 19)).astype(np.uint8)
    fractions = probabilities / 255
    if kind == "png":
        _save(tmp_path / "a_prob.png", probabilities)
    elif kind == "wide_png":
        _save(tmp_path / "a_prob.png", probabilities.astype(np.uint16) * 257)
    elif kind == "npy":
        np.save(tmp_path / "a_prob.npy", fractions.astype(np.float32))
    else:
        layers = np.stack([np.full((8, 19), np.nan), fractions, fractions / 2])
        np.save(tmp_path / "a_prob.npy", layers if kind == "npy_of_classes" else np.moveaxis(layers, 0, 2))
    objects = read(tmp_path, "predictions", "masks")
    expected = [fractions[1:3, 2:5].mean(), fractions[4:7, 4:7][np.ones((3, 3), bool)].mean()]
    last = fractions[_picture() == 2].mean()
    expected.append(last / 2 if "classes" in kind else last)
    np.testing.assert_allclose(objects.column("confidence"), expected, atol=1e-6)
    assert objects.codes["confidence_from_maps"] == 1
    assert "confidence_assumed" not in objects.codes
    assert read(tmp_path, "labels", "masks").column("confidence") == [None] * 3


def test_a_map_of_another_size_is_said(tmp_path: Path, read) -> None:
    _save(tmp_path / "a.png", _picture())
    np.save(tmp_path / "a_prob.npy", np.zeros((4, 4)))
    objects = read(tmp_path, "predictions", "masks")
    assert objects.column("confidence") == [1.0] * 3
    assert "a.png: it is of shape (4, 4)" in objects.report.problems["probabilities_unusable"].examples[0]


def test_masks_of_equal_names_in_several_folders(tmp_path: Path, read) -> None:
    for video in ("v1", "v2"):
        _save(tmp_path / video / "0.png", _picture())
    assert set(read(tmp_path).column("frame")) == {"v1/0.png", "v2/0.png"}


def test_thousands_of_specks_come_in_bounded_batches(tmp_path: Path, read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predscope.formats.masks.reader.BATCH_ROWS", 1000)
    mask = np.zeros((200, 200), np.uint8)
    mask[::2, ::2] = 1
    for name in "abc":
        _save(tmp_path / f"{name}.png", mask)
    objects = read(tmp_path, format="masks")
    assert len(objects) == 30_000
    assert max(map(len, objects.batches)) == 1000
    assert sum(objects.column("area")) == 30_000


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("classes.txt", "car\ndog\n", {1: "car", 2: "dog"}),
        ("class_names.txt", "_background_\ncar\ndog", {0: "_background_", 1: "car", 2: "dog"}),
        ("labels.txt", "__ignore__\n_background_\ncar", {0: "_background_", 1: "car"}),
        ("labels.txt", "1 car\n7 traffic light\n", {1: "car", 7: "traffic light"}),
        ("labels.txt", "car: 1\ntraffic light: 7\n", {1: "car", 7: "traffic light"}),
        ("classes.json", '{"car": 3, "dog": 4}', {3: "car", 4: "dog"}),
        ("classes.json", '{"3": "car", "4": "dog"}', {3: "car", 4: "dog"}),
        ("classes.json", '["car", "dog"]', {1: "car", 2: "dog"}),
        ("classes.json", '[{"id": 5, "name": "car"}, {"id": "x"}]', {5: "car"}),
        ("classes.json", '{"OTk2": "pedestrian"}', {}),
        ("classes.json", "{", {}),
        ("classes.json", "3", {}),
    ],
)
def test_class_names(tmp_path: Path, name: str, text: str, expected: dict[int, str]) -> None:
    (tmp_path / name).write_text(text)
    assert read_class_names(tmp_path / name) == expected


def test_names_stand_beside_or_above_the_masks(tmp_path: Path, read) -> None:
    _save(tmp_path / "masks/test/a.png", _picture())
    (tmp_path / "class_names.txt").write_text("_background_\ncar\ndog")
    objects = read(tmp_path / "masks/test")
    assert [(entry.name, entry.source_id) for entry in objects.reading.classes] == [("car", "1"), ("dog", "2")]
    assert objects.codes == {"class_names_file": 1}
