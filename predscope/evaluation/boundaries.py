"""Boundaries of masks: how well an outline is drawn, which the IoU of large masks hardly shows.

Cheng et al., "Boundary IoU" (CVPR 2021); the rules are those of the authors' ``boundary_iou_api``. The boundary of a
mask is what a 3 x 3 erosion takes off it, repeated until the boundary is 2 % of the frame's diagonal wide; the border
of the frame counts as outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from hotcoco import mask as rle_codec

BOUNDARY_SHARE: Final = 0.02
"""Width of a boundary, as a share of the frame's diagonal."""


def boundary_width(height: int, width: int, share: float = BOUNDARY_SHARE) -> int:
    """Pixels, at least 1."""
    return max(1, round(share * float(np.hypot(height, width))))


def boundary_pixels(mask: np.ndarray, steps: int) -> np.ndarray:
    """bool (h, w): the pixels of a mask (uint8, 0 and 1) that ``steps`` erosions take off."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=steps)[1:-1, 1:-1]
    return mask.astype(bool) & (inner == 0)


@dataclass(frozen=True, slots=True)
class Outline:
    """The boundary of one mask, cut out of its frame.

    Attributes:
        left, top: of the cut, pixels.
        pixels: bool (h, w).
        area: of the boundary, pixels.
    """

    left: int
    top: int
    pixels: np.ndarray
    area: int

    @classmethod
    def of(cls, mask: dict[str, Any], share: float = BOUNDARY_SHARE) -> Outline:
        """Of run lengths of the size of the frame."""
        height, width = mask["size"]
        left, top, w, h = (int(value) for value in rle_codec.toBbox(mask))
        cut = np.ascontiguousarray(rle_codec.decode(mask)[top : top + h, left : left + w])
        if not cut.size:
            return cls(0, 0, np.zeros((0, 0), bool), 0)
        pixels = boundary_pixels(cut, boundary_width(height, width, share))
        return cls(left, top, pixels, int(np.count_nonzero(pixels)))

    def shared_area(self, other: Outline) -> int:
        """Pixels that two boundaries of a frame have in common."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right = min(self.left + self.pixels.shape[1], other.left + other.pixels.shape[1])
        bottom = min(self.top + self.pixels.shape[0], other.top + other.pixels.shape[0])
        if right <= left or bottom <= top:
            return 0
        own = self.pixels[top - self.top : bottom - self.top, left - self.left : right - self.left]
        its = other.pixels[top - other.top : bottom - other.top, left - other.left : right - other.left]
        return int(np.count_nonzero(own & its))

    def iou(self, label: Outline, is_crowd: bool) -> float:
        """Intersection over union of the boundaries; over this one's area where the label is a crowd."""
        shared = self.shared_area(label)
        union = self.area if is_crowd else self.area + label.area - shared
        return shared / union if union else 0.0
