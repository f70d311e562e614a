"""Whether confidences mean what they say: of predictions with confidence 0.8, are 80 % right?

Right is a true positive at the IoU threshold. Definitions as in Guo et al., "On Calibration of Modern Neural Networks"
(ICML 2017): ECE is the mean over predictions, MCE the largest, of the distance between precision and mean confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.intervals import wilson
from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import Objects


@dataclass(frozen=True)
class Calibration:
    """A reliability diagram and its summary. Bins without predictions are left out.

    Attributes:
        iou_threshold: from which a prediction is right.
        low, high: float64 (bins,): the range of confidences of each bin.
        count: int64 (bins,): predictions in it.
        confidence: float64 (bins,): their mean confidence.
        precision: float64 (bins,): the share of them that is right.
        label_count: labels that could have been found.
        found: labels that were.
        lowest_confidence: of all predictions; NaN without any. What the model held back is not judged here.
    """

    iou_threshold: float
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    precision: np.ndarray
    label_count: int
    found: int
    lowest_confidence: float

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1; NaN without predictions."""
        total = self.count.sum()
        return float((self.count * self._gaps).sum() / total) if total else np.nan

    @property
    def mce(self) -> float:
        """Maximum calibration error, 0 to 1; NaN without predictions."""
        return float(self._gaps.max()) if len(self.count) else np.nan

    @property
    def recall(self) -> float:
        """Share of the labels that the predictions find; NaN without labels."""
        return self.found / self.label_count if self.label_count else np.nan

    def to_pandas(self) -> pd.DataFrame:
        """One row a bin; ``precision_low`` and ``precision_high`` are the 95 % interval of its precision (Wilson)."""
        below, above = wilson(self.precision * self.count, self.count)
        return pd.DataFrame(
            {
                "low": self.low,
                "high": self.high,
                "count": self.count,
                "confidence": self.confidence,
                "precision": self.precision,
                "precision_low": below,
                "precision_high": above,
            }
        )

    @property
    def _gaps(self) -> np.ndarray:
        return np.abs(self.precision - self.confidence)


def calibrate(
    matching: Matching,
    labels: Objects,
    predictions: Objects,
    *,
    bins: int = 10,
    spacing: Literal["width", "mass"] = "width",
    class_id: int | None = None,
) -> Calibration:
    """Calibration of all predictions, or of those of one class; what is ignored is left out.

    Args:
        bins: how many.
        spacing: bins of equal width, or of equally many predictions.
    """
    if bins < 1:
        raise InputError(f"bins must be 1 or more, got {bins}.")
    is_right = matching.label >= 0
    is_right[is_right] = ~labels.is_out[matching.label[is_right]]
    counted = is_right | ((matching.label < 0) & ~predictions.is_ignored)
    of_label = ~labels.is_out
    if class_id is not None:
        counted &= predictions.class_id == class_id
        of_label &= labels.class_id == class_id
    confidence, right = predictions.confidence[counted], is_right[counted]
    if spacing == "width":
        edges = np.arange(bins + 1) / bins  # the numbers that people write: 0.3, not 0.30000000000000004
        place = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, bins - 1)
    else:
        order = np.argsort(confidence, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order)) * bins // max(len(order), 1)
        firsts = np.searchsorted(place[order], np.arange(bins))
        starts = confidence[order][np.minimum(firsts, max(len(order) - 1, 0))] if len(order) else np.zeros(bins)
        edges = np.append(starts, confidence.max(initial=0.0))
    count = np.bincount(place, minlength=bins)
    filled = count > 0
    return Calibration(
        iou_threshold=matching.iou_threshold,
        low=edges[:-1][filled],
        high=edges[1:][filled],
        count=count[filled],
        confidence=np.bincount(place, confidence, bins)[filled] / count[filled],
        precision=np.bincount(place, right, bins)[filled] / count[filled],
        label_count=int(of_label.sum()),
        found=int(right.sum()),
        lowest_confidence=float(confidence.min()) if len(confidence) else np.nan,
    )
