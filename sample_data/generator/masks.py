"""Masks as COCO run lengths and as polygons, from small crops of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Crop:
    """A mask that is False outside a window of its frame.

    Attributes:
        left, top: where the window begins, pixels.
        mask: bool (h, w).
    """

    left: int
    top: int
    mask: np.ndarray

    @property
    def area(self) -> int:
        return int(np.count_nonzero(self.mask))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, w, h of the window."""
        height, width = self.mask.shape
        return self.left, self.top, width, height


def run_lengths(crop: Crop, frame_height: int, frame_width: int) -> list[int]:
    """COCO's uncompressed counts: column by column, background first."""
    padded = np.zeros((crop.mask.shape[0] + 2, crop.mask.shape[1]), np.int8)
    padded[1:-1] = crop.mask
    change = np.diff(padded, axis=0).T
    offset = (np.arange(change.shape[0]) + crop.left)[:, None] * frame_height + np.arange(change.shape[1]) + crop.top
    starts, ends = offset[change == 1], offset[change == -1]
    if len(starts):  # a run may go on at the top of the next column
        apart = starts[1:] != ends[:-1]
        starts, ends = starts[np.r_[True, apart]], ends[np.r_[apart, True]]
    edges = np.r_[0, np.stack([starts, ends], axis=1).ravel(), frame_height * frame_width]
    counts = np.diff(edges).tolist()
    return counts[:-1] if counts[-1] == 0 else counts


def compress_counts(counts: list[int]) -> str:
    """COCO's compressed form of run lengths: differences to the count before last, six bits a character."""
    characters: list[str] = []
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        while True:
            chunk = value & 0x1F
            value >>= 5
            more = value != -1 if chunk & 0x10 else value != 0
            characters.append(chr((chunk | (0x20 if more else 0)) + 48))
            if not more:
                break
    return "".join(characters)


def encode(crop: Crop, frame_height: int, frame_width: int) -> dict[str, Any]:
    """A COCO RLE, compressed."""
    return {
        "size": [frame_height, frame_width],
        "counts": compress_counts(run_lengths(crop, frame_height, frame_width)),
    }


def polygons(crop: Crop) -> list[list[float]]:
    """Outlines of a mask's parts (without holes), flat x, y lists in frame pixels along the pixels' edges."""
    height, width = crop.mask.shape
    tolerance_px = 0.5 if min(height, width) < 24 else 0.8  # more than the steps that pixels make
    scale = 8 if max(height, width) < 128 else 4  # contours run through pixel centres: small pixels, small error
    enlarged = cv2.resize(crop.mask.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(enlarged, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rings = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        ring = cv2.approxPolyDP(contour, tolerance_px * scale, True)[:, 0, :].astype(np.float32)
        if len(ring) < 3 or (rings and cv2.contourArea(ring) < 3 * scale * scale):
            continue
        points = np.clip((ring + 0.5) / scale, 0, [width, height]) + np.array([crop.left, crop.top])
        rings.append([round(float(value), 1) for value in points.ravel()])
    return rings
