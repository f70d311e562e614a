"""Pixels with classes: intersection over union, accuracies, Dice, and how well boundaries agree.

Definitions: Long et al. (CVPR 2015) for the accuracies and IoUs, pooled over the data set; Cheng et al., "Boundary IoU"
(CVPR 2021) for boundaries. Pixels without a label (void) take no part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import pandas as pd
from hotcoco import mask as rle_codec

from predscope.evaluation.objects import Objects, frame_starts
from predscope.evaluation.shapes import run_lengths
from predscope.schema import ObjectClass

VOID: Final = -1
"""In a map of classes: nothing is said of the pixel."""
BOUNDARY_SHARE: Final = 0.02
"""Width of a boundary, as a share of the frame's diagonal."""


@dataclass(frozen=True)
class Semantic:
    """Pixels of labels against pixels of predictions.

    Attributes:
        classes: in the order of the arrays.
        frames: int64 (frames,): that have labelled pixels.
        confusions: int64 (frames, classes, classes + 1): pixels by label class and predicted class, the last column for
            pixels of no prediction.
    """

    classes: tuple[ObjectClass, ...]
    frames: np.ndarray
    confusions: np.ndarray

    @property
    def confusion(self) -> np.ndarray:
        """int64 (classes, classes + 1): over all frames."""
        return self.confusions.sum(axis=0)

    @property
    def iou(self) -> np.ndarray:
        """float64 (classes,): NaN for classes that are nowhere."""
        return _ious(self.confusion[None])[0]

    @property
    def mean_iou(self) -> float:
        """mIoU of the data set: the mean over the classes that are somewhere."""
        return _mean(self.iou)

    @property
    def mean_frame_iou(self) -> float:
        """Mean over frames of each frame's own mIoU; another number than ``mean_iou``."""
        return _mean(np.array([_mean(row) for row in _ious(self.confusions)]))

    @property
    def frame_iou(self) -> np.ndarray:
        """float64 (frames,): mIoU of each frame."""
        return np.array([_mean(row) for row in _ious(self.confusions)])

    @property
    def frequency_weighted_iou(self) -> float:
        """Mean IoU, each class weighing as much as it has labelled pixels."""
        labelled = self.confusion.sum(axis=1)
        total = labelled.sum()
        return float((labelled * np.nan_to_num(self.iou)).sum() / total) if total else np.nan

    @property
    def pixel_accuracy(self) -> float:
        """Share of the labelled pixels that are right."""
        counts = self.confusion
        return float(np.trace(counts) / counts.sum()) if counts.sum() else np.nan

    @property
    def mean_accuracy(self) -> float:
        """Mean over labelled classes of the share of their pixels that is right."""
        return _mean(self.to_pandas()["accuracy"].to_numpy())

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``pixels`` (labelled), ``predicted`` (of the labelled pixels), ``iou``,
        ``accuracy``, ``dice``; NaN where a share is of nothing.
        """
        counts = self.confusion
        hit, labelled, predicted = np.diag(counts), counts.sum(axis=1), counts[:, :-1].sum(axis=0)
        with np.errstate(invalid="ignore"):
            return pd.DataFrame(
                {
                    "class_id": [entry.class_id for entry in self.classes],
                    "name": [entry.name for entry in self.classes],
                    "pixels": labelled,
                    "predicted": predicted,
                    "iou": self.iou,
                    "accuracy": hit / labelled,
                    "dice": 2 * hit / (labelled + predicted),
                }
            )


def pixel_confusion(label: np.ndarray, prediction: np.ndarray, class_count: int) -> np.ndarray:
    """int64 (classes, classes + 1) of one frame, from two maps of class ids; ``VOID`` in either says nothing."""
    known = label != VOID
    column = np.where(prediction == VOID, class_count, prediction)[known].astype(np.int64)
    cells = label[known].astype(np.int64) * (class_count + 1) + column
    return np.bincount(cells, minlength=class_count * (class_count + 1)).reshape(class_count, class_count + 1)


def evaluate_semantic(
    labels: Objects,
    predictions: Objects,
    classes: tuple[ObjectClass, ...],
    *,
    frame_count: int,
    frame_sizes: np.ndarray,
) -> Semantic:
    """Paint the objects of each frame and compare pixel by pixel; where objects overlap, the later one is on top.

    Predictions are painted by rising confidence. Ignored labels and crowds are void.

    Args:
        labels, predictions: read with ``columns_for(IouType.SEGM)``.
        frame_sizes: float (frame_count, 2): width and height, pixels.
    """
    frames, confusions = [], []
    truth = _maps(labels, frame_count, frame_sizes, np.arange(len(labels)))
    found = _maps(predictions, frame_count, frame_sizes, -predictions.rank)
    for frame, (label, prediction) in enumerate(zip(truth, found, strict=True)):
        if label is None:
            continue
        empty = np.full(label.shape, VOID, np.int32)
        confusions.append(pixel_confusion(label, empty if prediction is None else prediction, len(classes)))
        frames.append(frame)
    shape = (0, len(classes), len(classes) + 1)
    return Semantic(classes, np.array(frames, np.int64), np.stack(confusions) if frames else np.zeros(shape, np.int64))


def boundary(mask: np.ndarray, share: float = BOUNDARY_SHARE) -> np.ndarray:
    """bool (h, w): the pixels of a mask within ``share`` of the frame's diagonal from its outline.

    The border of the frame counts as outline, as in the authors' implementation.
    """
    height, width = mask.shape
    steps = max(1, round(share * float(np.hypot(height, width))))
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=steps)[1:-1, 1:-1]
    return mask.astype(bool) & (inner == 0)


def boundary_iou(first: np.ndarray, second: np.ndarray, share: float = BOUNDARY_SHARE) -> float:
    """IoU of the boundaries of two masks (h, w); NaN where neither has one."""
    one, other = boundary(first, share), boundary(second, share)
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else np.nan


def _maps(
    objects: Objects, frame_count: int, frame_sizes: np.ndarray, height_order: np.ndarray
) -> Iterator[np.ndarray | None]:
    """A map of class ids for each frame, None for frames without objects; higher in the order is on top."""
    starts = frame_starts(objects, frame_count)
    for frame in range(frame_count):
        positions = np.arange(starts[frame], starts[frame + 1])
        if not len(positions):
            yield None
            continue
        positions = positions[np.argsort(height_order[positions], kind="stable")]
        masks = run_lengths(objects.take(np.sort(positions)), frame_sizes)
        painted: np.ndarray | None = None
        for position in positions.tolist():
            mask = rle_codec.decode(masks[position - starts[frame]]).astype(bool)
            if painted is None:
                painted = np.full(mask.shape, VOID, np.int32)
            painted[mask] = VOID if objects.is_out[position] else objects.class_id[position]
        yield painted


def _ious(confusions: np.ndarray) -> np.ndarray:
    hit = np.diagonal(confusions, axis1=1, axis2=2)
    union = confusions.sum(axis=2) + confusions[:, :, :-1].sum(axis=1) - hit
    with np.errstate(invalid="ignore"):
        return hit / union


def _mean(values: np.ndarray) -> float:
    computed = values[~np.isnan(values)]
    return float(computed.mean()) if len(computed) else np.nan
