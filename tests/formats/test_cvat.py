"""CVAT's XML for images and for video: each kind of shape with its exact coordinates, tracks, damaged files."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.formats import open_input

_META = """<meta><task><id>1</id><name>t</name><size>2</size><mode>annotation</mode>
<labels>
 <label><name>car</name><color>#c06060</color><type>any</type><attributes></attributes></label>
 <label><name>person</name><color>bad</color><type>skeleton</type><attributes></attributes>
  <svg>&lt;line data-type="edge" data-node-from="1" data-node-to="3"&gt;&lt;/line&gt;
   &lt;circle data-node-id="1" data-label-name="head"&gt;&lt;/circle&gt;
   &lt;circle data-node-id="2" data-label-name="hand"&gt;&lt;/circle&gt;
   &lt;circle data-node-id="3" data-label-name="foot"&gt;&lt;/circle&gt;</svg></label>
 <label><name>head</name><type>points</type><parent>person</parent></label>
 <label><name>hand</name><type>points</type><parent>person</parent></label>
 <label><name>foot</name><type>points</type><parent>person</parent></label>
</labels></task></meta>"""

# The example of the format's own documentation: 13 x 15 pixels at 707, 888.
_DOCUMENTED_RUNS = "3, 5, 7, 7, 5, 9, 3, 11, 2, 11, 2, 12, 1, 12, 1, 26, 1, 12, 1, 12, 2, 11, 3, 9, 5, 7, 7, 5, 3"


def _images(*images: str, meta: str = _META) -> str:
    inside = f"<version>1.1</version>{meta}{''.join(images)}"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>{inside}</annotations>'


def _image(shapes: str, name: str = "a/b.jpg", number: int = 0) -> str:
    return f'<image id="{number}" name="{name}" width="800" height="600" subset="train">{shapes}</image>'


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_of_shape(tmp_path: Path, read) -> None:
    shapes = """
    <box label="car" occluded="1" xtl="10" ytl="20" xbr="30" ybr="60" z_order="2">
      <attribute name="color">red</attribute><attribute name="parked">true</attribute></box>
    <box label="car" xtl="100" ytl="100" xbr="140" ybr="120" rotation="90"/>
    <polygon label="car" points="1,2;3.5,2;3.5,9"/>
    <polyline label="car" points="1,2;3,4"/>
    <points label="car" points="5,6;7,8"/>
    <ellipse label="car" cx="50" cy="40" rx="10" ry="5" rotation="90"/>
    <cuboid label="car" xtl1="0" ytl1="10" xbl1="0" ybl1="30" xtr1="20" ytr1="10" xbr1="20" ybr1="30"
      xtl2="10" ytl2="0" xbl2="10" ybl2="20" xtr2="30" ytr2="0" xbr2="30" ybr2="20"/>
    <tag label="car"/>
    <skeleton label="person">
      <points label="foot" outside="0" occluded="1" points="11,12"/>
      <points label="head" outside="0" occluded="0" points="9,10"/>
      <points label="hand" outside="1" occluded="0" points="1,1"/>
    </skeleton>"""
    found = read(_write(tmp_path / "annotations.xml", _images(_image(shapes))))
    assert found.reading.format == "cvat"
    kinds = "box oriented_box polygon polyline keypoints polygon polygon classification keypoints"
    assert found.column("geometry") == kinds.split()
    assert found[0]["box"] == [10, 20, 20, 40]
    assert found[0]["attributes"] == {"color": "red", "parked": True, "occluded": True, "z_order": 2}
    assert found[1]["oriented_box"] == pytest.approx([120, 110, 40, 20, math.pi / 2])
    assert found[1]["box"] == pytest.approx([110, 90, 20, 40])
    assert found[2]["polygons"] == [[[1, 2, 3.5, 2, 3.5, 9]]]
    assert found[3]["polylines"] == [[1, 2, 3, 4]]
    assert found[4]["keypoints"] == [5, 6, 2, 7, 8, 2]
    assert found[5]["box"] == pytest.approx([45, 30, 10, 20])
    assert found[5]["area"] == pytest.approx(math.pi * 50)
    corners = {tuple(corner) for corner in np.array(found[6]["polygons"][0][0]).reshape(-1, 2).tolist()}
    assert corners == {(0, 10), (0, 30), (20, 30), (30, 20), (30, 0), (10, 0)}
    assert np.isnan(found[7]["box"]).all()
    assert found[8]["keypoints"] == [9, 10, 2, 0, 0, 0, 11, 12, 1]
    assert found[8]["box"] == [9, 10, 2, 2]
    assert found.report.rejected == 0
    (frame,) = found.reading.frames
    assert (frame.file_name, frame.source_id, frame.width, frame.height) == ("a/b.jpg", "0", 800, 600)
    assert frame.attributes == {"subset": "train"}
    car, person = found.reading.classes
    assert (car.name, car.color) == ("car", "#C06060")
    assert (person.keypoints, person.skeleton, person.color) == (("head", "hand", "foot"), ((0, 2),), None)


def test_the_mask_of_the_documentation(tmp_path: Path, read) -> None:
    mask = f'<mask label="car" rle="{_DOCUMENTED_RUNS}" left="707" top="88" width="13" height="15"/>'
    found = read(_write(tmp_path / "a.xml", _images(_image(mask))))
    runs = [int(run) for run in _DOCUMENTED_RUNS.split(",")]
    crop = np.concatenate([np.full(run, place % 2) for place, run in enumerate(runs)]).reshape(15, 13)
    frame = np.zeros((600, 800), np.uint8)
    frame[88:103, 707:720] = crop
    decoded = rle_codec.decode({"size": found[0]["rle_size"], "counts": found[0]["rle_counts"]})
    np.testing.assert_array_equal(decoded, frame)
    assert found[0]["area"] == crop.sum()
    assert found[0]["box"] == [707, 88, 13, 15]


_TRACKS = """<meta><task><size>12</size><mode>interpolation</mode><start_frame>0</start_frame>
<stop_frame>11</stop_frame><labels><label><name>car</name></label></labels>
<original_size><width>1280</width><height>720</height></original_size></task><source>drive.mp4</source></meta>
<track id="7" label="car">
 <box frame="2" outside="0" occluded="0" keyframe="1" xtl="0" ytl="0" xbr="10" ybr="10"/>
 <box frame="3" outside="0" occluded="1" keyframe="0" xtl="1" ytl="1" xbr="11" ybr="11"/>
 <box frame="4" outside="1" occluded="0" keyframe="1" xtl="1" ytl="1" xbr="11" ybr="11"/>
 <box frame="6" outside="0" occluded="0" keyframe="1" xtl="10" ytl="0" xbr="20" ybr="10"/>
 <box frame="10" outside="0" occluded="0" keyframe="1" xtl="50" ytl="20" xbr="60" ybr="40"/>
</track>"""


def test_tracks_become_objects_of_frames(tmp_path: Path, read) -> None:
    found = read(_write(tmp_path / "a.xml", _images(meta=_TRACKS)))
    assert [frame.file_name for frame in found.reading.frames] == [f"drive.mp4#{index}" for index in range(12)]
    frame = found.reading.frames[5]
    assert (frame.sequence, frame.sequence_index, frame.width, frame.height) == ("drive.mp4", 5, 1280, 720)
    boxes = {row["frame"]: row["box"] for row in found.rows}
    assert boxes == {
        "drive.mp4#2": [0, 0, 10, 10],
        "drive.mp4#3": [1, 1, 10, 10],
        "drive.mp4#6": [10, 0, 10, 10],
        "drive.mp4#7": [20, 5, 10, 12.5],
        "drive.mp4#8": [30, 10, 10, 15],
        "drive.mp4#9": [40, 15, 10, 17.5],
        "drive.mp4#10": [50, 20, 10, 20],
    }
    assert set(found.column("track_id")) == {"7"}
    assert found.codes["boxes_interpolated"] == 3
    by_frame = {row["frame"]: row["attributes"] for row in found.rows}
    assert by_frame["drive.mp4#3"] == {"occluded": True}
    assert by_frame["drive.mp4#8"] == {"interpolated": True}


def test_frames_of_a_step_are_not_filled_in(tmp_path: Path, read) -> None:
    text = _TRACKS.replace("<mode>", "<frame_filter>step=4</frame_filter><mode>")
    found = read(_write(tmp_path / "a.xml", _images(meta=text)))
    assert "boxes_interpolated" not in found.codes
    assert {frame.sequence_index for frame in found.reading.frames} == {0, 2, 3, 4, 6, 8, 10}


def test_images_of_a_video_go_by_their_number(tmp_path: Path, read) -> None:
    meta = "<meta><job><id>1</id></job><source>drive.mp4</source></meta>"
    shapes = '<box label="car" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    images = _image(shapes, "frame_000012", 12), _image(shapes, "other.jpg", 13)
    found = read(_write(tmp_path / "a.xml", _images(*images, meta=meta)))
    assert found.column("frame") == ["drive.mp4#12", "other.jpg"]


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ('<box label="car" xtl="1" ytl="1" xbr="2"/>', "shape_invalid"),
        ('<box label="car" xtl="1" ytl="nan" xbr="2" ybr="3"/>', "shape_invalid"),
        ('<box xtl="1" ytl="1" xbr="2" ybr="3"/>', "class_missing"),
        ('<polygon label="car" points="1,2;3,4"/>', "shape_invalid"),
        ('<polygon label="car" points="1,2;3;4,5"/>', "shape_invalid"),
        ('<mask label="car" rle="3,4" left="0" top="0" width="2" height="2"/>', "mask_invalid"),
        ('<mask label="car" rle="x" left="0" top="0" width="2" height="2"/>', "mask_invalid"),
        ('<mask label="car" rle="0,4" left="0" top="0" width="99999999" height="9999999"/>', "mask_invalid"),
        ('<sphere label="car"/>', "shape_not_read"),
        ('<skeleton label="person"/>', "shape_invalid"),
        ('<cuboid label="car" xtl1="3"/>', "shape_invalid"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, shape: str, code: str) -> None:
    good = '<box label="car" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    found = read(_write(tmp_path / "a.xml", _images(_image(good + shape))))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("image 1 (a/b.jpg): ")


def test_unsafe_and_damaged_files_are_refused(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><annotations><meta>&b;</meta></annotations>'
    with pytest.raises(InputError, match="entities"):
        open_input(_write(tmp_path / "bomb.xml", bomb), format="cvat", role="labels")
    whole = _images(_image('<box label="car" xtl="1" ytl="1" xbr="2" ybr="2"/>'))
    with pytest.raises(InputError, match=r"not valid XML .*line"):
        open_input(_write(tmp_path / "cut.xml", whole[:-30]), role="labels")
    with pytest.raises(InputError, match="no confidences"):
        open_input(_write(tmp_path / "whole.xml", whole), role="predictions")
    with pytest.raises(InputError, match="its root is <other>"):
        open_input(_write(tmp_path / "other.xml", "<other/>"), format="cvat", role="labels")
    (tmp_path / "utf16.xml").write_bytes(whole.replace("utf-8", "utf-16").encode("utf-16"))
    assert sum(len(batch) for batch in open_input(tmp_path / "utf16.xml", role="labels").batches) == 1


def test_real_file(shared_data: Path, read) -> None:
    path = shared_data / "voc2012_rodm100" / "gts" / "cvat_format" / "annotations.xml"
    text = path.read_text()
    found = read(path)
    assert len(found) == len(re.findall(r"<box ", text)) == 273
    assert Counter(found.column("class")) == Counter(re.findall(r'<box label="([^"]+)"', text))
    assert len(found.reading.frames) == len(re.findall(r"<image ", text)) == 100
    assert len(found.reading.classes) == 20
    assert all(entry.color for entry in found.reading.classes)
    assert found.report.rejected == 0
