"""What the columns of a table of objects mean, told by their names: there are many spellings of the same few things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from predscope.formats.base import BoxFormat

_FRAME: Final = (
    *("file_name", "image_file_name", "image_name", "image_path", "image_file", "file_path", "file", "path"),
    *("frame_name", "img_name", "img_path", "image", "img", "frame", "frame_id", "image_id", "img_id", "data_hash"),
    *("image_url", "id"),
)
_VIDEO: Final = ("video", "video_id", "video_name", "video_path", "video_file", "sequence", "sequence_name", "clip")
_FRAME_NUMBER: Final = (
    *("frame", "frame_index", "frame_number", "frame_idx", "frame_no", "frame_num", "sequence_index", "frame_id"),
)
_CLASS: Final = (
    *("class", "class_name", "label", "label_name", "category", "category_name", "name", "class_label", "object_class"),
    *("predicted_class", "predicted_label", "prediction", "predicted", "target", "type", "object"),
)
_CLASS_ID: Final = ("class_id", "label_id", "category_id", "class_index", "label_index", "class_idx", "cat_id", "cls")
_CONFIDENCE: Final = (
    *("confidence", "score", "probability", "prob", "conf", "confidence_score", "detection_score", "class_confidence"),
)
_SINGLE: Final[dict[str, tuple[str, ...]]] = {
    "polygon": ("polygon", "polygons", "segmentation", "vertices", "outline", "contour", "points"),
    "rle": ("rle", "counts", "rle_counts", "mask_rle", "mask", "encoded_pixels", "encodedpixels"),
    "rle_size": ("size", "rle_size", "mask_size"),
    "rle_height": ("rle_height", "mask_height"),
    "rle_width": ("rle_width", "mask_width"),
    "keypoints": ("keypoints", "landmarks", "joints"),
    "polyline": ("polyline", "polylines", "line", "lines"),
    "oriented_box": ("oriented_box", "obb", "rotated_box", "rbox"),
    "geometry": ("geometry",),
    "class_scores": ("class_scores", "scores", "probabilities", "class_probabilities"),
    "area": ("area", "area_px", "bbox_area"),
    "is_crowd": ("is_crowd", "iscrowd", "crowd", "is_group_of", "isgroupof"),
    "is_ignored": ("is_ignored", "ignored", "ignore", "difficult", "is_difficult"),
    "track_id": ("track_id", "track", "tracking_id", "object_id", "instance_id"),
    "source_id": ("source_id", "annotation_id", "ann_id", "object_uid", "label_hash", "id"),
    "attributes": ("attributes", "attrs", "user_attrs", "metadata"),
}
_FRAME_SIZE: Final = (("image_width", "image_height"), ("img_width", "img_height"), ("frame_width", "frame_height"))
_PLAIN_SIZE: Final = ("width", "height")

_BOX_SETS: Final[tuple[tuple[BoxFormat, tuple[str, str, str, str]], ...]] = (
    ("xyxy", ("xmin", "ymin", "xmax", "ymax")),
    ("xyxy", ("minx", "miny", "maxx", "maxy")),
    ("xyxy", ("x0", "y0", "x1", "y1")),
    ("xyxy", ("x1", "y1", "x2", "y2")),
    ("xyxy", ("left", "top", "right", "bottom")),
    ("xyxy", ("xtl", "ytl", "xbr", "ybr")),
    ("cxcywh", ("cx", "cy", "w", "h")),
    ("cxcywh", ("cx", "cy", "width", "height")),
    ("cxcywh", ("xcenter", "ycenter", "width", "height")),
    ("cxcywh", ("xcenter", "ycenter", "w", "h")),
    ("cxcywh", ("centerx", "centery", "width", "height")),
    ("cxcywh", ("xc", "yc", "w", "h")),
    ("xywh", ("x", "y", "w", "h")),
    ("xywh", ("x", "y", "width", "height")),
    ("xywh", ("left", "top", "width", "height")),
    ("xywh", ("left", "top", "w", "h")),
    ("xywh", ("xmin", "ymin", "width", "height")),
    ("xywh", ("xmin", "ymin", "w", "h")),
)
_PREFIXES: Final = ("", "bbox", "box", "boundingbox", "bb", "rect")
_RELATIVE_MARKS: Final = ("rel", "relative", "norm", "normalized", "normalised")
_PIXEL_MARKS: Final = ("", "px", "abs", "pixels")
_LISTS: Final[dict[str, BoxFormat]] = {
    **dict.fromkeys(("bbox", "box", "boundingbox", "bboxxywh", "boxxywh"), "xywh"),
    **dict.fromkeys(("bboxxyxy", "boxxyxy", "bboxcorners"), "xyxy"),
    **dict.fromkeys(("bboxcxcywh", "boxcxcywh"), "cxcywh"),
}


@dataclass(frozen=True, slots=True)
class BoxColumns:
    """The columns of a box: four of numbers, or one of lists.

    Attributes:
        columns: their places in the table, four or one.
        box_format: what the four numbers are.
        relative: their names say that they are fractions of the frame.
    """

    columns: tuple[int, ...]
    box_format: BoxFormat
    relative: bool = False


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Which column of a table holds what, by place; None: none does.

    Attributes:
        names: of all columns, as the table has them.
        frame: the frame, by name or id.
        frame_id: a second column that names the frame, by id.
        video, frame_number: a video and the number of its frame.
        class_name, class_id: the class.
        confidence: of predictions.
        box: the box.
        frame_width, frame_height: size of the frame in pixels.
        single: places of further columns by what they hold: "polygon", "rle", "rle_size", "keypoints", "polyline",
            "oriented_box", "geometry", "class_scores", "area", "is_crowd", "is_ignored", "track_id", "source_id",
            "attributes", ...
        others: places of columns of which nothing is known.
    """

    names: tuple[str, ...]
    frame: int | None
    frame_id: int | None
    video: int | None
    frame_number: int | None
    class_name: int | None
    class_id: int | None
    confidence: int | None
    box: BoxColumns | None
    frame_width: int | None
    frame_height: int | None
    single: dict[str, int] = field(default_factory=dict)
    others: tuple[int, ...] = ()

    @property
    def has_shape(self) -> bool:
        """Is there a column that says where an object is?"""
        shapes = ("polygon", "rle", "keypoints", "polyline", "oriented_box")
        return self.box is not None or any(name in self.single for name in shapes)

    @property
    def has_class(self) -> bool:
        return self.class_name is not None or self.class_id is not None

    @property
    def names_frames(self) -> bool:
        return self.frame is not None or (self.video is not None and self.frame_number is not None)


def plain_name(name: str) -> str:
    """The letters and digits of a column's name in lower case: ``Bbox_X-min`` and ``bboxXmin`` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read_columns(names: Sequence[str]) -> TableColumns:
    """What columns of these names hold; each column is used once, for the first thing that it can be."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(plain_name(name), place)
    places.pop("", None)
    free = dict(places)

    def claim(spellings: Iterable[str]) -> int | None:
        """The first of these columns that nothing else has."""
        for spelling in spellings:
            place = free.pop(plain_name(spelling), None)
            if place is not None:
                return place
        return None

    box = _box_columns(places)
    for name in [name for name, place in free.items() if box is not None and place in box.columns]:
        del free[name]
    width, height = _frame_size(free, has_shape=box is not None)
    video = frame_number = None
    if any(plain_name(name) in free for name in _VIDEO) and any(plain_name(name) in free for name in _FRAME_NUMBER):
        video, frame_number = claim(_VIDEO), claim(_FRAME_NUMBER)
    frame = claim(_FRAME[:-1])
    frame_id = claim(("image_id", "img_id")) if frame is not None else None
    also_frame = claim(("frame_id",)) if frame is not None else None  # what an export writes beside the file name
    frame_id = also_frame if frame_id is None else frame_id
    single: dict[str, int] = {}
    for meaning, spellings in _SINGLE.items():
        needs_mask = meaning.startswith("rle_")  # a plain "size" may be anything
        if not needs_mask or "rle" in single:
            claimed = claim(spellings)
            single |= {} if claimed is None else {meaning: claimed}
    if frame is None and video is None and "source_id" in single and plain_name(names[single["source_id"]]) == "id":
        frame = single.pop("source_id")
    class_id, class_name, confidence = claim(_CLASS_ID), claim(_CLASS), claim(_CONFIDENCE)
    used = set(places.values()) - set(free.values())
    others = tuple(place for place, name in enumerate(names) if place not in used and name.strip())
    return TableColumns(
        names=tuple(names),
        frame=frame,
        frame_id=frame_id,
        video=video,
        frame_number=frame_number,
        class_name=class_name,
        class_id=class_id,
        confidence=confidence,
        box=box,
        frame_width=width,
        frame_height=height,
        single=single,
        others=others,
    )


def _box_columns(places: dict[str, int]) -> BoxColumns | None:
    for box_format, names in _BOX_SETS:
        for prefix in _PREFIXES:
            for mark in (*_PIXEL_MARKS, *_RELATIVE_MARKS):
                for wanted in {tuple(f"{prefix}{name}{mark}" for name in names), *_marked_before(prefix, names, mark)}:
                    if all(name in places for name in wanted):
                        columns = tuple(places[name] for name in wanted)
                        return BoxColumns(columns, box_format, mark in _RELATIVE_MARKS)
    for name, box_format in _LISTS.items():
        for mark in (*_PIXEL_MARKS, *_RELATIVE_MARKS):
            if name + mark in places:
                return BoxColumns((places[name + mark],), box_format, mark in _RELATIVE_MARKS)
    return None


def _marked_before(prefix: str, names: tuple[str, ...], mark: str) -> list[tuple[str, ...]]:
    """``rel_xmin``, beside ``xmin_rel``."""
    return [tuple(f"{mark}{prefix}{name}" for name in names)] if mark in _RELATIVE_MARKS else []


def _frame_size(free: dict[str, int], *, has_shape: bool) -> tuple[int | None, int | None]:
    """Plain ``width`` and ``height`` are those of the frame where they are no part of the box."""
    pairs = (*_FRAME_SIZE, _PLAIN_SIZE) if has_shape else _FRAME_SIZE
    for pair in pairs:
        width, height = map(plain_name, pair)
        if width in free and height in free:
            return free.pop(width), free.pop(height)
    return None, None
