"""By which likeness the objects of two sets are compared: their boxes, masks, keypoints, oriented boxes or frames."""

from __future__ import annotations

from typing import Final

import numpy as np

from predscope.evaluation.objects import IouType
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.project import ObjectSet, Project
from predscope.schema import Geometry

COMPARISON_WORDS: Final = {
    "bbox": "boxes",
    "segm": "masks",
    "boundary": "mask boundaries",
    "keypoints": "keypoints",
    "oriented": "oriented boxes",
    "frame": "whole frames",
}
"""What is compared, by the value of the ``IouType``."""
LIKENESS_WORDS: Final = {
    "bbox": "IoU",
    "segm": "mask IoU",
    "boundary": "boundary IoU",
    "keypoints": "OKS",
    "oriented": "rotated IoU",
    "frame": "IoU",
}
"""The number that says how alike a label and a prediction are."""

_AREAS: Final = frozenset({Geometry.POLYGON, Geometry.MASK})
_KINDS: Final = {
    "segm": _AREAS,
    "boundary": _AREAS,
    "keypoints": frozenset({Geometry.KEYPOINTS}),
    "oriented": frozenset({Geometry.ORIENTED_BOX}),
    "frame": frozenset({Geometry.CLASSIFICATION}),
}
"""The geometries that a comparison is made for."""

_geometries: Final[RecentlyUsed[frozenset[str]]] = RecentlyUsed(64)


def comparisons(project: Project, label_set: str | None, prediction_set: str) -> list[IouType]:
    """What labels (None: the project's first set) and predictions can be compared by: boxes, and what both have.

    Never empty; the boxes come first, where there are any.

    Raises:
        ProjectError: there is no such set.
    """
    return _offered(*_both(project, label_set, prediction_set), project)


def comparison(project: Project, label_set: str | None, prediction_set: str, by: str = "") -> IouType:
    """The comparison that is made: the one asked for, where it is on offer; else the one that suits the objects.

    Masks suit where every object with a box has one, and so for keypoints and oriented boxes; whole frames where there
    is nothing else. Otherwise it is the boxes.

    Raises:
        ProjectError: there is no such set.
    """
    labels, predictions = _both(project, label_set, prediction_set)
    offered = _offered(labels, predictions, project)
    if by in offered:
        return IouType(by)
    present = _kinds(project, labels) | _kinds(project, predictions)
    boxed = present - _KINDS["frame"] or present
    return next((iou_type for iou_type in offered if boxed <= _KINDS.get(iou_type, frozenset())), IouType.BBOX)


def comparison_of(project: Project, query: FrameQuery, prediction_set: str) -> IouType:
    """The comparison that a query asks for."""
    return comparison(project, chosen_label_set(project, query), prediction_set, query.by)


def _both(project: Project, label_set: str | None, prediction_set: str) -> tuple[ObjectSet, ObjectSet]:
    return project.objects("labels", label_set), project.objects("predictions", prediction_set)


def _offered(labels: ObjectSet, predictions: ObjectSet, project: Project) -> list[IouType]:
    of_labels, of_predictions = _shapes(project, labels), _shapes(project, predictions)
    own = [
        iou_type
        for iou_type in IouType
        if iou_type in _KINDS and _KINDS[iou_type] & of_labels and _KINDS[iou_type] & of_predictions
    ]
    has_polygons = Geometry.POLYGON in of_labels | of_predictions
    if IouType.SEGM in own and has_polygons and not _has_sizes(project, labels, predictions):
        own = [iou_type for iou_type in own if _KINDS[iou_type] is not _AREAS]
    has_boxes = bool((of_labels | of_predictions) - _KINDS["frame"])
    return [IouType.BBOX, *own] if has_boxes or not own else own


def _kinds(project: Project, objects: ObjectSet) -> frozenset[str]:
    """Geometries that occur."""
    key = (str(project.path), project.revision, objects.role, objects.name)
    return _geometries.get(key, lambda: frozenset(objects.table(["geometry"])["geometry"].unique().to_pylist()))


def _shapes(project: Project, objects: ObjectSet) -> frozenset[str]:
    """Geometries that occur, those included that objects have beside their keypoints."""
    kinds = _kinds(project, objects)
    if Geometry.KEYPOINTS not in kinds:
        return kinds

    def read() -> frozenset[str]:
        columns = {Geometry.MASK: "rle_height", Geometry.POLYGON: "polygons"}
        present = objects.table([*columns.values()])
        return kinds | {kind for kind, name in columns.items() if present[name].null_count < len(present)}

    return _geometries.get((str(project.path), project.revision, objects.role, objects.name, "beside"), read)


def _has_sizes(project: Project, *sets: ObjectSet) -> bool:
    """Whether the size of every frame with objects is known: polygons are filled on a raster of that size."""
    is_unknown = project.frames[["width", "height"]].isna().any(axis=1).to_numpy()
    return not any((np.diff(objects.offsets)[is_unknown] > 0).any() for objects in sets)
