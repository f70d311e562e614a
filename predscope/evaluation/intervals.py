"""How sure a share is that was counted on few samples."""

from __future__ import annotations

from typing import Final

import numpy as np

NORMAL_QUANTILE_95: Final = 1.959963984540054


def wilson(hits: np.ndarray | float, total: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a proportion (Wilson, 1927): lower and upper end; NaN where the total is 0."""
    count, of = np.asarray(hits, np.float64), np.asarray(total, np.float64)
    squared = NORMAL_QUANTILE_95**2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count / of
        scale = 1 + squared / of
        centre = (share + squared / (2 * of)) / scale
        half = NORMAL_QUANTILE_95 * np.sqrt(share * (1 - share) / of + squared / (4 * of**2)) / scale
    return np.maximum(centre - half, 0), np.minimum(centre + half, 1)
