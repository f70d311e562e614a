"""Columns of metrics, made by hand from what tests have at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from predscope.analysis.counted import CountedObjects
from predscope.evaluation.detection import Detection
from predscope.importing.in_memory import join_files
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from tests.conftest import SAMPLE_DATA


def numbers(
    name: str, values: Sequence[float] | np.ndarray, on: MeasuredOn = MeasuredOn.OBJECT, *, unit: str = "", **more
) -> MetricColumn:
    metric = Metric(name, name.replace("_", " ").capitalize(), on, unit=unit, **more)
    return MetricColumn.numeric(metric, np.asarray(values, float))


def names(name: str, values: Sequence[str | None], on: MeasuredOn = MeasuredOn.FRAME) -> MetricColumn:
    metric = Metric(name, name.replace("_", " ").capitalize(), on, is_categorical=True)
    return MetricColumn.from_names(metric, values)


@dataclass(frozen=True)
class Model:
    """A model on the sample data, and what is known of frames, labels and predictions."""

    detection: Detection
    label_columns: list[MetricColumn]
    prediction_columns: list[MetricColumn]


def sample_model(name: str) -> Model:
    files = join_files(SAMPLE_DATA / "labels" / "instances.json", SAMPLE_DATA / "predictions" / f"{name}.json")
    records = [orjson.loads(text) if text else {} for text in files.frames["attributes"].to_pylist()]
    frames = [names(key, [entry.get(key) for entry in records]) for key in ("time_of_day", "weather", "camera", "blur")]
    return Model(
        Detection.from_tables(files.labels, files.predictions, files.classes, files.frames),
        [*frames, *geometry(files.frames, files.labels)],
        [*frames, *geometry(files.frames, files.predictions)],
    )


def benchmark_model(folder: Path, name: str) -> Model:
    """A generated problem of ``gt.json``, ``<name>.json`` and ``meta.json`` (metadata by file name)."""
    files = join_files(folder / "gt.json", folder / f"{name}.json")
    meta = orjson.loads((folder / "meta.json").read_bytes())
    records = [meta[file_name] for file_name in files.frames["file_name"].to_pylist()]
    frames = [names(key, [entry[key] for entry in records]) for key in ("weather", "camera")]
    return Model(
        Detection.from_tables(files.labels, files.predictions, files.classes, files.frames),
        [*frames, *geometry(files.frames, files.labels)],
        [*frames, *geometry(files.frames, files.predictions)],
    )


def geometry(frames: pa.Table, objects: pa.Table) -> list[MetricColumn]:
    x, y, w, h, area = (objects[key].to_numpy().astype(float) for key in ("x", "y", "w", "h", "area"))
    frame = objects["frame_index"].to_numpy()
    width, height = (frames[key].to_numpy()[frame].astype(float) for key in ("width", "height"))
    border = np.max([1 - x / width, 1 - y / height, (x + w) / width, (y + h) / height], axis=0)
    return [
        numbers("area", area, unit="px²"),
        numbers("aspect_ratio", w / h),
        numbers("relative_area", 100 * area / (width * height), unit="%"),
        numbers("width", w, unit="px"),
        numbers("border_closeness", border),
    ]


def counted(frame: np.ndarray, is_right: np.ndarray, class_id: np.ndarray | None = None, role="labels"):
    """Objects that count, as if a match table had been read."""
    places = np.arange(len(frame))
    classes = np.zeros(len(frame), int) if class_id is None else class_id
    return CountedObjects(role, places, frame, places, classes, is_right, is_right * 0.8)
