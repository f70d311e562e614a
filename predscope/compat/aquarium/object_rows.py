"""Labels and inferences of scripts as batches of objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from predscope.compat.aquarium import values
from predscope.compat.aquarium.binary_scores import BinaryScores
from predscope.compat.aquarium.class_plan import ClassPlan
from predscope.compat.aquarium.frame_plan import FrameLookup
from predscope.compat.aquarium.label_set import LINK_PREFIX, USER_PREFIX, LabelSet
from predscope.compat.aquarium.mask_rows import MaskReader
from predscope.compat.aquarium.values import place_of
from predscope.formats.base import ObjectBatch, text_column
from predscope.schema import Geometry, Role

ROWS_AT_ONCE: Final = 10_000
CLASS_NAME: Final = "class_name"
"""Attribute of objects that count as another class: the name that they were given."""
_SHAPE_KEYS: Final = frozenset(
    {"top", "left", "width", "height", "area", "x1", "y1", "x2", "y2", "keypoints", "polygons", "confidence", "iscrowd"}
)


@dataclass(slots=True)
class Row:
    """One object on its way into a batch; fields as in ``ObjectBatch``."""

    frame: str
    class_name: str
    geometry: Geometry
    place: str
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    polygons: list[Any] | None = None
    rle_counts: bytes | None = None
    rle_size: tuple[int, int] = (0, 0)
    keypoints: list[float] | None = None
    polylines: list[Any] | None = None
    oriented_box: list[float] | None = None
    area: float | None = None
    is_crowd: bool = False
    is_ignored: bool = False
    class_scores: list[float] | None = None
    track_id: str | None = None
    source_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class ObjectRows:
    """The objects of many frames.

    Args:
        plan: which class each counts as.
        lookup: which frame each lies in.
        masks: reads masks.
        role: predictions have confidences; those of masks are 1.
        binary: completes the scores of classifications; None: they are what they are.
    """

    def __init__(
        self,
        plan: ClassPlan,
        lookup: FrameLookup,
        masks: MaskReader,
        role: Role,
        binary: BinaryScores | None = None,
    ) -> None:
        self._plan = plan
        self._lookup = lookup
        self._masks = masks
        self._role: Role = role
        self._binary = binary

    def batches(self, sets: Iterable[LabelSet]) -> Iterator[ObjectBatch]:
        """All objects, in the order in which they were added."""
        return in_batches((row for labels in sets for row in self._rows_of(labels)), self._role)

    def _rows_of(self, labels: LabelSet) -> Iterator[Row]:
        for label in labels.label_data:
            key = self._lookup.key(labels.frame_id, label["label_coordinate_frame"])
            place = place_of(labels.frame_id, label["uuid"])
            if label["label_type"] == "SEMANTIC_LABEL_2D":
                yield from self._regions(label, key, place)
            elif label["label_type"] == "INSTANCE_LABEL_2D":
                yield from self._instances(label, key, place)
            else:
                yield self._row(label, key, place)

    def _row(self, label: dict[str, Any], key: str, place: str) -> Row:
        given = label["attributes"]
        row = self._start(label["label"], key, place)
        row.source_id = label["uuid"]
        row.confidence = values.confidence(given.get("confidence"), place, required=False)
        row.is_crowd = bool(given.get("iscrowd", False))
        row.area = given.get("area")
        if "width" in given:
            row.box = (given["left"], given["top"], given["width"], given["height"])
        if "polygons" in given:
            row.geometry = Geometry.POLYGON
            row.polygons = [[_flat(polygon["vertices"])] for polygon in given["polygons"]]
        if "keypoints" in given:
            row.geometry = Geometry.KEYPOINTS
            row.keypoints = self._ordered(label["label"], given["keypoints"])
        elif "x1" in given:
            row.geometry = Geometry.POLYLINE
            row.polylines = [[given["x1"], given["y1"], given["x2"], given["y2"]]]
        elif label["label_type"] == "CLASSIFICATION_2D":
            row.geometry = Geometry.CLASSIFICATION
            self._complete(row)
        row.attributes |= _user_attributes(given)
        return row

    def _complete(self, row: Row) -> None:
        if self._binary is not None and row.confidence is not None:
            found = self._binary.complete(row.class_name, row.confidence)
            if found is not None:
                row.class_name, row.confidence, row.class_scores = found

    def _regions(self, label: dict[str, Any], key: str, place: str) -> Iterator[Row]:
        found = self._masks.regions(label, key, place)
        if found is None:
            return
        regions, size, names = found
        for value, box, area, counts in zip(
            regions.values.tolist(), regions.boxes.tolist(), regions.areas.tolist(), regions.counts, strict=True
        ):
            row = self._start(names[value], key, f"{place}, pixels of {value}")
            row.geometry, row.box, row.area = Geometry.MASK, tuple(box), area
            row.rle_counts, row.rle_size = counts, size
            row.attributes |= {"semantic": True, "label_id": label["uuid"]}
            yield self._certain(row)

    def _instances(self, label: dict[str, Any], key: str, place: str) -> Iterator[Row]:
        for instance, counts, size in self._masks.instances(label, key, place):
            row = self._start(instance["classification"], key, f"{place}, instance {instance['id']}")
            row.geometry, row.rle_counts, row.rle_size = Geometry.MASK, counts, size
            row.source_id = f"{label['uuid']}_{instance['id']}"
            row.attributes |= instance["attributes"]
            yield self._certain(row)

    def _start(self, name: str, key: str, place: str) -> Row:
        counted = self._plan.counted_name(name)
        row = Row(key, counted, Geometry.BOX, place, is_ignored=self._plan.is_object_ignored(name))
        if counted != name:
            row.attributes[CLASS_NAME] = name
        return row

    def _certain(self, row: Row) -> Row:
        if self._role == "predictions":
            row.confidence = 1.0
        return row

    def _ordered(self, name: str, keypoints: list[dict[str, Any]]) -> list[float]:
        """x, y and visibility of every keypoint of the class; 0, 0, 0 for those that were not given."""
        names = self._plan.keypoints[self._plan.counted_name(name)]
        by_name = {point["name"]: (point["x"], point["y"], 2.0) for point in keypoints}
        return [number for keypoint in names for number in by_name.get(keypoint, (0.0, 0.0, 0.0))]


def in_batches(rows: Iterable[Row], role: Role) -> Iterator[ObjectBatch]:
    """Rows as batches of ``ROWS_AT_ONCE``."""
    pending: list[Row] = []
    for row in rows:
        pending.append(row)
        if len(pending) >= ROWS_AT_ONCE:
            yield _batch(pending, role)
            pending = []
    if pending:
        yield _batch(pending, role)


def _batch(rows: list[Row], role: Role) -> ObjectBatch:
    missing = (np.nan,) * 4
    return ObjectBatch(
        frame_ref=text_column([row.frame for row in rows]),
        class_ref=text_column([row.class_name for row in rows]),
        frame_ref_is="id",
        class_ref_is="name",
        geometry=text_column([row.geometry for row in rows]),
        place=text_column([row.place for row in rows]),
        box=np.array([row.box or missing for row in rows], np.float64),
        confidence=_numbers([row.confidence for row in rows]) if _has(rows, "confidence", role) else None,
        polygons=[row.polygons for row in rows],
        rle_counts=[row.rle_counts for row in rows],
        rle_size=np.array([row.rle_size for row in rows], np.int32),
        keypoints=[row.keypoints for row in rows],
        polylines=[row.polylines for row in rows],
        oriented_box=[row.oriented_box for row in rows],
        area=_numbers([row.area for row in rows]),
        is_crowd=np.array([row.is_crowd for row in rows], bool),
        is_ignored=np.array([row.is_ignored for row in rows], bool),
        class_scores=[row.class_scores for row in rows],
        track_id=[row.track_id for row in rows],
        source_id=[row.source_id for row in rows],
        attributes=[row.attributes or None for row in rows],
    )


def _has(rows: list[Row], name: str, role: Role) -> bool:
    return role == "predictions" or any(getattr(row, name) is not None for row in rows)


def _numbers(given: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in given], np.float64)


def _flat(vertices: list[list[float]]) -> list[float]:
    return [number for point in vertices for number in point]


def _user_attributes(given: dict[str, Any]) -> dict[str, Any]:
    """What the user says of an object beside its shape, under the names that the user gave."""
    attributes: dict[str, Any] = {}
    for key, value in given.items():
        if key.startswith(USER_PREFIX):
            attributes[key.removeprefix(USER_PREFIX)] = value
        elif key.startswith(LINK_PREFIX):
            attributes.setdefault("links", {})[key.removeprefix(LINK_PREFIX)] = value
        elif key == "secondary_labels":
            attributes |= value
        elif key not in _SHAPE_KEYS:
            attributes[key] = value
    return attributes
