"""The map of two metrics: a cell a pair of bins, coloured by a rate or a count; a cell is picked by a click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st

from components.browser_charts import chart_source, chart_style
from components.browser_code import browser_component
from components.by_metric.chart import axis_title, tick_of
from components.charts.style import PRECISION_COLOR, QUIET_COLOR, RECALL_COLOR
from components.drawing import read_sources
from predscope.analysis import MetricMap
from predscope.analysis.two_metrics import MapCounts
from predscope.exploration.metric_findings import FEWEST_OBJECTS, range_in_words
from predscope.exploration.sorting import rate

__all__ = ["metric_map", "picked_cell"]

_FOLDER: Final = Path(__file__).parent
_COLORS: Final = {
    "recall": RECALL_COLOR,
    "precision": PRECISION_COLOR,
    "labels": QUIET_COLOR,
    "predictions": QUIET_COLOR,
}


def metric_map(
    found: MetricMap,
    coloring: str,
    picked: tuple[int, int] | None,
    *,
    title: str,
    key: str,
    file_name: str,
    on_pick: Callable[[int, int], None],
) -> None:
    """Show the map: the first metric from left to right, the second from bottom to top.

    Args:
        found: counts by cell.
        coloring: "recall", "precision", "labels" or "predictions".
        picked: bins of the cell whose objects are on screen.
        title: for those who hear the page.
        key: of the component.
        file_name: under which the numbers are saved, without its ending.
        on_pick: called with the bin of the first and that of the second metric.
    """
    counts = found.labels if coloring in ("recall", "labels") else found.predictions
    shape = len(found.first), len(found.second)

    def was_picked() -> None:
        cell = picked_cell(getattr(st.session_state[key], "pick", None), shape)
        if cell is not None:
            on_pick(*cell)

    table = found.to_pandas()
    _component()(
        key=key,
        data={
            "title": title,
            "columns": [
                {"tick": tick_of(found.first, place), "text": range_in_words(found.first, place, place)}
                for place in range(shape[0])
            ],
            "rows": [
                {"tick": tick_of(found.second, place), "text": range_in_words(found.second, place, place)}
                for place in range(shape[1])
            ],
            "axes": [axis_title(found.first), axis_title(found.second)],
            "cells": [[_cell(found, counts, coloring, x, y) for x in range(shape[0])] for y in range(shape[1])],
            "color": _COLORS[coloring],
            "picked": list(picked) if picked else None,
            "table": {
                "columns": list(table.columns),
                "rows": [
                    [None if value != value else value for value in row] for row in table.astype(object).values.tolist()
                ],
            },
            "file_name": file_name,
        },
        on_pick_change=was_picked,
    )


def picked_cell(value: Any, shape: tuple[int, int]) -> tuple[int, int] | None:
    """The cell of an event of the browser; None where it says none."""
    if not isinstance(value, Mapping):
        return None
    first, second = value.get("first"), value.get("second")
    if type(first) is int and type(second) is int and 0 <= first < shape[0] and 0 <= second < shape[1]:
        return first, second
    return None


def _cell(found: MetricMap, counts: MapCounts | None, coloring: str, x: int, y: int) -> dict[str, Any]:
    """Text, depth of colour (0 to 1; None: nothing there), and whether it is of too few objects."""
    said = []
    for side, noun, verb in ((found.labels, "labels", "found"), (found.predictions, "predictions", "right")):
        if side is not None:
            said.append(f"{int(side.right[x, y]):,} of {int(side.total[x, y]):,} {noun} {verb}")
    total = 0 if counts is None else int(counts.total[x, y])
    if counts is None or not total:
        return {"text": "", "depth": None, "few": False, "said": "; ".join(said)}
    if coloring in ("recall", "precision"):
        value = float(counts.rate[x, y])
        low, high = (float(end[x, y]) for end in counts.interval)
        said.append(f"{coloring} {rate(value)} [{rate(low)}, {rate(high)}]")
        return {"text": rate(value), "depth": round(value, 4), "few": total < FEWEST_OBJECTS, "said": "; ".join(said)}
    depth = float(np.sqrt(total / counts.total.max()))
    return {"text": f"{total:,}", "depth": round(depth, 4), "few": total < FEWEST_OBJECTS, "said": "; ".join(said)}


@cache
def _component() -> Any:
    return browser_component(
        "predscope_metric_map",
        html="<div class='chart map'></div>\n<!-- filled by map.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("map.css",)),
        script=chart_source() + "\n" + read_sources(_FOLDER, ("map.js",)),
    )
