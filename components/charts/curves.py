"""Precision against recall, with the operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.style import (
    POINT_COLOR,
    add_click_targets,
    lay_out,
    plain,
    rate_axis,
)

HEIGHT_PX: Final = 340
_TARGET_PX: Final = 14


@dataclass(frozen=True)
class CurveLine:
    """One line: columns ``confidence``, ``tp``, ``fp``, ``precision`` and ``recall`` of a ``ConfidenceCurve``."""

    name: str
    color: str
    table: pd.DataFrame


def precision_recall_chart(lines: Sequence[CurveLine], point: tuple[float, float], point_text: str) -> go.Figure:
    """Precision over recall; every point of a line is a confidence threshold, its ``customdata``.

    Args:
        lines: the first is drawn strongest.
        point: recall and precision at the operating point; NaN: not drawn.
        point_text: names it, at the lower right, where curves seldom are.
    """
    figure = go.Figure()
    for place, line in enumerate(lines):
        figure.add_scatter(
            x=line.table["recall"],
            y=line.table["precision"],
            mode="lines",
            line={"color": line.color, "width": 2.2 if place == 0 else 1.6},
            hoverinfo="skip",
        )
    for line in lines:
        add_click_targets(
            figure,
            line.table["recall"],
            line.table["precision"],
            line.table["confidence"],
            f"<b>{plain(line.name)}</b><br>precision %{{y:.3f}}, recall %{{x:.3f}}"
            "<br>at confidence ≥ %{customdata:.3f}<br>Click to use it<extra></extra>",
            _TARGET_PX,
        )
    if np.isfinite(point).all():
        _mark_point(figure, *point, point_text)
    if len(lines) > 1:
        _name_ends(figure, lines)
    return lay_out(figure, HEIGHT_PX, xaxis=rate_axis("recall"), yaxis=rate_axis("precision"))


def _mark_point(figure: go.Figure, x: float, y: float, text: str) -> None:
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"color": POINT_COLOR, "size": 11, "line": {"color": "white", "width": 2}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hoverinfo="skip",
    )
    figure.add_annotation(
        x=1,
        y=0.03,
        xref="paper",
        yref="paper",
        xanchor="right",
        yanchor="bottom",
        text=f"● {text}",
        font={"color": POINT_COLOR, "size": 12},
        showarrow=False,
    )


def _name_ends(figure: go.Figure, lines: Sequence[CurveLine]) -> None:
    """Names in one column at the lower left, in the colours of their lines."""
    for place, line in enumerate(reversed(lines)):
        figure.add_annotation(
            x=0.02,
            y=0.03 + 0.062 * place,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            text=f"<b>{plain(line.name)}</b>",
            font={"color": line.color, "size": 12},
            showarrow=False,
        )
