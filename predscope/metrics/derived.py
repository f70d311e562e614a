"""Metrics that depend on all frames, or on all objects of a set, at once: likeness, and tracks along sequences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from predscope.errors import InputError
from predscope.metrics.blocks import Features
from predscope.metrics.features import FEATURES
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.sources import embedding_source, source_vectors
from predscope.metrics.workspace import Workspace
from predscope.project import ObjectSet

if TYPE_CHECKING:
    from predscope.metrics.tracks import Tracks


def derived_file(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> Path:
    """Where the values are once they have been computed: named after everything that goes into them."""
    return workspace.derived(metric.name, objects, [metric.key.encode(), *_inputs(workspace, metric, objects)])


def compute_derived(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> np.ndarray:
    """float64 (frames or rows of the set,).

    Raises:
        InputError: the function of the metric gives something else.
    """
    given: Any
    if metric.needs == "sequence" and objects is not None:
        given, count = tracks_of(workspace, objects), objects.count
    else:
        given = features_of(workspace, metric, objects)
        count = len(given)
    values = np.asarray(metric.compute(given), np.float64).reshape(-1)  # type: ignore[misc]
    if len(values) != count:
        raise InputError(f"expected {count:,} values, got {len(values):,}.", where=f"metric {metric.name!r}")
    return np.where(np.isfinite(values), values, np.nan)


def features_of(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> Features:
    """The vectors that a metric is given: the user's embeddings, else the feature that it names."""
    project = workspace.project
    class_id = None if objects is None else workspace.object_block(objects).class_id
    source = _users_source(workspace, metric, objects)
    if source is not None:
        vectors = source_vectors(project, source, objects)
        return Features(vectors, True, source.origin, class_id, len(project.classes))
    name = features_of_metric(metric)[0]
    return Features(feature_vectors(workspace, name, objects), False, name, class_id, len(project.classes))


def feature_vectors(workspace: Workspace, name: str, objects: ObjectSet | None) -> np.ndarray:
    """float32 (frames or rows, d): one of the program's own features; NaN rows where there is none."""
    vectors, is_there = _kept_vectors(workspace, name, objects)
    vectors[~is_there] = np.nan
    return vectors


def is_complete(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> bool:
    """Whether all has been measured that the values of a metric depend on: not so while images are out of reach."""
    names = features_of_metric(metric)[:1]
    if not names or FEATURES[names[0]].needs != "pixels" or _users_source(workspace, metric, objects) is not None:
        return True
    vectors, is_there = _kept_vectors(workspace, names[0], objects)
    return not np.isnan(vectors[is_there]).any()


def _kept_vectors(workspace: Workspace, name: str, objects: ObjectSet | None) -> tuple[np.ndarray, np.ndarray]:
    """The vectors, and bool (frames or rows,): where there is something to take them of."""
    feature = FEATURES[name]
    key = feature.key
    if feature.needs == "objects" and objects is not None:
        rows = np.arange(objects.count, dtype=np.uint64)
        vectors = workspace.rows_of(objects).read([key]).vectors(key, rows, feature.dtype, feature.length)
        return vectors, np.ones(len(rows), bool)
    if objects is None:
        keys, is_there = workspace.contents(), workspace.is_decodable()
        store = workspace.frames
    else:
        block = workspace.object_block(objects)
        boxes = workspace.crops_of(objects)
        has_extent = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        keys, is_there = workspace.crop_keys_of(objects), workspace.is_decodable()[block.frame] & has_extent
        store = workspace.crops
    return store.read([key]).vectors(key, keys, feature.dtype, feature.length), is_there


def tracks_of(workspace: Workspace, objects: ObjectSet) -> Tracks:
    """The objects of a set along the sequences of the project's frames."""
    from predscope.metrics.tracks import link_tracks  # brings the evaluation with it, which few metrics need

    block = workspace.object_block(objects)
    sequence, sequence_index = _sequences(workspace)
    track_id = objects.table(["track_id"])["track_id"].to_pylist()
    return link_tracks(block.frame, block.class_id, block.box, track_id, sequence, sequence_index)


def _sequences(workspace: Workspace) -> tuple[np.ndarray, np.ndarray]:
    table = workspace.project.frames_table
    names = table["sequence"].to_pylist()
    number_of = {name: number for number, name in enumerate(sorted({name for name in names if name is not None}))}
    sequence = np.fromiter((number_of.get(name, -1) for name in names), np.int64, len(names))
    return sequence, table["sequence_index"].to_numpy(zero_copy_only=False).astype(np.float64)


def _inputs(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> list[bytes]:
    project = workspace.project
    inputs = [str(len(project.classes)).encode()]
    if objects is not None:
        inputs.append(workspace.set_digest(objects).encode())
    if metric.needs == "sequence":
        return [*inputs, *(part.tobytes() for part in _sequences(workspace))]
    source = _users_source(workspace, metric, objects)
    if source is not None:
        return [*inputs, source.source_id.encode(), str(len(project.frames_table)).encode()]
    feature = FEATURES[features_of_metric(metric)[0]]
    inputs.append(feature.key.encode())
    if feature.needs == "pixels":
        inputs.append((workspace.contents() if objects is None else workspace.crop_keys_of(objects)).tobytes())
        inputs.append(workspace.is_decodable().tobytes())
    return inputs


def _users_source(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> Any:
    """Embeddings stand for what things look like; a feature of shape alone is another thing."""
    is_of_looks = FEATURES[features_of_metric(metric)[0]].needs == "pixels"
    return embedding_source(workspace.project, objects) if is_of_looks else None


def features_of_metric(metric: Metric) -> tuple[str, ...]:
    """Names of the features that a metric needing embeddings is given vectors of."""
    if metric.needs != "embeddings":
        return ()
    return metric.features or ("thumbnail" if metric.measured_on is MeasuredOn.FRAME else "crop_thumbnail",)


def features_needed(metrics: list[Metric], needs: str) -> list[str]:
    """Names of the features of some metrics that are computed from "pixels", or from "objects"."""
    names = {name for metric in metrics for name in features_of_metric(metric)}
    return sorted(name for name in names if FEATURES[name].needs == needs)
