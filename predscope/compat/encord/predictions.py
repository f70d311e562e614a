"""Predictions as Encord Active's own classes have them; pickled, they are read by ``predscope import predictions``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from predscope.errors import InputError
from predscope.formats.encord.rows import confidence_of, frame_reference
from predscope.formats.encord.shapes import DataFormat, host_array, read_box, read_outline


class InvalidPredictionError(InputError, ValueError):
    """A prediction that cannot be one: arguments are missing, or contradict each other."""


class Format(str, Enum):  # noqa: UP042 - pickled by value, as the original is
    """What ``ObjectDetection.data`` is."""

    BOUNDING_BOX = "bounding-box"
    """A ``BoundingBox``."""
    MASK = "mask"
    """An array [height, width] of 0 and 1, uint8."""
    POLYGON = "polygon"
    """An array [points, 2] of x and y as fractions of the frame's width and height, float."""


@dataclass(kw_only=False)
class BoundingBox:
    """A box as fractions of the frame's width and height.

    Attributes:
        x, y: the top-left corner.
        w, h: width and height.
        theta: turns it about its centre, clockwise on the screen, in degrees.
    """

    x: float
    y: float
    w: float
    h: float
    theta: float = 0.0

    def __post_init__(self) -> None:
        try:
            read_box(self)
        except ValueError as error:
            raise InvalidPredictionError(f"{error}.", where="BoundingBox") from None


@dataclass(kw_only=True)
class FrameClassification:
    """A class of the whole frame, named as ``predscope print ontology`` lists it.

    Attributes:
        feature_hash: of the question.
        attribute_hash: of its attribute.
        option_hash: of the class.
    """

    feature_hash: str
    attribute_hash: str
    option_hash: str


@dataclass(kw_only=True, eq=False)
class ObjectDetection:
    """An object in a frame.

    Attributes:
        format: what ``data`` is. It decides, whatever the shape of the data.
        data: box, mask or polygon; never changed.
        feature_hash: the class: its featureNodeHash, name or id.
        track_id: ties objects of several frames together.
    """

    format: Format
    data: Any
    feature_hash: str
    track_id: str | int | None = None

    def __post_init__(self) -> None:
        try:
            self.format = Format(self.format)
        except ValueError:
            known = ", ".join(str(entry.value) for entry in Format)
            raise InvalidPredictionError(f"format must be one of {known}, got {str(self.format)[:40]!r}.") from None
        try:
            _check_data(self.format, self.data)
        except ValueError as error:
            where = f"ObjectDetection of the format {self.format.value}"
            raise InvalidPredictionError(f"{error}.", where=where) from None


@dataclass(kw_only=True, eq=False)
class Prediction:
    """One prediction: of an object, or of the class of a frame; exactly one of the two.

    Attributes:
        data_hash: of the image or video, as ``predscope print data-mapping`` lists it; a frame id or file name will do.
        frame: number of the frame in a video, from 0; still images have none.
        confidence: 0..1.
        object: an object.
        classification: the class of the frame.

    Raises:
        InvalidPredictionError: both or neither are given, or something is of another type.
    """

    data_hash: str
    frame: int | None = 0
    confidence: float
    object: ObjectDetection | None = None
    classification: FrameClassification | None = None

    def __post_init__(self) -> None:
        if isinstance(self.object, dict):
            self.object = ObjectDetection(**self.object)
        if isinstance(self.classification, dict):
            self.classification = FrameClassification(**self.classification)
        if (self.object is None) == (self.classification is None):
            raise InvalidPredictionError("a prediction needs either an object or a classification, and not both.")
        if not isinstance(self.object, ObjectDetection | None):
            raise InvalidPredictionError(f"object must be an ObjectDetection, got {type(self.object).__name__}.")
        if not isinstance(self.classification, FrameClassification | None):
            found = type(self.classification).__name__
            raise InvalidPredictionError(f"classification must be a FrameClassification, got {found}.")
        try:
            frame_reference(self.data_hash, self.frame)
            self.confidence = confidence_of(self.confidence)
        except ValueError as error:
            raise InvalidPredictionError(f"{error}.") from None


def _check_data(data_format: Format, data: Any) -> None:
    """What can be told at once and cheaply; the numbers in a mask are looked at when it is imported.

    Raises:
        ValueError: the data is of another kind.
    """
    if data_format is Format.BOUNDING_BOX:
        read_box(data)
    elif data_format is Format.POLYGON:
        read_outline(data)
    elif (mask := host_array(data)).ndim != 2 or not mask.size:
        raise ValueError(f"a mask needs the shape [height, width], got {list(mask.shape)}")


def data_format_of(found: ObjectDetection) -> DataFormat:
    """The same format as the readers name it."""
    return DataFormat(found.format.value)
