"""Shapes that were made for frames of another size, or for a network's input, brought to their frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from predscope.geometry import pairwise_iou
from predscope.importing.network_input import NetworkInput
from predscope.importing.rows.columns import Columns
from predscope.run_lengths import read_run_lengths

ASPECT_TOLERANCE: Final = 0.03
"""Sizes of networks are rounded to multiples of 8 or 32, so proportions agree only nearly."""

MIN_IOU_OF_BOX: Final = 0.5
"""Of a box and the hull of its mask, if it is right."""


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


def place_shapes(columns: Columns, factor: np.ndarray, offset: np.ndarray | None = None) -> None:
    """Times the factors, plus the offsets: all coordinates of a batch. Masks stay as they are.

    Args:
        columns: changed in place. Every path holds whole points, every list of keypoints whole triples.
        factor, offset: float64 (n, 2), of x and y of each object.
    """
    none, one = np.zeros(len(factor)), np.ones(len(factor))
    columns.box = columns.box * np.tile(factor, 2)
    columns.area = columns.area * factor[:, 0] * factor[:, 1]
    keypoint_factor, oriented_factor = np.column_stack([factor, one]), np.column_stack([factor, factor, one])
    if columns.polygons is not None:
        columns.polygons = columns.polygons.scaled(factor)
    if columns.polylines is not None:
        columns.polylines = columns.polylines.scaled(factor)
    if columns.keypoints is not None:
        columns.keypoints = columns.keypoints.scaled(keypoint_factor)
    if columns.oriented_box is not None:
        columns.oriented_box = columns.oriented_box.scaled(oriented_factor)
    if offset is None:
        return
    columns.box[:, :2] += offset
    if columns.polygons is not None:
        columns.polygons = columns.polygons.moved(offset)
    if columns.polylines is not None:
        columns.polylines = columns.polylines.moved(offset)
    if columns.keypoints is not None:
        columns.keypoints = columns.keypoints.moved(np.column_stack([offset, none]))
    if columns.oriented_box is not None:
        columns.oriented_box = columns.oriented_box.moved(np.column_stack([offset, none, none, none]))


def rescale_masks(
    columns: Columns, frame_size: np.ndarray, chosen: np.ndarray, network: NetworkInput | None = None
) -> None:
    """Bring some masks to the size of their frames, each pixel that of the nearest in the mask; broken ones stay.

    Boxes around the masks as they were go, to be taken from the new ones; those that are right stay.

    Args:
        columns: of the batch; changed in place. They have masks.
        frame_size: int (n, 2): height, width.
        chosen: bool (n,): which masks.
        network: the input of a network that the masks are of; None: they are of the whole frame.
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
        if network is None:
            scaled = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_NEAREST)
        else:
            scaled = network.mask_to_frame(pixels, width, height)
        encoded: bytes | str = rle_codec.encode(np.asfortranarray(scaled, np.uint8))["counts"]
        counts[row] = encoded.encode() if isinstance(encoded, str) else encoded
        size[row] = height, width
    after = read_run_lengths(counts, size)
    if network is None:
        is_old = np.abs(columns.box - before.box).sum(axis=1) < np.abs(columns.box - after.box).sum(axis=1)
    else:  # boxes were brought back already; of those that were right before, nothing is left but the mask
        is_old = pairwise_iou(columns.box, after.box) < MIN_IOU_OF_BOX
    columns.box[chosen & is_old] = np.nan
    columns.area[chosen] = np.nan
    columns.rle_counts, columns.rle_size = counts, size
