"""Data sets without labels, binary classification, and a script that is killed before it has written its state."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import predscope.compat.aquarium as al
from predscope import Project
from tests.compat.aquarium_data import (
    dataset_of,
    inferences_frame,
    inferences_of,
    make_planes,
    save_images,
    train_of,
)


def test_a_data_set_without_labels_has_frames_and_proposals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=2)
    dataset = al.UnlabeledDataset()
    for number in range(2):
        frame = al.UnlabeledFrame(frame_id=f"u{number}")
        frame.add_image(image_url=str(tmp_path / "photos" / f"p{number}.png"))
        dataset.add_frame(frame)
    frame.add_label_2d_bbox(label_id="0", classification="plane", top=1, left=2, width=30, height=4, confidence=0.25)
    frame.add_label_2d_classification(label_id="1", classification="boat")
    capsys.readouterr()
    client.create_dataset("planes", "unlabelled", dataset=dataset)
    assert "no object" not in capsys.readouterr().out
    project = Project.open(tmp_path / "planes" / "unlabelled")
    assert client.get_frame_ids("planes", "unlabelled") == ["u0", "u1"]
    assert project.objects("labels").count == 0
    proposals = project.objects("predictions", "proposals").table()
    assert proposals["confidence"].to_pylist() == [0.25, 1.0]
    assert proposals["frame_index"].to_pylist() == [1, 1]
    assert [entry["label"] for entry in frame._labels.label_data] == ["plane", "boat"]


def test_the_later_generation_has_it_too(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=1)
    dataset = client.initialize_unlabeled_dataset(unlabeled_dataset_name="new", project_name="planes")
    dataset.create_and_add_unlabeled_frame(
        frame_id="u",
        sensor_data=[al.Image(image_url=tmp_path / "photos" / "p0.png")],
        proposals=[al.Bbox2DInference(id="0", classification="boat", confidence=0.5, top=1, left=2, width=9, height=4)],
    )
    client.create_or_update_unlabeled_dataset(dataset)
    assert client.get_dataset("planes", "new")["inferences"] == ["proposals"]


def test_binary_classification_has_the_scores_of_both_classes(tmp_path: Path) -> None:
    truth = {"a": "boat", "b": "no boat", "c": "boat", "d": "no boat"}
    found = {"a": ("boat", 0.9), "b": ("boat", 0.25), "c": ("boat", 0.375), "d": ("no boat", 0.75)}
    save_images(tmp_path / "photos", *(f"{name}.png" for name in truth))
    client = al.Client(home=tmp_path)
    client.create_project(
        "planes",
        al.LabelClassMap.from_classnames(["no boat", "boat"]),
        primary_task="BINARY_CLASSIFICATION",
        binary_classification_negative_class="no boat",
    )
    frames, predicted = [], []
    for name, class_name in truth.items():
        frame = al.LabeledFrame(frame_id=name)
        frame.add_image(image_url=str(tmp_path / "photos" / f"{name}.png"))
        frame.add_label_2d_classification(label_id=name, classification=class_name)
        frames.append(frame)
        inference = al.InferencesFrame(frame_id=name)
        inference.add_inference_2d_classification(
            label_id=f"{name}_0", classification=found[name][0], confidence=found[name][1]
        )
        predicted.append(inference)
    client.create_dataset("planes", "train", dataset=dataset_of(*frames))
    client.create_inferences("planes", "train", "model", inferences=inferences_of(*predicted))
    project = train_of(tmp_path)
    table = project.objects("predictions", "model").table().to_pylist()
    scores = [score for row in table for score in row["class_scores"]]
    assert scores == pytest.approx([0.1, 0.9, 0.75, 0.25, 0.625, 0.375, 0.75, 0.25])
    assert [project.classes[row["class_id"]].name for row in table] == ["boat", "no boat", "no boat", "no boat"]
    assert [row["confidence"] for row in table] == pytest.approx([0.9, 0.75, 0.625, 0.75])


KILLED = """
import os, signal
import predscope.compat.aquarium as al
from predscope.compat.aquarium.uploader import Uploader
from tests.compat.aquarium_data import *
Uploader.{method} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
client = al.Client()
client.create_dataset("planes", "second", dataset=dataset_of(labeled_frame("p0", "photos/p0.png")))
client.create_inferences("planes", "second", "model", inferences=inferences_of(inferences_frame("p0")))
"""


@pytest.mark.parametrize("method", ["_remember_dataset", "_remember_inferences"])
def test_a_script_killed_before_it_wrote_its_state_has_lost_nothing(method: str, tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=1)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}){KILLED.format(method=method)}"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()

    ids = [entry["id"] for entry in client.get_datasets("planes")]
    assert ids[0] == "train"
    assert "second" in ids
    assert client.get_frame_ids("planes", "second") == ["p0"]
    assert client.inferences_exists("planes", "second", "model") == (method == "_remember_inferences")
    client.create_inferences("planes", "second", "model", inferences=inferences_of(inferences_frame("p0")))
    assert client.get_dataset("planes", "second")["inferences"] == ["model"]
    client.create_project("planes", al.LabelClassMap([al.ClassMapEntry(name="kite", class_id=7, color=(1, 2, 3))]))
    assert "kite" in [entry.name for entry in Project.open(tmp_path / "planes" / "second").classes]
    client.delete_project("planes")
    assert not (tmp_path / "planes").exists()
