"""Metrics of where objects are, how large they are, and how close to each other."""

from __future__ import annotations

import numpy as np

from predscope.metrics.blocks import ObjectBlock, uniform_of
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric

BORDER_PX = 1.0
"""An object that comes this close to the border of its frame may go on beyond it."""


@metric(
    "class",
    title="Class",
    measured_on=MeasuredOn.OBJECT,
    version=1,
    is_categorical=True,
    needs="values",
    definition="Class of the object.",
)
def class_of(objects: ObjectBlock) -> tuple[np.ndarray, tuple[str, ...]]:
    return objects.class_id, objects.class_names


@metric(
    "confidence",
    title="Confidence",
    measured_on=MeasuredOn.PREDICTION,
    range=(0, 1),
    version=1,
    needs="values",
    definition="Confidence of the prediction.",
)
def confidence(objects: ObjectBlock) -> np.ndarray:
    return objects.confidence


@metric(
    "area",
    title="Area",
    measured_on=MeasuredOn.OBJECT,
    unit="px²",
    version=1,
    needs="values",
    definition="Area of the object: as the file gives it, else of its shape.",
)
def area(objects: ObjectBlock) -> np.ndarray:
    return objects.area


@metric(
    "relative_area",
    title="Relative area",
    measured_on=MeasuredOn.OBJECT,
    unit="%",
    range=(0, 100),
    version=1,
    needs="values",
    definition="Area of the object as a percentage of the frame's.",
)
def relative_area(objects: ObjectBlock) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.minimum(100 * objects.area / objects.frame_size[objects.frame].prod(axis=1), 100)


@metric(
    "width",
    title="Width",
    measured_on=MeasuredOn.OBJECT,
    unit="px",
    version=1,
    needs="values",
    definition="Width of the object's box.",
)
def width(objects: ObjectBlock) -> np.ndarray:
    return objects.box[:, 2]


@metric(
    "height",
    title="Height",
    measured_on=MeasuredOn.OBJECT,
    unit="px",
    version=1,
    needs="values",
    definition="Height of the object's box.",
)
def height(objects: ObjectBlock) -> np.ndarray:
    return objects.box[:, 3]


@metric(
    "aspect_ratio",
    title="Aspect ratio",
    measured_on=MeasuredOn.OBJECT,
    version=1,
    needs="values",
    definition="Width of the object's box / its height: above 1 is wide, below 1 is tall.",
)
def aspect_ratio(objects: ObjectBlock) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return objects.box[:, 2] / objects.box[:, 3]


@metric(
    "border_closeness",
    title="Closeness to the border",
    measured_on=MeasuredOn.OBJECT,
    range=(0.5, 1),
    version=1,
    needs="values",
    definition="Largest of x, y, 1 - x and 1 - y over all points of the object, as shares of the frame: .5 is a point "
    "in the middle, 1 touches the border.",
)
def border_closeness(objects: ObjectBlock) -> np.ndarray:
    left, top, right, bottom = objects.relative_box.T
    return np.clip(np.max([1 - left, 1 - top, right, bottom], axis=0), 0.5, 1)


@metric(
    "truncated",
    title="Truncated by the border",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    is_integer=True,
    needs="values",
    definition=f"1 if the object comes within {BORDER_PX:.0f} px of the border of its frame, else 0.",
)
def truncated(objects: ObjectBlock) -> np.ndarray:
    x, y, w, h = objects.box.T
    frame_width, frame_height = objects.frame_size[objects.frame].T
    gap = np.min([x, y, frame_width - x - w, frame_height - y - h], axis=0)
    return np.where(np.isnan(gap), np.nan, gap <= BORDER_PX)


@metric(
    "object_random",
    title="Random (objects)",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="values",
    definition="Uniform, made from the object's row: the same at every call, in every process.",
)
def object_random(objects: ObjectBlock) -> np.ndarray:
    return uniform_of(objects.row + (1 << 40))  # other numbers than those of the frames


@metric(
    "crowding",
    title="Crowding",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="objects",
    definition="Highest IoU of its box with that of any other object of the same set: 0 stands alone.",
)
def crowding(objects: ObjectBlock) -> np.ndarray:
    return objects.overlaps.highest_iou


@metric(
    "occlusion",
    title="Occlusion",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="objects",
    definition="Share of its box that the boxes of other objects of the same set cover together (at 16 x 16 points).",
)
def occlusion(objects: ObjectBlock) -> np.ndarray:
    return objects.overlaps.covered


@metric(
    "nearest_same_class",
    title="Distance to the nearest of its class",
    measured_on=MeasuredOn.OBJECT,
    unit="px",
    version=1,
    needs="objects",
    definition="Distance between the centres of its box and of the nearest other one of its class in the same set; "
    "missing where it is the only one on the frame.",
)
def nearest_same_class(objects: ObjectBlock) -> np.ndarray:
    return objects.overlaps.nearest_same_class


@metric(
    "duplicate_iou",
    title="Likely duplicate",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    higher_is="bad",
    needs="objects",
    definition="Highest IoU of its box with that of another object of its class in the same set: close to 1, the same "
    "thing is there twice.",
)
def duplicate_iou(objects: ObjectBlock) -> np.ndarray:
    return objects.overlaps.highest_iou_same_class
