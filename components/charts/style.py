"""What all charts have in common: colours that carry meaning, fixed axes of rates, text from files shown as text."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

PRECISION_COLOR: Final = "#1F87C9"
RECALL_COLOR: Final = "#E69F00"
F1_COLOR: Final = "#8A6FBF"
POINT_COLOR: Final = "#D64550"
"""The operating point, and nothing else."""
QUIET_COLOR: Final = "#8A8F98"
"""What is there to compare with: a diagonal, counts behind rates."""
CONFIG: Final[dict[str, Any]] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}
"""For ``st.plotly_chart``: the buttons that are left zoom, pan, reset and save as PNG."""

_BARE: Final[dict[str, Any]] = {"opacity": 0}


def rate_axis(title: str) -> dict[str, Any]:
    """An axis of a rate: always from 0 to 1."""
    return {
        "title": {"text": title, "standoff": 8},
        "range": [-0.015, 1.03],
        "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        "ticktext": ["0", ".2", ".4", ".6", ".8", "1"],
        "zeroline": False,
        "showgrid": True,
    }


def lay_out(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Size, margins and the way a chart answers the pointer."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
        showlegend=False,
        hovermode="closest",
        hoverlabel={"align": "left"},
        clickmode="event+select",
        **layout,
    )
    return figure


def add_click_targets(
    figure: go.Figure, x: Any, y: Any, customdata: Any, hovertemplate: str, size: int, symbol: str = "circle"
) -> None:
    """Invisible marks that take the pointer where the drawing itself cannot."""
    figure.add_scatter(
        x=x,
        y=y,
        customdata=customdata,
        hovertemplate=hovertemplate,
        mode="markers",
        marker={"size": size, "opacity": 0, "symbol": symbol, "color": QUIET_COLOR},
        selected={"marker": _BARE},
        unselected={"marker": _BARE},
        showlegend=False,
    )


def plain(text: str) -> str:
    """Text from files as plotly shows it literally; it reads a little HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mix(low: str, high: str, share: float) -> str:
    """``#RRGGBB`` between two others; 0 is the first."""
    pairs = zip(_channels(low), _channels(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
