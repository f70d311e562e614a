"""Images and frames that the Aquarium tests share."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

import predscope.compat.aquarium as al
from predscope import Project

WIDTH, HEIGHT = 160, 120


def save_images(folder: Path, *names: str, width: int = WIDTH, height: int = HEIGHT) -> Path:
    """Noise images of the size that the frames have."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(7)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name), generator.integers(0, 255, (height, width, 3), dtype=np.uint8))
    return folder


def labeled_frame(frame_id: str, image: Path | str | None, classification: str = "plane") -> al.LabeledFrame:
    """A frame with one box at x 20, y 10, 40 wide and 30 high."""
    frame = al.LabeledFrame(frame_id=frame_id)
    if image is not None:
        frame.add_image(image_url=str(image))
    frame.add_label_2d_bbox(
        label_id=f"{frame_id}_0", classification=classification, top=10, left=20, width=40, height=30
    )
    return frame


def inferences_frame(frame_id: str, confidence: float = 0.9, classification: str = "plane") -> al.InferencesFrame:
    """The same box, as a model has predicted it."""
    frame = al.InferencesFrame(frame_id=frame_id)
    frame.add_inference_2d_bbox(
        label_id=f"{frame_id}_inf_0",
        classification=classification,
        top=10,
        left=20,
        width=40,
        height=30,
        confidence=confidence,
    )
    return frame


def dataset_of(*frames: al.LabeledFrame) -> al.LabeledDataset:
    dataset = al.LabeledDataset()
    for frame in frames:
        dataset.add_frame(frame)
    return dataset


def inferences_of(*frames: al.InferencesFrame) -> al.Inferences:
    inferences = al.Inferences()
    for frame in frames:
        inferences.add_frame(frame)
    return inferences


def make_planes(home: Path, images: Path, count: int = 3, **project: object) -> al.Client:
    """Project "planes" with data set "train": frames p0, p1, ... with a plane each."""
    names = [f"p{number}.png" for number in range(count)]
    save_images(images, *names)
    client = al.Client(home=home)
    client.create_project("planes", al.LabelClassMap.from_classnames(["plane", "boat"]), **project)
    client.create_dataset(
        "planes", "train", dataset=dataset_of(*(labeled_frame(Path(name).stem, images / name) for name in names))
    )
    return client


def train_of(home: Path) -> Project:
    return Project.open(home / "planes" / "train")
