"""Frames as a network gets them: brought to the size of its input, and the way back to pixels of the frame.

The ways are those of the common detectors: *stretch* (each side is scaled by itself), *letterbox* (both sides are
scaled alike, and the frame lies in the middle of the input, as Ultralytics does it: https://docs.ultralytics.com), and
*top-left* (scaled alike, with the padding right and below, as in YOLOX and the fixed sizes of MMDetection).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from predscope.errors import InputError

NetworkFit = Literal["stretch", "letterbox", "top-left"]
NETWORK_FITS: Final[tuple[NetworkFit, ...]] = ("stretch", "letterbox", "top-left")
MAX_SIDE: Final = 100_000
_SIZE: Final = re.compile(r"\s*(\d{1,6})\s*(?:[xX×,]\s*(\d{1,6})\s*)?")


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """The input of a network: ``width`` and ``height`` in pixels, and how frames are brought to it."""

    width: int
    height: int
    fit: NetworkFit = "stretch"

    @classmethod
    def parse(cls, size: str, fit: NetworkFit | None = None) -> NetworkInput:
        """From ``"640x384"``, width first; ``"640"`` is a square.

        Raises:
            InputError: it is no size.
        """
        found = _SIZE.fullmatch(size)
        width, height = (int(found[1]), int(found[2] or found[1])) if found is not None else (0, 0)
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise InputError(
                f"network_input must be a width and a height in pixels, as 640x384, got {size!r}.",
                where="--network-input",
            )
        return cls(width, height, fit or "stretch")

    @property
    def text(self) -> str:
        """As ``parse`` takes it."""
        return f"{self.width}x{self.height}"

    @property
    def words(self) -> str:
        """How frames are brought to it, in words."""
        how = {
            "stretch": "stretched to",
            "letterbox": "scaled and centred in",
            "top-left": "scaled into the top-left corner of",
        }
        return f"pixels of frames {how[self.fit]} {self.width} x {self.height}"

    def to_frame(self, frame_size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Factors and offsets that lead from pixels of the input to those of frames: x of frame = x * factor + offset.

        Args:
            frame_size: float64 (n, 2): width, height; positive, or NaN.

        Returns:
            Two float64 (n, 2), for x and y.
        """
        size = np.array([self.width, self.height], np.float64)
        if self.fit == "stretch":
            return frame_size / size, np.zeros(frame_size.shape)
        factor = (frame_size / size).max(axis=1, keepdims=True)
        # Half of what is left over of the input, in pixels of the frame.
        offset = (frame_size - size * factor) / 2 if self.fit == "letterbox" else np.zeros(frame_size.shape)
        return np.repeat(factor, 2, axis=1), offset

    def mask_to_frame(self, pixels: np.ndarray, width: int, height: int) -> np.ndarray:
        """A mask (height, width of the input) as one of a frame; each pixel is the one that its centre lies in."""
        (factor,), (offset,) = self.to_frame(np.array([[width, height]], np.float64))
        columns = np.floor((np.arange(width) + 0.5 - offset[0]) / factor[0]).astype(int).clip(0, pixels.shape[1] - 1)
        rows = np.floor((np.arange(height) + 0.5 - offset[1]) / factor[1]).astype(int).clip(0, pixels.shape[0] - 1)
        return np.ascontiguousarray(pixels[rows[:, None], columns])
