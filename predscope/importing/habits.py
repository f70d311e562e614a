"""What holds for a whole input, told by its beginning: units and conventions that no single row gives away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.formats.base import ObjectBatch, Role
from predscope.importing.validation import FrameFacts, Habits
from predscope.schema import Geometry

SAMPLE_ROWS: Final = 100_000
MIN_ROWS: Final = 10
"""With fewer rows nothing is concluded."""
PERCENT_SHARE: Final = 0.05
"""One stray 57 among fractions is an error of its row; this many are another unit."""
CORNERS_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Impression:
    """Habits to act on, and those only to be remarked.

    Attributes:
        habits: see ``validation.Habits``.
        corners_share: share of boxes that make sense only as two corners; 0 where that is no explanation.
    """

    habits: Habits
    corners_share: float = 0.0


def form_impression(
    sample: Sequence[ObjectBatch], frame_indices: Sequence[np.ndarray], frames: FrameFacts, role: Role
) -> Impression:
    """Look at the first batches of an input, with the frame of each of their rows."""
    return Impression(
        Habits(
            in_percent=role == "predictions" and _is_in_percent(sample),
            looks_normalised=_looks_normalised(sample),
        ),
        corners_share=_corners_share(sample, frame_indices, frames),
    )


def _is_in_percent(sample: Sequence[ObjectBatch]) -> bool:
    values = [batch.confidence for batch in sample if batch.confidence is not None]
    confidence = np.concatenate(values) if values else np.zeros(0)
    confidence = confidence[np.isfinite(confidence)]
    if not len(confidence):
        return False
    in_range = confidence.min() >= 0 and 1.5 < confidence.max() <= 100
    return bool(in_range and np.mean(confidence > 1.5) >= PERCENT_SHARE)


def _looks_normalised(sample: Sequence[ObjectBatch]) -> bool:
    boxes = [batch.box for batch in sample if batch.box is not None and not batch.relative]
    box = np.concatenate(boxes) if boxes else np.zeros((0, 4))
    box = box[np.isfinite(box).all(axis=1) & (box[:, 2:] > 0).all(axis=1)]
    # Boxes of whole pixels may be tiny; fractions of a frame are not whole.
    return len(box) >= MIN_ROWS and bool((np.abs(box) <= 1.5).all()) and bool((box % 1 != 0).any(axis=1).mean() > 0.5)


def _corners_share(sample: Sequence[ObjectBatch], frame_indices: Sequence[np.ndarray], frames: FrameFacts) -> float:
    seen, beyond, as_corners = 0, 0, 0
    for batch, frame_index in zip(sample, frame_indices, strict=True):
        if batch.box is None or batch.relative:
            continue
        chosen = (frame_index >= 0) & np.isfinite(batch.box).all(axis=1) & (batch.geometry == Geometry.BOX)
        box, width, height = batch.box[chosen], frames.width[frame_index[chosen]], frames.height[frame_index[chosen]]
        known = np.isfinite(width) & np.isfinite(height)
        box, width, height = box[known], width[known], height[known]
        seen += len(box)
        beyond += int(((box[:, 0] + box[:, 2] > width + 1) | (box[:, 1] + box[:, 3] > height + 1)).sum())
        fits = (box[:, 2] >= box[:, 0]) & (box[:, 3] >= box[:, 1])
        fits &= (box[:, 2] <= width + 1) & (box[:, 3] <= height + 1)
        as_corners += int(fits.sum())
    if seen < MIN_ROWS or as_corners < 0.98 * seen or beyond < CORNERS_SHARE * seen:
        return 0.0
    return beyond / seen
