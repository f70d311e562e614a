"""Arrays of any library as NumPy arrays of a stated shape, for objects that a program hands over itself.

No library is imported for this: tensors are known by what they can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.formats.coco.shapes import OddRecords, canonical_rle


def as_array(value: Any) -> np.ndarray:
    """A NumPy array of what may be a list, a scalar, or an array or tensor of another library, on any device.

    The result may share memory with the value, which is left as it is.

    Raises:
        TypeError, ValueError: it is no array, or a ragged one.
    """
    if isinstance(value, np.ndarray):
        return value
    if callable(getattr(value, "detach", None)):  # PyTorch: off the graph, then off the device
        tensor = value.detach().cpu()
        try:
            return np.asarray(tensor.numpy())
        except TypeError:  # bfloat16 and its kin, which NumPy does not have
            return np.asarray(tensor.float().numpy())
    if hasattr(value, "__cuda_array_interface__") and callable(getattr(value, "get", None)):  # CuPy
        return np.asarray(value.get())
    if isinstance(value, list | tuple):
        return np.asarray([as_array(entry) if _is_foreign(entry) else entry for entry in value])
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return np.from_dlpack(value)
    return np.asarray(value)


def as_scalar(value: Any) -> Any:
    """A plain Python value of what may be a scalar of NumPy or a tensor of one element."""
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if _is_foreign(value) or isinstance(value, np.ndarray):
        array = as_array(value)
        return array.reshape(-1)[0].item() if array.size == 1 else value
    return value


def numbers(value: Any, shape: tuple[int | None, ...], what: str) -> np.ndarray:
    """A float64 copy of an array.

    Args:
        shape: as it must be; None: any length.
        what: the argument's name.

    Raises:
        InputError: not an array of numbers, or of another shape.
    """
    expected = "(" + ", ".join("any" if side is None else f"{side:,}" for side in shape) + ")"
    try:
        array = as_array(value)
        if array.dtype.kind not in "biuf" and array.size:
            array = array.astype(np.float64) if array.dtype.kind in "OV" else array
            if array.dtype.kind != "f":
                raise TypeError(f"values of type {array.dtype}")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} must be an array of numbers, shape {expected}, got {described(value)} ({error})."
        ) from None
    if not array.size and 0 in shape:
        array = array.reshape([side or 0 for side in shape])
    if array.ndim != len(shape) or any(side not in (None, own) for side, own in zip(shape, array.shape, strict=True)):
        raise InputError(f"{what} must have the shape {expected}, got {array.shape}.")
    return np.array(array, np.float64)


def run_lengths(mask: Any, what: str = "mask") -> tuple[bytes, tuple[int, int]]:
    """COCO's compressed counts of a mask, and its height and width.

    Args:
        mask: (h, w) of booleans, 0 and 1, or 0 and 255; or run lengths, {"size": [h, w], "counts": ...}, in any of
            COCO's forms.

    Raises:
        InputError: neither.
    """
    if isinstance(mask, dict):
        return _given_run_lengths(mask, what)
    pixels = as_array(mask)
    if pixels.ndim != 2:
        raise InputError(
            f"{what} must be an array (height, width), or run lengths with size and counts, got {described(mask)}."
        )
    encoded = rle_codec.encode(np.asfortranarray(_binary(pixels, what)))["counts"]
    height, width = pixels.shape
    return encoded.encode() if isinstance(encoded, str) else encoded, (height, width)


def polygon_parts(polygon: Any, what: str = "polygon") -> list[list[list[float]]]:
    """Parts > rings > x0, y0, x1, y1, ... of an outline.

    Args:
        polygon: one ring, as points (k, 2) or x0, y0, x1, y1, ...; a list of rings, each of which is a part of its own;
            or a list of parts, each a list of an outer ring and its holes as flat numbers.

    Raises:
        InputError: not nested in one of these ways.
    """
    try:
        depth, value = _nested(polygon)
        if depth == 1 or (depth == 2 and _are_points(value)):
            return [[_ring(value)]]
        if depth == 2:
            return [[_ring(ring)] for ring in value]
        if depth == 3:
            return [[_ring(part)] if _are_points(part) else [_ring(ring) for ring in part] for part in value]
        if depth == 4:
            return [[_ring(ring) for ring in part] for part in value]
    except (TypeError, ValueError):
        pass
    raise InputError(
        f"{what} must be points (k, 2), flat numbers x0, y0, x1, y1, ..., or a list of such rings, got "
        f"{described(polygon)}."
    )


def described(value: Any) -> str:
    """What a value is, in words, for messages."""
    shape = getattr(value, "shape", None)
    name = type(value).__name__
    if shape is not None:
        return f"{name} of shape {tuple(shape)}"
    return f"{name} of {len(value)}" if isinstance(value, Sequence) and not isinstance(value, str) else name


def _is_foreign(value: Any) -> bool:
    return hasattr(value, "detach") or hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def _binary(pixels: np.ndarray, what: str) -> np.ndarray:
    """uint8 0 and 1."""
    if pixels.dtype == bool:
        return pixels.view(np.uint8) if pixels.flags.c_contiguous else pixels.astype(np.uint8)
    inside = pixels != 0
    if pixels.dtype.kind not in "iuf" or not ((pixels == 1) | (pixels == 255) | ~inside).all():
        raise InputError(
            f"{what} must hold booleans, 0 and 1, or 0 and 255, got {pixels.dtype} from {pixels.min()} to "
            f"{pixels.max()}.",
            fix="Of probabilities, give those above the threshold: mask > 0.5; of an instance map: mask == number.",
        )
    return inside.view(np.uint8)


def _given_run_lengths(mask: dict[str, Any], what: str) -> tuple[bytes, tuple[int, int]]:
    counts, size = mask.get("counts"), mask.get("size")
    try:
        height, width = (int(side) for side in as_array(size))
        if isinstance(counts, bytes):
            return counts, (height, width)
        plain = counts if isinstance(counts, str) else [int(count) for count in as_array(counts)]
        return canonical_rle({"size": [height, width], "counts": plain})["counts"], (height, width)
    except (TypeError, ValueError, OddRecords):
        raise InputError(
            f"{what} as run lengths must be {{'size': [height, width], 'counts': ...}} whose counts add up to the size."
        ) from None


def _nested(value: Any) -> tuple[int, Any]:
    """How deep numbers are nested, and the value with arrays in place of tensors."""
    if not isinstance(value, list | tuple):
        array = as_array(value)
        if array.dtype.kind not in "iuf":
            raise TypeError
        return array.ndim, array
    if not value:
        return 1, value
    entries = [
        _nested(entry) if isinstance(entry, list | tuple) or _has_length(entry) else (0, entry) for entry in value
    ]
    depths = {depth for depth, _ in entries}
    if len(depths) > 1:
        raise ValueError
    return 1 + depths.pop(), [entry for _, entry in entries]


def _has_length(value: Any) -> bool:
    return _is_foreign(value) and as_array(value).ndim > 0


def _are_points(value: Any) -> bool:
    return all(len(entry) == 2 for entry in value)


def _ring(value: Any) -> list[float]:
    return np.asarray(value, np.float64).reshape(-1).tolist() if len(value) else []
