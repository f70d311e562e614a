"""A small project as scripts for Encord Active need it: images that are named by UUIDs, labels, and their hashes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from predscope import Project, import_labels

WIDTH, HEIGHT = 1280, 720
FIRST = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECOND = "aaaaaaaa-bbbb-cccc-dddd-ffffffffffff"
SMALL = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee"
SMALL_SIZE = (19, 8)
"""Width and height of the third image."""
CLASSES = {"OTk2MzM3": "Pedestrian", "NzYyMjcx": "Cyclist", "Nzg2ODEx": "Car"}


@dataclass(frozen=True)
class EncordFiles:
    """Where it is, and what its first and third image are called."""

    path: Path

    @property
    def project(self) -> Project:
        return Project.open(self.path)

    def table(self, name: str = "predictions", version: int | None = None) -> pd.DataFrame:
        """A prediction set, with the names of frames and classes."""
        project = self.project
        table = project.objects("predictions", name, version).table().to_pandas()
        table["frame_id"] = [project.frames["frame_id"][index] for index in table["frame_index"]]
        table["class"] = [project.classes[class_id].name for class_id in table["class_id"]]
        return table


def make_encord_project(folder: Path, *, with_hashes: bool = True) -> EncordFiles:
    """Three images. With hashes, the labels file gives the classes featureNodeHashes as ids; else 1, 2, 3."""
    images = folder / "images"
    images.mkdir(parents=True)
    sizes = {FIRST: (WIDTH, HEIGHT), SECOND: (WIDTH, HEIGHT), SMALL: SMALL_SIZE}
    for name, (width, height) in sizes.items():
        cv2.imwrite(str(images / f"{name}.png"), np.full((height, width, 3), 90, np.uint8))
    ids = list(CLASSES) if with_hashes else [1, 2, 3]
    labels = {
        "images": [
            {"id": index, "file_name": f"{name}.png", "width": size[0], "height": size[1]}
            for index, (name, size) in enumerate(sizes.items(), 1)
        ],
        "categories": [{"id": ids[position], "name": name} for position, name in enumerate(CLASSES.values())],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": ids[2], "bbox": [256, 216, 128, 288], "area": 36864, "iscrowd": 0},
            {"id": 2, "image_id": 2, "category_id": ids[0], "bbox": [10, 25, 200, 150], "area": 30000, "iscrowd": 0},
        ],
    }
    (folder / "labels.json").write_text(json.dumps(labels))
    project = Project.create(folder / "project", images=images)
    import_labels(project, folder / "labels.json")
    return EncordFiles(project.path)


def document_picture() -> np.ndarray:
    """uint8 (8, 19): the picture of the document: two regions of class 1 and one of class 2."""
    rows = (
        "0000000000000000000",
        "0011100000000000000",
        "0011100000002222000",
        "0000000000002222000",
        "0000111000002200000",
        "0000111000002200000",
        "0000111000000000000",
        "0000000000000000000",
    )
    return np.array([[int(value) for value in row] for row in rows], np.uint8)
