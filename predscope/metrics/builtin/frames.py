"""Metrics of frames that need no pixels: their size, and how many objects they hold."""

from __future__ import annotations

import numpy as np

from predscope.metrics.blocks import FrameBlock, ObjectBlock, uniform_of
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric


@metric(
    "frame_width",
    title="Frame width",
    measured_on=MeasuredOn.FRAME,
    unit="px",
    version=1,
    is_integer=True,
    needs="values",
    definition="Width of the frame as displayed.",
)
def frame_width(frames: FrameBlock) -> np.ndarray:
    return frames.width


@metric(
    "frame_height",
    title="Frame height",
    measured_on=MeasuredOn.FRAME,
    unit="px",
    version=1,
    is_integer=True,
    needs="values",
    definition="Height of the frame as displayed.",
)
def frame_height(frames: FrameBlock) -> np.ndarray:
    return frames.height


@metric(
    "frame_area",
    title="Frame area",
    measured_on=MeasuredOn.FRAME,
    unit="px²",
    version=1,
    is_integer=True,
    needs="values",
    definition="Width times height of the frame.",
)
def frame_area(frames: FrameBlock) -> np.ndarray:
    return frames.width * frames.height


@metric(
    "frame_aspect_ratio",
    title="Frame aspect ratio",
    measured_on=MeasuredOn.FRAME,
    version=1,
    needs="values",
    definition="Width of the frame / its height: above 1 is landscape, below 1 is portrait.",
)
def frame_aspect_ratio(frames: FrameBlock) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return frames.width / frames.height


@metric(
    "random",
    title="Random",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="values",
    definition="Uniform, made from the frame's number: the same at every call, in every process. For fair samples, and "
    "to see how large an effect chance alone has.",
)
def random(frames: FrameBlock) -> np.ndarray:
    return uniform_of(np.arange(len(frames)))


@metric(
    "label_count",
    title="Label count",
    measured_on=MeasuredOn.FRAME,
    version=1,
    is_integer=True,
    needs="values",
    of_role="labels",
    definition="Labels on the frame.",
)
def label_count(objects: ObjectBlock) -> np.ndarray:
    return _count(objects)


@metric(
    "prediction_count",
    title="Prediction count",
    measured_on=MeasuredOn.FRAME,
    version=1,
    is_integer=True,
    needs="values",
    of_role="predictions",
    definition="Predictions on the frame, of whatever confidence.",
)
def prediction_count(objects: ObjectBlock) -> np.ndarray:
    return _count(objects)


@metric(
    "mean_confidence",
    title="Mean confidence",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="values",
    of_role="predictions",
    definition="Mean confidence of the predictions on the frame.",
)
def mean_confidence(objects: ObjectBlock) -> np.ndarray:
    return objects.frame_mean(objects.confidence)


@metric(
    "min_confidence",
    title="Lowest confidence",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="values",
    of_role="predictions",
    definition="Confidence of the least confident prediction on the frame.",
)
def min_confidence(objects: ObjectBlock) -> np.ndarray:
    return objects.frame_extreme(objects.confidence, np.fmin)


@metric(
    "max_confidence",
    title="Highest confidence",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="values",
    of_role="predictions",
    definition="Confidence of the most confident prediction on the frame.",
)
def max_confidence(objects: ObjectBlock) -> np.ndarray:
    return objects.frame_extreme(objects.confidence, np.fmax)


@metric(
    "label_density",
    title="Label density",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="objects",
    of_role="labels",
    definition="Area of the union of the labels' boxes / area of the frame.",
)
def label_density(objects: ObjectBlock) -> np.ndarray:
    return _density(objects)


@metric(
    "prediction_density",
    title="Prediction density",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    needs="objects",
    of_role="predictions",
    definition="Area of the union of the predictions' boxes / area of the frame, of whatever confidence.",
)
def prediction_density(objects: ObjectBlock) -> np.ndarray:
    return _density(objects)


def _count(objects: ObjectBlock) -> np.ndarray:
    return np.bincount(objects.frame, minlength=objects.frame_count)


def _density(objects: ObjectBlock) -> np.ndarray:
    left, top, right, bottom = np.clip(objects.relative_box, 0, 1).T
    own = (right - left) * (bottom - top) * (1 - objects.overlaps.covered_before)
    union = np.bincount(objects.frame, weights=np.nan_to_num(own), minlength=objects.frame_count)
    is_known = np.isfinite(objects.frame_size).all(axis=1) & (objects.frame_size > 0).all(axis=1)
    return np.where(is_known, np.minimum(union, 1), np.nan)
