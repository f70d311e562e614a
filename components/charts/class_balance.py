"""How many objects each class has, in the labels and in every prediction set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from components.charts.style import plain

_BAR_PX: Final = 13
_GAP_PX: Final = 9
_MARGIN_PX: Final = 76
_LABEL_BAR_COLOR: Final = "#8A8F98"
_FEW_OBJECTS: Final = 8
"""Up to here each count has its tick; there is no half of an object."""


def class_balance_chart(counts: pd.DataFrame, colors: Mapping[str, str]) -> go.Figure:
    """Horizontal bars, one group a class, the most frequent on top.

    Args:
        counts: index: class name; one column of counts a set, in drawing order.
        colors: ``#RRGGBB`` by column name; the labels' own near-white is replaced by a grey that shows on any theme.
    """
    ordered = counts.loc[counts.max(axis=1).sort_values(kind="stable").index]
    is_few = counts.size > 0 and counts.to_numpy().max() <= _FEW_OBJECTS
    figure = go.Figure()
    for name in reversed(ordered.columns):  # plotly draws the groups of horizontal bars from below
        color = colors.get(name, _LABEL_BAR_COLOR)
        figure.add_bar(
            y=list(map(plain, ordered.index)),
            x=ordered[name],
            name=plain(name),
            orientation="h",
            marker_color=_LABEL_BAR_COLOR if name == "Labels" else color,
            customdata=[name] * len(ordered),
            hovertemplate="%{y}: %{x:,} in " + plain(name) + "<extra></extra>",
        )
    figure.update_layout(
        height=_MARGIN_PX + (_BAR_PX * max(2, len(ordered.columns)) + _GAP_PX) * max(3, len(ordered)),
        margin={"l": 8, "r": 16, "t": 32, "b": 32},
        barmode="group",
        bargap=0.2,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        xaxis={"title": "objects", "rangemode": "tozero", "tickformat": ",", "dtick": 1 if is_few else None},
        yaxis={"title": None, "automargin": True},
    )
    return figure
