"""Small vectors that likeness is told by where the user brings no embeddings; kept like metrics, never shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from predscope.metrics.blocks import ObjectBlock
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.outlining import HU_COUNT
from predscope.metrics.pixels import Pixels, shrunk

THUMBNAIL_SIDE: Final = 8
_SMALL_SIDE: Final = 8 * THUMBNAIL_SIDE
HASH_BITS: Final = 64
_HASHED_SIDE: Final = 32
_FLAT: Final = 1e-2
"""Below this, a coefficient of the cosine transform of grey levels is the noise of arithmetic."""


@dataclass(frozen=True)
class Feature:
    """How a vector is computed.

    Attributes:
        name, version: what it is kept under.
        measured_on: frames, objects, or labels only.
        needs: "pixels": ``compute`` is given a ``Pixels``, and gives a vector; "objects": an ``ObjectBlock``, and gives
            one vector an object.
        dtype, length: of the vectors.
    """

    name: str
    version: int
    measured_on: MeasuredOn
    needs: str
    dtype: str
    length: int
    compute: Callable[[Any], np.ndarray]

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"


def thumbnail(image: Pixels) -> np.ndarray:
    """uint8 (192,): the colours (CIE Lab) of an 8 x 8 thumbnail."""
    source = image.__dict__.get("small", image.bgr)  # of a crop nothing else needs the colours
    small = shrunk(source, _SMALL_SIDE)
    tiny = cv2.resize(small, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(tiny, cv2.COLOR_BGR2Lab).reshape(-1)


def perceptual_hash(image: Pixels) -> np.ndarray:
    """uint8 (8,): 64 bits: which of the 8 x 8 lowest cosine coefficients of the grey image are above their median.

    The image is shrunk to 32 x 32. The coefficient of the mean has no say; its bit is whether the image is light.
    """
    tiny = cv2.resize(image.small_gray, (_HASHED_SIDE, _HASHED_SIDE), interpolation=cv2.INTER_AREA)
    lowest = cv2.dct(tiny.astype(np.float32))[:8, :8].reshape(-1)
    bits = lowest > np.median(lowest[1:]) + _FLAT
    bits[0] = lowest[0] > _HASHED_SIDE * 128
    return np.packbits(bits)


def hu_moments(objects: ObjectBlock) -> np.ndarray:
    """float64 (n, 7): see ``Outlines.hu``."""
    return objects.outlines.hu


FEATURES: Final[dict[str, Feature]] = {
    feature.name: feature
    for feature in (
        Feature("thumbnail", 1, MeasuredOn.FRAME, "pixels", "uint8", 3 * THUMBNAIL_SIDE**2, thumbnail),
        Feature("perceptual_hash", 1, MeasuredOn.FRAME, "pixels", "uint8", HASH_BITS // 8, perceptual_hash),
        Feature("crop_thumbnail", 1, MeasuredOn.LABEL, "pixels", "uint8", 3 * THUMBNAIL_SIDE**2, thumbnail),
        Feature("hu_moments", 1, MeasuredOn.OBJECT, "objects", "float64", HU_COUNT, hu_moments),
    )
}
