"""Pixels as metrics see them: decoded once, and everything derived from them at most once.

Measurements that depend on resolution are taken at a fixed working size, so that images of different sizes can be
compared, and crops with crops: the longer side is shrunk to ``FRAME_SIDE`` or ``CROP_SIDE`` pixels, never enlarged.
Images are decoded in full even where a reduced decoding would do for the frame: small objects need the pixels, and a
value must not depend on what else was measured in the same run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from predscope.end_marks import TAIL_BYTES, end_mark

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


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image file as it was found.

    Attributes:
        content: of the bytes, see ``content_key``; 0 for a file that cannot be read.
        pixels: None if it cannot be decoded.
        problem: why not, in words; "" if it was.
    """

    content: int
    pixels: Pixels | None
    problem: str


def content_key(data: Any, *, apply_exif: bool) -> int:
    """A number of 64 bits, above 0, that stands for the bytes of an image file and how it is turned."""
    person = b"exif" if apply_exif else b"as stored"
    return int.from_bytes(hashlib.blake2b(data, digest_size=8, person=person).digest()) or 1


def file_content_key(path: Path, *, apply_exif: bool) -> int:
    """``content_key`` of a file; 0 if it cannot be read."""
    try:
        return content_key(path.read_bytes(), apply_exif=apply_exif)
    except OSError:
        return 0


def decode(path: Path | str, *, apply_exif: bool = True) -> Decoded:
    """Read and decode an image file. Never raises for a bad file: that is its ``problem``."""
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        return Decoded(0, None, f"the file cannot be read ({error.strerror or error})")
    content = content_key(data, apply_exif=apply_exif)
    problem = _visible_damage(data)
    if problem:
        return Decoded(content, None, problem)
    orientation = 0 if apply_exif else cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR | orientation)
    except (cv2.error, MemoryError) as error:
        return Decoded(content, None, f"it cannot be decoded ({str(error).strip() or type(error).__name__})")
    if image is None:
        return Decoded(content, None, "it is not an image that can be decoded")
    return Decoded(content, Pixels(image), "")


def _visible_damage(data: np.ndarray) -> str:
    """What is wrong with a file that a decoder would fill with grey; "" if nothing is."""
    if not data.size:
        return "the file is empty"
    mark = end_mark(data[:2].tobytes())
    if mark is not None and mark not in data[-TAIL_BYTES:].tobytes():
        return "the file is cut off"
    return ""


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
