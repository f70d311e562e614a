"""Rows of metrics: a small histogram, median and quartiles, what is missing, and the outliers; counts are links.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from components.browser_charts import chart_source, chart_style
from components.browser_code import browser_component
from components.data.doors import Door, noun_of
from components.doors import door_source
from components.drawing import read_sources
from predscope.exploration.data_summary import Distribution, Tail
from predscope.exploration.metric_lookup import Side
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange, short

_FOLDER: Final = Path(__file__).parent


def distribution_rows(
    entries: Sequence[Distribution],
    side: Side,
    *,
    key: str,
    door: Callable[[Metric, MetricRange], Door],
) -> None:
    """Show some distributions.

    Args:
        side: whose metrics they are.
        key: of the component.
        door: what a range of a metric opens.
    """

    def bar_of(metric: Metric, where: MetricRange, count: int) -> dict[str, Any]:
        bar: dict[str, Any] = {"count": count, "text": f"{where.text(metric)}: {noun_of(side, count)}"}
        return bar | ({"href": door(metric, where).href} if count else {})

    def tail_of(metric: Metric, tail: Tail | None) -> dict[str, Any] | None:
        if tail is None:
            return None
        record = bar_of(metric, tail.where, tail.count)
        if tail.severe_where is not None:
            record["severe"] = bar_of(metric, tail.severe_where, tail.severe_count)
        return record

    rows = [
        {
            "name": entry.metric.name,
            "title": entry.metric.title,
            "unit": entry.metric.unit,
            "definition": entry.metric.definition,
            "categorical": entry.metric.is_categorical,
            "bars": [bar_of(entry.metric, bar.where, bar.count) for bar in entry.bars],
            "names": [", ".join(bar.where.categories) for bar in entry.bars] if entry.metric.is_categorical else [],
            "limits": [_text(entry.lowest), _text(entry.highest)],
            "median": _text(entry.median),
            "quartiles": ""
            if np.isnan(entry.median)
            else f"{_text(entry.first_quartile)} – {_text(entry.third_quartile)}",
            "missing": entry.missing,
            "low": tail_of(entry.metric, entry.low),
            "high": tail_of(entry.metric, entry.high),
        }
        for entry in entries
    ]

    _component()(
        key=key,
        data={
            "rows": rows,
            "noun": noun_of(side, 2).split(" ", 1)[1],
            "file_name": f"distributions_{side.role or 'frames'}",
        },
    )


def _text(value: float) -> str:
    return "" if np.isnan(value) else short(value)


@cache
def _component() -> Any:
    return browser_component(
        "predscope_distributions",
        html="<div class='chart distributions'></div>\n<!-- filled by distributions.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("distributions.css",)),
        script=chart_source() + "\n" + door_source() + read_sources(_FOLDER, ("distributions.js",)),
    )
