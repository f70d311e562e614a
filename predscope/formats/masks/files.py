"""Files whose pixels are whole numbers: class indices, or numbers of instances."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from predscope.media.image_info import IMAGE_FAULTS, describe_fault

ARRAY_SUFFIXES: Final = frozenset({".npy"})
_MAX_PIXELS: Final = 1 << 28
_PNG_GREY: Final = 0


class UnusableMask(ValueError):  # noqa: N818 - the outcome of one file, not a fault
    """A file that is not a mask; the message says why."""


def read_mask(path: Path) -> np.ndarray:
    """Pixel values of a mask (h, w), exact: palette indices, grey of 1, 2, 4, 8 or 16 bits, arrays of whole numbers.

    Raises:
        UnusableMask: it cannot be read, or it has colours.
    """
    if path.suffix.lower() in ARRAY_SUFFIXES:
        array = read_array(path)
        if array.ndim != 2 or array.dtype.kind not in "iub":
            raise UnusableMask(f"it is {array.dtype} of shape {array.shape}, expected whole numbers (height, width)")
        return np.array(array, np.uint8) if array.dtype.kind == "b" else np.array(array)
    try:
        with Image.open(path) as image:
            mode, pixels = image.mode, np.asarray(image)
    except Image.DecompressionBombError:
        raise UnusableMask("it is too large") from None
    except IMAGE_FAULTS as error:
        raise UnusableMask(f"it cannot be read ({describe_fault(error)})") from None
    if mode in ("RGB", "RGBA"):
        if (pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any():
            raise UnusableMask("it has colours, expected one class index a pixel")
        return np.ascontiguousarray(pixels[..., 0])
    if mode == "LA":
        return np.ascontiguousarray(pixels[..., 0])
    if mode not in ("1", "L", "P", "I", "I;16", "I;16B") or pixels.ndim != 2:
        raise UnusableMask(f"its pixels are {mode}, expected grey or a palette")
    if mode == "1":
        return pixels.astype(np.uint8)
    # Grey values of 2 or 4 bits come scaled up to 0..255; the file's own are wanted.
    return pixels // _grey_step(path) if mode == "L" else pixels


def read_array(path: Path) -> np.ndarray:
    """A NumPy array from a ``.npy`` file; objects in it are refused, they could run code.

    Raises:
        UnusableMask: it cannot be read, or is too large.
    """
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, TypeError, SyntaxError, EOFError, OverflowError, KeyError) as error:
        raise UnusableMask(f"it is not a NumPy array ({str(error)[:120]})") from None
    if array.size > _MAX_PIXELS:
        raise UnusableMask("it is too large")
    return array


def _grey_step(path: Path) -> int:
    """By what grey values were multiplied when the image was opened, from the bit depth in the PNG header."""
    with path.open("rb") as file:
        header = file.read(26)
    is_grey = len(header) == 26 and header[25] == _PNG_GREY
    return 255 // (2 ** header[24] - 1) if is_grey and header[24] < 8 else 1
