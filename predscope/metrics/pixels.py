"""Pixels as metrics see them: decoded once, and everything derived from them at most once.

Measurements that depend on resolution are taken at a fixed working size, so that images of different sizes can be
compared, and crops with crops: the longer side is shrunk to ``FRAME_SIDE`` or ``CROP_SIDE`` pixels, never enlarged.
Images are decoded in full even where a reduced decoding would do for the frame: small objects need the pixels, and a
value must not depend on what else was measured in the same run.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import cv2
import numpy as np

FRAME_SIDE: Final = 640
"""Pixels: the longer side of a frame at working size."""
CROP_SIDE: Final = 128
"""Pixels: the longer side of an object's crop at working size."""


class Pixels:
    """A frame, or the part of it that an object's box covers.

    Attributes:
        bgr: uint8 (height, width, 3), blue-green-red, all pixels. Not to be changed.
        side: the longer side at working size.
    """

    def __init__(self, bgr: np.ndarray, *, side: int = FRAME_SIDE, gray: np.ndarray | None = None) -> None:
        self.bgr = bgr
        self.side = side
        if gray is not None:
            self.__dict__["gray"] = gray

    @cached_property
    def gray(self) -> np.ndarray:
        """uint8 (height, width): luma (ITU-R BT.601), all pixels."""
        return cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY)

    @cached_property
    def small(self) -> np.ndarray:
        """uint8 (h, w, 3): blue-green-red at working size."""
        return shrunk(self.bgr, self.side)

    @cached_property
    def small_gray(self) -> np.ndarray:
        """uint8 (h, w): luma at working size."""
        if max(self.bgr.shape[:2]) > self.side and "gray" not in self.__dict__ and "small" in self.__dict__:
            return cv2.cvtColor(self.small, cv2.COLOR_BGR2GRAY)
        return shrunk(self.gray, self.side)

    @cached_property
    def hues(self) -> np.ndarray:
        """float64 (180,): share of all pixels that are of each hue (2 degrees) and coloured, at working size.

        Coloured: saturation at least 50 and value at least 40, of 255.
        """
        hue, saturation, value = cv2.split(cv2.cvtColor(self.small, cv2.COLOR_BGR2HSV))
        is_coloured = ((saturation >= 50) & (value >= 40)).view(np.uint8)
        counts = cv2.calcHist([hue], [0], is_coloured, [180], [0, 180]).reshape(-1)
        return counts.astype(np.float64) / hue.size

    @cached_property
    def histogram(self) -> np.ndarray:
        """float64 (256,): share of the pixels of each luma, at working size."""
        counts = cv2.calcHist([self.small_gray], [0], None, [256], [0, 256]).reshape(-1)
        return counts.astype(np.float64) / max(float(counts.sum()), 1.0)

    @cached_property
    def luma_moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the luma at working size, 0..255."""
        mean, deviation = cv2.meanStdDev(self.small_gray)
        return float(mean[0, 0]), float(deviation[0, 0])

    def crop(self, box: tuple[int, int, int, int]) -> Pixels | None:
        """The part inside a box (left, top, right, bottom; pixels); None if nothing of it is inside."""
        left, top, right, bottom = box
        if left >= right or top >= bottom:
            return None
        part = self.bgr[top:bottom, left:right]
        return Pixels(part, side=CROP_SIDE, gray=self.gray[top:bottom, left:right]) if part.size else None


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """An image whose longer side is at most ``side``; never enlarged.

    First by a whole factor, averaging areas, which is many times faster than by any other; then, by less than a half,
    bilinear.
    """
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer <= side:
        return image
    size = (max(round(width * side / longer), 1), max(round(height * side / longer), 1))
    factor = longer // side
    if factor > 1 and min(height, width) >= factor:
        whole = image[: height // factor * factor, : width // factor * factor]
        image = cv2.resize(whole, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    return image if image.shape[1::-1] == size else cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
