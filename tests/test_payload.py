"""What the browser is given to draw."""

from __future__ import annotations

import json

import numpy as np
import orjson
import pandas as pd
from pycocotools import mask as coco_mask

from predscope import Project
from predscope.palette import class_color
from predscope.payload import frame_payloads, frame_record, project_layers, scene
from tests.shapes_dataset import ring_mask


def image_url(index: int, version: str) -> str:
    return f"/image/{index}/{version}"


def payloads(project: Project, *indices: int) -> list[dict]:
    return frame_payloads(project, project_layers(project), indices, image_url, image_url)


def test_the_scene_names_layers_and_classes_with_their_colours(shapes_project: Project) -> None:
    drawn = scene(shapes_project, project_layers(shapes_project))
    assert [(layer["key"], layer["role"]) for layer in drawn["layers"]] == [
        ("labels", "labels"),
        ("p:model", "predictions"),
    ]
    assert [entry["name"] for entry in drawn["classes"]] == ["car", "person", "bicycle"]
    assert [entry["color"] for entry in drawn["classes"]] == [class_color(index) for index in range(3)]
    assert drawn["classes"][1]["skeleton"] == [[0, 1]]


def test_every_object_of_a_frame_is_there_once_under_its_layer(shapes_project: Project) -> None:
    (frame,) = payloads(shapes_project, shapes_project.frame_index("a"))
    assert [thing["layer"] for thing in frame["objects"]] == [0, 0, 0, 1, 1]
    assert len({thing["id"] for thing in frame["objects"]}) == 5
    assert [thing["kind"] for thing in frame["objects"]] == ["box", "mask", "keypoints", "box", "box"]
    assert "conf" not in frame["objects"][0]
    assert [thing["conf"] for thing in frame["objects"][3:]] == [0.9, 0.05]
    assert frame["attributes"]["weather"] == "rain"
    json.dumps(frame)


def test_a_mask_travels_as_run_lengths_that_decode_to_the_same_pixels(shapes_project: Project) -> None:
    (frame,) = payloads(shapes_project, shapes_project.frame_index("a"))
    mask = next(thing["mask"] for thing in frame["objects"] if thing["kind"] == "mask")
    decoded = coco_mask.decode({"size": mask["size"], "counts": mask["counts"].encode()})
    np.testing.assert_array_equal(decoded, ring_mask())


def test_parts_of_a_polygon_and_crowds_are_kept(shapes_project: Project) -> None:
    second, fourth = payloads(shapes_project, shapes_project.frame_index("b"), shapes_project.frame_index("d"))
    polygon = second["objects"][0]
    assert [len(part) for part in polygon["parts"]] == [1, 1], "two parts of one ring each"
    assert polygon["parts"][0][0] == [20, 20, 50, 20, 50, 50, 20, 50]
    assert fourth["objects"][0]["crowd"] is True
    assert fourth["status"] == "missing"
    assert fourth["image"] is None


def test_frames_come_in_the_order_asked_for_and_as_compact_json(shapes_project: Project) -> None:
    order = [shapes_project.frame_index(name) for name in ("c", "a", "b")]
    frames = payloads(shapes_project, *order)
    assert [frame["frame"] for frame in frames] == ["c", "a", "b"]
    assert len(orjson.dumps(frames)) < 3000


def test_frames_of_a_sequence_say_so(shapes_project: Project) -> None:
    row = shapes_project.frames.iloc[0].to_dict()
    alone = frame_record(row, image_url, image_url)
    assert not {"sequence", "sequence_index"} & alone.keys()
    in_clip = frame_record(row | {"sequence": "clip", "sequence_index": 3}, image_url, image_url)
    assert in_clip == alone | {"sequence": "clip", "sequence_index": 3}
    without_place = frame_record(row | {"sequence": "clip", "sequence_index": pd.NA}, image_url, image_url)
    assert without_place == alone | {"sequence": "clip"}


def test_the_address_of_an_image_changes_with_the_file(shapes_project: Project) -> None:
    index = shapes_project.frame_index("a")
    before = payloads(shapes_project, index)[0]["image"]
    rows = shapes_project.frames.iloc[index]
    assert f"{rows['modified_ns']:x}" in before
    assert f"{rows['file_size']:x}" in before
