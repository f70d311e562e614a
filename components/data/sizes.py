"""How large the frames are."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go
import streamlit as st

from components.charts.style import CONFIG, PRECISION_COLOR, lay_out
from components.data.doors import frames_door
from components.data.explanations import SIZES
from components.performance.explanations import explained
from predscope.exploration import FrameQuery
from predscope.exploration.data_summary import FrameSize, frame_sizes
from predscope.project import Project

MOST_NAMED: Final = 12
_CHART: Final = "data.sizes"
_SMALLEST_PX, _LARGEST_PX = 12, 46


def show_sizes(project: Project, query: FrameQuery) -> None:
    """A mark for each size; a click opens its frames."""
    sizes = frame_sizes(project, query)
    explained(sizes_in_words(sizes), "sizes", SIZES)
    if not sizes:
        return

    def open_size() -> None:
        for point in st.session_state[_CHART]["selection"]["points"][:1]:
            frames_door(query.with_(metric_ranges=sizes[point["point_index"]].where)).open()

    st.plotly_chart(sizes_chart(sizes), key=_CHART, config=CONFIG, on_select=open_size, selection_mode="points")


def sizes_in_words(sizes: tuple[FrameSize, ...]) -> str:
    """The finding: whether all frames have one size, or which most of them have."""
    if not sizes:
        return "No frame's size is known"
    most, total = sizes[0], sum(size.count for size in sizes)
    name = f"{most.width:,} x {most.height:,} px"
    if len(sizes) == 1:
        return f"All {total:,} frames are {name}"
    if 2 * most.count > total:
        return f"{most.count:,} of {total:,} frames are {name}; there are {len(sizes):,} sizes"
    return f"{len(sizes):,} sizes; the most frequent is {name}, of {most.count:,} of {total:,} frames"


def sizes_chart(sizes: tuple[FrameSize, ...]) -> go.Figure:
    """Width against height, on axes of one scale."""
    most = sizes[0].count
    figure = go.Figure()
    figure.add_scatter(
        x=[size.width for size in sizes],
        y=[size.height for size in sizes],
        mode="markers+text",
        text=[f"{size.width} x {size.height}: {size.count:,}" if len(sizes) <= MOST_NAMED else "" for size in sizes],
        textposition="top center",
        marker={
            "size": [_SMALLEST_PX + (_LARGEST_PX - _SMALLEST_PX) * (size.count / most) ** 0.5 for size in sizes],
            "color": PRECISION_COLOR,
            "opacity": 0.6,
            "line": {"width": 1, "color": PRECISION_COLOR},
        },
        selected={"marker": {"opacity": 0.6}},
        unselected={"marker": {"opacity": 0.6}},
        customdata=[size.count for size in sizes],
        hovertemplate="%{x:,} x %{y:,} px: %{customdata:,} frames<extra></extra>",
        cliponaxis=False,
    )
    widest, highest = max(size.width for size in sizes), max(size.height for size in sizes)
    axis = {"rangemode": "tozero", "tickformat": ",", "zeroline": False, "showgrid": True}
    return lay_out(
        figure,
        460,
        xaxis={**axis, "title": "width (px)", "range": [0, widest * 1.2]},
        yaxis={**axis, "title": "height (px)", "range": [0, highest * 1.2]},
    )
