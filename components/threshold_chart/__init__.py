"""Precision, recall and F1 over the confidence threshold, with an operating point that one takes hold of and moves.

Drawn in the browser, which has all the points: while the handle is dragged (or moved with the arrow keys) the rates are
read off there, and nothing is asked of Python. Where it is let go, Python is told the confidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from components.browser_charts import chart_source, chart_style
from components.browser_code import browser_component
from components.charts.style import F1_COLOR, POINT_COLOR, PRECISION_COLOR, RECALL_COLOR
from components.clicks import heard, unheard
from components.drawing import read_sources

__all__ = ["HEIGHT_PX", "moved_to", "threshold_chart"]

HEIGHT_PX: Final = 340
_FOLDER: Final = Path(__file__).parent
_LINES: Final = (
    ("precision", "precision", PRECISION_COLOR),
    ("recall", "recall", RECALL_COLOR),
    ("f1", "F1", F1_COLOR),
)
_DIGITS: Final = 5


def threshold_chart(
    table: pd.DataFrame,
    confidence: float,
    plateau: tuple[float, float] | None,
    *,
    is_whole: bool,
    key: str,
    file_name: str,
    on_move: Callable[[float], None],
) -> None:
    """Show the chart.

    Args:
        table: of a ``ConfidenceCurve``: ``confidence``, falling, ``precision``, ``recall`` and ``f1``.
        confidence: the operating point.
        plateau: lowest and highest confidence of the band where F1 is as good as at its best; None: no band.
        is_whole: every confidence that makes a difference is in the table, so that the lines are steps; else they are
            drawn, and read, from point to point.
        key: of the component.
        file_name: under which the chart is saved, without its ending.
        on_move: called with the confidence, 0 to 1, where the handle was let go.
    """

    def moved() -> None:
        for move in unheard(key, getattr(st.session_state[key], "move", None)):
            confidence = moved_to(move)
            if confidence is not None:
                on_move(confidence)

    _component()(
        key=key,
        data={
            "confidences": _numbers(table["confidence"], digits=9),
            "lines": [
                {"name": name, "title": title, "color": color, "values": _numbers(table[name], digits=_DIGITS)}
                for name, title, color in _LINES
            ],
            "confidence": confidence,
            "plateau": None if plateau is None else list(plateau),
            "steps": is_whole,
            "point_color": POINT_COLOR,
            "height": HEIGHT_PX,
            "file_name": file_name,
            "heard": heard(key),
        },
        on_move_change=moved,
    )


def moved_to(value: Any) -> float | None:
    """The confidence of an event of the browser; None where it says none."""
    asked = value.get("confidence") if isinstance(value, Mapping) else None
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 <= asked <= 1:
        return None
    return float(asked)


def _numbers(column: pd.Series, digits: int) -> list[float | None]:
    """What JSON can say: no NaN."""
    return [None if np.isnan(value) else round(value, digits) for value in column.to_numpy(np.float64).tolist()]


@cache
def _component() -> Any:
    return browser_component(
        "predscope_threshold_chart",
        html="<div class='chart'></div>\n<!-- filled by threshold_chart.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("threshold_chart.css",)),
        script=chart_source() + "\n" + read_sources(_FOLDER, ("lines.js", "threshold_chart.js")),
    )
