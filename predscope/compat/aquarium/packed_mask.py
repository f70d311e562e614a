"""Masks that scripts hand over as arrays, kept small until they are imported."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from predscope.errors import InputError


class PackedMask:
    """Pixel values (height, width), compressed. The array given is copied, never changed or kept.

    Raises:
        InputError: it is no picture of whole numbers that are not negative.
    """

    def __init__(self, pixels: Any, where: str) -> None:
        array = np.asarray(pixels)
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[..., 0]
        if array.ndim != 2 or not array.size:
            raise InputError(f"mask_data must have the shape (height, width), got {array.shape}.", where=where)
        if array.dtype.kind == "f":
            if not (np.isfinite(array).all() and (array == np.floor(array)).all()):
                raise InputError("mask_data must be whole numbers, one for each pixel.", where=where)
        elif array.dtype.kind not in "biu":
            raise InputError(f"mask_data must be whole numbers, got {array.dtype}.", where=where)
        if array.dtype.kind != "b" and array.min() < 0:
            raise InputError(f"mask_data must not be negative, got {array.min()}.", where=where)
        highest = int(array.max())
        if highest > np.iinfo(np.int32).max:
            raise InputError(f"mask_data must be below 2^31, got {highest}.", where=where)
        self.shape = (int(array.shape[0]), int(array.shape[1]))
        self._type = np.dtype(np.min_scalar_type(highest))
        self._content = zlib.compress(np.ascontiguousarray(array, self._type).tobytes(), 1)

    def pixels(self) -> np.ndarray:
        """int32 (height, width)."""
        return np.frombuffer(zlib.decompress(self._content), self._type).reshape(self.shape).astype(np.int32)

    def __repr__(self) -> str:
        return f"PackedMask{self.shape}"


def stretched(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pixel values of another size, each the nearest one; values are never mixed."""
    rows = ((np.arange(height) + 0.5) * pixels.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * pixels.shape[1] / width).astype(np.int64)
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])
