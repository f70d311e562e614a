"""Whether the boxes of COCO results say anything that the masks or keypoints do not.

Evaluations take the area of a result from its box, where it has one, and else from its mask or keypoints: results that
came without boxes must go without them, or areas, and with them AP by size, would change.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hotcoco import mask as rle_codec

from predscope.export.selection import ExportSelection
from predscope.schema import Geometry

_COLUMNS = ("geometry", "x", "y", "w", "h", "given_box", "rle_counts", "rle_height", "rle_width", "keypoints")
_TOLERANCE_PX = 1e-6


def boxes_follow_from_shapes(selection: ExportSelection) -> bool:
    """Are all objects masks, or all keypoints, and their boxes the hulls of those?"""
    seen: set[str] = set()
    for table in selection.chunks(_COLUMNS):
        seen |= set(table["geometry"].unique().to_pylist())
        if len(seen) > 1 or seen - {Geometry.MASK, Geometry.KEYPOINTS}:
            return False
        if not len(table):
            continue
        hulls = _hulls_of_masks(table) if Geometry.MASK in seen else _hulls_of_keypoints(table)
        boxes = np.column_stack([table[side].to_numpy(zero_copy_only=False) for side in "xywh"])
        if table["given_box"].null_count < len(table) or not np.allclose(boxes, hulls, rtol=0, atol=_TOLERANCE_PX):
            return False
    return bool(seen)


def _hulls_of_masks(table: pa.Table) -> np.ndarray:
    sizes = zip(table["rle_height"].to_pylist(), table["rle_width"].to_pylist(), strict=True)
    counts = table["rle_counts"].to_pylist()
    rles = [{"size": list(size), "counts": count} for size, count in zip(sizes, counts, strict=True)]
    return np.asarray(rle_codec.toBbox(rles), np.float64).reshape(-1, 4)


def _hulls_of_keypoints(table: pa.Table) -> np.ndarray:
    hulls = []
    for points in table["keypoints"].to_pylist():
        x, y = np.asarray(points[0::3]), np.asarray(points[1::3])
        hulls.append([x.min(), y.min(), x.max() - x.min(), y.max() - y.min()])
    return np.array(hulls, np.float64).reshape(-1, 4)
