"""The calls of Aquarium's documents, as a script makes them, with another import line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import predscope.compat.aquarium as al
from predscope import Project
from tests.compat.aquarium_data import save_images

LABEL_SCRIPT = """
import predscope.compat.aquarium as al

al_client = al.Client()
al_client.set_credentials(api_key='anything')
al_client.create_project('planes', al.LabelClassMap.from_classnames(['Small Plane', 'Big Plane']))

label_dataset = al.LabeledDataset()
for entry in label_entries:
    frame_id = entry['image_name'].split('.png')[0]
    frame = al.LabeledFrame(frame_id=frame_id)
    frame.add_image(sensor_id='some_camera', image_url=IMAGES + entry['image_name'])
    frame.add_user_metadata('location', entry['location'])
    for idx, plane in enumerate(entry['planes']):
        frame.add_label_2d_bbox(
            sensor_id='some_camera',
            label_id=frame_id + '_' + str(idx),
            classification=plane['name'],
            top=plane['y'],
            left=plane['x'],
            width=plane['w'],
            height=plane['h'],
        )
    label_dataset.add_frame(frame)

al_client.create_dataset(
    'planes',
    'train_set',
    dataset=label_dataset,
    wait_until_finish=True,
    preview_first_frame=True
)
"""
INFERENCE_SCRIPT = """
import predscope.compat.aquarium as al

al_client = al.Client()
inference_dataset = al.Inferences()

for entry in inference_entries:
    frame_id = entry['image_name'].split('.png')[0]
    inf_frame = al.InferencesFrame(frame_id=frame_id)

    for idx, identified_plane in enumerate(entry['predictions']):
        x1 = identified_plane['bbox'][0]
        y1 = identified_plane['bbox'][1]
        x2 = identified_plane['bbox'][2]
        y2 = identified_plane['bbox'][3]
        width = abs(x1 - x2)
        height = abs(y1 - y2)
        inf_label_id = frame_id + '_inf_' + str(idx)

        inf_frame.add_inference_2d_bbox(
            label_id=inf_label_id,
            classification=identified_plane['category_name'],
            confidence=identified_plane['confidence'],
            top = y1,
            left = x1,
            width = width,
            height = height
        )

    inference_dataset.add_frame(inf_frame)

INFERENCE_DATASET_NAME = 'inferences_v1'
al_client.create_inferences(
    PROJECT_NAME,
    DATASET_NAME,
    inferences=inference_dataset,
    inferences_id=INFERENCE_DATASET_NAME,
    wait_until_finish=True,
    preview_first_frame=True
)
"""
LABELS = """
IMAGES = {images!r}
label_entries = [
    {{'image_name': f'plane_{{i}}.png', 'location': 'north', 'planes': [
        {{'name': 'Small Plane', 'x': 10, 'y': 20, 'w': 30, 'h': 40}},
        {{'name': 'Big Plane', 'x': 60, 'y': 20, 'w': 80, 'h': 70}},
    ]}} for i in range(3)
]
"""
PREDICTIONS = """
import numpy as np
PROJECT_NAME, DATASET_NAME = 'planes', 'train_set'
inference_entries = [
    {'image_name': f'plane_{i}.png', 'predictions': [
        {'bbox': np.array([10, 20, 40, 60], dtype=np.float32), 'category_name': 'Small Plane',
         'confidence': np.float32(0.75)},
        {'bbox': [60, 20, 140, 90], 'category_name': 'Big Plane', 'confidence': 1},
    ]} for i in range(3)
]
"""


def run(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own, without a terminal."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREDSCOPE_")} | environment
    root = str(Path(al.__file__).resolve().parents[3])
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=cwd,
        env=environment | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.fixture
def uploaded(tmp_path: Path) -> Path:
    """A folder in which both scripts were run, one process each."""
    images = save_images(tmp_path / "images", *(f"plane_{number}.png" for number in range(3)))
    work = tmp_path / "work"
    work.mkdir()
    labels = run(LABELS.format(images=f"{images}/") + LABEL_SCRIPT, work)
    assert labels.returncode == 0, labels.stderr
    inferences = run(PREDICTIONS + INFERENCE_SCRIPT, work)
    assert inferences.returncode == 0, inferences.stderr
    (work / "said.txt").write_text(inferences.stdout)
    return work


def test_the_documents_code_leaves_a_project_that_opens(uploaded: Path) -> None:
    project = Project.open(uploaded / "planes" / "train_set")
    assert project.frames["frame_id"].tolist() == ["plane_0", "plane_1", "plane_2"]
    assert set(project.frames["image_status"]) == {"ok"}
    assert [entry.name for entry in project.classes] == ["Small Plane", "Big Plane"]
    boxes = project.objects("labels").of_frame(0, ["class_id", "x", "y", "w", "h", "source_id"]).to_pylist()
    assert [list(box.values())[1:] for box in boxes] == [
        [0, 10.0, 20.0, 30.0, 40.0, "plane_0_0"],
        [1, 60.0, 20.0, 80.0, 70.0, "plane_0_1"],
    ]
    predicted = project.objects("predictions", "inferences_v1")
    assert predicted.count == 6
    first = predicted.of_frame(0, ["class_id", "x", "y", "w", "h", "confidence"]).to_pylist()[0]
    assert [first[name] for name in ("class_id", "x", "y", "w", "h", "confidence")] == [0, 10, 20, 30, 40, 0.75]


def test_the_first_frame_can_be_looked_at_without_a_terminal(uploaded: Path) -> None:
    said = (uploaded / "said.txt").read_text()
    picture = re.search(r"file://(\S+\.png)", said)
    assert picture is not None
    assert Path(picture.group(1)).read_bytes().startswith(b"\x89PNG")
    assert "http://127.0.0.1:8501/Frame?frame=plane_0" in said
    assert f"predscope view {uploaded}/planes/train_set" in said


def test_the_folder_that_scripts_worked_in_can_be_opened_as_it_is(uploaded: Path) -> None:
    assert Project.open(uploaded).path == uploaded / "planes" / "train_set"
    assert Project.open(uploaded / "planes").path == uploaded / "planes" / "train_set"
    assert Project.find(uploaded / "planes").path == uploaded / "planes" / "train_set"


def test_the_home_of_projects_can_be_named(tmp_path: Path) -> None:
    images = save_images(tmp_path / "images", *(f"plane_{number}.png" for number in range(3)))
    done = run(LABELS.format(images=f"{images}/") + LABEL_SCRIPT, tmp_path, PREDSCOPE_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "planes" / "train_set" / "predscope.json").is_file()


def test_a_failure_ends_the_script_with_an_exit_code(tmp_path: Path) -> None:
    done = run(PREDICTIONS + INFERENCE_SCRIPT, tmp_path)
    assert done.returncode == 1
    assert "there is no project 'planes'" in done.stderr
    assert "create_project" in done.stderr


def test_the_two_boxes_of_the_document() -> None:
    frame = al.LabeledFrame(frame_id="one")
    frame.add_label_2d_bbox(
        sensor_id="some_camera",
        label_id="abcd_label",
        classification="dog",
        top=200,
        left=300,
        width=250,
        height=150,
    )
    inference_frame = al.InferencesFrame(frame_id="one")
    inference_frame.add_inference_2d_bbox(
        sensor_id="some_camera",
        label_id="abcd_inference",
        classification="cat",
        top=200,
        left=300,
        width=250,
        height=150,
        confidence=0.85,
    )
    assert frame._labels.label_data[0]["uuid"] == "abcd_label"
    assert frame._labels.label_data[0]["label"] == "dog"
    assert inference_frame.label_data[0]["attributes"]["confidence"] == 0.85
