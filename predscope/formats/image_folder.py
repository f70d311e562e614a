"""Folders of images, one folder a class: each image is a frame whose class is the name of its folder.

``train/cat/1.jpg``: folders of a split above those of the classes are no classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.folders import place_below, walk_files
from predscope.media import IMAGE_SUFFIXES
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, Geometry

_SPLITS: Final = frozenset({"train", "training", "val", "valid", "validation", "test", "testing", "trainval", "dev"})
_NO_CLASSES: Final = frozenset(
    {"images", "image", "imgs", "img", "frames", "photos", "jpegimages", "labels", "annotations", "masks", "rgb"}
)
_LABEL_SUFFIXES: Final = frozenset({".txt", ".xml", ".json"})
_FEWEST: Final = 2
_SCORE: Final = 0.45
"""Below the readers of label files, which may lie in folders of images too."""


class ImageFolderReader:
    """One folder of images a class, as training scripts for classification read them."""

    name = "image_folder"
    title = "A folder of images a class"

    def detect(self, source: Path, head: bytes) -> Detection:
        if not source.is_dir():
            return Detection(0.0, "")
        try:
            folders = _class_folders(source)
            if len(folders) < _FEWEST or not all(_holds_images(folder) for folder in folders):
                return Detection(0.0, "")
        except OSError:
            return Detection(0.0, "")
        shown = ", ".join(folder.name for folder in folders[:3])
        return Detection(_SCORE, f"folders of images, one a class ({shown}{', …' if len(folders) > 3 else ''})")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if not source.is_dir():
            raise FileParsingError("is a file; expected a folder with a folder of images for each class.", where=source)
        files = [
            path
            for path in walk_files(source, IMAGE_SUFFIXES)
            if path.parent != source and path.parent.name.lower() not in _SPLITS
        ]
        if not files:
            raise FileParsingError(
                "has no folders with images in them.", where=source, fix="Put the images of each class in one folder."
            )
        names = sorted({path.parent.name for path in files})
        # Programs that train on such folders number the classes by the names of the folders.
        classes = [DeclaredClass(name, str(place)) for place, name in enumerate(names)]
        if role == "predictions":
            report.note(
                "confidence_assumed",
                Severity.WARNING,
                "Folders have no confidence; 1.0 was taken for every image.",
                fix="Write predictions as a CSV file with the columns frame, class and confidence.",
            )
        return Reading(self.name, role, None, classes, _read_batches(files, source, role), report)


def _class_folders(source: Path) -> list[Path]:
    """The folders that would be classes: those below, or where those are splits, the ones below them."""
    folders = _folders(source)
    if folders and all(folder.name.lower() in _SPLITS for folder in folders):
        folders = [inner for folder in folders for inner in _folders(folder)]
    return [] if any(folder.name.lower() in _NO_CLASSES for folder in folders) else folders


def _folders(parent: Path) -> list[Path]:
    return sorted(entry for entry in parent.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _holds_images(folder: Path) -> bool:
    """Whether a folder holds images and no label files beside them."""
    suffixes = {entry.suffix.lower() for entry in folder.iterdir()}
    return bool(suffixes & IMAGE_SUFFIXES) and not suffixes & _LABEL_SUFFIXES


def _read_batches(files: list[Path], root: Path, role: Role) -> Iterator[ObjectBatch]:
    for start in range(0, len(files), BATCH_ROWS):
        part = files[start : start + BATCH_ROWS]
        places = [place_below(path, root) for path in part]
        # A prediction's folder is what was predicted; the frame lies in the folder of its label.
        frames = places if role == "labels" else [path.name for path in part]
        yield ObjectBatch(
            frame_ref=text_column(frames),
            class_ref=text_column([path.parent.name for path in part]),
            frame_ref_is="name",
            class_ref_is="name",
            geometry=np.full(len(part), Geometry.CLASSIFICATION, object),
            place=text_column(places),
            confidence=np.ones(len(part)) if role == "predictions" else None,
        )
