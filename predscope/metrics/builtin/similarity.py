"""Metrics of what is like what: by the user's embeddings where they are given, else by small features of the pixels."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from predscope.metrics.blocks import Features, FrameBlock
from predscope.metrics.features import HASH_BITS
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.neighbours import (
    fewer_dimensions,
    nearest_by_angle,
    nearest_by_hash,
    nearest_rows,
    unit_vectors,
)
from predscope.metrics.registry import metric

MOST_CLUSTERS: Final = 50
NEIGHBOURS: Final = 10
MOST_REFERENCES: Final = 10_000
"""Labels that neighbours are looked for among; of more, so many are drawn, the same at every run."""
_DIMENSIONS: Final = 32
_SEED: Final = 20


@metric(
    "copies",
    title="Exact copies",
    measured_on=MeasuredOn.FRAME,
    version=1,
    is_integer=True,
    higher_is="bad",
    needs="values",
    definition="Other frames whose image file has the very same bytes.",
)
def copies(frames: FrameBlock) -> np.ndarray:
    _, place, count = np.unique(frames.content, return_inverse=True, return_counts=True)
    return np.where(frames.content == 0, np.nan, count[place] - 1)


@metric(
    "uniqueness",
    title="Uniqueness",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="embeddings",
    features=("perceptual_hash",),
    definition="Distance to the frame that is most alike; near 0 is a near duplicate. Of the user's embeddings: cosine "
    f"distance / 2; without them: share of the {HASH_BITS} bits of a perceptual hash that differ.",
)
def uniqueness(features: Features) -> np.ndarray:
    result = np.full(len(features), np.nan)
    rows = np.flatnonzero(features.is_present)
    if features.is_users:
        result[rows] = nearest_by_angle(features.vectors[rows])[1] / 2
    else:
        result[rows] = nearest_by_hash(features.vectors[rows].astype(np.uint8))[1] / HASH_BITS
    return result


@metric(
    "difficulty",
    title="Difficulty",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="embeddings",
    features=("thumbnail",),
    definition="How far from typical: frames are grouped by k-means (k = number of classes, 2 to "
    f"{MOST_CLUSTERS}) on embeddings, by default on the colours of a thumbnail; rank of the distance to the centre "
    "among the frames of the group, 0 the most typical, 1 the least.",
)
def difficulty(features: Features) -> np.ndarray:
    return _within_groups(features)[0]


@metric(
    "diversity",
    title="Diversity",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="embeddings",
    features=("thumbnail",),
    definition="Which frames to look at first in order to see all kinds: of the groups of difficulty, the most typical "
    "frame of each comes first, then the second of each, and so on; 1 is the first, 0 the last.",
)
def diversity(features: Features) -> np.ndarray:
    return _within_groups(features)[1]


@metric(
    "annotation_quality",
    title="Label quality by neighbours",
    measured_on=MeasuredOn.LABEL,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="embeddings",
    features=("crop_thumbnail",),
    definition=f"Share of the {NEIGHBOURS} most similar labels of the set that have the same class: low is a likely "
    f"wrong class. By embeddings of the crops, by default the colours of a thumbnail, in {_DIMENSIONS} principal "
    f"components; of more than {MOST_REFERENCES:,} labels, so many are drawn as neighbours.",
)
def annotation_quality(features: Features) -> np.ndarray:
    result = np.full(len(features), np.nan)
    rows = np.flatnonzero(features.is_present)
    if features.class_id is None or len(rows) <= NEIGHBOURS:
        return result
    vectors = features.vectors[rows]
    vectors = fewer_dimensions(unit_vectors(vectors) if features.is_users else vectors, _DIMENSIONS)
    places = np.arange(len(rows))
    if len(rows) > MOST_REFERENCES:
        places = np.sort(np.random.default_rng(_SEED).choice(len(rows), MOST_REFERENCES, replace=False))
    nearest = places[nearest_rows(vectors, vectors[places], NEIGHBOURS + 1)]
    class_id = features.class_id[rows]
    is_self = nearest == np.arange(len(rows))[:, None]
    # The object itself is no neighbour; where it was not found, the farthest is one too many.
    is_self[~is_self.any(axis=1), -1] = True
    is_same = (class_id[nearest] == class_id[:, None]) & ~is_self
    result[rows] = is_same.sum(axis=1) / NEIGHBOURS
    return result


def _within_groups(features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Difficulty and diversity of each frame."""
    difficulty, diversity = np.full(len(features), np.nan), np.full(len(features), np.nan)
    rows = np.flatnonzero(features.is_present)
    if len(rows) < 2:  # k-means would take one row for a column
        difficulty[rows], diversity[rows] = 0, 1
        return difficulty, diversity
    vectors = features.vectors[rows].astype(np.float32)
    vectors = unit_vectors(vectors) if features.is_users else vectors
    group_count = min(max(features.class_count, 2), MOST_CLUSTERS, len(rows))
    cv2.setRNGSeed(_SEED)
    ending = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)
    start = np.zeros((len(rows), 1), np.int32)
    _, group, centres = cv2.kmeans(vectors, group_count, start, ending, 3, cv2.KMEANS_PP_CENTERS)
    group = np.asarray(group).reshape(-1)
    distance = np.linalg.norm(vectors - centres[group], axis=1)
    order = np.lexsort((distance, group))
    size = np.bincount(group, minlength=group_count)
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows)) - np.repeat(np.cumsum(size) - size, size)
    difficulty[rows] = rank / np.maximum(size[group] - 1, 1)
    place = np.empty(len(rows), np.int64)
    place[np.lexsort((distance, rank))] = np.arange(len(rows))
    diversity[rows] = 1 - place / max(len(rows) - 1, 1)
    return difficulty, diversity
