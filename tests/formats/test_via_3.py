"""VGG Image Annotator 3: regions of images, times of videos that become frames, segments, exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from predscope.errors import InputError
from predscope.formats import open_input
from predscope.importing import import_labels
from predscope.project import Project
from tests.video_files import write_video

_ATTRIBUTES = {
    "1": {"aname": "kind", "anchor_id": "FILE1_Z1_XY1", "type": 4, "options": {"1": "car", "2": "dog"}},
    "2": {"aname": "seen", "anchor_id": "FILE1_Z1_XY1", "type": 2, "options": {"a": "whole", "b": "moving"}},
    "3": {"aname": "Activity", "anchor_id": "FILE1_Z2_XY0", "type": 1, "options": {}},
}
_FILES = {
    "1": {"fid": 1, "fname": "a.jpg", "type": 2, "loc": 1, "src": ""},
    "2": {"fid": 2, "fname": "shown.jpg", "type": 2, "loc": 2, "src": "http://localhost:8001/images/b.jpg"},
    "3": {"fid": 3, "fname": "clip.mp4", "type": 4, "loc": 1, "src": ""},
    "4": {"fid": 4, "fname": "talk.mp3", "type": 8, "loc": 1, "src": ""},
}


def _project(*metadata: Any, **more: Any) -> dict[str, Any]:
    return {
        "project": {"pname": "x", "vid_list": ["1", "2", "3"]},
        "config": {"file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}}},
        "attribute": _ATTRIBUTES,
        "file": _FILES,
        "metadata": {f"m{number}": entry for number, entry in enumerate(metadata)},
        "view": {"1": {"fid_list": [1]}, "2": {"fid_list": ["2"]}, "3": {"fid_list": [3]}, "4": {"fid_list": [4]}}
        | {"5": {"fid_list": [1, 2]}},
        **more,
    }


def _region(xy: Any, z: Any = (), view: str = "1", **values: Any) -> dict[str, Any]:
    given = {key.removeprefix("a"): value for key, value in values.items()} or {"1": "1"}
    return {"vid": view, "flg": 0, "z": list(z) if isinstance(z, tuple) else z, "xy": xy, "av": given}


def _write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_every_kind_of_region_on_images(tmp_path: Path, read) -> None:
    shapes = [
        [1, 7, 8],
        [2, 10, 20, 30, 40],
        [3, 40, 30, 5],
        [4, 40, 30, 10, 5],
        [5, 1, 2, 3, 4],
        [6, 1, 2, 3, 4, 9, 9],
        [7, 0, 0, 9, 0, 9, 9],
        [8, 10, 25, 20, 5, 40, 25, 20, 35],
        [9, 20, 10, 30, 20, 20, 30],
    ]
    found = read(_write(tmp_path / "x.json", _project(*map(_region, shapes))))
    assert found.reading.format == "via"
    kinds = "keypoints box polygon polygon polyline polyline polygon box polygon"
    assert found.column("geometry") == kinds.split()
    assert found[1]["box"] == [10, 20, 30, 40]
    assert found[3]["box"] == pytest.approx([30, 25, 20, 10])
    assert found[7]["box"] == [10, 5, 30, 30]
    assert found[8]["box"] == pytest.approx([10, 10, 20, 20])
    assert found.column("source_id") == [f"m{number}" for number in range(9)]
    assert found[0]["place"] == "metadata m0"


def test_attributes_by_their_names_and_options(tmp_path: Path, read) -> None:
    regions = [
        _region([1, 7, 8], a1="2", a2="a,b", a9="new"),
        _region([1, 7, 8], view="2", a1="1", a3="_DEFAULT"),
        _region([], a3="rain"),
    ]
    found = read(_write(tmp_path / "x.json", _project(*regions)))
    assert found.column("class") == ["dog", "car"]
    assert found.column("attributes") == [{"seen": "whole, moving", "9": "new"}, None]
    assert found.column("frame") == ["a.jpg", "http://localhost:8001/images/b.jpg"]
    assert [(frame.file_name, frame.attributes) for frame in found.reading.frames] == [
        ("a.jpg", {"Activity": "rain"}),
        ("http://localhost:8001/images/b.jpg", {}),
    ]


def test_times_of_a_video_become_frames(tmp_path: Path, read) -> None:
    write_video(tmp_path / "videos/clip.mp4", 20, rate=10)
    regions = [
        _region([2, 1, 2, 3, 4], (0.0,), "3"),
        _region([2, 1, 2, 3, 4], (0.917,), "3"),
        _region([2, 1, 2, 3, 4], (0.3,), "3"),  # a frame begins then
        _region([], (1.75, 1.9), "3", a3="turning"),
        _region([2, 1, 2, 3, 4], (5.0,), "3"),
        _region([], (1.0, 0.5), "3", a3="turning"),
    ]
    found = read(_write(tmp_path / "x.json", _project(*regions)))
    names = ["clip.mp4#0", "clip.mp4#9", "clip.mp4#3", "clip.mp4#17", "clip.mp4#18", "clip.mp4#19"]
    assert found.column("frame") == names
    assert found.column("class") == ["car"] * 3 + ["turning"] * 3
    assert found.column("geometry") == ["box"] * 3 + ["classification"] * 3
    assert found.column("track_id")[3:] == ["m3"] * 3
    assert found.report.problems["time_outside_video"].examples[0].startswith("metadata m4: 5 s")
    assert found.report.problems["shape_invalid"].examples[0].startswith("metadata m5: a segment ends before")
    listed = [(frame.file_name, frame.sequence_index) for frame in found.reading.frames if frame.sequence]
    assert listed == [(f"clip.mp4#{index}", index) for index in (0, 3, 9, 17, 18, 19)]


def test_a_video_that_is_not_there(tmp_path: Path, read) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    regions = [_region([1, 7, 8]), _region([2, 1, 2, 3, 4], (0.5,), "3"), _region([], (0.5, 0.9), "3", a3="x")]
    path = _write(tmp_path / "x.json", _project(*regions))
    for _ in range(2):
        found = read(path)
        assert (len(found), found.report.rejected) == (1, 2)
        problem = found.report.problems["video_times_unknown"]
        assert problem.examples[0].startswith("metadata m1: clip.mp4: ")
        assert "--images" in problem.fix
        (tmp_path / "clip.mp4").unlink(missing_ok=True)


def test_videos_are_found_among_the_images_of_the_project(tmp_path: Path) -> None:
    write_video(tmp_path / "media/day/one/clip.mp4", 12, rate=10)
    (tmp_path / "labels").mkdir()
    path = _write(
        tmp_path / "labels/x.json", _project(_region([2, 1, 2, 30, 40], (0.5,), "3"), file={"3": _FILES["3"]})
    )
    project = Project.create(tmp_path / "project", images=tmp_path / "media")
    result = import_labels(project, path)
    assert (result.report.imported, result.report.rejected) == (1, 0)
    frame = result.project.frames.iloc[result.objects.table(["frame_index"]).column(0)[0].as_py()]
    assert (frame["image_path"], frame["sequence_index"]) == ("day/one/clip.mp4#5", 5)


def test_a_csv_export(tmp_path: Path, read) -> None:
    rows = [
        '"1_a","[""a.jpg""]",0,"[]","[2,10,20,30,40]","{""1"":""2""}"',
        '"1_b","[""clip.mp4""]",0,"[0.5]","[2,10,20,30,40]","{""1"":""1""}"',
        '"1_c","[""a.jpg"",""b.jpg""]",0,"[]","[2,10,20,30,40]","{""1"":""1""}"',
    ]
    head = [
        "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)",
        f"# ATTRIBUTE = {json.dumps(_ATTRIBUTES)}",
        "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata",
    ]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(head + rows))
    found = read(path)
    assert (found.reading.format, found.column("class"), found[0]["box"]) == ("via", ["dog"], [10, 20, 30, 40])
    assert found.report.problems["video_times_unknown"].examples[0].startswith("line 5: clip.mp4")
    assert found.report.problems["frame_missing"].examples[0].startswith("line 6: a view of 2 files")
    path.write_text("\n".join(head[:2] + rows))
    with pytest.raises(InputError, match="has no columns file_list"):
        open_input(path, format="via", role="labels")


@pytest.mark.parametrize(
    ("region", "code"),
    [
        (_region([2, 1, 2, 3]), "shape_invalid"),
        (_region([7, 1, 2, 3, 4]), "shape_invalid"),
        (_region([9, 0, 0, 1, 1, 2, 2]), "shape_invalid"),
        (_region([3, 1, 2, -1]), "shape_invalid"),
        (_region(["x", 1, 2]), "shape_invalid"),
        (_region(None), "shape_invalid"),
        (_region([10, 1, 2]), "shape_not_read"),
        (_region([], (1.0, 2.0)), "shape_not_read"),
        (_region([2, 1, 2, 3, 4], (1.0,), "4"), "shape_not_read"),
        (_region([2, 1, 2, 3, 4], view="5"), "frame_missing"),
        (_region([2, 1, 2, 3, 4], view="77"), "frame_missing"),
        (_region([2, 1, 2, 3, 4], (), "3"), "frame_missing"),
        (_region([2, 1, 2, 3, 4], ("x",), "3"), "shape_invalid"),
        (_region([2, 1, 2, 3, 4], a2="a"), "class_missing"),
        ("text", "frame_missing"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, region: Any, code: str) -> None:
    found = read(_write(tmp_path / "x.json", _project(_region([1, 7, 8]), _region([1, 7, 8]), region)))
    assert len(found) == 2
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("metadata m2")


def test_scores_make_predictions(tmp_path: Path, read) -> None:
    attributes = {"1": {"aname": "kind", "type": 1}, "2": {"aname": "score", "type": 1}}
    path = _write(tmp_path / "x.json", _project(_region([1, 7, 8], a1="car", a2="0.5"), attribute=attributes))
    assert read(path, "predictions").column("confidence") == [0.5]
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")


def test_a_project_without_files_is_refused(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "x.json", {"project": {}, "config": {}, "attribute": {}, "file": {}, "metadata": {}, "view": {}}
    )
    with pytest.raises(InputError, match="has no images"):
        open_input(path, role="labels")
