"""Precision and recall over all thresholds; the operating point is moved by a click on a curve, or dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import streamlit as st

from components.charts.curves import CurveLine, precision_recall_chart
from components.charts.style import CONFIG
from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import share
from components.performance.options import choose_several
from components.threshold_chart import threshold_chart
from predscope.evaluation.operating_point import Counts
from predscope.evaluation.thresholds import Threshold, best_f1
from predscope.exploration.performance import Curves, Performance
from predscope.palette import color_of

MOST_CLASSES: Final = 6
_POINTS: Final = 200
_PRECISION_RECALL: Final = "performance.precision_recall"
_CONFIDENCE: Final = "performance.over_confidence"
_POOLED: Final = "all classes"


def curves(
    found: Performance, confidence: float, iou: float, set_name: str, color: str, on_move: Callable[[float], None]
) -> None:
    """Both charts, side by side.

    Args:
        found: the numbers.
        confidence, iou: the operating point.
        set_name, color: of the prediction set.
        on_move: called with the confidence of the point that was clicked, or where the operating point was let go.
    """
    lines = found.curves(iou)
    counts = lines.pooled.at(confidence)
    best = best_f1(lines.pooled)
    heading(curves_in_words(found, counts, best), "curves")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("###### Precision over recall")
        names = [
            entry.name
            for entry, curve in zip(found.detection.classes, lines.by_class, strict=True)
            if curve.label_count and len(curve.confidence)
        ]
        chart = st.container()
        chosen = choose_several("Classes", "curve", names, "Add the curves of classes", MOST_CLASSES)
        chart.plotly_chart(
            precision_recall_chart(
                _lines(found, lines, chosen, color),
                (counts.recall, counts.precision),
                f"confidence ≥ {number(confidence)}",
            ),
            key=_PRECISION_RECALL,
            config=CONFIG,
            on_select=lambda: _move(_PRECISION_RECALL, found, on_move),
            selection_mode="points",
        )
    with right:
        st.markdown("###### Over the confidence threshold")
        threshold_chart(
            lines.pooled.to_pandas(_POINTS),
            confidence,
            None if best is None else best.plateau,
            is_whole=len(lines.pooled.confidence) <= _POINTS,
            key=_CONFIDENCE,
            file_name=f"rates-over-confidence-{set_name}",
            on_move=on_move,
        )


def curves_in_words(found: Performance, counts: Counts, best: Threshold | None) -> str:
    """The finding: how far the operating point is from the best F1."""
    if best is None or np.isnan(counts.f1):
        return "Precision and recall over all thresholds"
    if share(counts.f1) == share(best.counts.f1):
        return f"F1 is at its best here: {share(counts.f1)}"
    at = number(found.readable_threshold(best.confidence))
    return f"F1 is {share(counts.f1)} here, and {share(best.counts.f1)} at best, at confidence {at}"


def _lines(found: Performance, lines: Curves, chosen: Sequence[str], color: str) -> list[CurveLine]:
    by_name = {entry.name: entry for entry in found.detection.classes}
    drawn = [CurveLine(_POOLED, color, lines.pooled.to_pandas(_POINTS))]
    for name in chosen:
        entry = by_name[name]
        drawn.append(CurveLine(name, color_of(entry), lines.by_class[entry.class_id].to_pandas(_POINTS)))
    return drawn


def _move(key: str, found: Performance, on_move: Callable[[float], None]) -> None:
    for point in st.session_state[key]["selection"]["points"][:1]:
        clicked = point.get("customdata")
        if isinstance(clicked, int | float):
            on_move(found.readable_threshold(float(clicked)))
