"""What holds for a whole input, told by the numbers at its beginning: units that no single row gives away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from predscope.formats.base import ObjectBatch

SAMPLE_ROWS: Final = 100_000
MIN_ROWS: Final = 10
"""With fewer rows nothing is concluded."""
OTHER_SCALE_SHARE: Final = 0.05
"""One stray 57 among fractions is an error of its row; this many are another unit."""
IN_RANGE_SHARE: Final = 0.99
"""A few errors among percentages do not make them something else."""
_MAX_FRACTION: Final = 1.5
"""Fractions reach a little over 1 where a box reaches out of its frame."""
MIN_TOP_PERCENT: Final = 20.0
"""Percentages have a best one above this. Scores of poses have not: the sum of the confidences of COCO's 17 keypoints
reaches 17; those of CrowdPose models lie around 2, some up to 10."""
PERCENT_SHARE: Final = 0.1
"""Of a detector's percentages, down to 0.1 %, a fifth to a third is above ``_MAX_FRACTION``; cut at 5 %, all are."""
_MIN_PERCENT_ROWS: Final = 5
_MIN_PIXELS_SHARE: Final = 0.9
_MAX_LOGIT: Final = 60.0


def is_in_percent(sample: Sequence[ObjectBatch]) -> bool:
    """Are confidences 0 to 100, beyond doubt?

    They are divided by 100 then, without being asked for, so the evidence must be clear: hardly any is outside of
    0..100, the largest is above ``MIN_TOP_PERCENT``, and those that no fraction reaches are either most of all, or at
    least ``_MIN_PERCENT_ROWS`` and ``PERCENT_SHARE`` of them. Zeros say nothing either way.
    """
    confidence = _confidences(sample)
    if not len(confidence):
        return False
    in_range = (confidence >= 0) & (confidence <= 100)
    if in_range.mean() < IN_RANGE_SHARE or confidence[in_range].max() <= MIN_TOP_PERCENT:
        return False
    above = int(np.count_nonzero(confidence > _MAX_FRACTION))
    share = above / np.count_nonzero(confidence)
    return bool(share > 0.5 or (share >= PERCENT_SHARE and above >= _MIN_PERCENT_ROWS))


def are_unbounded(sample: Sequence[ObjectBatch]) -> bool:
    """Do confidences begin at 0 and pass 1 more often than by mistake, as scores of poses do?"""
    confidence = _confidences(sample)
    if not len(confidence) or confidence.min() < 0:
        return False
    beyond = confidence > _MAX_FRACTION
    return bool(beyond.sum() > 1 and beyond.mean() >= OTHER_SCALE_SHARE)


def are_logits(sample: Sequence[ObjectBatch]) -> bool:
    """Do confidences lie on both sides of 0..1, as what comes before a sigmoid does?"""
    confidence = _confidences(sample)
    if len(confidence) < MIN_ROWS or np.abs(confidence).max() > _MAX_LOGIT:
        return False
    beyond = (confidence < 0) | (confidence > 1)
    return bool(confidence.min() < 0 and confidence.max() > 1 and beyond.mean() >= OTHER_SCALE_SHARE)


def look_normalised(sample: Sequence[ObjectBatch]) -> bool:
    """Are boxes fractions of the frame although the format has pixels?"""
    box = _boxes(sample, relative=False)
    # Boxes of whole pixels may be tiny; fractions of a frame are not whole.
    is_small = bool((np.abs(box) <= _MAX_FRACTION).all())
    return len(box) >= MIN_ROWS and is_small and bool((box % 1 != 0).any(axis=1).mean() > 0.5)


def look_like_pixels(sample: Sequence[ObjectBatch]) -> bool:
    """Are boxes pixels although the format has fractions?"""
    box = _boxes(sample, relative=True)
    return len(box) >= MIN_ROWS and bool((np.abs(box).max(axis=1) > 2).mean() >= _MIN_PIXELS_SHARE)


def _confidences(sample: Sequence[ObjectBatch]) -> np.ndarray:
    values = [batch.confidence for batch in sample if batch.confidence is not None]
    confidence = np.concatenate(values) if values else np.zeros(0)
    return confidence[np.isfinite(confidence)]


def _boxes(sample: Sequence[ObjectBatch], *, relative: bool) -> np.ndarray:
    boxes = [batch.box for batch in sample if batch.box is not None and batch.relative == relative]
    box = np.concatenate(boxes) if boxes else np.zeros((0, 4))
    return box[np.isfinite(box).all(axis=1) & (box[:, 2:] > 0).any(axis=1)]
