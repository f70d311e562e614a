"""What a reader of somebody's files hands over, and the registry of readers.

A format is one small module with one reader. A reader turns a file or a folder into a ``Reading``: the frames and
classes that the files speak of, and the objects as batches of columns. It knows no project: names and ids stay as the
files spell them, coordinates stay relative where the files have them relative. What cannot be read at all is rejected
in the report right there; everything that can only be judged beside the project's frames and classes is left to
``predscope.importing``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np

from predscope.report import ImportReport
from predscope.schema import DeclaredClass, DeclaredFrame, Role

Reference = Literal["id", "name"]
BoxFormat = Literal["xywh", "xyxy", "cxcywh"]
"""Left, top, width, height; two corners; or the centre and the size."""
BATCH_ROWS: Final = 50_000
"""Objects that a reader hands over at a time, at most."""


def text_column(values: list[str]) -> np.ndarray:
    """Text as an object array (n,), as ``ObjectBatch`` wants it."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


@dataclass(slots=True)
class ObjectBatch:
    """Objects in columns; every column has one entry an object, or is None where the files say nothing of it.

    Attributes:
        frame_ref: int64 or object (str) array (n,): the frame's id or file name as the file has it.
        class_ref: int64 or object (str) array (n,): the class's id or name as the file has it.
        frame_ref_is, class_ref_is: whether those are ids or names.
        geometry: object array (n,) of ``Geometry`` values.
        box: float64 (n, 4): x, y, w, h; NaN rows for classifications. None: to be derived from the shape.
        box_format: what the four numbers of a box are in the file, from which ``box`` was made.
        relative: coordinates (boxes, polygons, points) are fractions of the frame's size, 0..1.
        confidence: float64 (n,); NaN where absent; None: labels.
        polygons: per object None or parts > rings > flat x, y list (see ``schema.OBJECT_SCHEMA``).
        rle_counts: per object None or COCO compressed counts; ``rle_size`` int32 (n, 2): height, width.
        keypoints: per object None or flat x, y, v list.
        polylines: per object None or lines > flat x, y list.
        oriented_box: per object None or [cx, cy, w, h, angle in radians].
        area: float64 (n,), NaN where absent.
        is_crowd, is_ignored: bool (n,).
        class_scores: per object None or list of probabilities.
        score_classes: names of the classes of ``class_scores``, in order; None: the project's classes, in its order.
        track_id, source_id: per object None or str.
        attributes: per object None or a dict.
        place: where the rows stand: ``place_prefix`` + str(place[i]) + ``place_suffix``, e.g.
            ``annotations[`` 12 ``]``.
    """

    frame_ref: np.ndarray
    class_ref: np.ndarray
    frame_ref_is: Reference
    class_ref_is: Reference
    geometry: np.ndarray
    place: np.ndarray
    place_prefix: str = ""
    place_suffix: str = ""
    box: np.ndarray | None = None
    box_format: BoxFormat = "xywh"
    relative: bool = False
    confidence: np.ndarray | None = None
    polygons: list[Any] | None = None
    rle_counts: list[bytes | None] | None = None
    rle_size: np.ndarray | None = None
    keypoints: list[Any] | None = None
    polylines: list[Any] | None = None
    oriented_box: list[Any] | None = None
    area: np.ndarray | None = None
    is_crowd: np.ndarray | None = None
    is_ignored: np.ndarray | None = None
    class_scores: list[Any] | None = None
    score_classes: list[str] | None = None
    track_id: list[str | None] | None = None
    source_id: list[str | None] | None = None
    attributes: list[dict[str, Any] | None] | None = None

    def __len__(self) -> int:
        return len(self.frame_ref)

    def describe_place(self, row: int) -> str:
        """Where row ``row`` of this batch stands in the input, in words."""
        return f"{self.place_prefix}{self.place[row]}{self.place_suffix}"


@dataclass(frozen=True, slots=True)
class PixelMap:
    """A frame whose files give the class of every pixel: the pixels of no object are background, or void.

    Attributes:
        file_name: of the frame.
        height, width: pixels.
        void_counts: COCO compressed counts of the pixels of which nothing is said; None: there are none.
    """

    file_name: str
    height: int
    width: int
    void_counts: bytes | None


@dataclass(slots=True)
class Reading:
    """What a reader found.

    Attributes:
        format: name of the reader.
        role: labels, or predictions when the objects have confidences.
        frames: the frames that the files list (COCO ``images``), or None where the files list none of their own and
            frames are known only from the objects (COCO results).
        classes: the classes that the files list, or None likewise.
        batches: the objects; consumed once. Rows rejected while reading are already in ``report``. Raises
            ``FileParsingError`` on the way when a file turns out to be damaged further down.
        report: the report that reading and importing both write to.
        pixel_maps: the frames whose every pixel is spoken of, filled while the batches are read; None where the files
            are not of that kind.
        row_count: how many objects the files hold, for progress; 0 where only reading them tells.
    """

    format: str
    role: Role
    frames: list[DeclaredFrame] | None
    classes: list[DeclaredClass] | None
    batches: Iterator[ObjectBatch]
    report: ImportReport = field(default_factory=ImportReport)
    pixel_maps: list[PixelMap] | None = None
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Detection:
    """How sure a reader is that an input is of its format.

    Attributes:
        score: 0 (not at all) to 1 (certain).
        reason: what was seen, in words ("a JSON list of objects with image_id and score"); for a near miss, why it
            is not of the format; "" where it is nothing like it.
        role: what the input holds.
    """

    score: float
    reason: str
    role: Role = "labels"


class Reader(Protocol):
    """One format. Register an instance with ``register``."""

    name: str
    """As given to ``--format``."""
    title: str
    """As shown to people."""

    def detect(self, source: Path, head: bytes) -> Detection:
        """Look at the content; ``head`` is the first 64 KiB of a file, b"" for a folder. Never raises."""

    def read(self, source: Path, role: Role) -> Reading:
        """Open the input. Raises ``FileParsingError`` when nothing of it can be used."""
