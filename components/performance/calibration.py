"""Whether the confidences mean what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from components.charts.reliability import reliability_chart
from components.charts.style import CONFIG
from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import Door, exact_share, figures, share
from predscope.evaluation.calibration import Calibration
from predscope.exploration.object_query import ObjectQuery

_WELL: Final = 0.03
"""ECE up to which a model is called well calibrated."""
_WIDTH_PX: Final = 680
_KEY: Final = "performance.calibration"


def calibration(found: Calibration, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """The reliability diagram, each bin a link to its predictions, with what it says in words.

    Args:
        found: the bins.
        query: all objects of the operating point.
    """
    heading(calibration_in_words(found), "calibration")
    if not len(found.count):
        return

    def open_bin() -> None:
        chosen = objects_of_bin(st.session_state[_KEY]["selection"]["points"], query)
        if chosen is not None:
            on_open(chosen)

    st.plotly_chart(
        reliability_chart(found.to_pandas()),
        width=_WIDTH_PX,
        key=_KEY,
        config=CONFIG,
        on_select=open_bin,
        selection_mode="points",
    )
    everything = Door("calibrated", f"{int(found.count.sum()):,} predictions", objects_in_range(0.0, None, query))
    figures(
        sentence=[
            f"ECE {exact_share(found.ece)}, MCE {exact_share(found.mce)}, of ",
            everything,
            f" from confidence {number(round(found.lowest_confidence, 4))} on, which find {share(found.recall)} of the "
            "labels.",
        ],
        key="performance.calibrated",
        on_open=on_open,
    )


def objects_of_bin(points: Sequence[Mapping[str, Any]], query: ObjectQuery) -> ObjectQuery | None:
    """What a click on the diagram opens; None: on nothing."""
    for point in points:
        low, high = (float(end) for end in point["customdata"][:2])
        return objects_in_range(low, None if high >= 1 else high, query)
    return None


def objects_in_range(low: float, high: float | None, query: ObjectQuery) -> ObjectQuery:
    """Predictions that count, right or wrong, of a range of confidences; the threshold goes down to them if need be.

    Which of them are right does not depend on the threshold.
    """
    frames = query.frames.with_(confidence=min(query.frames.confidence, low))
    limits = None if (low, high) == (frames.confidence, None) else (low, high)
    return query.with_(frames=frames, outcomes=("tp", "fp"), confidence_range=limits)


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
