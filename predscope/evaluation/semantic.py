"""Pixels with classes: intersection over union, accuracies, Dice, and how well boundaries agree.

Definitions: Long et al. (CVPR 2015) for the accuracies and IoUs, pooled over the data set; Cheng et al., "Boundary IoU"
(CVPR 2021) for boundaries. Pixels without a label (void) take no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.boundaries import BOUNDARY_SHARE, boundary_pixels, boundary_width
from predscope.evaluation.class_pictures import ClassPictures
from predscope.evaluation.ignored_classes import predictions_on_pixels, with_void_labels
from predscope.evaluation.objects import Objects
from predscope.evaluation.pixels import FrameLine, PixelCells, PixelMaps, count_cells
from predscope.schema import ObjectClass

VOID: Final = -1
"""In a map of classes: nothing is said of the pixel."""
BACKGROUND_CLASS: Final = "background"
_FRAMES_AT_ONCE: Final = 64


@dataclass(frozen=True)
class Semantic:
    """Pixels of labels against pixels of predictions.

    Attributes:
        classes: in the order of the class ids in ``cells``.
        frames: int64 (frames,): that have labelled pixels, ascending.
        cells: pixels by frame, label class and predicted class; ``len(classes)``, as a predicted class, stands for
            pixels of no prediction.
        background: the class id that stands for pixels of no object; None: such pixels are not labelled.
        ignores_background: there is such a class, the last one, but it was left out.
    """

    classes: tuple[ObjectClass, ...]
    frames: np.ndarray
    cells: PixelCells
    background: int | None = None
    ignores_background: bool = False

    @classmethod
    def from_confusions(cls, classes: tuple[ObjectClass, ...], frames: np.ndarray, confusions: np.ndarray) -> Semantic:
        """From int (frames, classes, classes + 1): pixels of each frame by label class and predicted class."""
        place, label, predicted = np.nonzero(confusions)
        pixels = confusions[place, label, predicted].astype(np.int64)
        return cls(classes, np.asarray(frames), PixelCells(np.asarray(frames)[place], label, predicted, pixels))

    def on_frames(self, chosen: np.ndarray) -> Semantic:
        """The same on some frames: bool (frames of the project,)."""
        kept = chosen[self.cells.frame]
        return replace(self, frames=self.frames[chosen[self.frames]], cells=_take(self.cells, kept))

    def without_background(self) -> Semantic:
        """The same where pixels of no object are no labels: predictions on them are not judged."""
        if self.background is None:
            return self
        count = len(self.classes)
        kept = _take(self.cells, self.cells.label != self.background)
        predicted = np.where(kept.predicted == self.background, count, kept.predicted)
        code = (kept.frame * count + kept.label) * (count + 1) + predicted
        cell, which = np.unique(code, return_inverse=True)
        rest, predicted = np.divmod(cell, count + 1)
        pixels = np.bincount(which, weights=kept.pixels, minlength=len(cell)).astype(np.int64)
        cells = PixelCells(rest // count, rest % count, predicted, pixels)
        return Semantic(self.classes, np.unique(cells.frame), cells, ignores_background=True)

    @cached_property
    def confusion(self) -> np.ndarray:
        """int64 (classes, classes + 1): over all frames."""
        count = len(self.classes)
        code = self.cells.label * (count + 1) + self.cells.predicted
        total = np.bincount(code, weights=self.cells.pixels, minlength=count * (count + 1))
        return total.astype(np.int64).reshape(count, count + 1)

    @property
    def iou(self) -> np.ndarray:
        """float64 (classes,): NaN for classes that are nowhere."""
        counts = self.confusion
        return _ious(np.diag(counts), counts.sum(axis=1), counts[:, :-1].sum(axis=0))

    @property
    def mean_iou(self) -> float:
        """mIoU of the data set: the mean over the classes that are somewhere."""
        return _mean(self.iou)

    @property
    def mean_frame_iou(self) -> float:
        """Mean over frames of each frame's own mIoU; another number than ``mean_iou``."""
        return _mean(self.frame_iou)

    @property
    def frame_iou(self) -> np.ndarray:
        """float64 (frames,): mIoU of each frame, over the classes that are somewhere in it."""
        return _row_means(self.frame_class_iou)

    @cached_property
    def frame_class_iou(self) -> np.ndarray:
        """float64 (frames, classes): NaN where a class is nowhere in a frame."""
        cells, count = self.cells, len(self.classes)
        place = np.searchsorted(self.frames, cells.frame)

        def counted(kept: np.ndarray, class_id: np.ndarray) -> np.ndarray:
            code = place[kept] * count + class_id[kept]
            total = np.bincount(code, weights=cells.pixels[kept], minlength=len(self.frames) * count)
            return total.reshape(len(self.frames), count)

        everything = np.ones(len(place), bool)
        return _ious(
            counted(cells.label == cells.predicted, cells.label),
            counted(everything, cells.label),
            counted(cells.predicted < count, cells.predicted),
        )

    def frame_pixels(self, label_class: int | None, predicted_class: int | None) -> np.ndarray:
        """int64 (frames,): pixels of a cell of the confusion in each frame; None: of all classes of that side."""
        kept = np.ones(len(self.cells.pixels), bool)
        if label_class is not None:
            kept &= self.cells.label == label_class
        if predicted_class is not None:
            kept &= self.cells.predicted == predicted_class
        place = np.searchsorted(self.frames, self.cells.frame[kept])
        return np.bincount(place, weights=self.cells.pixels[kept], minlength=len(self.frames)).astype(np.int64)

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

    @property
    def mean_dice(self) -> float:
        """Mean Dice coefficient (F1 of the pixels) over the classes that are somewhere."""
        return _mean(self.to_pandas()["dice"].to_numpy())

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``pixels`` (labelled), ``predicted`` (of the labelled pixels), ``iou``,
        ``accuracy``, ``precision``, ``dice``; NaN where a share is of nothing.
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
                    "precision": hit / predicted,
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
    frame_sizes: np.ndarray,
    label_maps: PixelMaps | None = None,
    prediction_maps: PixelMaps | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Semantic:
    """Paint the objects of each frame and compare pixel by pixel; where objects overlap, the later one is on top.

    Predictions are painted by rising confidence. Ignored labels and crowds are void. Of labels that came as class-index
    masks, pixels of no object and not void are *background*, a class of its own, behind the others; of other labels,
    pixels of no object are not labelled.

    Args:
        labels, predictions: read with ``columns_for(IouType.SEGM)``; of ignored classes see ``ignored_classes``.
        frame_sizes: float (frames of the project, 2): width and height, pixels; NaN where unknown.
        label_maps, prediction_maps: the frames that came as class-index masks; None: the objects did not.
        progress: called with the frames done and the frames in all.
    """
    labels, predictions = with_void_labels(labels, classes), predictions_on_pixels(predictions, classes)
    pictures = ClassPictures(labels, predictions, len(classes), frame_sizes, label_maps, prediction_maps)
    lines = pictures.frames
    parts = []
    for start in range(0, len(lines.frame), _FRAMES_AT_ONCE):
        part = slice(start, start + _FRAMES_AT_ONCE)
        line = FrameLine(lines.frame[part], lines.size[part])
        cells = count_cells(line, *pictures.painted(line), pictures.nothing + 1)
        parts.append(_take(cells, cells.label != pictures.nothing))
        if progress is not None:
            progress(min(start + _FRAMES_AT_ONCE, len(lines.frame)), len(lines.frame))
    joined = PixelCells(
        *(
            np.concatenate([getattr(cells, name) for cells in parts] or [np.zeros(0, np.int64)])
            for name in ("frame", "label", "predicted", "pixels")
        )
    )
    background = pictures.background
    if background is not None:
        classes = (*classes, ObjectClass(background, BACKGROUND_CLASS))
    return Semantic(classes, np.unique(joined.frame), joined, background)


def boundary(mask: np.ndarray, share: float = BOUNDARY_SHARE) -> np.ndarray:
    """bool (h, w): the pixels of a mask within ``share`` of the frame's diagonal from its outline.

    The border of the frame counts as outline, as in the authors' implementation.
    """
    height, width = mask.shape
    return boundary_pixels(mask.astype(np.uint8), boundary_width(height, width, share))


def boundary_iou(first: np.ndarray, second: np.ndarray, share: float = BOUNDARY_SHARE) -> float:
    """IoU of the boundaries of two masks (h, w); NaN where neither has one."""
    one, other = boundary(first, share), boundary(second, share)
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else np.nan


def _take(cells: PixelCells, kept: np.ndarray) -> PixelCells:
    return PixelCells(cells.frame[kept], cells.label[kept], cells.predicted[kept], cells.pixels[kept])


def _ious(hit: np.ndarray, labelled: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return hit / (labelled + predicted - hit)


def _mean(values: np.ndarray) -> float:
    computed = values[~np.isnan(values)]
    return float(computed.mean()) if len(computed) else np.nan


def _row_means(values: np.ndarray) -> np.ndarray:
    """Means of the rows over what is not NaN; NaN where all is."""
    count = np.isfinite(values).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=1) / count
