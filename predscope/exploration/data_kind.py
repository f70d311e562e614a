"""What kind of data two sets hold, and so which evaluations say something of it.

The kind follows from the files: what a reader made of them, and the shapes that are there.

objects         boxes, polygons, masks, keypoints: something that is found or missed
semantic        a class for every pixel: both sets came as class-index masks, or their masks fill the frames
classification  classes of whole frames, in both sets
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from predscope.evaluation.pixels import fills_frames
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.exploration.semantic_performance import frame_sizes_of
from predscope.project import ObjectSet, Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import Geometry

DataKind = Literal["objects", "semantic", "classification"]

_kinds: Final[RecentlyUsed[tuple[DataKind, ...]]] = RecentlyUsed(16)


def data_kinds(project: Project, query: FrameQuery, prediction_set: str) -> tuple[DataKind, ...]:
    """The kinds that the labels of a query and a prediction set both hold, the one that says most first.

    Never empty: sets that share nothing are compared as objects. Regions of class-index masks are objects too, so these
    are "semantic" and "objects"; where most labelled frames came otherwise, "objects" and "semantic".

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    label_set = chosen_label_set(project, query)
    key = (str(project.path), project.revision, label_set, prediction_set)
    sets = project.objects("labels", label_set), project.objects("predictions", prediction_set)
    return _kinds.get(key, lambda: _kinds_of(project, *sets))


def _kinds_of(project: Project, labels: ObjectSet, predictions: ObjectSet) -> tuple[DataKind, ...]:
    shapes = [
        frozenset(objects.table(["geometry"])["geometry"].unique().to_pylist()) for objects in (labels, predictions)
    ]
    kinds: list[DataKind] = []
    has_boxes = [bool(present - {Geometry.CLASSIFICATION}) for present in shapes]
    if all(has_boxes):
        kinds.append("objects")
    if all(is_semantic(project, objects) for objects in (labels, predictions)):
        kinds.insert(0 if _is_mostly_pixels(labels) else len(kinds), "semantic")
    if all(Geometry.CLASSIFICATION in present for present in shapes):
        kinds.append("classification")
    return tuple(kinds) or ("objects",)


def _is_mostly_pixels(labels: ObjectSet) -> bool:
    """Whether at least half of the frames with labels came as class-index masks, or the labels fill the frames."""
    if labels.pixel_maps is None:
        return True
    labelled = np.union1d(np.flatnonzero(np.diff(labels.offsets)), labels.pixel_maps["frame_index"].to_numpy())
    return 2 * len(labels.pixel_maps) >= len(labelled)


def is_semantic(project: Project, objects: ObjectSet) -> bool:
    """Whether a set says of every pixel what it shows: it came as class-index masks, or its masks fill the frames.

    They fill them where they cover 95 % of a frame or more, in the median of the frames (``pixels.fills_frames``).
    """
    if objects.pixel_maps is not None:
        return True
    return fills_frames(objects.table(["frame_index", "geometry", "area"]), frame_sizes_of(project))
