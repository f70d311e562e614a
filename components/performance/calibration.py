"""Whether the confidences mean what they say."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from components.charts.reliability import reliability_chart
from components.charts.style import CONFIG
from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import share
from predscope.evaluation.calibration import Calibration

_WELL: Final = 0.03
"""ECE up to which a model is called well calibrated."""
_WIDTH_PX: Final = 620


def calibration(found: Calibration) -> None:
    """The reliability diagram, with what it says in words."""
    heading(calibration_in_words(found), "calibration")
    if not len(found.count):
        return
    chart = reliability_chart(found.to_pandas())
    st.plotly_chart(chart, width=_WIDTH_PX, key="performance.calibration", config=CONFIG)
    st.caption(
        f"ECE {_rate(found.ece)}, MCE {_rate(found.mce)}, of {int(found.count.sum()):,} predictions from confidence "
        f"{number(round(found.lowest_confidence, 4))} on, which find {share(found.recall)} of the labels."
    )


def calibration_in_words(found: Calibration) -> str:
    """The finding: whether the model is more sure, or less, than it is right."""
    total = found.count.sum()
    if not total:
        return "There is nothing to calibrate"
    claimed, right = (float((values * found.count).sum() / total) for values in (found.confidence, found.precision))
    if found.ece < _WELL:
        return f"Confidences mean what they say: mean {share(claimed)}, right {share(right)}"
    if abs(claimed - right) < found.ece / 2:
        return f"Confidences are off by {share(found.ece)}, up and down"
    way = "higher" if claimed > right else "lower"
    return f"Confidences are {way} than the share that is right: mean {share(claimed)}, right {share(right)}"


def _rate(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")
