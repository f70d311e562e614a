"""Masks of instances: each way in which the class of a number is told, exact values of 16 and 32 bits."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import InputError
from predscope.formats import detect, open_input


def _numbers(*values: int, kind: type = np.uint8) -> np.ndarray:
    """Squares of 20 pixels' side, one for each value, in a frame of 40 by 200."""
    numbers = np.zeros((40, 200), kind)
    for place, value in enumerate(values):
        numbers[10:30, 30 * place + 5 : 30 * place + 25] = value
    return numbers


def _values_of(found) -> list[int]:
    return [int(source_id.rpartition(":")[2]) for source_id in found.column("source_id")]


def _save(path: Path, numbers: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, numbers)
    else:
        Image.fromarray(numbers).save(path)
    return path


def test_pascal_voc_pairs(tmp_path: Path, read) -> None:
    instances = _numbers(1, 2, 3)
    instances[0] = 255
    classes = _numbers(15, 15, 255)
    classes[10:14, 5:25] = 7
    _save(tmp_path / "SegmentationObject" / "a.png", instances)
    _save(tmp_path / "SegmentationClass" / "a.png", classes)
    (tmp_path / "class_names.txt").write_text("\n".join(["_background_", *(f"class{i}" for i in range(1, 21))]))
    found = read(tmp_path / "SegmentationObject")
    assert found.reading.format == "instance_masks"
    assert found.column("class") == ["class15", "class15"]
    assert found.column("box") == [[5, 10, 20, 20], [35, 10, 20, 20]]
    assert found.column("source_id") == ["a.png:1", "a.png:2"]
    assert found.report.problems["class_missing"].examples == ["a.png: instance 3: instance 3 has no pixel of a class"]
    assert open_input(tmp_path / "SegmentationClass", role="labels").format == "masks"
    assert open_input(tmp_path, role="labels").format == "masks"


def test_a_mask_of_instances_without_its_pair(tmp_path: Path, read) -> None:
    _save(tmp_path / "SegmentationObject" / "a.png", _numbers(1))
    found = read(tmp_path)
    assert (found.reading.format, len(found)) == ("instance_masks", 0)
    assert "SegmentationClass" in found.report.problems["mask_unusable"].examples[0]


def test_cityscapes(tmp_path: Path, read) -> None:
    numbers = _numbers(26_000, 26_001, 24, 7, 3, 4, kind=np.uint16)
    stem = "aachen_000000_000019_gtFine"
    _save(tmp_path / "aachen" / f"{stem}_instanceIds.png", numbers)
    _save(tmp_path / "aachen" / f"{stem}_labelIds.png", np.full((40, 200), 7, np.uint8))
    _save(tmp_path / "aachen" / f"{stem}_color.png", np.zeros((40, 200, 3), np.uint8))
    found = read(tmp_path)
    assert found.reading.format == "instance_masks"
    assert [
        (value, row["class"], row["is_crowd"]) for value, row in zip(_values_of(found), found.rows, strict=True)
    ] == [
        (4, "static", False),
        (7, "road", False),
        (24, "person", True),
        (26000, "car", False),
        (26001, "car", False),
    ]
    assert found[1]["attributes"] == {"isthing": False}
    assert [frame.file_name for frame in found.reading.frames] == ["aachen_000000_000019_leftImg8bit.png"]
    ignored = {entry.name for entry in found.reading.classes if entry.is_ignored}
    assert "static" in ignored
    assert "car" not in ignored
    (pixels,) = found.reading.pixel_maps
    void = rle_codec.decode({"size": [40, 200], "counts": pixels.void_counts})
    np.testing.assert_array_equal(void.astype(bool), numbers < 4)


def test_videos_with_a_list_of_their_objects(tmp_path: Path, read) -> None:
    for video in ("v1", "v2"):
        for frame in ("00000", "00005"):
            _save(tmp_path / "Annotations" / video / f"{frame}.png", _numbers(1, 3))
    videos = {
        "v1": {"objects": {"1": {"category": "shark", "frames": ["00000"]}, "3": {"category": "boat"}}},
        "v2": {"objects": {"1": {"category": "bear"}}},
    }
    (tmp_path / "meta.json").write_text(json.dumps({"videos": videos}))
    found = read(tmp_path)
    assert Counter(found.column("class")) == {"shark": 2, "boat": 2, "bear": 2}
    assert set(found.column("track_id")) == {"v1/1", "v1/3", "v2/1"}
    assert found.column("frame")[0] == "v1/00000.png"
    assert (found.report.rejected, found.codes["class_missing"]) == (2, 2)
    assert read(tmp_path / "Annotations" / "v1").column("frame")[0] == "v1/00000.png"


def test_videos_without_a_list(tmp_path: Path, read) -> None:
    _save(tmp_path / "Annotations" / "480p" / "bear" / "00000.png", _numbers(1, 2))
    (tmp_path / "JPEGImages").mkdir()
    found = read(tmp_path)
    assert (found.reading.format, found.column("class")) == ("instance_masks", ["object", "object"])


@pytest.mark.parametrize(
    "told",
    [
        {"1": "car", "2": {"class": "dog", "score": 0.5}},
        [{"id": 1, "label": "car"}, {"id": 2, "category": "dog", "confidence": 0.5}],
        {"objects": [{"id": 1, "name": "car"}, {"id": 2, "class_name": "dog", "score": 0.5}]},
    ],
)
def test_a_json_file_beside_each_mask(tmp_path: Path, read, told: object) -> None:
    _save(tmp_path / "a.png", _numbers(1, 2))
    (tmp_path / "a.json").write_text(json.dumps(told))
    found = read(tmp_path)
    assert (found.reading.format, found.column("class")) == ("instance_masks", ["car", "dog"])
    found = read(tmp_path, "predictions")
    assert found.column("confidence") == [1.0, 0.5]
    assert found.codes["confidence_assumed"] == 1


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_class_times_a_thousand(tmp_path: Path, read, suffix: str) -> None:
    kind = np.uint16 if suffix == ".png" else np.int32
    _save(tmp_path / f"a{suffix}", _numbers(1001, 1002, 26_000, 5, kind=kind))
    (tmp_path / "classes.json").write_text(json.dumps({"1": "cat", "5": "road", "26": "car"}))
    found = read(tmp_path)
    assert found.reading.format == "instance_masks"
    assert list(zip(_values_of(found), found.column("class"), strict=True)) == [
        *((5, "road"), (1001, "cat"), (1002, "cat"), (26000, "car"))
    ]


def test_two_channels(tmp_path: Path, read) -> None:
    pixels = np.zeros((40, 200, 3), np.uint8)
    pixels[..., 0] = 5
    pixels[10:20, 10:50] = (1, 1, 0)
    pixels[10:20, 60:90] = (1, 2, 0)
    _save(tmp_path / "a.png", pixels)
    (tmp_path / "my_categories.json").write_text(json.dumps([{"id": 1, "name": "cat"}, {"id": 5, "name": "grass"}]))
    found = read(tmp_path)
    assert found.column("class") == ["cat", "cat", "grass"]
    assert found.column("area") == [400, 300, 8000 - 700]


@pytest.mark.parametrize(("suffix", "kind"), [(".png", np.uint16), (".tif", np.int32), (".npy", np.int64)])
def test_large_numbers_never_wrap(tmp_path: Path, read, suffix: str, kind: type) -> None:
    values = (256, 257, 65_535) if kind is np.uint16 else (256, 65_537, 70_000)
    _save(tmp_path / f"a{suffix}", _numbers(*values, kind=kind))
    found = read(tmp_path, format="instance_masks")
    assert _values_of(found) == list(values)
    assert found.column("class") == ["object"] * 3
    assert found.codes["classes_not_told"] == 1
    assert found.column("area") == [400] * 3


def test_an_instance_may_be_in_pieces(tmp_path: Path, read) -> None:
    _save(tmp_path / "a.png", _numbers(4, 0, 4))
    found = read(tmp_path, format="instance_masks")
    assert (found.column("area"), found.column("box")) == ([800], [[5, 10, 80, 20]])


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"no image"])
def test_files_that_cannot_be_read(tmp_path: Path, read, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(InputError, match="can be read"):
        open_input(tmp_path, format="instance_masks", role="labels")
    _save(tmp_path / "good.png", _numbers(1))
    found = read(tmp_path, format="instance_masks")
    assert (len(found), found.codes["mask_unusable"]) == (1, 1)


def test_arrays_of_objects_are_refused(tmp_path: Path, read) -> None:
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}], object), allow_pickle=True)
    _save(tmp_path / "good.npy", _numbers(1))
    found = read(tmp_path, format="instance_masks")
    assert (len(found), found.codes["mask_unusable"]) == (1, 1)


def test_real_davis_videos(shared_data: Path, read) -> None:
    folder = shared_data / "davis_frames"
    found = read(folder)
    files = sorted(folder.glob("Annotations/*/*.png"))
    assert len(found.reading.frames) == len(files) == 21
    videos = json.loads((folder / "meta.json").read_text())["videos"]
    expected = Counter(
        {entry["objects"]["1"]["category"]: len(entry["objects"]["1"]["frames"]) for entry in videos.values()}
    )
    assert Counter(found.column("class")) == expected
    for path, row in zip(files, found.rows, strict=True):
        assert row["area"] == np.count_nonzero(np.asarray(Image.open(path)))
        # The files give the boxes too, as fractions of the frame.
        given = json.loads(path.with_suffix(".json").read_text())["1"]
        x, y, w, h = row["box"]
        np.testing.assert_allclose([x / 1280, y / 720, w / 1280, h / 720], [given[key] for key in "xywh"], atol=0.005)


def test_real_voc_pairs(shared_data: Path, read) -> None:
    folder = shared_data / "labelme_examples" / "instance_segmentation" / "data_dataset_voc"
    names = (folder / "class_names.txt").read_text().splitlines()
    expected = []
    for path in sorted((folder / "SegmentationObjectNpy").glob("*.npy")):
        instances = np.load(path)
        classes = np.load(folder / "SegmentationClassNpy" / path.name)
        for number in np.unique(instances[instances > 0]).tolist():
            inside = classes[(instances == number) & (classes > 0)]
            expected.append((path.stem, names[np.bincount(inside).argmax()], float((instances == number).sum())))
    for kind, suffix in (("SegmentationObject", ".png"), ("SegmentationObjectNpy", ".npy")):
        found = read(folder / kind)
        assert [(row["frame"].removesuffix(suffix), row["class"], row["area"]) for row in found.rows] == expected, kind


def test_real_two_channels_equal_the_panoptic_file(shared_data: Path, read) -> None:
    folder = shared_data / "panoptic_sample" / "sample_data"
    ((reader, _), *_) = detect(folder / "panoptic_examples_2ch_format", "labels")
    assert reader.name == "instance_masks"
    two = read(folder / "panoptic_examples_2ch_format")
    panoptic = read(folder / "panoptic_examples.json")
    names = {entry.source_id: entry.name for entry in panoptic.reading.classes}
    ours = sorted((row["class"], row["rle_counts"]) for row in two.rows)
    assert ours == sorted((names[row["class"]], row["rle_counts"]) for row in panoptic.rows)
