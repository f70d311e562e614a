"""What predictions lie on: the labels of some frames, and how many of them predictions cover, read this way or that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from predscope.geometry import pairwise_iou
from predscope.importing.doctor.box_readings import BoxReading, BoxSample

MIN_IOU: Final = 0.5
_MAX_FRAMES: Final = 400
_MAX_LABELS: Final = 40
"""Of a frame."""
_MAX_PREDICTIONS: Final = 60
"""Of a frame: the most confident ones."""
_MAX_PAIRS: Final = 200_000
_COLUMNS: Final = ["class_id", "x", "y", "w", "h"]


class Labels(Protocol):
    """A label set, as ``project.ObjectSet`` is one."""

    @property
    def offsets(self) -> np.ndarray: ...

    def of_frames(self, indices: np.ndarray, columns: list[str] | None = None) -> pa.Table: ...


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """Labels and predictions of the same frames, and all pairs of them.

    Attributes:
        label_class: int (k,): class ids.
        label_box: float64 (k, 4): x, y, w, h in pixels.
        predictions: the predictions of those frames, by frame; of each the most confident first.
        label_of, prediction_of: int (pairs,): sorted by label; each label has at least one pair.
        starts: int (k,): the first pair of each label.
    """

    label_class: np.ndarray
    label_box: np.ndarray
    predictions: BoxSample
    label_of: np.ndarray
    prediction_of: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.label_class)

    def covering(self, reading: BoxReading) -> np.ndarray:
        """int (k,): for each label the most confident prediction that covers it, -1 if none does."""
        if not len(self):
            return np.zeros(0, np.int64)
        nothing = len(self.predictions)
        # Predictions of a frame come by falling confidence, so the first is the smallest number.
        covers = self._overlap(reading) >= MIN_IOU
        first = np.minimum.reduceat(np.where(covers, self.prediction_of, nothing), self.starts)
        return np.where(first == nothing, -1, first)

    def coverage(self, reading: BoxReading) -> float:
        """Share of the labels that a prediction covers, 0..1."""
        return float((self.covering(reading) >= 0).mean()) if len(self) else 0.0

    def best_overlap(self, reading: BoxReading) -> np.ndarray:
        """float64 (k,): for each label the largest IoU with a prediction."""
        if not len(self):
            return np.zeros(0)
        found: np.ndarray = np.maximum.reduceat(self._overlap(reading), self.starts)
        return found

    def best_pair(self, reading: BoxReading) -> np.ndarray:
        """int (k,): for each label the prediction that covers it best, -1 if none does."""
        overlap = self._overlap(reading)
        nothing = len(self.predictions)
        is_best = overlap >= np.maximum(np.repeat(self.best_overlap(reading), self._partners), MIN_IOU)
        first = np.minimum.reduceat(np.where(is_best, self.prediction_of, nothing), self.starts)
        return np.where(first == nothing, -1, first)

    @property
    def _partners(self) -> np.ndarray:
        """int (k,): predictions in the frame of each label."""
        return np.diff(np.append(self.starts, len(self.label_of)))

    def first_labels(self, pairs: int) -> LabelEvidence:
        """That of so many first labels as have about that many pairs."""
        if len(self.label_of) <= pairs:
            return self
        stop = max(int(np.searchsorted(self.starts, pairs)), 1)
        end = int(self.starts[stop]) if stop < len(self) else len(self.label_of)
        return LabelEvidence(
            self.label_class[:stop],
            self.label_box[:stop],
            self.predictions,
            self.label_of[:end],
            self.prediction_of[:end],
            self.starts[:stop],
        )

    def _overlap(self, reading: BoxReading) -> np.ndarray:
        box = self.predictions.boxes(reading)
        return pairwise_iou(self.label_box[self.label_of], box[self.prediction_of])


def gather_evidence(sample: BoxSample, labels: Labels | None) -> LabelEvidence:
    """Labels of frames that have predictions in the sample; a bounded number of both."""
    if labels is None or not len(sample):
        return _join(sample.taken(np.zeros(0, int)), np.zeros(0, int), np.zeros((0, 4)), [])
    counts = np.diff(labels.offsets)
    predicted = np.bincount(sample.frame_index, minlength=len(counts))[: len(counts)]
    common = np.flatnonzero((counts > 0) & (predicted > 0))
    if len(common) > _MAX_FRAMES:
        common = common[np.linspace(0, len(common) - 1, _MAX_FRAMES).astype(int)]
    pairs = np.cumsum(np.minimum(counts[common], _MAX_LABELS) * np.minimum(predicted[common], _MAX_PREDICTIONS))
    common = common[: max(int(np.searchsorted(pairs, _MAX_PAIRS)), 1)]
    table = labels.of_frames(common, columns=_COLUMNS)
    classes = table["class_id"].to_numpy()
    boxes = np.column_stack([table[side].to_numpy() for side in "xywh"]).reshape(-1, 4)
    order = np.lexsort((-np.nan_to_num(sample.confidence, nan=-np.inf), sample.frame_index))
    in_order = sample.frame_index[order]
    label_rows: list[np.ndarray] = []
    blocks: list[tuple[int, np.ndarray]] = []
    stop = 0
    for frame in common.tolist():
        start, stop = stop, stop + int(counts[frame])
        rows = start + np.flatnonzero(np.isfinite(boxes[start:stop]).all(axis=1))[:_MAX_LABELS]
        first, last = np.searchsorted(in_order, [frame, frame + 1])
        if len(rows):
            label_rows.append(rows)
            blocks.append((len(rows), order[first : min(last, first + _MAX_PREDICTIONS)]))
    chosen = np.concatenate(label_rows) if label_rows else np.zeros(0, int)
    used = np.concatenate([rows for _, rows in blocks]) if blocks else np.zeros(0, int)
    return _join(sample.taken(used), classes[chosen], boxes[chosen], [(count, len(rows)) for count, rows in blocks])


def _join(
    predictions: BoxSample, label_class: np.ndarray, label_box: np.ndarray, blocks: list[tuple[int, int]]
) -> LabelEvidence:
    """All pairs within each frame; ``blocks``: numbers of labels and of predictions of the frames."""
    partners = np.array([count for labels, count in blocks for _ in range(labels)], np.int64)
    first_prediction = np.cumsum([0, *(count for _, count in blocks)])
    first_of_label = np.array(
        [first_prediction[frame] for frame, (labels, _) in enumerate(blocks) for _ in range(labels)], np.int64
    )
    starts = np.cumsum(partners) - partners
    label_of = np.repeat(np.arange(len(partners)), partners)
    prediction_of = np.arange(len(label_of)) - np.repeat(starts - first_of_label, partners)
    return LabelEvidence(label_class, label_box, predictions, label_of, prediction_of, starts)
