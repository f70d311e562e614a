"""Whether confidences mean what they say: the reliability diagram, and under it how many predictions each bin has."""

from __future__ import annotations

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from components.charts.style import PRECISION_COLOR, QUIET_COLOR, lay_out, rate_axis

HEIGHT_PX: Final = 380


def reliability_chart(bins: pd.DataFrame) -> go.Figure:
    """Bars are the precision of a bin of confidences with its 95 % interval; on the diagonal it is as claimed.

    Args:
        bins: ``Calibration.to_pandas()``.
    """
    centre, width = (bins["low"] + bins["high"]) / 2, 0.94 * (bins["high"] - bins["low"])
    columns = ["low", "high", "count", "confidence", "precision", "precision_low", "precision_high"]
    facts = bins[columns].to_numpy().tolist()  # of an array, a click would report no list
    hover = (
        "confidence %{customdata[0]:.2f} to %{customdata[1]:.2f}: %{customdata[2]:,} predictions<br>"
        "<b>%{customdata[4]:.3f}</b> of them right [%{customdata[5]:.3f}, %{customdata[6]:.3f}]<br>"
        "mean confidence %{customdata[3]:.3f}<br>Click to open them<extra></extra>"
    )
    figure = go.Figure()
    figure.add_bar(
        x=centre,
        y=bins["precision"],
        width=width,
        hoverinfo="skip",
        marker={"color": PRECISION_COLOR, "opacity": 0.8},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": bins["precision_high"] - bins["precision"],
            "arrayminus": bins["precision"] - bins["precision_low"],
            "color": QUIET_COLOR,
            "thickness": 1.2,
            "width": 3,
        },
    )
    figure.add_scatter(
        x=bins["confidence"],
        y=bins["confidence"],
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 16, "color": QUIET_COLOR, "line": {"width": 2}},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": QUIET_COLOR, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_bar(
        x=centre,
        y=bins["count"],
        width=width,
        yaxis="y2",
        text=[f"{count:,}" for count in bins["count"]],
        textposition="outside",
        textangle=0,
        textfont={"size": 11},
        cliponaxis=False,
        hoverinfo="skip",
        marker={"color": QUIET_COLOR, "opacity": 0.55},
    )
    highest = 1.3 * float(bins["count"].max())  # room for the numbers
    for axis, height in (("y", 1.0), ("y2", highest)):
        _add_doors(figure, centre, (bins["high"] - bins["low"]), height, axis, facts, hover)
    counts = {"title": {"text": "predictions"}, "domain": [0, 0.2], "range": [0, highest], "tickformat": "~s"}
    return lay_out(
        figure,
        HEIGHT_PX,
        barmode="overlay",
        xaxis={**rate_axis("confidence"), "anchor": "y2"},
        yaxis={**rate_axis("share that is right"), "domain": [0.27, 1]},
        yaxis2={**counts, "anchor": "x", "nticks": 3, "zeroline": False},
    )


def _add_doors(
    figure: go.Figure,
    centre: pd.Series,
    width: pd.Series,
    height: float,
    axis: str,
    facts: list[list[float]],
    hover: str,
) -> None:
    """Invisible bars over the whole height that take the pointer, because a bar of few predictions is hard to hit."""
    figure.add_bar(
        x=centre,
        y=[height] * len(centre),
        width=width,
        yaxis=axis,
        customdata=facts,
        hovertemplate=hover,
        marker={"color": "rgba(0, 0, 0, 0)", "line": {"width": 0}},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )
