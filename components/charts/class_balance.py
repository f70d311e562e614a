"""How many objects each class has, in the labels and in every prediction set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import plotly.graph_objects as go

_ROW_PX: Final = 22
_MARGIN_PX: Final = 60
_LABEL_BAR_COLOR: Final = "#8A8F98"


def class_balance_chart(counts: pd.DataFrame, colors: Mapping[str, str]) -> go.Figure:
    """Horizontal bars, one group a class, the most frequent on top.

    Args:
        counts: index: class name; one column of counts a set, in drawing order.
        colors: ``#RRGGBB`` by column name; the labels' own near-white is replaced by a grey that shows on any theme.
    """
    ordered = counts.loc[counts.max(axis=1).sort_values(kind="stable").index]
    figure = go.Figure()
    for name in ordered.columns:
        color = colors.get(name, _LABEL_BAR_COLOR)
        figure.add_bar(
            y=ordered.index,
            x=ordered[name],
            name=name,
            orientation="h",
            marker_color=_LABEL_BAR_COLOR if name == "Labels" else color,
            hovertemplate="%{y}: %{x:,} " + name.replace("<", "&lt;") + "<extra></extra>",
        )
    figure.update_layout(
        height=_MARGIN_PX + _ROW_PX * max(3, len(ordered)),
        margin={"l": 8, "r": 16, "t": 32, "b": 32},
        barmode="group",
        bargap=0.25,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"title": "objects", "rangemode": "tozero", "tickformat": ","},
        yaxis={"title": None, "automargin": True},
    )
    return figure
