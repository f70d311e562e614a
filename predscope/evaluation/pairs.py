"""Candidate pairs: predictions and labels of the same frame that overlap, of whatever class.

They are found once for a label set and a prediction set. Matches at any IoU threshold, confidence and choice of classes
are then passes over these columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from hotcoco import mask as rle_codec

from predscope.evaluation.boundaries import Outline
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.rotated import shared_areas
from predscope.evaluation.shapes import (
    Sigmas,
    class_sigmas,
    keypoint_counts,
    keypoints,
    oriented_boxes,
    run_lengths,
)
from predscope.geometry import bounds_of_oriented_boxes

LOWEST_IOU: Final = 0.1
"""Below this, two objects have nothing to do with each other."""
_BLOCK_PAIRS: Final = 200_000
"""Pairs looked at in one go: their columns stay in the processor's cache."""


@dataclass(frozen=True)
class Pairs:
    """Pairs, ordered by prediction, and for each prediction by what it would take first.

    That is: labels that count before crowds and ignored ones, higher IoU first, and the later label first where IoUs
    are equal, as in COCO's greedy assignment.

    Attributes:
        prediction, label: int64 (p,): positions in the predictions and in the labels.
        iou: float64 (p,): intersection over union; over the prediction's area where the label is a crowd.
        is_same_class: bool (p,).
        is_out: bool (p,): the label is a crowd or ignored.
        lowest_iou: pairs with less were left out.
    """

    prediction: np.ndarray
    label: np.ndarray
    iou: np.ndarray
    is_same_class: np.ndarray
    is_out: np.ndarray
    lowest_iou: float

    def __len__(self) -> int:
        return len(self.iou)

    @classmethod
    def ordered(
        cls,
        labels: Objects,
        predictions: Objects,
        prediction: np.ndarray,
        label: np.ndarray,
        iou: np.ndarray,
        lowest_iou: float,
    ) -> Pairs:
        """From pairs in any order."""
        is_out = labels.is_out[label]
        order = np.lexsort((-label, -iou, is_out, prediction))
        prediction, label = prediction[order], label[order]
        return cls(
            prediction=prediction,
            label=label,
            iou=iou[order],
            is_same_class=predictions.class_id[prediction] == labels.class_id[label],
            is_out=is_out[order],
            lowest_iou=lowest_iou,
        )

    @cached_property
    def by_label(self) -> np.ndarray:
        """int64 (p,): the pairs in the order of labels, for each label by falling IoU."""
        return np.lexsort((-self.iou, self.label))

    def best_of_predictions(self, chosen: np.ndarray, count: int) -> np.ndarray:
        """int64 (count,): for each prediction its first pair among the ``chosen`` (bool (p,)); -1 without one."""
        return _firsts(np.flatnonzero(chosen), self.prediction, count)

    def best_of_labels(self, chosen: np.ndarray, count: int) -> np.ndarray:
        """int64 (count,): for each label its pair of highest IoU among the ``chosen`` (bool (p,)); -1 without one."""
        return _firsts(self.by_label[chosen[self.by_label]], self.label, count)


def find_pairs(
    labels: Objects,
    predictions: Objects,
    iou_type: IouType = IouType.BBOX,
    *,
    lowest_iou: float = LOWEST_IOU,
    frame_sizes: np.ndarray | None = None,
    sigmas: Sigmas | None = None,
) -> Pairs:
    """All pairs of a frame whose IoU is at least ``lowest_iou`` (and above 0).

    Args:
        labels, predictions: read with ``columns_for(iou_type)``.
        iou_type: boxes, masks, their boundaries, keypoints (their OKS stands for the IoU) or oriented boxes.
        lowest_iou: of the pairs to keep.
        frame_sizes: float (frames, 2): width and height; needed to compare polygons as masks.
        sigmas: of the keypoints.
    """
    if iou_type is IouType.SEGM:
        found = _mask_pairs(*_masks(labels, predictions, frame_sizes), labels, predictions, lowest_iou)
    elif iou_type is IouType.BOUNDARY:
        found = _boundary_pairs(labels, predictions, lowest_iou, frame_sizes)
    elif iou_type is IouType.KEYPOINTS:
        found = _keypoint_pairs(labels, predictions, lowest_iou, sigmas)
    elif iou_type is IouType.ORIENTED:
        found = _oriented_pairs(labels, predictions, lowest_iou)
    else:  # classifications of a whole frame have one and the same box
        found = _box_pairs(labels, labels.box, predictions, predictions.box, lowest_iou)
    return Pairs.ordered(labels, predictions, *found, lowest_iou)


_Found = tuple[np.ndarray, np.ndarray, np.ndarray]


def _box_pairs(
    labels: Objects, label_box: np.ndarray, predictions: Objects, prediction_box: np.ndarray, lowest: float
) -> _Found:
    """Prediction, label and IoU, in the arithmetic of COCO's ``bbIou`` (``maskApi.c``), so that ties are its ties."""
    left, top, width, height = np.ascontiguousarray(label_box.T)
    sides = (left, top, left + width, top + height, width * height)
    left, top, width, height = np.ascontiguousarray(prediction_box.T)
    own_sides = (left, top, left + width, top + height, width * height)
    parts = []
    for prediction, label in _same_frame(labels, predictions):
        extent = np.ones(len(prediction))
        for low, high in ((0, 2), (1, 3)):
            overlap = np.minimum(own_sides[high][prediction], sides[high][label])
            overlap -= np.maximum(own_sides[low][prediction], sides[low][label])
            touching = np.flatnonzero(overlap > 0)
            prediction, label, overlap = prediction[touching], label[touching], overlap[touching]
            extent = extent[touching] * overlap
        own = own_sides[4][prediction]
        union = np.where(labels.is_crowd[label], own, own + sides[4][label] - extent)
        with np.errstate(divide="ignore", invalid="ignore"):
            iou = extent / union
        kept = np.flatnonzero(iou >= lowest)
        parts.append((prediction[kept], label[kept], iou[kept]))
    return _joined(parts)


_Masks = list[dict[str, Any]]


def _masks(labels: Objects, predictions: Objects, frame_sizes: np.ndarray | None) -> tuple[_Masks, _Masks]:
    return run_lengths(labels, frame_sizes), run_lengths(predictions, frame_sizes)


def _mask_pairs(label_masks: _Masks, masks: _Masks, labels: Objects, predictions: Objects, lowest: float) -> _Found:
    """Frame by frame, where the boxes around the masks touch."""
    touching = _box_pairs(labels, _hulls(label_masks), predictions, _hulls(masks), 0.0)
    if not len(touching[0]):
        return touching
    frame = predictions.frame[touching[0]]
    parts = []
    for rows in _by_frame(frame):
        prediction, column = np.unique(touching[0][rows], return_inverse=True)
        label, place = np.unique(touching[1][rows], return_inverse=True)
        own = [masks[index] for index in prediction.tolist()]
        others = [label_masks[index] for index in label.tolist()]
        parts.append(np.asarray(rle_codec.iou(own, others, labels.is_crowd[label].tolist()))[column, place])
    iou = np.concatenate(parts)
    kept = (iou >= lowest) & (iou > 0)
    return touching[0][kept], touching[1][kept], iou[kept]


def _boundary_pairs(labels: Objects, predictions: Objects, lowest: float, frame_sizes: np.ndarray | None) -> _Found:
    """The lower of the IoU of the masks and of their boundaries, as in Boundary AP."""
    label_masks, masks = _masks(labels, predictions, frame_sizes)
    prediction, label, iou = _mask_pairs(label_masks, masks, labels, predictions, lowest)
    of_boundaries = np.zeros(len(iou))
    is_crowd = labels.is_crowd[label]
    for rows in _by_frame(predictions.frame[prediction]):
        own = {position: Outline.of(masks[position]) for position in np.unique(prediction[rows]).tolist()}
        others = {position: Outline.of(label_masks[position]) for position in np.unique(label[rows]).tolist()}
        for row in rows.tolist():
            of_boundaries[row] = own[int(prediction[row])].iou(others[int(label[row])], bool(is_crowd[row]))
    iou = np.minimum(iou, of_boundaries)
    kept = (iou >= lowest) & (iou > 0)
    return prediction[kept], label[kept], iou[kept]


def _keypoint_pairs(labels: Objects, predictions: Objects, lowest: float, sigmas: Sigmas | None) -> _Found:
    """Object keypoint similarity (pycocotools ``cocoeval.py``, ``computeOks``).

    Only the keypoints that the label has are compared, by the sigmas of its class; for a label without any, how far the
    predicted ones lie outside its box, doubled on each side.
    """
    class_count = int(max(labels.class_id.max(initial=-1), predictions.class_id.max(initial=-1))) + 1
    counts = keypoint_counts(class_count, labels, predictions)
    count = int(counts.max(initial=0))
    spread = np.full((class_count, count), np.inf)
    for class_id, own in enumerate(class_sigmas(counts, sigmas)):
        spread[class_id, : len(own)] = (2 * own) ** 2
    truth, points = keypoints(labels, count), keypoints(predictions, count)
    is_marked = truth[:, :, 2] > 0
    marks = is_marked.sum(axis=1)
    corner, size = labels.box[:, :2], labels.box[:, 2:]
    parts = []
    for prediction, label in _same_frame(labels, predictions, _BLOCK_PAIRS // max(count, 1)):
        apart = points[prediction, :, :2] - truth[label, :, :2]
        bare = np.flatnonzero(marks[label] == 0)
        if len(bare):
            place = points[prediction[bare], :, :2]
            low = (corner - size)[label[bare]][:, None]
            high = (corner + 2 * size)[label[bare]][:, None]
            apart[bare] = np.maximum(0, low - place) + np.maximum(0, place - high)
        area = (labels.area[label] + np.spacing(1))[:, None]
        distance = (apart**2).sum(axis=2) / spread[labels.class_id[label]] / area / 2
        is_own = np.arange(count) < counts[labels.class_id[label]][:, None]
        counted = is_marked[label] | ((marks[label] == 0)[:, None] & is_own)
        oks = np.where(counted, np.exp(-distance), 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        kept = (oks >= lowest) & (oks > 0)
        parts.append((prediction[kept], label[kept], oks[kept]))
    return _joined(parts)


def _oriented_pairs(labels: Objects, predictions: Objects, lowest: float) -> _Found:
    truth, own = oriented_boxes(labels), oriented_boxes(predictions)
    touching = _box_pairs(labels, bounds_of_oriented_boxes(truth), predictions, bounds_of_oriented_boxes(own), 0.0)
    prediction, label, _ = touching
    shared = shared_areas(own[prediction], truth[label])
    area = own[prediction, 2] * own[prediction, 3]
    union = np.where(labels.is_crowd[label], area, area + truth[label, 2] * truth[label, 3] - shared)
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = np.clip(shared / union, 0, 1)
    kept = (iou >= lowest) & (iou > 0)
    return prediction[kept], label[kept], iou[kept]


def _same_frame(
    labels: Objects, predictions: Objects, block: int = _BLOCK_PAIRS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of all predictions with all labels of their frames, in blocks of about that many pairs."""
    first = np.searchsorted(labels.frame, predictions.frame, side="left")
    count = np.searchsorted(labels.frame, predictions.frame, side="right") - first
    ends = np.cumsum(count)
    start = 0
    while start < len(count):
        before = ends[start] - count[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + block, side="right")))
        amount = count[start:stop]
        prediction = np.repeat(np.arange(start, stop), amount)
        offset = np.repeat(first[start:stop] - (ends[start:stop] - amount) + before, amount)
        yield prediction, np.arange(len(prediction)) + offset
        start = stop


def _by_frame(frame: np.ndarray) -> list[np.ndarray]:
    """Positions of the pairs of each frame, given the frames of pairs, ascending."""
    return np.split(np.arange(len(frame)), np.flatnonzero(np.diff(frame)) + 1) if len(frame) else []


def _hulls(masks: list[dict[str, Any]]) -> np.ndarray:
    return np.asarray(rle_codec.toBbox(masks), np.float64).reshape(-1, 4) if masks else np.zeros((0, 4))


def _joined(parts: list[_Found]) -> _Found:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    prediction, label, iou = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return prediction, label, iou


def _firsts(pairs: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """For each of ``count`` owners the first of its pairs, given pairs grouped by owner."""
    result = np.full(count, -1, np.int64)
    owners = owner[pairs]
    is_first = np.ones(len(pairs), bool)
    is_first[1:] = owners[1:] != owners[:-1]
    result[owners[is_first]] = pairs[is_first]
    return result
