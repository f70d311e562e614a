"""Frames as scripts make them, in both generations of the client.

The two share the name ``LabeledFrame``: with ``dataset=`` it is one of the later generation, which is given its sensors
and labels at once and adds itself to the data set; without, labels are added one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from predscope.compat.aquarium import values
from predscope.compat.aquarium.frame_facts import FrameFacts, GeoData, UserMetadataEntry
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.passing_on import not_shown, passed_on
from predscope.compat.aquarium.sensor_data import (
    Audio,
    Image,
    ImageOverlay,
    Obj,
    PointCloudBins,
    PointCloudPCD,
    SensorData,
    Text,
    Video,
)
from predscope.compat.aquarium.values import DEFAULT_SENSOR_ID, place_of
from predscope.errors import InputError

if TYPE_CHECKING:
    from predscope.compat.aquarium.datasets import InferenceSet, LabeledDataset
    from predscope.compat.aquarium.inferences import Inference
    from predscope.compat.aquarium.labels import Label


class LabeledFrame(FrameFacts):
    """A frame with its images and labels.

    Args:
        frame_id: unique in the data set.
        date_captured: ISO 8601.
        device_id: what captured it.
        update_type: "ADD", "MODIFY" or "DELETE", see ``FrameFacts``.
        dataset: (later generation) the data set that it is added to.
        sensor_data, labels, coordinate_frames, geo_data, user_metadata, embedding: (later generation) what it has.

    Attributes:
        sensor_data: images and other recordings.
    """

    def __init__(
        self,
        *,
        frame_id: str,
        date_captured: str | None = None,
        device_id: str | None = None,
        update_type: str = "ADD",
        dataset: LabeledDataset | None = None,
        sensor_data: Iterable[SensorData] | None = None,
        labels: Iterable[Label] | None = None,
        coordinate_frames: Iterable[Any] | None = None,
        geo_data: GeoData | None = None,
        user_metadata: Iterable[UserMetadataEntry] | None = None,
        embedding: Any = None,
    ) -> None:
        super().__init__(frame_id, update_type)
        self.date_captured = None if date_captured is None else str(date_captured)
        self.device_id = None if device_id is None else str(device_id)
        self.sensor_data: list[SensorData] = []
        self._labels = LabelSet(self.frame_id)
        for sensor in sensor_data or ():
            self._add_sensor(sensor)
        for label in labels or ():
            label.add_to(self._labels)
        _apply(self, geo_data, user_metadata, embedding)
        if dataset is not None:
            dataset.add_frame(self)

    @property
    def id(self) -> str:
        return self.frame_id

    @property
    def label_set(self) -> LabelSet:
        """The labels, in the order in which they were added."""
        return self._labels

    @property
    def images(self) -> list[Image]:
        return [sensor for sensor in self.sensor_data if isinstance(sensor, Image)]

    def attributes(self) -> dict[str, Any]:
        own = {"date_captured": self.date_captured, "device_id": self.device_id}
        return {key: value for key, value in own.items() if value is not None} | super().attributes()

    def add_image(
        self,
        *,
        sensor_id: str = DEFAULT_SENSOR_ID,
        image_url: Any,
        preview_url: Any = None,
        date_captured: str | None = None,
        width: int | None = None,
        height: int | None = None,
        coord_frame_id: str | None = None,
        mirror_asset: bool = False,
    ) -> None:
        """Add an image: a path, a ``file://`` URL, or a URL of which a prefix is mapped to a folder."""
        self._add_sensor(
            Image(
                image_url=image_url,
                id=sensor_id,
                preview_url=preview_url,
                width=width,
                height=height,
                date_captured=date_captured,
            )
        )

    def add_image_overlay(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(ImageOverlay(id=sensor_id, **options))

    def add_point_cloud_pcd(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(PointCloudPCD(id=sensor_id, **options))

    def add_point_cloud_bins(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(PointCloudBins(id=sensor_id, **options))

    def add_obj(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(Obj(id=sensor_id, **options))

    def add_text(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(Text(id=sensor_id, **options))

    def add_audio(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(Audio(id=sensor_id, **options))

    def add_video(self, *, sensor_id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        """Accepted, not shown."""
        self._add_sensor(Video(id=sensor_id, **options))

    def add_coordinate_frame_2d(self, **options: Any) -> None:
        """Accepted; coordinates are those of the image."""

    def add_coordinate_frame_3d(self, **options: Any) -> None:
        """Accepted; nothing in three dimensions is shown."""

    def add_crop_embedding(self, *, label_id: str, embedding: Any, model_id: str = "") -> None:
        """See ``LabelSet``."""
        self._labels.add_crop_embedding(label_id=label_id, embedding=embedding, model_id=model_id)

    add_label_2d_bbox = passed_on(LabelSet.add_2d_bbox, without={"area"})
    add_label_2d_line_segment = passed_on(LabelSet.add_2d_line_segment)
    add_label_2d_keypoints = passed_on(LabelSet.add_2d_keypoints)
    add_label_2d_polygon_list = passed_on(LabelSet.add_2d_polygon_list)
    add_label_2d_semseg = passed_on(LabelSet.add_2d_semseg)
    add_label_2d_instance_seg = passed_on(LabelSet.add_2d_instance_seg)
    add_label_2d_classification = passed_on(LabelSet.add_2d_classification)
    add_label_3d_cuboid = not_shown("3D cuboid")
    add_label_3d_classification = not_shown("3D classification")
    add_label_text_token = not_shown("text token")

    def _add_sensor(self, sensor: SensorData) -> None:
        if not isinstance(sensor, SensorData):
            raise InputError(
                f"expected sensor data such as al.Image, got {type(sensor).__name__}.", where=place_of(self.frame_id)
            )
        if isinstance(sensor, Image):
            if any(image.id == sensor.id for image in self.images):
                raise InputError(
                    f"there is an image of sensor {sensor.id!r} already.",
                    where=place_of(self.frame_id),
                    fix="Give each image of a frame a sensor_id of its own.",
                )
        else:
            self._labels.note_not_shown(sensor.kind)
        self.sensor_data.append(sensor)


class InferencesFrame(FrameFacts, LabelSet):
    """What a model has predicted on a frame.

    Args:
        frame_id: that of the labelled frame.
        reuse_latest_embedding: accepted; embeddings stay until others are given.
        update_type: "ADD", "MODIFY" or "DELETE", see ``FrameFacts``.

    Attributes:
        custom_metrics: numbers, or tables of numbers, by name.
        visualization_assets: addresses of pictures, by name.
    """

    def __init__(self, *, frame_id: str, reuse_latest_embedding: bool | None = False, update_type: str = "ADD") -> None:
        FrameFacts.__init__(self, frame_id, update_type)
        LabelSet.__init__(self, self.frame_id)
        self.custom_metrics: dict[str, Any] = {}
        self.visualization_assets: dict[str, str] = {}

    @property
    def id(self) -> str:
        return self.frame_id

    @property
    def label_set(self) -> LabelSet:
        """The inferences, in the order in which they were added."""
        return self

    def add_custom_metric(self, name: str, value: Any) -> None:
        """Give the frame a number that the model was measured by, or a table of such (a confusion matrix)."""
        name = values.identifier(name, "the name of a custom metric", place_of(self.frame_id))
        where = f"{place_of(self.frame_id)}, custom metric {name!r}"
        if isinstance(value, list | tuple | np.ndarray):
            self.custom_metrics[name] = [[values.number(cell, "cell", where) for cell in _row(row)] for row in value]
        else:
            self.custom_metrics[name] = values.number(value, "value", where)

    def add_visualization_asset(self, image_id: str, image_url: Any) -> None:
        """Name a picture of the model's; it is kept beside the inferences, and not shown."""
        name = values.identifier(image_id, "image_id", place_of(self.frame_id))
        self.visualization_assets[name] = str(image_url)

    add_inference_2d_bbox = passed_on(LabelSet.add_2d_bbox, without={"links"}, needs_confidence=True)
    add_inference_2d_line_segment = passed_on(LabelSet.add_2d_line_segment, needs_confidence=True)
    add_inference_2d_keypoints = passed_on(LabelSet.add_2d_keypoints, needs_confidence=True)
    add_inference_2d_polygon_list = passed_on(LabelSet.add_2d_polygon_list, needs_confidence=True)
    add_inference_2d_semseg = passed_on(LabelSet.add_2d_semseg)
    add_inference_2d_instance_seg = passed_on(LabelSet.add_2d_instance_seg)
    add_inference_2d_classification = passed_on(
        LabelSet.add_2d_classification, without={"secondary_labels"}, needs_confidence=True
    )
    add_inference_3d_cuboid = not_shown("3D cuboid")
    add_inference_3d_classification = not_shown("3D classification")
    add_inference_text_token = not_shown("text token")


class InferenceFrame(InferencesFrame):
    """(Later generation) what a model has predicted on a frame, added to its inference set at once.

    Args:
        inference_set: the set that it is added to; None: none.
        frame_id: that of the labelled frame.
        inferences, user_metadata, custom_metrics, embedding: what it has.
    """

    def __init__(
        self,
        *,
        frame_id: str,
        inference_set: InferenceSet | None = None,
        inferences: Iterable[Inference] | None = None,
        user_metadata: Iterable[UserMetadataEntry] | None = None,
        custom_metrics: Mapping[str, Any] | None = None,
        embedding: Any = None,
        update_type: str = "ADD",
    ) -> None:
        super().__init__(frame_id=frame_id, update_type=update_type)
        for inference in inferences or ():
            inference.add_to(self)
        _apply(self, None, user_metadata, embedding)
        for name, value in (custom_metrics or {}).items():
            self.add_custom_metric(name, value)
        if inference_set is not None:
            inference_set.add_frame(self)


def _apply(
    frame: FrameFacts, geo_data: GeoData | None, user_metadata: Iterable[UserMetadataEntry] | None, embedding: Any
) -> None:
    if geo_data is not None:
        frame.add_geo_latlong_data(geo_data.lat, geo_data.lon)
    for entry in user_metadata or ():
        frame.add_user_metadata(entry.key, entry.val, entry.val_type)
    if embedding is not None:
        frame.add_frame_embedding(embedding=embedding)


def _row(row: Any) -> Any:
    return row if isinstance(row, list | tuple | np.ndarray) else [row]
