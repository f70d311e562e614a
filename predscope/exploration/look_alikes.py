"""Frames that show the same, side by side: copies of one file, and pictures that are nearly alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.exploration.metric_columns import column_of
from predscope.exploration.query import FrameQuery
from predscope.metrics.derived import feature_vectors
from predscope.metrics.duplicates import NEAR_BITS, find_duplicates
from predscope.metrics.features import HASH_BITS
from predscope.metrics.ranges import MetricRange
from predscope.metrics.workspace import Workspace
from predscope.project import Project
from predscope.recently_used import RecentlyUsed

EXACT: Final = MetricRange("copies", 1)
NEAR: Final = MetricRange("uniqueness", None, (NEAR_BITS + 0.5) / HASH_BITS)


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Frames that are like each other.

    Attributes:
        frames: their indices, rising.
        bits: in how many of the 64 bits of the perceptual hash each differs from the first.
        is_exact: all of them have the very same bytes.
    """

    frames: tuple[int, ...]
    bits: tuple[int, ...]
    is_exact: bool


_groups: Final[RecentlyUsed[list[LookAlikes]]] = RecentlyUsed(4)


def look_alikes(project: Project, query: FrameQuery) -> list[LookAlikes] | None:
    """Groups of frames that show the same: exact copies first, each kind with the largest group first.

    None: the images have not been measured yet.
    """
    measured = column_of(project, NEAR.name, None, None, query)
    if measured is None:
        return None

    def find() -> list[LookAlikes]:
        hashes = feature_vectors(Workspace(project), "perceptual_hash", None)
        found = []
        for group in find_duplicates(project):
            own = np.nan_to_num(hashes[list(group.frames)]).astype(np.uint8)
            bits = np.bitwise_count(own ^ own[:1]).sum(axis=1)
            found.append(LookAlikes(group.frames, tuple(bits.tolist()), group.is_exact))
        return sorted(found, key=lambda one: not one.is_exact)

    return _groups.get((str(project.path), project.revision, measured), find)


def count_look_alikes(project: Project, query: FrameQuery, where: MetricRange) -> int:
    """How many frames have an exact copy (``EXACT``) or one that is nearly alike (``NEAR``)."""
    column = column_of(project, where.name, None, None, query)
    return 0 if column is None else int(where.holds(column).sum())
