"""Masks that were made for frames of another size, scaled to their frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from predscope.importing.rows.columns import Columns
from predscope.run_lengths import read_run_lengths

ASPECT_TOLERANCE: Final = 0.03
"""Sizes of networks are rounded to multiples of 8 or 32, so proportions agree only nearly."""


def is_scaled(size: np.ndarray, other: np.ndarray) -> np.ndarray:
    """bool (n,): pairs (n, 2) of width and height that differ, though (nearly) not in their proportions."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (size[:, 0] * other[:, 1]) / (size[:, 1] * other[:, 0])
        return (np.abs(ratio - 1) <= ASPECT_TOLERANCE) & (size != other).any(axis=1)


def scale_of_frames(factors: Mapping[int, tuple[float, float]], frame_count: int) -> np.ndarray | None:
    """float64 (frames, 2): factors of x and y, 1 where none is given; None where there are none at all."""
    if not factors:
        return None
    scale = np.ones((frame_count, 2))
    for frame, pair in factors.items():
        scale[frame] = pair
    return scale


def rescale_masks(columns: Columns, frame_size: np.ndarray, chosen: np.ndarray) -> None:
    """Bring some masks to the size of their frames, each pixel that of the nearest in the mask; broken ones stay.

    Boxes around the masks as they were go, to be taken from the new ones; those that are right already stay.

    Args:
        columns: of the batch; changed in place. They have masks.
        frame_size: int (n, 2): height, width.
        chosen: bool (n,): which masks.
    """
    import cv2
    from hotcoco import mask as rle_codec

    if columns.rle_counts is None or columns.rle_size is None or not chosen.any():
        return
    before = read_run_lengths(columns.rle_counts, columns.rle_size)
    chosen = chosen & before.is_valid
    counts, size = list(columns.rle_counts), np.array(columns.rle_size, np.int32)
    for row in np.flatnonzero(chosen).tolist():
        height, width = (int(side) for side in frame_size[row])
        pixels = rle_codec.decode({"size": columns.rle_size[row].tolist(), "counts": counts[row]})
        scaled = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_NEAREST)
        encoded: bytes | str = rle_codec.encode(np.asfortranarray(scaled, np.uint8))["counts"]
        counts[row] = encoded.encode() if isinstance(encoded, str) else encoded
        size[row] = height, width
    after = read_run_lengths(counts, size)
    is_old = np.abs(columns.box - before.box).sum(axis=1) < np.abs(columns.box - after.box).sum(axis=1)
    columns.box[chosen & is_old] = np.nan
    columns.area[chosen] = np.nan
    columns.rle_counts, columns.rle_size = counts, size
