"""Whether the ids of predicted classes can be those of the labels, judged by what lies on what.

Class ids of another list often exist among those of the labels too, and then nothing in the ids gives the mistake away.
Where predictions lie on labels, it shows: nearly all boxes on the cars are "bicycles".
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from predscope.geometry import box_iou
from predscope.project import ObjectSet

MAX_FRAMES: Final = 400
MIN_IOU: Final = 0.5
MIN_MATCHES: Final = 5
"""With fewer labels of a class covered nothing is concluded of it."""
FOREIGN_SHARE: Final = 0.6
OWN_SHARE: Final = 0.2

_COLUMNS: Final = ["class_id", "x", "y", "w", "h"]


def disagreements(predictions: pa.Table, offsets: np.ndarray, labels: ObjectSet) -> list[tuple[int, int, int, int]]:
    """Classes of labels that are covered by predictions of one other class, nearly all of them.

    Args:
        predictions: ``OBJECT_SCHEMA``, sorted by frame.
        offsets: int64 (frames + 1,): rows of each frame in it.
        labels: the label set to compare with.

    Returns:
        (label class, predicted class, labels covered by that class, labels covered in all); empty unless most of the
        covered labels are of such classes, as one class that a model always mistakes is no mistake of ids.
    """
    pairs = _covering_classes(predictions, offsets, labels)
    if not len(pairs):
        return []
    suspects = []
    explained = 0
    for label_class in np.unique(pairs[:, 0]):
        covering = pairs[pairs[:, 0] == label_class, 1]
        counts = np.bincount(covering)
        foremost, own = int(counts.argmax()), counts[label_class] if label_class < len(counts) else 0
        is_foreign = foremost != label_class and counts[foremost] >= FOREIGN_SHARE * len(covering)
        if len(covering) >= MIN_MATCHES and is_foreign and own <= OWN_SHARE * len(covering):
            suspects.append((int(label_class), foremost, int(counts[foremost]), len(covering)))
            explained += len(covering)
    return suspects if 2 * explained > len(pairs) else []


def _covering_classes(predictions: pa.Table, offsets: np.ndarray, labels: ObjectSet) -> np.ndarray:
    """int (n, 2): for each label that a prediction covers, its class and that of the most confident one."""
    label_counts, predicted_counts = np.diff(labels.offsets), np.diff(offsets)
    common = np.flatnonzero((label_counts > 0) & (predicted_counts[: len(label_counts)] > 0))
    if len(common) > MAX_FRAMES:
        common = common[np.linspace(0, len(common) - 1, MAX_FRAMES).astype(int)]
    label_table = labels.of_frames(common, columns=_COLUMNS)
    label_class, label_box = _classes_and_boxes(label_table)
    stops = np.cumsum(label_counts[common])
    predicted_class, predicted_box = _classes_and_boxes(predictions)
    confidence = predictions["confidence"].to_numpy()
    pairs = []
    for frame, start, stop in zip(common, stops - label_counts[common], stops, strict=True):
        rows = slice(offsets[frame], offsets[frame + 1])
        covers = box_iou(label_box[start:stop], predicted_box[rows]) >= MIN_IOU
        best = np.where(covers, confidence[rows], -1.0).argmax(axis=1)
        covered = covers.any(axis=1)
        pairs.append(np.column_stack([label_class[start:stop][covered], predicted_class[rows][best[covered]]]))
    return np.concatenate(pairs) if pairs else np.zeros((0, 2), int)


def _classes_and_boxes(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    box = np.column_stack([table[side].to_numpy() for side in ("x", "y", "w", "h")])
    return table["class_id"].to_numpy(), box.reshape(-1, 4)
