"""Frames that show the same: the same bytes, or nearly the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from predscope.metrics.derived import feature_vectors
from predscope.metrics.workspace import Workspace
from predscope.project import Project

NEAR_BITS: Final = 6
"""Bits of the perceptual hash, of 64, in which near duplicates differ at most."""
_MOST_IN_ROW: Final = 64
_BLOCK: Final = 512


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Frames that are like each other, directly or by others in between.

    Attributes:
        frames: their indices, rising; at least two.
        is_exact: all of them have the very same bytes.
    """

    frames: tuple[int, ...]
    is_exact: bool


def find_duplicates(project: Project, *, most_bits: int | None = NEAR_BITS) -> list[DuplicateGroup]:
    """Groups of frames that show the same, the largest first; frames that have not been measured are in none.

    Args:
        most_bits: in which the hashes of near duplicates differ at most; None: exact copies only.
    """
    workspace = Workspace(project)
    contents = workspace.contents()
    parent = np.arange(len(contents))
    measured = np.flatnonzero(contents > 0)
    _, first, place = np.unique(contents[measured], return_index=True, return_inverse=True)
    parent[measured] = measured[first][place]
    if most_bits is not None:
        hashes = feature_vectors(workspace, "perceptual_hash", None)
        # One frame of each content stands for its copies.
        rows = np.array([row for row in np.sort(measured[first]) if np.isfinite(hashes[row]).all()], np.int64)
        _join_near(parent, rows, hashes[rows].astype(np.uint8), most_bits)
    roots = np.array([_root(parent, row) for row in measured.tolist()], np.int64)
    groups = []
    for root in np.unique(roots):
        frames = measured[roots == root]
        if len(frames) > 1:
            groups.append(DuplicateGroup(tuple(frames.tolist()), len(np.unique(contents[frames])) == 1))
    return sorted(groups, key=lambda group: (-len(group.frames), group.frames[0]))


def _join_near(parent: np.ndarray, rows: np.ndarray, hashes: np.ndarray, most_bits: int) -> None:
    nearest = min(_MOST_IN_ROW, len(rows))
    for start in range(0, len(rows) if len(rows) > 1 else 0, _BLOCK):
        block = np.ascontiguousarray(hashes[start : start + _BLOCK])
        bits, found = cv2.batchDistance(block, hashes, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=nearest)
        for own, other in zip(*np.nonzero(bits <= most_bits), strict=True):
            first, second = _root(parent, int(rows[start + own])), _root(parent, int(rows[found[own, other]]))
            parent[max(first, second)] = min(first, second)


def _root(parent: np.ndarray, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = int(parent[row])
    return row
