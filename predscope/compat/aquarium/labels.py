"""(Later generation) labels as objects, to be given to a frame when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.values import DEFAULT_SENSOR_ID


class InstanceSegInstance:
    """One instance of a mask: pixels of value ``id`` are an object of a class."""

    def __init__(self, id: int, classification: str, attributes: Mapping[str, Any] | None = None) -> None:
        self.id = id
        self.classification = classification
        self.attributes = None if attributes is None else dict(attributes)

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "classification": self.classification, "attributes": self.attributes or {}}


class Label:
    """Base of all labels, and of inferences.

    Attributes:
        id: unique in the data set.
    """

    def __init__(self, id: str, *, embedding: Any = None, **arguments: Any) -> None:
        self.id = id
        self._embedding = embedding
        self._arguments = arguments

    def add_to(self, labels: LabelSet) -> None:
        """Add it to a frame."""
        self._add(labels, label_id=self.id, **self._arguments)
        if self._embedding is not None:
            labels.add_crop_embedding(label_id=self.id, embedding=self._embedding)

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.note_not_shown(type(self).__name__, arguments["label_id"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"


class Bbox2DLabel(Label):
    """A box, see ``LabelSet.add_2d_bbox``."""

    def __init__(
        self,
        *,
        id: str,
        classification: str,
        top: float,
        left: float,
        width: float,
        height: float,
        sensor_id: str = DEFAULT_SENSOR_ID,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        embedding: Any = None,
        **others: Any,
    ) -> None:
        super().__init__(
            id,
            classification=classification,
            top=top,
            left=left,
            width=width,
            height=height,
            sensor_id=sensor_id,
            iscrowd=iscrowd,
            user_attrs=user_attrs,
            embedding=embedding,
            **others,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_bbox(**arguments)


class LineSegment2DLabel(Label):
    """A line, see ``LabelSet.add_2d_line_segment``."""

    def __init__(
        self,
        *,
        id: str,
        classification: str,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        sensor_id: str = DEFAULT_SENSOR_ID,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        embedding: Any = None,
        **others: Any,
    ) -> None:
        super().__init__(
            id,
            classification=classification,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            sensor_id=sensor_id,
            iscrowd=iscrowd,
            user_attrs=user_attrs,
            embedding=embedding,
            **others,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_line_segment(**arguments)


class Keypoint2DLabel(Label):
    """Named points, see ``LabelSet.add_2d_keypoints``."""

    def __init__(
        self,
        *,
        id: str,
        classification: str,
        keypoints: Iterable[Mapping[str, Any]],
        top: float | None = None,
        left: float | None = None,
        width: float | None = None,
        height: float | None = None,
        polygons: Iterable[Mapping[str, Any]] | None = None,
        center: Iterable[float] | None = None,
        sensor_id: str = DEFAULT_SENSOR_ID,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        embedding: Any = None,
        **others: Any,
    ) -> None:
        super().__init__(
            id,
            classification=classification,
            keypoints=keypoints,
            top=top,
            left=left,
            width=width,
            height=height,
            polygons=polygons,
            center=center,
            sensor_id=sensor_id,
            iscrowd=iscrowd,
            user_attrs=user_attrs,
            embedding=embedding,
            **others,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_keypoints(**arguments)


class PolygonList2DLabel(Label):
    """An object of one or several parts, see ``LabelSet.add_2d_polygon_list``."""

    def __init__(
        self,
        *,
        id: str,
        classification: str,
        polygons: Iterable[Mapping[str, Any]],
        center: Iterable[float] | None = None,
        sensor_id: str = DEFAULT_SENSOR_ID,
        iscrowd: bool | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        embedding: Any = None,
        **others: Any,
    ) -> None:
        super().__init__(
            id,
            classification=classification,
            polygons=polygons,
            center=center,
            sensor_id=sensor_id,
            iscrowd=iscrowd,
            user_attrs=user_attrs,
            embedding=embedding,
            **others,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_polygon_list(**arguments)


class Semseg2DLabel(Label):
    """A class for every pixel, see ``LabelSet.add_2d_semseg``."""

    def __init__(
        self,
        *,
        id: str,
        mask_url: Any = None,
        resize_mode: str | None = None,
        sensor_id: str = DEFAULT_SENSOR_ID,
        mask_data: Any = None,
    ) -> None:
        super().__init__(id, mask_url=mask_url, mask_data=mask_data, resize_mode=resize_mode, sensor_id=sensor_id)

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_semseg(**arguments)


class InstanceSeg2DLabel(Label):
    """Objects in one mask, see ``LabelSet.add_2d_instance_seg``."""

    def __init__(
        self,
        *,
        id: str,
        instances: Iterable[InstanceSegInstance],
        mask_url: Any = None,
        resize_mode: str | None = None,
        sensor_id: str = DEFAULT_SENSOR_ID,
        mask_data: Any = None,
    ) -> None:
        super().__init__(
            id,
            mask_url=mask_url,
            mask_data=mask_data,
            instance_mapping=[entry.to_dict() for entry in instances],
            resize_mode=resize_mode,
            sensor_id=sensor_id,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_instance_seg(**arguments)


class Classification2DLabel(Label):
    """A class of the whole image, see ``LabelSet.add_2d_classification``."""

    def __init__(
        self,
        *,
        id: str,
        classification: str,
        sensor_id: str = DEFAULT_SENSOR_ID,
        user_attrs: Mapping[str, Any] | None = None,
        secondary_labels: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        super().__init__(
            id,
            classification=classification,
            sensor_id=sensor_id,
            user_attrs=user_attrs,
            secondary_labels=secondary_labels,
            **others,
        )

    def _add(self, labels: LabelSet, **arguments: Any) -> None:
        labels.add_2d_classification(**arguments)


class Classification3DLabel(Label):
    """Accepted, not shown."""

    def __init__(self, *, id: str, **others: Any) -> None:
        super().__init__(id)


class Cuboid3DLabel(Classification3DLabel):
    """Accepted, not shown."""


class TextTokenLabel(Classification3DLabel):
    """Accepted, not shown."""
