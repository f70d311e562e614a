"""Panoptic quality (Kirillov et al., CVPR 2019), as ``panopticapi`` computes it.

PQ = sum of IoU over matches / (TP + FP / 2 + FN / 2) = SQ x RQ: how well segments are drawn, times how well they are
found. Segments of a class match where their IoU is above 0.5, which no two can be for the same label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from predscope.schema import ObjectClass

VOID: Final = 0
"""Segment id of pixels that belong to no segment."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one frame: every pixel belongs to one, or to none.

    Attributes:
        ids: int (h, w): segment id of each pixel; 0: none.
        segment: int64 (n,): the segment ids.
        class_id: int64 (n,): their classes.
        is_crowd: bool (n,).
    """

    ids: np.ndarray
    segment: np.ndarray
    class_id: np.ndarray
    is_crowd: np.ndarray


@dataclass(frozen=True)
class Panoptic:
    """Counts by class; they add up over frames.

    Attributes:
        classes: in the order of the arrays.
        is_thing: bool (classes,): countable things, as opposed to stuff.
        iou: float64 (classes,): sum of the IoUs of the matches.
        tp, fp, fn: int64 (classes,).
    """

    classes: tuple[ObjectClass, ...]
    is_thing: np.ndarray
    iou: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray

    def quality(self, which: str = "all") -> dict[str, float]:
        """``PQ``, ``SQ`` and ``RQ``, means over the classes that occur: of ``all``, ``things`` or ``stuff``."""
        table = self.to_pandas()
        occurs = (table[["tp", "fp", "fn"]].sum(axis=1) > 0).to_numpy()
        chosen = {"all": occurs, "things": occurs & self.is_thing, "stuff": occurs & ~self.is_thing}[which]
        return {name: float(table.loc[chosen, name].mean()) for name in ("PQ", "SQ", "RQ")}

    def to_pandas(self) -> pd.DataFrame:
        """One row a class: ``class_id``, ``name``, ``is_thing``, ``tp``, ``fp``, ``fn``, ``PQ``, ``SQ``, ``RQ``.

        A class that occurs without any match has 0 for all three; one that does not occur has NaN.
        """
        weight = self.tp + 0.5 * self.fp + 0.5 * self.fn
        with np.errstate(invalid="ignore"):
            quality = self.iou / weight
            found = self.tp / weight
        drawn = np.where(self.tp > 0, self.iou / np.maximum(self.tp, 1), np.where(weight > 0, 0.0, np.nan))
        return pd.DataFrame(
            {
                "class_id": [entry.class_id for entry in self.classes],
                "name": [entry.name for entry in self.classes],
                "is_thing": self.is_thing,
                "tp": self.tp,
                "fp": self.fp,
                "fn": self.fn,
                "PQ": quality,
                "SQ": drawn,
                "RQ": found,
            }
        )


def evaluate_panoptic(
    frames: Iterable[tuple[Segments, Segments]], classes: tuple[ObjectClass, ...], is_thing: np.ndarray | None = None
) -> Panoptic:
    """Compare the segments of labels and predictions, frame by frame.

    Args:
        frames: labels and predictions of each frame, of the same size.
        is_thing: bool (classes,); None: all are.
    """
    count = len(classes)
    iou = np.zeros(count)
    counts = np.zeros((3, count), np.int64)
    for labels, predictions in frames:
        _add_frame(labels, predictions, iou, counts)
    things = np.ones(count, bool) if is_thing is None else np.asarray(is_thing, bool)
    return Panoptic(classes, things, iou, *counts)


def _add_frame(labels: Segments, predictions: Segments, iou: np.ndarray, counts: np.ndarray) -> None:
    """Rows of ``counts``: TP, FP, FN."""
    label_at, prediction_at = _positions(labels), _positions(predictions)
    rows, columns = len(labels.segment) + 1, len(predictions.segment) + 1
    shared = np.bincount((label_at * columns + prediction_at).reshape(-1), minlength=rows * columns)
    shared = shared.reshape(rows, columns)  # row and column 0: void
    area, own_area = shared.sum(axis=1), shared.sum(axis=0)
    may_match = labels.class_id[:, None] == predictions.class_id[None]
    may_match &= ~labels.is_crowd[:, None]
    union = area[1:, None] + own_area[None, 1:] - shared[1:, 1:] - shared[:1, 1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        likeness = np.where(may_match, shared[1:, 1:] / union, 0.0)
    matched, by = np.nonzero(likeness > 0.5)
    np.add.at(iou, labels.class_id[matched], likeness[matched, by])
    np.add.at(counts[0], labels.class_id[matched], 1)
    is_found, is_right = np.zeros(rows - 1, bool), np.zeros(columns - 1, bool)
    is_found[matched], is_right[by] = True, True
    np.add.at(counts[2], labels.class_id[~is_found & ~labels.is_crowd], 1)
    # A prediction that lies mostly where nothing can be judged is not held against the model.
    excused = shared[0, 1:].astype(np.float64)
    crowd_of = {int(labels.class_id[row]): int(row) for row in np.flatnonzero(labels.is_crowd)}
    for class_id, row in crowd_of.items():  # one crowd a class, the last of several, as in the reference
        excused += np.where(predictions.class_id == class_id, shared[row + 1, 1:], 0)
    is_wrong = ~is_right & (excused <= 0.5 * own_area[1:])
    np.add.at(counts[1], predictions.class_id[is_wrong], 1)


def _positions(segments: Segments) -> np.ndarray:
    """int64 (h, w): place of each pixel's segment in the list, from 1; 0: of none."""
    order = np.argsort(segments.segment)
    known = segments.segment[order]
    place = np.minimum(np.searchsorted(known, segments.ids), max(len(known) - 1, 0))
    if not len(known):
        return np.zeros(segments.ids.shape, np.int64)
    return np.where(known[place] == segments.ids, order[place] + 1, 0)
