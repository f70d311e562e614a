"""Metrics of the shapes of polygons and masks."""

from __future__ import annotations

import numpy as np

from predscope.metrics.blocks import Features, ObjectBlock
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric

_FEWEST = 5
"""Objects of a class without which its mean shape means nothing."""


@metric(
    "vertices",
    title="Polygon complexity",
    measured_on=MeasuredOn.OBJECT,
    version=1,
    is_integer=True,
    needs="objects",
    definition="Points of the polygon, of all its rings; only for polygons.",
)
def vertices(objects: ObjectBlock) -> np.ndarray:
    return objects.outlines.vertices


@metric(
    "convexity",
    title="Convexity",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="objects",
    definition="Length of the convex hull / length of the outline: 1 is convex, low is ragged. For polygons and masks.",
)
def convexity(objects: ObjectBlock) -> np.ndarray:
    return objects.outlines.convexity


@metric(
    "solidity",
    title="Solidity",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="objects",
    definition="Area / area of the convex hull: 1 is convex and in one piece, low is branched, hollow or in pieces. "
    "For polygons and masks.",
)
def solidity(objects: ObjectBlock) -> np.ndarray:
    return objects.outlines.solidity


@metric(
    "shape_outlier",
    title="Unusual shape",
    measured_on=MeasuredOn.OBJECT,
    version=1,
    needs="embeddings",
    features=("hu_moments",),
    definition="Distance of the Hu moments of the shape to the mean of its class in the same set, in standard "
    f"deviations (root mean square over the seven). For polygons and masks, of classes with {_FEWEST} or more.",
)
def shape_outlier(features: Features) -> np.ndarray:
    distance = np.full(len(features), np.nan)
    if features.class_id is None:
        return distance
    rows = np.flatnonzero(features.is_present)
    class_id, vectors = features.class_id[rows], features.vectors[rows].astype(np.float64)
    count = np.bincount(class_id, minlength=features.class_count)

    def class_means(values: np.ndarray) -> np.ndarray:
        sums = [np.bincount(class_id, weights=column, minlength=features.class_count) for column in values.T]
        return np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]

    away = vectors - class_means(vectors)[class_id]
    spread = np.sqrt(class_means(away**2))[class_id]
    # Invariants that do not vary within the class, but for the noise of arithmetic, tell nothing.
    scores = np.divide(away, spread, out=np.zeros_like(away), where=spread > 1e-9)
    is_enough = count[class_id] >= _FEWEST
    distance[rows[is_enough]] = np.sqrt((scores[is_enough] ** 2).mean(axis=1))
    return distance
