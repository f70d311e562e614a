"""Every kind of label and inference, from the script to the objects of the project."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import orjson
import pytest
from hotcoco import mask as rle

import predscope.compat.aquarium as al
from predscope import InputError, Project
from predscope.project import ObjectSet
from tests.compat.aquarium_data import HEIGHT, WIDTH, dataset_of, inferences_of, save_images


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return save_images(tmp_path / "images", "a.png") / "a.png"


def classes(*entries: dict[str, object]) -> al.LabelClassMap:
    return al.LabelClassMap([al.ClassMapEntry(**{"color": (10, 20, 30), **entry}) for entry in entries])


def uploaded(
    home: Path, class_map: al.LabelClassMap, frame: al.LabeledFrame, *inferences: al.InferencesFrame
) -> Project:
    client = al.Client(home=home)
    client.create_project("p", class_map)
    client.create_dataset("p", "d", dataset=dataset_of(frame))
    if inferences:
        client.create_inferences("p", "d", "m", inferences=inferences_of(*inferences))
    return Project.open(home / "p" / "d")


def rows(objects: ObjectSet) -> list[dict[str, object]]:
    return [
        {**row, "attributes": orjson.loads(row["attributes"]) if row["attributes"] else {}}
        for row in objects.table().to_pylist()
    ]


def pixels_of(row: dict[str, object]) -> np.ndarray:
    return rle.decode({"size": [row["rle_height"], row["rle_width"]], "counts": row["rle_counts"]}).astype(bool)


def frame_with(image: Path) -> al.LabeledFrame:
    frame = al.LabeledFrame(frame_id="a")
    frame.add_image(image_url=str(image))
    return frame


def test_shapes_of_labels_and_inferences_are_the_same(tmp_path: Path, image: Path) -> None:
    frame, inference = frame_with(image), al.InferencesFrame(frame_id="a")
    box = {"top": 10.5, "left": 20, "width": np.float32(30), "height": np.int64(40)}
    parts = [{"vertices": [(0, 0), (10, 0), (10, 10)]}, {"vertices": [[20, 20], [40, 20], [40, 40], [20, 40]]}]
    points = [{"x": 5, "y": 6, "name": "tail"}, {"x": np.float32(7), "y": 8, "name": "nose"}]
    line = {"x1": 1, "y1": 2, "x2": 30, "y2": 40}
    frame.add_label_2d_bbox(label_id="box", classification="thing", **box, iscrowd=True, user_attrs={"old": True})
    frame.add_label_2d_polygon_list(label_id="parts", classification="thing", polygons=parts, center=[5, 5])
    frame.add_label_2d_keypoints(label_id="points", classification="thing", keypoints=points)
    frame.add_label_2d_line_segment(label_id="line", classification="thing", **line, links={"next": "box"})
    frame.add_label_2d_classification(label_id="whole", classification="thing", secondary_labels={"sky": "blue"})
    inference.add_inference_2d_bbox(label_id="box", classification="thing", **box, confidence=0, area=600.0)
    inference.add_inference_2d_polygon_list(label_id="parts", classification="thing", polygons=parts, confidence=0.5)
    inference.add_inference_2d_keypoints(
        label_id="points", classification="thing", keypoints=points, confidence=np.float64(0.25), **box
    )
    inference.add_inference_2d_line_segment(label_id="line", classification="thing", **line, confidence=1)
    inference.add_inference_2d_classification(label_id="whole", classification="thing", confidence=0.75)
    entry = {"name": "thing", "class_id": 3, "keypoint_names": ["nose", "tail", "wing"], "skeleton": [[0, 1]]}
    project = uploaded(tmp_path, classes(entry), frame, inference)

    labels, predictions = rows(project.objects("labels")), rows(project.objects("predictions", "m"))
    assert [row["geometry"] for row in labels] == ["box", "polygon", "keypoints", "polyline", "classification"]
    assert [row["geometry"] for row in predictions] == [row["geometry"] for row in labels]
    assert [row["source_id"] for row in labels] == ["box", "parts", "points", "line", "whole"]
    assert [row["confidence"] for row in predictions] == [0, 0.5, 0.25, 1, 0.75]
    assert [row["confidence"] for row in labels] == [None] * 5
    assert [labels[0][side] for side in "xywh"] == [20, 10.5, 30, 40]
    assert labels[0]["is_crowd"]
    assert labels[0]["attributes"] == {"old": True}
    assert predictions[0]["area"] == 600
    assert labels[1]["polygons"] == [[[0, 0, 10, 0, 10, 10]], [[20, 20, 40, 20, 40, 40, 20, 40]]]
    assert labels[1]["area"] == 50 + 400
    assert labels[2]["keypoints"] == [7, 8, 2, 5, 6, 2, 0, 0, 0]
    assert [predictions[2][side] for side in "xywh"] == [20, 10.5, 30, 40]
    assert labels[3]["polylines"] == [[1, 2, 30, 40]]
    assert labels[3]["attributes"] == {"links": {"next": "box"}}
    assert labels[4]["attributes"] == {"sky": "blue"}
    assert labels[4]["x"] is None
    assert project.classes[0].keypoints == ("nose", "tail", "wing")
    assert project.classes[0].skeleton == ((0, 1),)


def test_keypoints_beside_an_outline_keep_both(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    frame.add_label_2d_keypoints(
        label_id="1",
        classification="thing",
        keypoints=[{"x": 5, "y": 5, "name": "nose"}],
        polygons=[{"vertices": [(0, 0), (10, 0), (10, 10)]}],
    )
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 0}), frame)
    (row,) = rows(project.objects("labels"))
    assert row["geometry"] == "keypoints"
    assert row["polygons"] == [[[0, 0, 10, 0, 10, 10]]]
    assert project.classes[0].keypoints == ("nose",)


def test_keypoints_that_the_class_map_does_not_name_are_added_and_reported(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    frame.add_label_2d_keypoints(
        label_id="1",
        classification="thing",
        keypoints=[{"x": 5, "y": 6, "name": "elbow"}, {"x": 1, "y": 2, "name": "nose"}],
    )
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 0, "keypoint_names": ["nose"]}), frame)
    assert project.classes[0].keypoints == ("nose", "elbow")
    report = project.objects("labels").report
    assert report.problems["keypoint_not_in_class_map"].examples == ["thing: elbow"]
    assert rows(project.objects("labels"))[0]["keypoints"] == [1, 2, 2, 5, 6, 2]


def semantic_mask() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.int64)
    mask[10:30, 10:50] = 300
    mask[15:20, 20:30] = 0  # a hole
    mask[60:80, 10:50] = 300
    mask[60:80, 100:140] = 7
    return mask


@pytest.mark.parametrize("as_file", [False, True])
def test_a_semantic_mask_is_a_class_for_every_pixel(tmp_path: Path, image: Path, as_file: bool) -> None:
    mask = semantic_mask()
    given: dict[str, object] = {"mask_data": mask}
    if as_file:
        assert cv2.imwrite(str(tmp_path / "mask.png"), mask.astype(np.uint16))
        given = {"mask_url": (tmp_path / "mask.png").as_uri()}
    frame, inference = frame_with(image), al.InferencesFrame(frame_id="a")
    frame.add_label_2d_semseg(label_id="m", **given)
    inference.add_inference_2d_semseg(label_id="m", **given)
    before = mask.copy()
    project = uploaded(
        tmp_path, classes({"name": "road", "class_id": 300}, {"name": "sky", "class_id": 7}), frame, inference
    )
    labels = rows(project.objects("labels"))
    names = [project.classes[row["class_id"]].name for row in labels]
    assert sorted(names) == ["road", "road", "sky"]
    for value, name in ((300, "road"), (7, "sky")):
        together = np.any([pixels_of(row) for row, own in zip(labels, names, strict=True) if own == name], axis=0)
        np.testing.assert_array_equal(together, mask == value)
    assert project.objects("labels").pixel_maps is not None
    assert {row["confidence"] for row in rows(project.objects("predictions", "m"))} == {1.0}
    np.testing.assert_array_equal(mask, before)


def test_pixel_values_of_no_class_are_reported_and_void(tmp_path: Path, image: Path) -> None:
    mask = semantic_mask()
    mask[100:110, 0:20] = 44
    frame = frame_with(image)
    frame.add_label_2d_semseg(label_id="m", mask_data=mask)
    project = uploaded(tmp_path, classes({"name": "road", "class_id": 300}, {"name": "sky", "class_id": 7}), frame)
    report = project.objects("labels").report
    assert report.problems["pixel_value_unknown"].examples == ["frame 'a', label 'm': 44"]
    assert report.rows == report.imported + report.rejected
    maps = project.objects("labels").pixel_maps.to_pylist()
    void = rle.decode({"size": [HEIGHT, WIDTH], "counts": maps[0]["void_counts"]})
    np.testing.assert_array_equal(void.astype(bool), mask == 44)


def test_masks_above_255_never_wrap(tmp_path: Path, image: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.int64)
    mask[0:10, 0:10], mask[20:30, 0:10], mask[40:50, 0:10] = 256, 65_536, 2**31 - 1
    mask[40:50, 60:70] = 256  # another part
    frame = frame_with(image)
    mapping = [
        {"id": np.int64(256), "classification": "thing", "attributes": {"color": "red"}},
        {"id": 65_536, "classification": "thing"},
        {"id": 2**31 - 1, "classification": "other"},
        {"id": 5, "classification": "other"},
    ]
    frame.add_label_2d_instance_seg(label_id="m", mask_data=mask, instance_mapping=mapping)
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 0}, {"name": "other", "class_id": 1}), frame)
    found = {row["source_id"]: row for row in rows(project.objects("labels"))}
    assert set(found) == {"m_256", "m_65536", "m_2147483647"}
    for name, row in found.items():
        np.testing.assert_array_equal(pixels_of(row), mask == int(name.removeprefix("m_")))
    assert found["m_256"]["attributes"] == {"color": "red"}
    assert project.classes[found["m_2147483647"]["class_id"]].name == "other"
    report = project.objects("labels").report
    assert report.problems["instance_empty"].count == 1
    assert report.rejected == 1


def test_masks_are_stretched_where_that_is_asked_for(tmp_path: Path, image: Path) -> None:
    small = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    small[10:20, 30:40] = 1
    frame, inference = frame_with(image), al.InferencesFrame(frame_id="a")
    frame.add_label_2d_semseg(label_id="m", mask_data=small, resize_mode="fill")
    inference.add_inference_2d_semseg(label_id="m", mask_data=small)
    class_map = classes({"name": "road", "class_id": 1})
    with pytest.raises(InputError, match="mask_size_differs"):
        uploaded(tmp_path, class_map, frame, inference)
    project = Project.open(tmp_path / "p" / "d")
    (row,) = rows(project.objects("labels"))
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[20:40, 60:80] = True
    np.testing.assert_array_equal(pixels_of(row), expected)
    with pytest.raises(InputError, match="resize_mode"):
        frame.add_label_2d_semseg(label_id="n", mask_data=small, resize_mode="crop")


def test_a_frame_without_an_image_has_the_size_of_its_mask(tmp_path: Path) -> None:
    frame = al.LabeledFrame(frame_id="a")
    frame.add_label_2d_semseg(label_id="m", mask_data=semantic_mask())
    project = uploaded(tmp_path, classes({"name": "road", "class_id": 300}, {"name": "sky", "class_id": 7}), frame)
    assert project.frames[["width", "height"]].iloc[0].tolist() == [WIDTH, HEIGHT]


def test_a_mask_that_cannot_be_read_is_rejected_and_the_rest_imported(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    frame.add_label_2d_semseg(label_id="m", mask_url="nowhere.png")
    frame.add_label_2d_instance_seg(label_id="n", mask_url=str(image), instance_mapping=[])
    frame.add_label_2d_bbox(label_id="b", classification="road", top=1, left=1, width=5, height=5)
    project = uploaded(tmp_path, classes({"name": "road", "class_id": 1}), frame)
    report = project.objects("labels").report
    assert report.problems["mask_unusable"].count == 2
    assert (report.rows, report.imported, report.rejected) == (3, 1, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"confidence": float("nan")}, "finite"),
        ({"confidence": 1.5}, "from 0 to 1"),
        ({"confidence": -0.1}, "from 0 to 1"),
        ({"confidence": None}, "missing"),
        ({"confidence": "0.9"}, "a number"),
        ({"confidence": True}, "a number"),
        ({"top": float("inf")}, "finite"),
        ({"left": np.float32("nan")}, "finite"),
        ({"width": -3}, "negative"),
        ({"height": [1, 2]}, "a number"),
    ],
)
def test_what_is_no_number_or_out_of_range_is_refused_with_frame_and_label(given: dict[str, object], said: str) -> None:
    frame = al.InferencesFrame(frame_id="p7")
    box = {"top": 1, "left": 2, "width": 3, "height": 4, "confidence": 0.5}
    with pytest.raises(InputError, match="frame 'p7', label 'x1'") as error:
        frame.add_inference_2d_bbox(label_id="x1", classification="plane", **{**box, **given})
    assert said in str(error.value)
    assert frame.label_data == []


def test_arguments_are_those_of_the_client() -> None:
    frame = al.InferencesFrame(frame_id="a")
    with pytest.raises(TypeError, match="confidence"):
        frame.add_inference_2d_bbox(label_id="1", classification="c", top=1, left=1, width=1, height=1)
    with pytest.raises(TypeError):
        frame.add_inference_2d_bbox("1", "c", 1, 1, 1, 1, 0.5)
    with pytest.raises(TypeError, match="links"):
        frame.add_inference_2d_bbox(
            label_id="1", classification="c", top=1, left=1, width=1, height=1, confidence=0.5, links={}
        )
    with pytest.raises(InputError, match="not complete: height missing"):
        frame.add_2d_keypoints(label_id="1", classification="c", keypoints=[], top=1, left=1, width=1)
    frame.add_2d_bbox(label_id="1", classification="c", top=1, left=1, width=1, height=1)
    assert "confidence" not in frame.label_data[0]["attributes"]


def test_kinds_that_are_not_shown_are_accepted_and_named_once(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    frame.add_audio(sensor_id="mic", audio_url="a.mp3")
    frame.add_point_cloud_pcd(sensor_id="lidar", pcd_url="a.pcd")
    frame.add_text(sensor_id="note", text="hello")
    frame.add_label_3d_cuboid(
        label_id="c", classification="thing", position=[0, 0, 0], dimensions=[1, 1, 1], rotation=[0, 0, 0, 1]
    )
    spoken = "hello"
    frame.add_label_text_token(
        sensor_id="note", label_id="t", index=0, token=spoken, classification="thing", visible=True
    )
    frame.add_label_2d_bbox(label_id="b", classification="thing", top=1, left=1, width=5, height=5)
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 1}), frame)
    problem = project.objects("labels").report.problems["not_shown"]
    assert problem.count == 5
    assert problem.examples == ["3D cuboid: 1", "audio: 1", "point cloud: 1", "text: 1", "text token: 1"]


def test_a_label_id_that_a_frame_has_twice_is_reported(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    for left in (1, 50):
        frame.add_label_2d_bbox(label_id="same", classification="thing", top=1, left=left, width=5, height=5)
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 1}), frame)
    report = project.objects("labels").report
    assert report.problems["duplicate_label_id"].examples == ["frame 'a', label 'same': 2 times"]
    assert report.imported == 2


def test_scripts_may_change_label_data_in_place(tmp_path: Path, image: Path) -> None:
    frame = frame_with(image)
    frame.add_label_2d_bbox(label_id="b", classification="thing", top=1, left=1, width=5, height=5)
    frame._labels.label_data[0]["label"] = "other"
    frame._labels.label_data[0]["uuid"] = "renamed"
    project = uploaded(tmp_path, classes({"name": "thing", "class_id": 1}, {"name": "other", "class_id": 2}), frame)
    (row,) = rows(project.objects("labels"))
    assert (project.classes[row["class_id"]].name, row["source_id"]) == ("other", "renamed")
