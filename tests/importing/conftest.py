"""Readings made by hand, and projects to import them into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from predscope.formats.base import ObjectBatch, Reading
from predscope.importing import ImportResult, StagedImport, stage_reading
from predscope.project import Project
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry
from tests.importing.doctored import Clinic

MakeBatch = Callable[..., ObjectBatch]


def references(values: Sequence[Any]) -> np.ndarray:
    if all(isinstance(value, int) for value in values):
        return np.array(values, np.int64)
    return np.array(values, dtype=object)


def make_batch(
    frames: Sequence[Any],
    classes: Sequence[Any] | None = None,
    boxes: Sequence[Any] | None = None,
    *,
    geometry: Geometry | Sequence[Geometry] = Geometry.BOX,
    frame_ref_is: str = "id",
    class_ref_is: str = "id",
    confidence: Sequence[float] | float | None = None,
    **columns: Any,
) -> ObjectBatch:
    count = len(frames)
    kinds = [geometry] * count if isinstance(geometry, Geometry) else list(geometry)
    if boxes is None and set(kinds) == {Geometry.BOX}:
        boxes = [[1, 2, 10, 5]] * count
    if isinstance(confidence, int | float):
        confidence = [confidence] * count
    return ObjectBatch(
        frame_ref=references(frames),
        class_ref=references([1] * count if classes is None else classes),
        frame_ref_is=frame_ref_is,
        class_ref_is=class_ref_is,
        geometry=np.array(kinds, dtype=object),
        place=np.arange(count),
        place_prefix="annotations[",
        place_suffix="]",
        box=None if boxes is None else np.array(boxes, np.float64).reshape(-1, 4),
        confidence=None if confidence is None else np.array(confidence, np.float64),
        **columns,
    )


def make_reading(
    *batches: ObjectBatch,
    role: str = "labels",
    frames: Sequence[DeclaredFrame] | None = None,
    classes: Sequence[DeclaredClass] | None = None,
) -> Reading:
    reading = Reading(
        "hand",
        role,
        None if frames is None else list(frames),
        None if classes is None else list(classes),
        iter(batches),
    )
    reading.report.source = "hand.json"
    return reading


class Importer:
    """Imports hand-made readings into a project, and keeps the newest view of it."""

    batch = staticmethod(make_batch)
    reading = staticmethod(make_reading)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project.create(folder / "project")

    def use_images(self, *names: str, size: tuple[int, int] = (100, 80), orientation: int | None = None) -> None:
        """Begin anew with a project of these images."""
        self.save_images(*names, size=size, orientation=orientation)
        self.project = Project.create(self.folder / "with_images", images=self.images)

    def save_images(self, *names: str, size: tuple[int, int] = (100, 80), orientation: int | None = None) -> None:
        for name in names:
            path = self.images / name
            path.parent.mkdir(parents=True, exist_ok=True)
            exif = Image.Exif()
            if orientation is not None:
                exif[0x0112] = orientation
            Image.new("RGB", size, "teal").save(path, exif=exif)

    @property
    def images(self) -> Path:
        return self.folder / "images"

    def stage(self, reading: Reading, name: str = "labels", **options: Any) -> StagedImport:
        return stage_reading(self.project, reading, name=name, **options)

    def publish(self, reading: Reading, name: str = "labels", **options: Any) -> ImportResult:
        with self.stage(reading, name, **options) as staged:
            result = staged.publish()
        self.project = result.project
        report = result.report
        assert report.rows == report.imported + report.rejected
        assert report.repaired <= report.imported
        assert result.objects.count == report.imported
        return result

    def labels(
        self,
        *batches: ObjectBatch,
        frames: Sequence[DeclaredFrame] | None = None,
        classes: Sequence[DeclaredClass] | None = None,
        **options: Any,
    ) -> ImportResult:
        return self.publish(make_reading(*batches, frames=frames, classes=classes), **options)

    def predictions(
        self,
        *batches: ObjectBatch,
        name: str = "model",
        frames: Sequence[DeclaredFrame] | None = None,
        classes: Sequence[DeclaredClass] | None = None,
        **options: Any,
    ) -> ImportResult:
        reading = make_reading(*batches, role="predictions", frames=frames, classes=classes)
        return self.publish(reading, name, **options)


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer(tmp_path)


@pytest.fixture
def labelled(importer: Importer) -> Importer:
    """A project of ten frames, 100 x 80, ids 11 to 20, with classes person (1), car (3) and dog (8)."""
    frames = [DeclaredFrame(f"{number:06d}.jpg", str(number), 100, 80) for number in range(11, 21)]
    classes = [DeclaredClass("person", "1"), DeclaredClass("car", "3"), DeclaredClass("dog", "8")]
    importer.labels(make_batch(list(range(11, 21)), [1, 3, 8, 1, 3, 8, 1, 3, 8, 1]), frames=frames, classes=classes)
    return importer


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """Where data sets are written and imported without being published."""
    return Clinic(tmp_path)
