"""Outlines of run-length masks at the size of a thumbnail, without decoding the mask in full.

The cost depends on the size of the outline asked for, not on the size of the photograph.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

_FIRST_CHARACTER: Final = 48


def run_ends(counts: bytes) -> np.ndarray:
    """Where each run of COCO's compressed counts ends: int64, column-major pixel positions, background first."""
    digits = np.frombuffer(counts, dtype=np.uint8).astype(np.int64) - _FIRST_CHARACTER
    last = np.flatnonzero((digits & 0x20) == 0)
    if not len(last):
        return np.zeros(0, dtype=np.int64)
    digits = digits[: last[-1] + 1]
    first = np.concatenate(([0], last[:-1] + 1))
    place = np.arange(len(digits)) - np.repeat(first, last - first + 1)
    values = np.add.reduceat((digits & 0x1F) << (5 * place), first)
    negative = (digits[last] & 0x10) != 0
    values -= np.where(negative, np.int64(1) << (5 * (place[last] + 1)), 0)
    # From the fourth run on a value is the difference from the run two before it.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return np.cumsum(values)


def sample_mask(counts: bytes, height: int, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """uint8 (len(rows), len(columns)): the mask's pixels at these integer columns and rows."""
    positions = columns[np.newaxis, :] * height + rows[:, np.newaxis]
    return (np.searchsorted(run_ends(counts), positions, side="right") & 1).astype(np.uint8)


def mask_outline(
    counts: bytes, size: tuple[int, int], box: tuple[float, float, float, float], scale: float, tolerance: float
) -> list[list[float]]:
    """The mask's outline as closed rings.

    Args:
        counts: COCO compressed counts.
        size: height and width of the mask, pixels.
        box: x, y, w, h of its hull, pixels.
        scale: output units a pixel; the mask is sampled once a unit, or at each pixel where those are larger.
        tolerance: how far a ring may stray, in output units.

    Returns:
        Rings, outer ones and holes, to be filled by the even-odd rule: flat x, y lists in output units. Empty when
        the mask is too small to be seen at this scale.
    """
    height, width = size
    step = max(1.0, 1.0 / scale)
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    columns = _sample_positions(left, min(box[0] + box[2], width), step)
    rows = _sample_positions(top, min(box[1] + box[3], height), step)
    if len(columns) < 3 or len(rows) < 3:
        return []
    bitmap = np.zeros((len(rows) + 2, len(columns) + 2), dtype=np.uint8)
    bitmap[1:-1, 1:-1] = sample_mask(counts, height, columns, rows)
    contours, _ = cv2.findContours(bitmap, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings = []
    for contour in contours:
        ring = cv2.approxPolyDP(contour, tolerance / (step * scale), closed=True).reshape(-1, 2)
        if len(ring) >= 3:
            corners = ((ring - 0.5) * step + (left, top)) * scale
            rings.append(corners.ravel().tolist())
    return rings


def _sample_positions(start: float, stop: float, step: float) -> np.ndarray:
    return np.floor(np.arange(start + step / 2, stop, step)).astype(np.int64)
