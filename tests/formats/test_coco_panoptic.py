"""COCO panoptic: ids in colours, classes of segments, pixels of which nothing is said, damaged files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input

_BIG = 3_937_500


def _ids() -> np.ndarray:
    ids = np.zeros((12, 16), np.int64)
    ids[2:6, 3:9] = 7
    ids[7:10, 1:5] = _BIG
    ids[7:10, 10:12] = _BIG
    ids[11, :] = 300
    return ids


def _save(path: Path, ids: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
    Image.fromarray(channels).save(path)


def _content(segments: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 4, "file_name": "a.jpg", "width": 16, "height": 12}],
        "annotations": [{"image_id": 4, "file_name": "a.png", "segments_info": segments}],
        "categories": [
            {"id": 1, "name": "cat", "isthing": 1, "color": [220, 20, 60], "supercategory": "animal"},
            {"id": 9, "name": "grass", "isthing": 0},
        ],
        **more,
    }


def _segment(number: int, category: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "category_id": category, "iscrowd": 0, "area": 1, "bbox": [0, 0, 1, 1], **more}


def _write(folder: Path, content: dict[str, Any], name: str = "panoptic.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    _save(folder / path.stem / "a.png", _ids())
    return path


def test_segments_are_masks_of_their_class(tmp_path: Path, read) -> None:
    segments = [_segment(_BIG, 1, iscrowd=1), _segment(7, 1), _segment(300, 9)]
    found = read(_write(tmp_path, _content(segments)))
    assert found.reading.format == "coco_panoptic"
    assert found.column("class") == ["1", "1", "9"]
    assert found.column("class_is") == ["id"] * 3
    assert found.column("is_crowd") == [True, False, False]
    assert found.column("attributes") == [{"isthing": True}, {"isthing": True}, {"isthing": False}]
    assert found.column("area") == [18, 24, 16]
    assert found.column("box") == [[1, 7, 11, 3], [3, 2, 6, 4], [0, 11, 16, 1]]
    for row, number in zip(found.rows, (_BIG, 7, 300), strict=True):
        mask = rle_codec.decode({"size": row["rle_size"], "counts": row["rle_counts"]})
        np.testing.assert_array_equal(mask.astype(bool), _ids() == number)
        assert row["frame"] == "a.jpg"
        assert row["source_id"] == f"a.jpg:{number}"
    cat, grass = found.reading.classes
    assert (cat.name, cat.source_id, cat.color, cat.supercategory) == ("cat", "1", "#DC143C", "animal")
    assert grass.name == "grass"
    (pixels,) = found.reading.pixel_maps
    assert (pixels.file_name, pixels.height, pixels.width) == ("a.jpg", 12, 16)
    void = rle_codec.decode({"size": [12, 16], "counts": pixels.void_counts})
    np.testing.assert_array_equal(void.astype(bool), _ids() == 0)


def test_ids_without_a_segment_and_segments_without_pixels(tmp_path: Path, read) -> None:
    segments = [_segment(7, 1), _segment(7, 1), _segment(5, 1), _segment(0, 1), {"id": 300}, "text"]
    found = read(_write(tmp_path, _content(segments)))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (5, 5)
    codes = {"segment_twice": 1, "segment_empty": 1, "segment_id_invalid": 2, "class_missing": 1, "segment_unlisted": 2}
    assert found.codes == codes
    (pixels,) = found.reading.pixel_maps
    void = rle_codec.decode({"size": [12, 16], "counts": pixels.void_counts})
    np.testing.assert_array_equal(void.astype(bool), _ids() != 7)


def test_predictions_have_a_score_or_one(tmp_path: Path, read) -> None:
    path = _write(tmp_path, _content([_segment(7, 1, score=0.5), _segment(300, 9)]))
    found = read(path, "predictions")
    assert found.column("confidence") == [0.5, 1.0]
    results = _content([_segment(7, 1)])["annotations"]
    listed = tmp_path / "results.json"
    listed.write_text(json.dumps(results))
    _save(tmp_path / "results" / "a.png", _ids())
    found = read(listed, "predictions")
    assert found.column("frame") == ["a.png"]
    assert found.codes["confidence_assumed"] == 1


def test_png_files_that_are_not_there_or_damaged(tmp_path: Path, read) -> None:
    path = _write(tmp_path, _content([_segment(7, 1)]))
    (tmp_path / "panoptic" / "a.png").write_bytes(b"\x89PNG")
    found = read(path)
    assert (len(found), found.codes["png_unusable"], found.report.rejected) == (0, 1, 1)
    (tmp_path / "panoptic" / "a.png").unlink()
    with pytest.raises(InputError, match=r"no a\.png in a folder panoptic"):
        open_input(path, role="labels")


@pytest.mark.parametrize("name", ["a" * 5000, "..", "", "x\0y.png"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    content = _content([_segment(7, 1)])
    content["annotations"][0]["file_name"] = name
    with pytest.raises(InputError) as caught:
        open_input(_write(tmp_path, content), role="labels")
    assert len(str(caught.value)) < 1000


def test_the_reader_of_instances_leaves_panoptic_files_alone(tmp_path: Path) -> None:
    images = [{"id": number, "file_name": f"{number:060}.jpg"} for number in range(2000)]
    path = _write(tmp_path, _content([_segment(7, 1)], images=images))
    assert path.stat().st_size > 65536 * 2
    assert open_input(path, role="labels").format == "coco_panoptic"
    with pytest.raises(InputError, match="panoptic"):
        open_input(path, format="coco", role="labels")


def test_real_files(shared_data: Path, read) -> None:
    folder = shared_data / "panoptic_sample" / "sample_data"
    content = json.loads((folder / "panoptic_examples.json").read_text())
    infos = [segment for annotation in content["annotations"] for segment in annotation["segments_info"]]
    found = read(folder / "panoptic_examples.json")
    assert len(found) == len(infos) == 50
    assert found.report.rejected == 0
    # The file's own areas were counted by others.
    assert found.column("area") == [segment["area"] for segment in infos]
    assert [[int(side) for side in box] for box in found.column("box")] == [segment["bbox"] for segment in infos]
    assert Counter(found.column("class")) == Counter(str(segment["category_id"]) for segment in infos)
    assert sum(found.column("is_crowd")) == sum(segment["iscrowd"] for segment in infos)
    assert len(found.reading.classes) == 133
    assert len(found.reading.pixel_maps) == 2


def test_real_segments_equal_the_masks_of_the_detection_format(shared_data: Path, read) -> None:
    folder = shared_data / "panoptic_sample" / "sample_data"
    panoptic = read(folder / "panoptic_examples.json")
    detection = read(folder / "panoptic_coco_detection_format.json")
    assert sorted(panoptic.column("rle_counts")) == sorted(detection.column("rle_counts"))


def test_a_folder_of_png_files_without_its_json_file_is_refused(tmp_path: Path) -> None:
    """What is missing, and how to give it; by the names of COCO and Cityscapes even where all ids are small."""
    for folder, name, ids in (
        ("segments", "a.png", _ids()),
        ("panoptic_val", "a.png", _ids() % 1000),
        ("city", "a_gtFine_panoptic.png", _ids() % 30_000),
    ):
        _save(tmp_path / folder / name, ids)
        with pytest.raises(InputError, match=f"which is missing: put it beside the folder, as {folder}.json"):
            open_input(tmp_path / folder, role="labels")
        with pytest.raises(InputError, match=f"Put that file beside the folder, as {folder}.json"):
            open_input(tmp_path / folder, format="coco_panoptic", role="labels")
    (tmp_path / "segments.json").write_text("{}")
    with pytest.raises(InputError, match=r"give segments\.json, which lies beside them"):
        open_input(tmp_path / "segments", role="labels")
