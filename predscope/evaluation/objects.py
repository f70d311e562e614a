"""What an evaluation needs of labels and predictions: numpy columns, and their shapes on demand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from predscope.schema import Geometry


class IouType(StrEnum):
    """By which likeness labels and predictions are paired."""

    BBOX = "bbox"
    """Intersection over union of the axis-aligned boxes."""
    SEGM = "segm"
    """Intersection over union of the masks; polygons and plain boxes are filled."""
    BOUNDARY = "boundary"
    """The lower of the IoU of the masks and that of their boundaries."""
    KEYPOINTS = "keypoints"
    """Object keypoint similarity."""
    ORIENTED = "oriented"
    """Intersection over union of the rotated boxes."""
    FRAME = "frame"
    """Classifications of whole frames: those of the same frame are alike (1), whatever their class."""


PLAIN_COLUMNS: Final = (
    *(
        "frame_index",
        "class_id",
        "geometry",
        "confidence",
        "x",
        "y",
        "w",
        "h",
        "given_box",
        "area",
        "is_crowd",
        "is_ignored",
    ),
)
SHAPE_COLUMNS: Final = ("polygons", "rle_counts", "rle_height", "rle_width", "keypoints", "oriented_box")
_COLUMNS_OF: Final[dict[IouType, tuple[str, ...]]] = {
    IouType.BBOX: (),
    IouType.SEGM: ("polygons", "rle_counts", "rle_height", "rle_width"),
    IouType.BOUNDARY: ("polygons", "rle_counts", "rle_height", "rle_width"),
    IouType.KEYPOINTS: ("keypoints",),
    IouType.ORIENTED: ("oriented_box",),
    IouType.FRAME: (),
}


def columns_for(iou_type: IouType) -> list[str]:
    """The columns of ``OBJECT_SCHEMA`` that an evaluation reads."""
    return [*PLAIN_COLUMNS, *_COLUMNS_OF[iou_type]]


@dataclass(frozen=True)
class Objects:
    """Labels or predictions in columns, in the order of ``frame``; one entry an object.

    Attributes:
        frame: int64 (n,): frame index, ascending.
        class_id: int64 (n,).
        box: float64 (n, 4): x, y, w, h in pixels, not cut to the frame; of classifications of whole frames 0, 0, 1, 1,
            in frames.
        confidence: float64 (n,); zeros for labels.
        area: float64 (n,): pixels^2 as the labels file gives it, else the shape's; for predictions the shape's.
        is_crowd: bool (n,): a region of many objects (COCO ``iscrowd``).
        is_ignored: bool (n,): takes no part in the count (VOC ``difficult``); crowds are ignored too.
        row: int64 (n,): the object's row in the set it was taken from; what results speak of.
        shapes: columns ``geometry`` and those of ``SHAPE_COLUMNS`` that were read, n rows.
    """

    frame: np.ndarray
    class_id: np.ndarray
    box: np.ndarray
    confidence: np.ndarray
    area: np.ndarray
    is_crowd: np.ndarray
    is_ignored: np.ndarray
    row: np.ndarray
    shapes: pa.Table = field(repr=False)

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def from_table(cls, table: pa.Table, iou_type: IouType = IouType.BBOX) -> Objects:
        """From a table with columns of ``OBJECT_SCHEMA``, at least ``PLAIN_COLUMNS``, sorted by frame.

        Objects without a box (classifications of the whole frame) are left out, or with ``IouType.FRAME`` all others;
        ``row`` counts them.
        """
        of_frames = iou_type is IouType.FRAME
        is_meant = np.isnan(_floats(table, "x")) == of_frames
        row = np.flatnonzero(is_meant)
        if len(row) < len(table):
            table = table.filter(pa.array(is_meant))
        box = np.stack([_floats(table, name) for name in "xywh"], axis=1)
        area = _floats(table, "area")
        if "given_box" in table.column_names and table["given_box"].null_count < len(table):
            given = table["given_box"].combine_chunks()
            box[given.is_valid().to_numpy(zero_copy_only=False)] = given.flatten().to_numpy().reshape(-1, 4)
        if of_frames:
            box, area = np.tile([0.0, 0.0, 1.0, 1.0], (len(row), 1)), np.ones(len(row))
        present = ["geometry", *(name for name in SHAPE_COLUMNS if name in table.column_names)]
        return cls(
            frame=table["frame_index"].to_numpy().astype(np.int64),
            class_id=table["class_id"].to_numpy().astype(np.int64),
            box=box,
            confidence=np.nan_to_num(_floats(table, "confidence")),
            area=area,
            is_crowd=_flags(table, "is_crowd"),
            is_ignored=_flags(table, "is_ignored"),
            row=row,
            shapes=table.select(present).combine_chunks(),
        )

    @classmethod
    def from_arrays(
        cls,
        frame: np.ndarray,
        class_id: np.ndarray,
        box: np.ndarray,
        *,
        confidence: np.ndarray | None = None,
        area: np.ndarray | None = None,
        is_crowd: np.ndarray | None = None,
        is_ignored: np.ndarray | None = None,
    ) -> Objects:
        """Plain boxes from arrays, in any order; ``row`` is the place in these arrays.

        Args:
            frame, class_id: int (n,).
            box: float (n, 4): x, y, w, h.
            confidence: float (n,); None: labels.
            area: float (n,); None, and NaN in it: width times height.
            is_crowd, is_ignored: bool (n,); None: none is.
        """
        box = np.asarray(box, np.float64).reshape(-1, 4)
        count = len(box)
        order = np.argsort(np.asarray(frame), kind="stable")
        whole = box[:, 2] * box[:, 3]
        given = np.full(count, np.nan) if area is None else np.asarray(area, np.float64)
        no_flags = np.zeros(count, bool)
        return cls(
            frame=np.asarray(frame, np.int64)[order],
            class_id=np.asarray(class_id, np.int64)[order],
            box=box[order],
            confidence=(np.zeros(count) if confidence is None else np.asarray(confidence, np.float64))[order],
            area=np.where(np.isnan(given), whole, given)[order],
            is_crowd=(no_flags if is_crowd is None else np.asarray(is_crowd, bool))[order],
            is_ignored=(no_flags if is_ignored is None else np.asarray(is_ignored, bool))[order],
            row=order,
            shapes=pa.table({"geometry": pa.repeat(pa.scalar(str(Geometry.BOX)), count)}),
        )

    def take(self, positions: np.ndarray) -> Objects:
        """Some of the objects, by position (int, ascending) or as a bool mask; ``row`` still names the originals."""
        positions = np.asarray(positions)
        if positions.dtype == bool:
            positions = np.flatnonzero(positions)
        columns = ("frame", "class_id", "box", "confidence", "area", "is_crowd", "is_ignored", "row")
        chosen = {name: getattr(self, name)[positions] for name in columns}
        return replace(self, **chosen, shapes=self.shapes.take(pa.array(positions)))

    @cached_property
    def is_out(self) -> np.ndarray:
        """bool (n,): crowd or ignored: not to be found, and not to be held against a prediction."""
        return self.is_crowd | self.is_ignored

    @cached_property
    def rank(self) -> np.ndarray:
        """int64 (n,): place in the order of confidence, from the highest; equals keep the order of the rows."""
        rank = np.empty(len(self), np.int64)
        rank[np.argsort(-self.confidence, kind="stable")] = np.arange(len(self))
        return rank


def _floats(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy().astype(np.float64, copy=False)


def _flags(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy().astype(bool, copy=False)
