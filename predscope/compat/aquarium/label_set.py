"""The labels, or inferences, of one frame, as scripts add them.

They are kept as the dictionaries that scripts read: ``label_data[i]["uuid"]`` and its neighbours. What the user says
of a label beside its shape stands in ``attributes`` under ``user__`` and its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from predscope.compat.aquarium import values
from predscope.compat.aquarium.packed_mask import PackedMask
from predscope.compat.aquarium.values import DEFAULT_SENSOR_ID, place_of
from predscope.errors import InputError

USER_PREFIX: Final = "user__"
LINK_PREFIX: Final = "link__"
MASK_LABEL: Final = "__mask"
"""Stands in for the class of a whole mask."""
RESIZE_MODES: Final = (None, "fill")


class LabelSet:
    """Labels of a frame, in the order in which they were added.

    Every method checks what it is given and raises ``InputError`` with the frame and the label: a confidence that is no
    number from 0 to 1, a coordinate that is NaN, a width below 0. Numbers may be NumPy's.

    Attributes:
        frame_id: of the frame.
        label_data: dictionaries with ``uuid``, ``label``, ``label_type``, ``label_coordinate_frame`` (the sensor),
            ``linked_labels`` and ``attributes``.
        crop_embeddings: dictionaries with ``uuid`` and ``embedding`` (float32).
        not_shown: kinds of labels that nothing can be drawn of, and how many were added.
    """

    def __init__(self, frame_id: str) -> None:
        self.frame_id = frame_id
        self.label_data: list[dict[str, Any]] = []
        self.crop_embeddings: list[dict[str, Any]] = []
        self.not_shown: Counter[str] = Counter()

    def add_2d_bbox(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        classification: str,
        top: float,
        left: float,
        width: float,
        height: float,
        confidence: float | None = None,
        area: float | None = None,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        links: Mapping[str, Any] | None = None,
    ) -> None:
        """A box: its upper left corner and its size, pixels; ``area`` pixels^2, where it is not that of the box."""
        label_id, where = self._start(label_id)
        attributes: dict[str, Any] = {
            "top": values.number(top, "top", where),
            "left": values.number(left, "left", where),
            "width": values.length(width, "width", where),
            "height": values.length(height, "height", where),
        }
        if area is not None:
            attributes["area"] = values.length(area, "area", where)
        self._add("BBOX_2D", label_id, classification, sensor_id, attributes, confidence, iscrowd, user_attrs, links)

    def add_2d_line_segment(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        classification: str,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        confidence: float | None = None,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        links: Mapping[str, Any] | None = None,
    ) -> None:
        """A line between two points, pixels."""
        label_id, where = self._start(label_id)
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        attributes = {name: values.number(value, name, where) for name, value in ends.items()}
        self._add(
            "LINE_SEGMENT_2D", label_id, classification, sensor_id, attributes, confidence, iscrowd, user_attrs, links
        )

    def add_2d_keypoints(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        classification: str,
        keypoints: Iterable[Mapping[str, Any]],
        confidence: float | None = None,
        top: float | None = None,
        left: float | None = None,
        width: float | None = None,
        height: float | None = None,
        polygons: Iterable[Mapping[str, Any]] | None = None,
        center: Iterable[float] | None = None,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        links: Mapping[str, Any] | None = None,
    ) -> None:
        """Named points ``{"x", "y", "name"}``, pixels, with or without a box and an outline."""
        label_id, where = self._start(label_id)
        attributes: dict[str, Any] = {"keypoints": values.keypoints(keypoints, where)}
        sides = {"top": top, "left": left, "width": width, "height": height}
        given = [name for name, value in sides.items() if value is not None]
        if given and len(given) < len(sides):
            missing = ", ".join(name for name in sides if name not in given)
            raise InputError(f"the box is not complete: {missing} missing.", where=where)
        for name in given:
            check = values.length if name in ("width", "height") else values.number
            attributes[name] = check(sides[name], name, where)
        if polygons is not None:
            attributes["polygons"] = values.polygons(polygons, where)
        if center is not None:
            attributes["center"] = [values.number(value, "center", where) for value in center]
        self._add(
            "KEYPOINTS_2D", label_id, classification, sensor_id, attributes, confidence, iscrowd, user_attrs, links
        )

    def add_2d_polygon_list(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        classification: str,
        polygons: Iterable[Mapping[str, Any]],
        confidence: float | None = None,
        center: Iterable[float] | None = None,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        links: Mapping[str, Any] | None = None,
    ) -> None:
        """An object of one or several parts, ``{"vertices": [(x, y), ...]}``, pixels."""
        label_id, where = self._start(label_id)
        attributes: dict[str, Any] = {"polygons": values.polygons(polygons, where)}
        if center is not None:
            attributes["center"] = [values.number(value, "center", where) for value in center]
        self._add(
            "POLYGON_LIST_2D", label_id, classification, sensor_id, attributes, confidence, iscrowd, user_attrs, links
        )

    def add_2d_semseg(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        mask_url: Any = None,
        mask_data: Any = None,
        resize_mode: str | None = None,
    ) -> None:
        """A class for every pixel: the value of a pixel is the ``class_id`` of the class map.

        Args:
            mask_url: a PNG file; grey or palette, 1 to 16 bits.
            mask_data: whole numbers (height, width).
            resize_mode: "fill": stretch the mask to the size of the image.
        """
        label_id, where = self._start(label_id)
        attributes = self._mask(mask_url, mask_data, resize_mode, where)
        self._append("SEMANTIC_LABEL_2D", label_id, MASK_LABEL, sensor_id, attributes)

    def add_2d_instance_seg(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        mask_url: Any = None,
        mask_data: Any = None,
        instance_mapping: Iterable[Mapping[str, Any]],
        resize_mode: str | None = None,
    ) -> None:
        """Objects in one mask: the value of a pixel is the ``id`` of an instance, 0 is none.

        Args:
            mask_url, mask_data, resize_mode: as in ``add_2d_semseg``.
            instance_mapping: ``{"id", "classification", "attributes"}`` of each instance; the last may be left out.
        """
        label_id, where = self._start(label_id)
        attributes = self._mask(mask_url, mask_data, resize_mode, where)
        instances: list[dict[str, Any]] = []
        for position, entry in enumerate(values.sequence(instance_mapping, "instance_mapping", where)):
            what = f"instance_mapping[{position}]"
            if not isinstance(entry, Mapping) or not {"id", "classification"} <= set(entry):
                raise InputError(f'{what} must be {{"id": number, "classification": name}}.', where=where)
            instances.append(
                {
                    "id": int(values.number(entry["id"], f"{what}.id", where)),
                    "classification": values.identifier(entry["classification"], f"{what}.classification", where),
                    "attributes": values.mapping(entry.get("attributes"), f"{what}.attributes", where),
                }
            )
        numbers = [entry["id"] for entry in instances]
        if len(set(numbers)) < len(numbers):
            raise InputError("two entries of instance_mapping have the same id.", where=where)
        attributes["instances"] = instances
        self._append("INSTANCE_LABEL_2D", label_id, MASK_LABEL, sensor_id, attributes)

    def add_2d_classification(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        label_id: str,
        classification: str,
        confidence: float | None = None,
        secondary_labels: Mapping[str, Any] | None = None,
        user_attrs: Mapping[str, Any] | None = None,
    ) -> None:
        """A class of the whole image."""
        label_id, where = self._start(label_id)
        attributes: dict[str, Any] = {}
        if secondary_labels is not None:
            attributes["secondary_labels"] = values.mapping(secondary_labels, "secondary_labels", where)
        self._add(
            "CLASSIFICATION_2D", label_id, classification, sensor_id, attributes, confidence, None, user_attrs, None
        )

    def add_crop_embedding(self, *, label_id: str, embedding: Any, model_id: str = "") -> None:
        """A vector of at least two numbers for one of the labels."""
        label_id, where = self._start(label_id)
        vector = values.vector(embedding, "embedding", where)
        self.crop_embeddings.append({"uuid": label_id, "embedding": vector, "model_id": str(model_id)})

    def note_not_shown(self, kind: str, label_id: Any = None) -> None:
        """Accept something that is not drawn; it is named once when the frames are imported."""
        if label_id is not None:
            self._start(label_id)
        self.not_shown[kind] += 1

    def _start(self, label_id: Any) -> tuple[str, str]:
        text = values.identifier(label_id, "label_id", place_of(self.frame_id))
        return text, place_of(self.frame_id, text)

    @staticmethod
    def _mask(mask_url: Any, mask_data: Any, resize_mode: str | None, where: str) -> dict[str, Any]:
        if (mask_url is None) == (mask_data is None):
            raise InputError("give either mask_url or mask_data.", where=where)
        if resize_mode not in RESIZE_MODES:
            raise InputError(f'resize_mode must be "fill" or None, got {resize_mode!r}.', where=where)
        if mask_data is None:
            return {"url": str(mask_url), "resize_mode": resize_mode}
        return {"mask": PackedMask(mask_data, where), "resize_mode": resize_mode}

    def _add(
        self,
        label_type: str,
        label_id: str,
        classification: Any,
        sensor_id: Any,
        attributes: dict[str, Any],
        confidence: Any,
        iscrowd: Any,
        user_attrs: Mapping[str, Any] | None,
        links: Mapping[str, Any] | None,
    ) -> None:
        where = place_of(self.frame_id, label_id)
        name = values.identifier(classification, "classification", where)
        found = values.confidence(confidence, where, required=False)
        if found is not None:
            attributes["confidence"] = found
        if iscrowd is not None:
            attributes["iscrowd"] = bool(iscrowd)
        attributes |= _prefixed(USER_PREFIX, values.mapping(user_attrs, "user_attrs", where))
        attributes |= _prefixed(LINK_PREFIX, values.mapping(links, "links", where))
        self._append(label_type, label_id, name, sensor_id, attributes)

    def _append(self, label_type: str, label_id: str, name: str, sensor_id: Any, attributes: dict[str, Any]) -> None:
        sensor = values.identifier(sensor_id, "sensor_id", place_of(self.frame_id, label_id))
        self.label_data.append(
            {
                "uuid": label_id,
                "linked_labels": [],
                "label_type": label_type,
                "label": name,
                "label_coordinate_frame": sensor,
                "attributes": attributes,
            }
        )


def _prefixed(prefix: str, entries: dict[str, Any]) -> dict[str, Any]:
    return {key if key.startswith(prefix) else prefix + key: value for key, value in entries.items()}
