"""The nouns: columns of frames and objects, and the classes they refer to.

A *frame* is an image, or one frame of a video. An *object* is a *label* (ground truth) or a *prediction* (with a
confidence); both share one table layout, so that everything that draws, counts or measures one does the other too.

Coordinates are float64 pixels of the frame as displayed: x to the right, y down, the origin at the top-left corner of
the top-left pixel (continuous, no +1), as in COCO.

Masks are COCO run lengths: column-major, background first, in COCO's compressed string form
(https://github.com/cocodataset/cocoapi, ``maskApi.c``), kept as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

import pyarrow as pa

from predscope.short_words import utf8_text

Role = Literal["labels", "predictions"]
"""What a set of objects is: ground truth, or what a model predicted."""


class Geometry(StrEnum):
    """What shape an object has. The box columns always hold its axis-aligned hull, if it has one."""

    BOX = "box"
    """Axis-aligned rectangle: the box columns are the shape."""
    ORIENTED_BOX = "oriented_box"
    """Rotated rectangle in ``oriented_box``."""
    POLYGON = "polygon"
    """One or several parts, each with an outer ring and any number of holes, in ``polygons``."""
    MASK = "mask"
    """Pixel mask in ``rle_counts``, ``rle_height`` and ``rle_width``."""
    KEYPOINTS = "keypoints"
    """Named points in ``keypoints``; the class holds their names and the skeleton."""
    POLYLINE = "polyline"
    """One or several open lines in ``polylines``."""
    CLASSIFICATION = "classification"
    """The whole frame; the box columns are null."""


class ImageStatus(StrEnum):
    """Whether a frame's pixels can be shown."""

    OK = "ok"
    MISSING = "missing"
    UNREADABLE = "unreadable"


FRAME_SCHEMA: Final = pa.schema(
    [
        pa.field("frame_index", pa.int32(), nullable=False),  # row number; never changes once given
        pa.field("frame_id", pa.string(), nullable=False),  # unique, stable, readable: used in links
        pa.field("file_name", pa.string(), nullable=False),  # as the labels or the image folder name it
        # Relative to the images folder, "/" separated; "a.mp4#12": frame 12 of a video; null: no image.
        pa.field("image_path", pa.string()),
        pa.field("source_id", pa.string()),  # the id that the labels file gives it (COCO image id, ...)
        pa.field("width", pa.int32()),  # pixels, as displayed; null: unknown
        pa.field("height", pa.int32()),
        pa.field("apply_exif", pa.bool_()),  # rotate by the EXIF orientation when drawing (null and true: yes)
        pa.field("image_status", pa.string(), nullable=False),  # ImageStatus
        pa.field("file_size", pa.int64()),  # bytes; with modified_ns it versions image links
        pa.field("modified_ns", pa.int64()),
        pa.field("sequence", pa.string()),  # the video or image sequence it belongs to
        pa.field("sequence_index", pa.int32()),  # its place there, from 0
        pa.field("attributes", pa.string()),  # JSON object: metadata (weather, camera, split, ...)
    ]
)
"""One row a frame; row number == ``frame_index``. Frames are only ever appended, so indices stay valid."""

OBJECT_SCHEMA: Final = pa.schema(
    [
        pa.field("frame_index", pa.int32(), nullable=False),
        pa.field("class_id", pa.int32(), nullable=False),  # index into the project's classes
        pa.field("geometry", pa.string(), nullable=False),  # Geometry
        pa.field("confidence", pa.float64()),  # 0..1; null for labels
        pa.field("x", pa.float64()),  # left, pixels
        pa.field("y", pa.float64()),  # top, pixels
        pa.field("w", pa.float64()),  # pixels
        pa.field("h", pa.float64()),
        pa.field("given_box", pa.list_(pa.float64())),  # x, y, w, h of the file, where the box was cut to the frame
        pa.field("area", pa.float64()),  # pixels^2: the file's own, else the shape's
        pa.field("is_crowd", pa.bool_(), nullable=False),  # COCO iscrowd
        pa.field("is_ignored", pa.bool_(), nullable=False),  # VOC difficult and its kin
        pa.field("oriented_box", pa.list_(pa.float64())),  # cx, cy, w, h, angle (radians, clockwise on screen)
        pa.field("polygons", pa.list_(pa.list_(pa.list_(pa.float64())))),  # parts > rings > x0, y0, x1, y1, ...
        pa.field("rle_counts", pa.binary()),  # COCO compressed counts
        pa.field("rle_height", pa.int32()),
        pa.field("rle_width", pa.int32()),
        pa.field("keypoints", pa.list_(pa.float64())),  # x, y, v triples; v: 0 not labelled, 1 hidden, 2 visible
        pa.field("polylines", pa.list_(pa.list_(pa.float64()))),  # lines > x0, y0, x1, y1, ...
        pa.field("class_scores", pa.list_(pa.float32())),  # one probability a class, where the model gives them
        pa.field("track_id", pa.string()),
        pa.field("source_id", pa.string()),  # the id that the file gives it (COCO annotation id, ...)
        pa.field("attributes", pa.string()),  # JSON object: everything else that the file says of it
    ]
)
"""One row an object, sorted by ``frame_index``; its row number is its id within that version of the set."""


PIXEL_MAP_SCHEMA: Final = pa.schema(
    [
        pa.field("frame_index", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),  # pixels
        pa.field("width", pa.int32(), nullable=False),
        pa.field("void_counts", pa.binary()),  # COCO compressed counts of the pixels of which nothing is said
    ]
)
"""The frames of a set whose every pixel is spoken of: by an object of its class, as void, or else as background."""


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """A class of the project. ``class_id`` is its index in the project's class list.

    Attributes:
        class_id: index, from 0; never changes once given.
        name: as the labels spell it (case-sensitive).
        source_id: the id that the labels file gives it (COCO category id, YOLO index, pixel value).
        supercategory: the group it belongs to, if any.
        keypoints: names of its keypoints, in order.
        skeleton: pairs of indices (from 0) into ``keypoints``.
        color: "#RRGGBB"; None: ``palette.class_color`` of its id.
        is_ignored: its labels and predictions take no part in any evaluation; they are shown all the same.
    """

    class_id: int
    name: str
    source_id: str | None = None
    supercategory: str | None = None
    keypoints: tuple[str, ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()
    color: str | None = None
    is_ignored: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "class_id": self.class_id,
            "name": self.name,
            "source_id": self.source_id,
            "supercategory": self.supercategory,
            "keypoints": list(self.keypoints),
            "skeleton": [list(pair) for pair in self.skeleton],
            "color": self.color,
            "is_ignored": self.is_ignored,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> ObjectClass:
        return cls(
            class_id=record["class_id"],
            name=record["name"],
            source_id=record.get("source_id"),
            supercategory=record.get("supercategory"),
            keypoints=tuple(record.get("keypoints") or ()),
            skeleton=tuple((a, b) for a, b in record.get("skeleton") or ()),
            color=record.get("color"),
            is_ignored=bool(record.get("is_ignored", False)),
        )


@dataclass(frozen=True, slots=True)
class DeclaredFrame:
    """A frame as a labels or predictions file speaks of it, before it meets the project's frames."""

    file_name: str
    source_id: str | None = None
    width: int | None = None
    height: int | None = None
    sequence: str | None = None
    sequence_index: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "file_name", utf8_text(self.file_name))  # it may come from a name on disk


@dataclass(frozen=True, slots=True)
class DeclaredClass:
    """A class as a file speaks of it, before it meets the project's classes; None where the file says nothing."""

    name: str
    source_id: str | None = None
    supercategory: str | None = None
    keypoints: tuple[str, ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()
    color: str | None = None
    is_ignored: bool | None = None
