"""What a frame is a record of: images, and what is accepted without being shown."""

from __future__ import annotations

from typing import Any

from predscope.compat.aquarium import values
from predscope.compat.aquarium.class_map import whole_number
from predscope.compat.aquarium.values import DEFAULT_SENSOR_ID


class SensorData:
    """Base of what a sensor has recorded.

    Attributes:
        id: of the sensor.
        kind: in words.
        data_urls: where the data are, by role.
        metadata: of the recording; ``width`` and ``height`` of images, pixels.
        date_captured: ISO 8601, or None.
    """

    kind = "sensor data"

    def __init__(
        self, id: str, data_urls: dict[str, Any], metadata: dict[str, Any] | None = None, date_captured: Any = None
    ) -> None:
        self.id = values.identifier(id, "sensor_id", self.kind)
        self.data_urls = {role: str(url) for role, url in data_urls.items() if url is not None}
        self.metadata = {key: value for key, value in (metadata or {}).items() if value is not None}
        self.date_captured = None if date_captured is None else str(date_captured)

    def to_dict(self) -> dict[str, Any]:
        return {
            "sensor_id": self.id,
            "sensor_type": self.kind,
            "data_urls": dict(self.data_urls),
            "sensor_metadata": dict(self.metadata),
            "date_captured": self.date_captured,
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, {self.data_urls})"


class Image(SensorData):
    """An image: a path, a ``file://`` URL, or a URL that a prefix of is mapped to a folder.

    Args:
        image_url: where it is; read in place.
        id: of the sensor.
        preview_url: a smaller copy; not used, as images are read from disk.
        width, height: pixels; the image's own, where it can be read.
        date_captured: ISO 8601.
    """

    kind = "image"

    def __init__(
        self,
        *,
        image_url: Any,
        id: str = DEFAULT_SENSOR_ID,
        preview_url: Any = None,
        width: int | None = None,
        height: int | None = None,
        coordinate_frame: Any = None,
        date_captured: str | None = None,
        mirror_asset: bool = False,
    ) -> None:
        size = {"width": width, "height": height}
        where = f"image {str(image_url)!r}"
        metadata = {side: None if value is None else whole_number(value, side, where) for side, value in size.items()}
        super().__init__(id, {"image_url": image_url, "preview_url": preview_url}, metadata, date_captured)

    @property
    def url(self) -> str:
        return self.data_urls["image_url"]

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height as the script gives them; None where it does not."""
        width, height = self.metadata.get("width"), self.metadata.get("height")
        return (width, height) if width and height else None


class ImageOverlay(SensorData):
    """A picture to lie over an image; accepted, not shown."""

    kind = "image overlay"

    def __init__(self, *, overlay_id: str, image_url: Any, id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        super().__init__(id, {"image_url": image_url}, {"overlay_id": str(overlay_id)}, options.get("date_captured"))


class Text(SensorData):
    """A text; accepted, not shown."""

    kind = "text"

    def __init__(self, *, text: str, id: str = DEFAULT_SENSOR_ID, date_captured: str | None = None) -> None:
        super().__init__(id, {"text": text}, date_captured=date_captured)


class PointCloudPCD(SensorData):
    """A point cloud; accepted, not shown."""

    kind = "point cloud"

    def __init__(self, *, pcd_url: Any, id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        super().__init__(id, {"pcd_url": pcd_url}, date_captured=options.get("date_captured"))


class PointCloudBins(SensorData):
    """A point cloud in binary files; accepted, not shown."""

    kind = "point cloud"

    def __init__(
        self,
        *,
        id: str = DEFAULT_SENSOR_ID,
        pointcloud_url: Any = None,
        kitti_format_url: Any = None,
        intensity_url: Any = None,
        range_url: Any = None,
        **options: Any,
    ) -> None:
        urls = {
            "pointcloud_url": pointcloud_url,
            "kitti_format_url": kitti_format_url,
            "intensity_url": intensity_url,
            "range_url": range_url,
        }
        super().__init__(id, urls, date_captured=options.get("date_captured"))


class Obj(SensorData):
    """A mesh; accepted, not shown."""

    kind = "mesh"

    def __init__(self, *, obj_url: Any, id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        super().__init__(id, {"obj_url": obj_url}, date_captured=options.get("date_captured"))


class Audio(SensorData):
    """A sound; accepted, not shown."""

    kind = "audio"

    def __init__(self, *, audio_url: Any, id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        super().__init__(id, {"audio_url": audio_url}, date_captured=options.get("date_captured"))


class Video(SensorData):
    """A video of a frame; accepted, not shown."""

    kind = "video"

    def __init__(self, *, video_url: Any, id: str = DEFAULT_SENSOR_ID, **options: Any) -> None:
        super().__init__(id, {"video_url": video_url}, date_captured=options.get("date_captured"))
