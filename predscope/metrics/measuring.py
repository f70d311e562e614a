"""The work of a worker process: pure functions over batches, plain values in and out.

Nothing here knows the project, so a batch may run in any process, on any machine that sees the image files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from predscope.media.locating import PixelSource
from predscope.metrics.blocks import MIX, ObjectBlock
from predscope.metrics.features import FEATURES
from predscope.metrics.image_source import decode
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.pixels import Pixels
from predscope.metrics.registry import find_metric, load_metric_file
from predscope.schema import Role


@dataclass(frozen=True, slots=True)
class ImageTask:
    """One image to be decoded.

    Attributes:
        frame: its index.
        source: where its pixels are.
        apply_exif: turn it by its EXIF orientation.
        boxes: int32 (n, 4): left, top, right, bottom of the crops to take metrics of, each once.
        feature_boxes: int32 (m, 4): of the crops to take features of.
    """

    frame: int
    source: PixelSource
    apply_exif: bool
    boxes: np.ndarray
    feature_boxes: np.ndarray


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """Images, and what is to be measured on them.

    Attributes:
        tasks: the images.
        frame_metrics, crop_metrics: names of metrics, needing pixels.
        frame_features, crop_features: names of features, needing pixels.
        index_folder: where the indexes of videos are kept.
    """

    tasks: tuple[ImageTask, ...]
    frame_metrics: tuple[str, ...]
    crop_metrics: tuple[str, ...]
    frame_features: tuple[str, ...] = ()
    crop_features: tuple[str, ...] = ()
    index_folder: Path | None = None


@dataclass(slots=True)
class Measured:
    """Values by key, and what went wrong.

    Attributes:
        keys: uint64 (n,).
        columns: by column name: float64 (n,), infinite where the function failed and is to be tried again; or uint8
            (n, bytes).
        failures: by metric name: how often its function failed, and the first message.
    """

    keys: np.ndarray
    columns: dict[str, np.ndarray]
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeasuredImages:
    """What a batch came to.

    Attributes:
        frames: of the batch, by index.
        contents: uint64, one a frame; 0: the file cannot be read.
        problems: one a frame, why it could not be decoded; "" if it was.
        of_frames: by ``contents``; frames that cannot be read are not in it.
        of_crops, of_feature_crops: by ``crop_keys``: their metrics, and features.
    """

    frames: list[int]
    contents: list[int]
    problems: list[str]
    of_frames: Measured
    of_crops: Measured
    of_feature_crops: Measured


@dataclass(frozen=True, slots=True)
class ObjectBatch:
    """Objects of some whole frames of a set, and what is to be measured on them.

    Attributes:
        table: the columns read of them.
        role: labels or predictions.
        frame_size: float64 (frames, 2).
        class_names: of the project.
        first_frame, first_row: index of the first frame, row of the first object.
        metrics: names of metrics that need objects.
        features: names of features that need objects.
    """

    table: pa.Table
    role: Role
    frame_size: np.ndarray
    class_names: tuple[str, ...]
    first_frame: int
    first_row: int
    metrics: tuple[str, ...]
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredObjects:
    """What a batch came to: values by row of the set, and by frame index."""

    of_objects: Measured
    of_frames: Measured


def prepare_worker(files: Sequence[str]) -> None:
    """Make the user's metrics known to this process."""
    for path in files:
        load_metric_file(Path(path))


def crop_boxes(box: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    """int32 (n, 4): left, top, right, bottom of the pixels that boxes touch, within their frames.

    Boxes that touch no pixel of their frame, or are NaN, come out with right <= left or bottom <= top.
    """
    x, y, w, h = np.nan_to_num(box, nan=-1.0).T
    limit_x, limit_y = np.nan_to_num(width, nan=2**30), np.nan_to_num(height, nan=2**30)
    edges = (
        np.clip(np.floor(x), 0, limit_x),
        np.clip(np.floor(y), 0, limit_y),
        np.clip(np.ceil(x + w), 0, limit_x),
        np.clip(np.ceil(y + h), 0, limit_y),
    )
    result = np.stack(edges, axis=1).astype(np.int32)
    result[np.isnan(box).any(axis=1)] = 0
    return result


def crop_keys(content: np.ndarray | int, boxes: np.ndarray) -> np.ndarray:
    """uint64 (n,): stands for the pixels of a crop: the content of the image, and the box."""
    mixed = np.broadcast_to(np.asarray(content, np.uint64), len(boxes)).copy()
    with np.errstate(over="ignore"):
        mixed = (mixed + MIX) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        for side in boxes.astype(np.uint64).T:
            mixed = (mixed ^ (side + MIX)) * np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(29)
    return mixed


def measure_images(batch: ImageBatch) -> MeasuredImages:
    """Decode each image once, and take all measurements on it and on its crops."""
    of_frames = _Columns(batch.frame_metrics, batch.frame_features)
    of_crops, of_feature_crops = _Columns(batch.crop_metrics, ()), _Columns((), batch.crop_features)
    contents, problems = [], []
    for task in batch.tasks:
        decoded = decode(task.source, apply_exif=task.apply_exif, index_folder=batch.index_folder)
        contents.append(decoded.content)
        problems.append(decoded.problem)
        if not decoded.content:
            continue
        pixels = decoded.pixels
        of_frames.measure(np.array([decoded.content], np.uint64), [pixels])
        if pixels is not None and len(task.boxes):
            _ = pixels.gray  # once for all crops
        for columns, boxes in ((of_crops, task.boxes), (of_feature_crops, task.feature_boxes)):
            crops = (None if pixels is None else pixels.crop(box) for box in boxes.tolist())
            columns.measure(crop_keys(decoded.content, boxes), crops)
    frames = [task.frame for task in batch.tasks]
    return MeasuredImages(frames, contents, problems, of_frames.result(), of_crops.result(), of_feature_crops.result())


def measure_objects(batch: ObjectBatch) -> MeasuredObjects:
    """Take all measurements on objects that need no pixels."""
    block = ObjectBlock.from_table(
        batch.table,
        batch.role,
        batch.frame_size,
        batch.class_names,
        first_frame=batch.first_frame,
        first_row=batch.first_row,
    )
    rows = Measured(block.row.astype(np.uint64), {})
    frames = Measured(np.arange(block.frame_count, dtype=np.uint64) + np.uint64(batch.first_frame), {})
    for name in batch.metrics:
        metric = find_metric(name)
        target = frames if metric.measured_on is MeasuredOn.FRAME else rows
        values, failure = _attempt(metric.compute, block, len(target.keys))
        if failure:
            target.failures[name] = (1, failure)
        else:
            target.columns[metric.key] = values
    for name in batch.features:
        feature = FEATURES[name]
        vectors = np.ascontiguousarray(feature.compute(block), feature.dtype)
        width = feature.length * vectors.itemsize
        rows.columns[feature.key] = vectors.view(np.uint8).reshape(len(block), width)
    return MeasuredObjects(rows, frames)


class _Columns:
    """Values of some metrics and features, one image after the other."""

    def __init__(self, metrics: Sequence[str], features: Sequence[str]) -> None:
        self._metrics = [find_metric(name) for name in metrics]
        self._features = [FEATURES[name] for name in features]
        self._keys: list[np.ndarray] = []
        self._values: dict[str, list[float]] = {metric.key: [] for metric in self._metrics}
        self._vectors: dict[str, list[np.ndarray]] = {feature.key: [] for feature in self._features}
        self._failures: dict[str, tuple[int, str]] = {}

    def measure(self, keys: np.ndarray, images: Iterable[Pixels | None]) -> None:
        """Add a row for each key; of NaN and zeros where there are no pixels."""
        if not (self._metrics or self._features):
            return
        self._keys.append(keys)
        for pixels in images:
            for metric in self._metrics:
                self._values[metric.key].append(np.nan if pixels is None else self._value(metric, pixels))
            for feature in self._features:
                vector = np.zeros(feature.length, feature.dtype) if pixels is None else feature.compute(pixels)
                self._vectors[feature.key].append(np.ascontiguousarray(vector, feature.dtype).view(np.uint8))

    def _value(self, metric: Metric, pixels: Pixels) -> float:
        try:
            value = float(metric.compute(pixels))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001, RUF100 - a user's function may raise anything
            times, message = self._failures.get(metric.name, (0, f"{type(error).__name__}: {error}"))
            self._failures[metric.name] = (times + 1, message)
            return np.inf
        return value if math.isfinite(value) else np.nan

    def result(self) -> Measured:
        """All rows."""
        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, np.uint64)
        columns: dict[str, np.ndarray] = {
            metric.key: np.array(self._values[metric.key], np.float64) for metric in self._metrics
        }
        for feature in self._features:
            columns[feature.key] = np.stack(self._vectors[feature.key]) if len(keys) else np.zeros((0, 1), np.uint8)
        return Measured(keys, columns, self._failures)


def _attempt(compute: Callable[..., Any] | None, given: Any, count: int) -> tuple[np.ndarray, str]:
    """float64 (count,) from a function, and what went wrong; "" if nothing did."""
    try:
        values = np.asarray(compute(given), np.float64).reshape(-1)  # type: ignore[misc]
    except Exception as error:  # noqa: BLE001, RUF100 - a user's function may raise anything
        return np.zeros(0), f"{type(error).__name__}: {error}"
    if len(values) != count:
        return np.zeros(0), f"expected {count:,} values, got {len(values):,}"
    return np.where(np.isfinite(values), values, np.nan), ""
