"""The later generation of the client: frames and labels made at once, and names that both generations share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

import predscope.compat.aquarium as al
from predscope import InputError, Project
from tests.compat.aquarium_data import save_images


@pytest.fixture
def client(tmp_path: Path) -> al.Client:
    save_images(tmp_path / "images", "a.png", "b.png")
    client = al.Client(home=tmp_path, url_map={"https://storage/bucket": tmp_path / "images"})
    client.create_project(project_name="p", label_class_map=al.LabelClassMap.from_classnames(["x", "y"]))
    return client


def every_label() -> list[al.labels.Label]:
    mask = np.zeros((120, 160), np.uint16)
    mask[:10], mask[50:60] = 1, 700
    return [
        al.Bbox2DLabel(id="box", classification="x", top=1, left=2, width=3, height=4, embedding=[1.0, 2.0]),
        al.LineSegment2DLabel(id="line", classification="x", x1=1, y1=1, x2=9, y2=9),
        al.Keypoint2DLabel(id="points", classification="y", keypoints=[{"x": 1, "y": 2, "name": "n"}]),
        al.PolygonList2DLabel(id="parts", classification="y", polygons=[{"vertices": [(0, 0), (9, 0), (9, 9)]}]),
        al.Classification2DLabel(id="whole", classification="x", user_attrs={"sure": True}),
        al.Semseg2DLabel(id="sem", mask_data=np.where(mask == 1, 1, 0)),
        al.InstanceSeg2DLabel(
            id="ins",
            mask_data=mask,
            instances=[al.InstanceSegInstance(1, "x"), al.InstanceSegInstance(700, "y", {"k": 1})],
        ),
        al.Cuboid3DLabel(id="cube", classification="x", position=[0], dimensions=[0], rotation=[0]),
    ]


def test_a_labelled_data_set(client: al.Client, tmp_path: Path) -> None:
    dataset = client.initialize_labeled_dataset(project_name="p", dataset_name="d")
    frame = dataset.create_and_add_labeled_frame(
        frame_id="a",
        sensor_data=[al.Image(id="default", image_url="https://storage/bucket/a.png")],
        labels=every_label(),
        geo_data=al.GeoData(1.5, 2.5),
        user_metadata=[al.UserMetadataEntry("split", "val"), al.UserMetadataEntry("count", np.int64(3))],
        embedding=[1.0, 2.0, 3.0],
    )
    assert (frame.id, len(dataset)) == ("a", 1)
    client.create_or_update_labeled_dataset(dataset=dataset, wait_until_finish=True)
    project = Project.open(tmp_path / "p" / "d")
    labels = project.objects("labels").table().to_pylist()
    own = ["box", "line", "points", "parts", "whole"]
    assert [row["source_id"] for row in labels] == [
        *own,
        None,
        None,
        "ins_1",
        "ins_700",
    ]
    assert [row["geometry"] for row in labels[-4:]] == ["mask"] * 4
    assert project.objects("labels").report.problems["not_shown"].examples == ["Cuboid3DLabel: 1"]
    assert project.frames["image_status"].tolist() == ["ok"]
    attributes = orjson.loads(project.frames["attributes"].iloc[0])
    assert attributes["split"] == "val"
    assert attributes["count"] == 3


def test_an_inference_set(client: al.Client, tmp_path: Path) -> None:
    dataset = client.initialize_labeled_dataset("d", "p")
    for name in ("a", "b"):
        al.LabeledFrame(
            dataset=dataset,
            frame_id=name,
            sensor_data=[al.Image(image_url=f"https://storage/bucket/{name}.png")],
            labels=[al.Bbox2DLabel(id=f"{name}1", classification="x", top=1, left=2, width=30, height=40)],
        )
    client.create_or_update_labeled_dataset(dataset)
    inference_set = client.initialize_inference_set(
        project_name="p", base_dataset_name="d", inference_set_name="infer", external_metadata={"run": 5}
    )
    inferences: list[al.inferences.Inference] = [
        al.Bbox2DInference(
            id="i1",
            classification="x",
            confidence=1.0,
            top=1,
            left=2,
            width=30,
            height=40,
            user_attrs={"matches_gt": True},
        )
    ]
    inference_set.create_and_add_inference_frame(
        frame_id="a",
        inferences=inferences,
        user_metadata=[al.UserMetadataEntry("source_ref", "tile")],
        custom_metrics={"loss": 0.25},
    )
    client.create_or_update_inference_set(inference_set=inference_set)
    project = Project.open(tmp_path / "p" / "d")
    (row,) = project.objects("predictions", "infer").table().to_pylist()
    assert (row["source_id"], row["confidence"], orjson.loads(row["attributes"])) == ("i1", 1, {"matches_gt": True})
    assert client.is_inferences_processed("p", dataset_name="d", inferences_name="infer")


def test_later_uploads_add_to_the_earlier(client: al.Client, tmp_path: Path) -> None:
    for name in ("a", "b"):
        dataset = client.initialize_labeled_dataset("d", "p")
        dataset.create_and_add_labeled_frame(
            frame_id=name,
            sensor_data=[al.Image(image_url=f"https://storage/bucket/{name}.png")],
            labels=[al.Bbox2DLabel(id=f"{name}1", classification="x", top=1, left=2, width=30, height=40)],
        )
        client.create_or_update_labeled_dataset(dataset)
    change = client.initialize_labeled_dataset("d", "p")
    change.create_and_add_modified_labeled_frame(
        frame_id="a", labels=[al.Bbox2DLabel(id="a2", classification="y", top=1, left=2, width=30, height=40)]
    )
    client.create_or_update_labeled_dataset(change)
    labels = Project.open(tmp_path / "p" / "d").objects("labels")
    assert sorted(labels.table(["source_id"])["source_id"].to_pylist()) == ["a1", "a2", "b1"]


def test_two_names_have_two_constructors(client: al.Client) -> None:
    assert isinstance(al.LabeledDataset(pipeline_mode="BATCH"), al.LabeledDataset)
    with pytest.raises(InputError, match="pipeline_mode"):
        al.LabeledDataset(pipeline_mode="other")
    with pytest.raises(TypeError, match="project_name"):
        al.LabeledDataset(client, "d")
    with pytest.raises(InputError, match="initialize_labeled_dataset"):
        client.create_or_update_labeled_dataset(al.LabeledDataset())
    with pytest.raises(InputError, match="initialize_inference_set"):
        client.create_or_update_inference_set(al.Inferences())
    with pytest.raises(TypeError, match="both"):
        client.get_project(project_id="p", project_name="p")


def test_inferences_need_a_confidence() -> None:
    with pytest.raises(TypeError, match="confidence"):
        al.Bbox2DInference(id="1", classification="x", top=1, left=1, width=1, height=1)
    inference = al.Bbox2DInference(id="1", classification="x", confidence=None, top=1, left=1, width=1, height=1)
    with pytest.raises(InputError, match=r"frame 'a', label '1'.*confidence is missing"):
        al.InferenceFrame(frame_id="a", inferences=[inference])


def test_only_sensor_data_are_taken_for_such() -> None:
    with pytest.raises(InputError, match=r"frame 'a'.*expected sensor data"):
        al.LabeledFrame(frame_id="a", sensor_data=["a.png"])
    with pytest.raises(InputError, match=r"frame 'a'.*sensor 'DEFAULT' already"):
        al.LabeledFrame(frame_id="a", sensor_data=[al.Image(image_url="a.png"), al.Image(image_url="b.png")])
