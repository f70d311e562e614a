"""YouTube-VIS: tracks become an object a frame, labels and results meet by video and place, odd records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.formats import open_input
from predscope.importing import import_labels, import_predictions
from predscope.project import Project

_NAMES = ["clip/00000.jpg", "clip/00005.jpg", "clip/00010.jpg"]


def _mask(x: int, y: int, w: int, h: int) -> dict[str, Any]:
    pixels = np.zeros((40, 60), np.uint8)
    pixels[y : y + h, x : x + w] = 1
    rle = rle_codec.encode(np.asfortranarray(pixels))
    return {"size": [40, 60], "counts": rle["counts"].decode()}


def _labels(*tracks: Any, **more: Any) -> dict[str, Any]:
    return {
        "videos": [{"id": 3, "width": 60, "height": 40, "length": 3, "file_names": _NAMES}],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "dog"}],
        "annotations": list(tracks),
        **more,
    }


def _track(**more: Any) -> dict[str, Any]:
    return {"id": 7, "video_id": 3, "category_id": 2, "iscrowd": 0, "width": 60, "height": 40, **more}


@pytest.fixture
def read_tracks(tmp_path: Path, read: Callable[..., Any]) -> Callable[..., Any]:
    def write_and_read(value: Any, role: str = "labels") -> Any:
        path = tmp_path / "tracks.json"
        path.write_text(json.dumps(value))
        return read(path, role)

    return write_and_read


def test_a_track_is_an_object_in_every_frame_that_shows_it(read_tracks) -> None:
    track = _track(
        segmentations=[_mask(2, 3, 10, 5), None, [[0, 0, 9, 0, 9, 9]]],
        bboxes=[[2, 3, 10, 5], None, [0, 0, 9, 9]],
        areas=[50, None, 40.5],
        occlusion=["none", None, "severe"],
        source="x",
    )
    found = read_tracks(_labels(track, _track(id=8, iscrowd=1, bboxes=[None, [1, 2, 3, 4], None])))
    assert found.reading.format == "youtube_vis"
    assert found.column("frame") == ["3#0", "3#2", "3#1"]
    assert found.column("geometry") == ["mask", "polygon", "box"]
    assert found.column("track_id") == ["7", "7", "8"]
    assert found.column("area")[:2] == [50, 40.5]
    assert found.column("is_crowd") == [False, False, True]
    assert found.column("attributes") == [
        {"occlusion": "none", "source": "x"},
        {"occlusion": "severe", "source": "x"},
        None,
    ]
    assert found[0]["place"] == "annotations[0].segmentations[0]"
    assert found[2]["place"] == "annotations[1].bboxes[1]"
    decoded = rle_codec.decode({"size": [40, 60], "counts": found[0]["rle_counts"]})
    assert decoded[3:8, 2:12].all()
    assert decoded.sum() == 50
    frames = found.reading.frames
    assert [(frame.file_name, frame.source_id, frame.sequence_index) for frame in frames] == [
        (name, f"3#{index}", index) for index, name in enumerate(_NAMES)
    ]
    assert {(frame.width, frame.height, frame.sequence) for frame in frames} == {(60, 40, "clip")}


def test_results_meet_the_labels_by_video_and_place(tmp_path: Path) -> None:
    labels, results = tmp_path / "labels.json", tmp_path / "results.json"
    labels.write_text(json.dumps(_labels(_track(segmentations=[_mask(2, 3, 10, 5)] * 3))))
    empty = {"size": [40, 60], "counts": [2400]}
    records = [
        {"video_id": 3, "category_id": 2, "score": 0.5, "segmentations": [_mask(2, 3, 9, 5), None, _mask(0, 0, 2, 2)]},
        {
            "video_id": 3,
            "category_id": 1,
            "score": 0.25,
            "segmentations": [_mask(0, 0, 0, 0), _mask(1, 1, 2, 2), empty],
        },
        {"video_id": 4, "category_id": 1, "score": 0.25, "segmentations": [_mask(1, 1, 2, 2)]},
    ]
    results.write_text(json.dumps(records))
    project = import_labels(Project.create(tmp_path / "project"), labels).project
    result = import_predictions(project, results)
    report = result.report
    assert (report.format, report.rows, report.imported, report.rejected) == ("youtube_vis", 4, 3, 1)
    assert report.problems["masks_without_pixels"].count == 2
    assert report.problems["unknown_frame"].examples[0].startswith("[2].segmentations[0]")
    rows = result.objects.table(["frame_index", "confidence", "track_id"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [(0, 0.5, "0"), (1, 0.25, "1"), (2, 0.5, "0")]
    assert result.project.frames["file_name"].tolist() == _NAMES


def test_labels_find_the_images_of_their_videos(tmp_path: Path, read_tracks) -> None:
    found = read_tracks(_labels(videos=[{"id": "v", "name": "a.mp4", "length": 2, "file_names": []}]))
    assert [frame.file_name for frame in found.reading.frames] == ["a.mp4#0", "a.mp4#1"]
    found = read_tracks(_labels(videos=[{"id": "v", "name": "a.mp4", "length": 10**9, "file_names": []}]))
    assert len(found.reading.frames) == 200_000
    assert found.report.problems["video_frames_not_listed"].count == 10**9 - 200_000
    found = read_tracks(_labels(videos=[{"id": 1, "file_names": ["x.jpg", None, 3]}, {"file_names": ["y.jpg"]}, 5]))
    assert [(frame.file_name, frame.source_id) for frame in found.reading.frames] == [("x.jpg", "1#0"), ("3", "1#2")]
    assert found.report.problems["video_without_frames"].examples == ["videos[1]", "videos[2]"]


def test_a_file_without_annotations_lists_its_frames(read_tracks) -> None:
    content = _labels()
    del content["annotations"]
    found = read_tracks(content)
    assert len(found.reading.frames) == 3
    assert found.codes == {"no_annotations": 1}
    with pytest.raises(InputError, match="holds no predictions"):
        read_tracks(content, "predictions")


@pytest.mark.parametrize(
    ("track", "rows", "code", "place"),
    [
        ("text", 1, "record_not_object", "annotations[1]"),
        (_track(segmentations=5), 1, "track_invalid", "annotations[1]: segmentations is 5"),
        (_track(), 1, "track_invalid", "annotations[1]"),
        ({"category_id": 1, "bboxes": [[1, 2, 3, 4], None, [1, 2, 3, 4]]}, 2, "video_missing", "annotations[1]"),
        (_track(bboxes=[[1, 2, 3], None]), 1, "bbox_invalid", "annotations[1].bboxes[0]"),
        (
            _track(segmentations=[{"size": [40, 60], "counts": [7]}]),
            1,
            "rle_invalid",
            "annotations[1].segmentations[0]",
        ),
        (_track(segmentations=[None, [[1, 2]]]), 1, "polygon_empty", "annotations[1].segmentations[1]"),
        (_track(segmentations=[None, "x"]), 1, "segmentation_invalid", "annotations[1].segmentations[1]"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(
    read_tracks, track: Any, rows: int, code: str, place: str
) -> None:
    found = read_tracks(_labels(_track(bboxes=[[1, 2, 3, 4]]), track))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (rows, rows)
    assert found.report.problems[code].examples[0].startswith(place)


def test_a_track_that_is_nowhere_is_named(read_tracks) -> None:
    found = read_tracks(_labels(_track(segmentations=[None, None, None])))
    assert (len(found), found.codes) == (0, {"tracks_without_shapes": 1})


def test_the_role_is_told_by_the_scores(tmp_path: Path) -> None:
    path = tmp_path / "tracks.json"
    path.write_text(json.dumps(_labels(_track(bboxes=[[1, 2, 3, 4]]))))
    with pytest.raises(InputError, match="these are labels"):
        open_input(path, role="predictions")
    path.write_text(json.dumps([_track(bboxes=[[1, 2, 3, 4]], score=0.5)]))
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")


def test_images_that_belong_to_videos_stay_coco(read_tracks) -> None:
    content = _labels(
        {"id": 1, "image_id": 1, "video_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4], "track_id": 5},
        images=[{"id": 1, "file_name": "clip/00000.jpg", "video_id": 3, "frame_id": 0}],
    )
    found = read_tracks(content)
    assert (found.reading.format, found.column("track_id")) == ("coco", ["5"])


@pytest.mark.parametrize("content", [[], {}, {"videos": [], "annotations": {}}, {"annotations": [1]}, [1]])
def test_other_files_are_refused(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    if content == []:
        assert list(open_input(path, format="youtube_vis", role="predictions").batches) == []
        return
    with pytest.raises(InputError, match="YouTube-VIS"):
        list(open_input(path, format="youtube_vis", role="labels").batches)
