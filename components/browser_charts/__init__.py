"""What charts drawn in the browser share: SVG elements, rates as text, saving as PNG or CSV, and mounting.

For charts that must answer the pointer without asking Python, such as a handle that is dragged. All others are
plotly's, see ``components.charts``. The ``.js`` files declare plain top-level functions, to stand before the code of
a component.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from components.drawing import read_sources

__all__ = ["chart_source", "chart_style"]

_FOLDER: Final = Path(__file__).parent


@cache
def chart_source() -> str:
    """The JavaScript that charts share: ``svgNode``, ``rateText``, ``saveButtons``, ``mountChart`` and their parts."""
    return read_sources(_FOLDER, ("svg.js", "save.js", "mount.js"))


@cache
def chart_style() -> str:
    """The CSS that charts share."""
    return read_sources(_FOLDER, ("chart.css",))
