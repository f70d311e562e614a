"""``data_url`` and ``embeddings_url``: the files that the client serializes frames to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

import predscope.compat.aquarium as al
from predscope.errors import InputError
from predscope.metrics.sources import project_sources
from tests.compat.aquarium_data import (
    HEIGHT,
    WIDTH,
    inferences_frame,
    inferences_of,
    make_planes,
    save_images,
    train_of,
)


def label(uuid: str, kind: str, name: str, **attributes: Any) -> dict[str, Any]:
    """An entry of ``label_data`` as the client writes it."""
    return {
        "uuid": uuid,
        "linked_labels": [],
        "label_type": kind,
        "label": name,
        "label_coordinate_frame": "camera",
        "attributes": attributes,
        "reuse_latest_embedding": False,
        "change": "ADD",
    }


def box(uuid: str, **more: Any) -> dict[str, Any]:
    return label(uuid, "BBOX_2D", "plane", top=10, left=20, width=40, height=30, **more)


def frame_row(frame_id: str, image: str, **more: Any) -> dict[str, Any]:
    sensor = {
        "coordinate_frame": "camera",
        "data_urls": {"image_url": image},
        "date_captured": "2020-01-01",
        "sensor_id": "camera",
        "sensor_metadata": {},
        "sensor_type": "IMAGE_V0",
    }
    return {
        "task_id": frame_id,
        "date_captured": "2020-01-01",
        "device_id": "",
        "coordinate_frames": [],
        "sensor_data": [sensor],
        "geo_data": {"geo_EPSG4326_lat": 1.5, "geo_EPSG4326_lon": 2.5},
        "user__weather": "rain",
        "user_metadata_types": {"user__weather": "str"},
        "change": "ADD",
    } | more


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def client(tmp_path: Path) -> al.Client:
    save_images(tmp_path / "photos", "a.png", "b.png")
    made = al.Client(home=tmp_path, url_map={"gs://bucket": tmp_path / "photos"})
    made.create_project("planes", al.LabelClassMap([al.ClassMapEntry(name="plane", class_id=1, color=(1, 2, 3))]))
    return made


def test_labelled_frames_of_every_kind(client: al.Client, tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint16)
    mask[:10, :20] = 1
    mask[50:60, :10] = 300
    assert cv2.imwrite(str(tmp_path / "photos" / "mask.png"), mask)
    polygons = [{"vertices": [[1, 1], [20, 1], [20, 20]]}, {"vertices": [[30, 1], [40, 1], [40, 20]]}]
    labels = [
        box("0", user__color="red", link__next="1", iscrowd=True),
        label("1", "POLYGON_LIST_2D", "plane", polygons=polygons, center=None),
        label("2", "KEYPOINTS_2D", "plane", keypoints=[{"x": 1, "y": 2, "name": "nose"}]),
        label("3", "LINE_SEGMENT_2D", "plane", x1=1, y1=2, x2=30, y2=4),
        label("4", "CLASSIFICATION_2D", "plane"),
        label("5_300", "INSTANCE_LABEL_2D", "plane", id=300, resize_mode=None, standing=True),
        label("5", "INSTANCE_LABEL_URL_2D", "__mask", url="gs://bucket/mask.png", resize_mode=None),
        label("6", "CUBOID_3D", "plane"),
    ]
    rows = [frame_row("a", "gs://bucket/a.png?signature=1", label_data=labels), frame_row("b", "gs://bucket/b.png")]
    seg = {
        "task_id": "b",
        "type": "GT",
        "label_data": [label("7", "SEMANTIC_LABEL_URL_2D", "__mask", url="gs://bucket/mask.png")],
    }
    files = [write_rows(tmp_path / "frames.jsonl", *rows), write_rows(tmp_path / "crops.jsonl", seg)]

    client.create_dataset("planes", "train", data_url=files)

    project = train_of(tmp_path)
    table = project.objects("labels").table().to_pylist()
    kinds = ["box", "polygon", "keypoints", "polyline", "classification", "mask", "mask"]
    assert [str(row["geometry"]) for row in table] == kinds
    assert table[0]["is_crowd"]
    assert json.loads(table[0]["attributes"]) == {"color": "red", "links": {"next": "1"}}
    assert len(table[1]["polygons"]) == 2
    assert (table[5]["area"], table[5]["source_id"], json.loads(table[5]["attributes"])) == (
        100,
        "5_300",
        {"standing": True},
    )
    assert (table[6]["frame_index"], table[6]["area"]) == (1, 200)
    assert json.loads(project.frames["attributes"][0])["weather"] == "rain"
    assert json.loads(project.frames["attributes"][0])["latitude"] == 1.5
    assert all(project.image_file(index) for index in range(2))
    problems = project.objects("labels").report.problems
    assert problems["not_shown"].examples == ["CUBOID_3D: 1"]
    assert problems["pixel_value_unknown"].examples == ["frame 'b', label '7': 300"]


def test_inferences_with_metrics_and_embeddings(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=2)
    rows = [
        {
            "task_id": f"p{number}",
            "type": "Inference",
            "inference_data": [box(f"i{number}", confidence=0.5 + number / 4)],
            "custom_metrics": {"loss": number},
            "inference_metadata": {"visualization_assets": {"heat": "x.png"}, "user_metadata": {"night": True}},
            "change": "ADD",
        }
        for number in range(2)
    ]
    embeddings = pa.table(
        {
            "frame_ids": ["p0", "p1"],
            "frame_embeddings": [[1.0, 2.0], [3.0, 4.0]],
            "crop_ids": [["i0"], ["i1"]],
            "crop_embeddings": [[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]],
        }
    )
    with pa.ipc.new_file(str(tmp_path / "embeddings.arrow"), embeddings.schema) as writer:
        writer.write(embeddings)
    data = write_rows(tmp_path / "inferences.jsonl", *rows)
    client.create_inferences("planes", "train", "model", data.as_uri(), str(tmp_path / "embeddings.arrow"))
    project = train_of(tmp_path)
    assert project.objects("predictions", "model").table()["confidence"].to_pylist() == [0.5, 0.75]
    found = {(source.on, source.is_embedding) for source in project_sources(project)}
    assert {("frame", True), ("prediction", True), ("frame", False)} <= found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "data.jsonl:1"),
        ("[1]\n", "not a frame"),
        ("{}\n", "no task_id"),
        (json.dumps({"task_id": "p0", "inference_data": [box("L7")]}), "frame 'p0', label 'L7': confidence is missing"),
        (
            json.dumps({"task_id": "p0", "inference_data": [box("L7", confidence=3)]}),
            "frame 'p0', label 'L7': confidence",
        ),
        (json.dumps({"task_id": "p0", "inference_data": [7]}), "a label must be a dictionary"),
        (json.dumps({"task_id": "p0", "inference_data": [label("L7", "BBOX_2D", "plane", confidence=1)]}), "top"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(content: str, said: str, tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=1)
    path = tmp_path / "data.jsonl"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        client.create_inferences("planes", "train", "model", data_url=str(path))
    assert said in str(caught.value)
    assert train_of(tmp_path).set_names("predictions") == []


def test_nothing_is_fetched(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=1)
    for address, said in (
        ("https://example.com/x.jsonl?key=secret", "nothing is fetched"),
        ("none.jsonl", "no such file"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            client.create_inferences("planes", "train", "model", data_url=address)
        assert "secret" not in str(caught.value)
    inferences = inferences_of(inferences_frame("p0"))
    (tmp_path / "no.arrow").write_bytes(b"no arrow")
    with pytest.raises(InputError, match="no Arrow file"):
        client.create_inferences(
            "planes", "train", "m", inferences=inferences, embeddings_url=str(tmp_path / "no.arrow")
        )
