"""Objects of one frame are not independent: how much less they tell than as many single ones.

The design effect (Kish, 1965) is the variance of a share over that of a simple sample of the same size. Counts divided
by it are *effective* counts, which the formulas for independent samples may be used on.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_ENOUGH_CLUSTERS: Final = 2


def clusters_of(frame: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """int64 (n,): a number from 0 for what objects share: their frame, or the group (video, scene) of their frame.

    Args:
        frame: int (n,).
        groups: int (frames,): frames that go together; None: each by itself.
    """
    return np.unique(frame if groups is None else groups[frame], return_inverse=True)[1]


def intra_cluster_correlation(cluster: np.ndarray, is_right: np.ndarray) -> float:
    """How alike the outcomes within a cluster are, 0 to 1: the moment estimate over all pairs of a cluster."""
    if not len(cluster):
        return 0.0
    residual = is_right - is_right.mean()
    sizes = np.bincount(cluster)
    sums = np.bincount(cluster, residual)
    pairs = float((sizes.astype(np.float64) ** 2).sum() - len(cluster))
    squares = float((residual**2).sum())
    if pairs <= 0 or squares <= 0:
        return 0.0
    return float(np.clip((float((sums**2).sum()) - squares) / pairs / (squares / len(cluster)), 0, 1))


def design_effect(cluster: np.ndarray, is_right: np.ndarray, correlation: float = 0.0) -> tuple[float, int]:
    """The design effect of the share of right ones, never below 1, and the number of clusters.

    The larger of two estimates: from the sums of the clusters themselves, which is good with many of them, and from
    their sizes and a correlation that is known from more data, which does not fail with few.

    Args:
        cluster: int (n,), equal numbers side by side.
        is_right: bool (n,).
        correlation: of outcomes within clusters, e.g. of the whole data.
    """
    count = len(cluster)
    if not count:
        return 1.0, 0
    starts = np.flatnonzero(np.concatenate([[True], cluster[1:] != cluster[:-1]]))
    sizes = np.diff(starts, append=count).astype(np.float64)
    hits = np.add.reduceat(is_right.astype(np.float64), starts)
    by_size = 1 + correlation * max(float((sizes**2).sum()) / count - 1, 0)
    share = hits.sum() / count
    variance = count * share * (1 - share)
    by_sums = 0.0
    if variance > 0 and len(starts) >= _ENOUGH_CLUSTERS:
        residual = hits - share * sizes
        by_sums = float((residual**2).sum()) * len(starts) / (len(starts) - 1) / variance
    return max(1.0, by_size, by_sums), len(starts)
