"""The chart of the page: rates with their bands and counts by bin of a metric; a bin, or a range of bins, is picked.

Drawn in the browser: dragging over bins is followed there, and Python is told the range where the pointer is let go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st

from components.browser_charts import chart_source, chart_style
from components.browser_code import browser_component
from components.drawing import read_sources
from predscope.analysis import BinCounts, Bins, MetricPerformance
from predscope.exploration.metric_findings import FEWEST_OBJECTS, range_in_words
from predscope.exploration.sorting import rate
from predscope.metrics.ranges import short
from predscope.schema import Role

__all__ = ["Line", "axis_title", "metric_chart", "tick_of"]

_FOLDER: Final = Path(__file__).parent
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """What one colour of the chart stands for.

    Attributes:
        name: of the prediction set or class; "" where there is but one.
        prediction_set: whose outcomes.
        class_name: whose objects; None: all.
        color: ``#RRGGBB``.
        performance: its numbers.
    """

    name: str
    prediction_set: str
    class_name: str | None
    color: str
    performance: MetricPerformance


def metric_chart(
    lines: Sequence[Line],
    bins: Bins,
    picked: tuple[int, int] | None,
    *,
    title: str,
    missed: bool,
    colors: Mapping[Role, str],
    key: str,
    file_name: str,
    on_pick: Callable[[int, int, Role | None], None],
) -> None:
    """Show the chart.

    Args:
        lines: at least one; all over the same bins.
        bins: of the metric.
        picked: first and last bin whose objects are on screen.
        title: what it finds, for those who hear the page.
        missed: draw the miss rate of labels instead of their recall.
        colors: of the sides, where there is one line only.
        key: of the component.
        file_name: under which the chart is saved, without its ending.
        on_pick: called with the first and the last bin, and the side whose panel was clicked.
    """

    def was_picked() -> None:
        value = picked_bins(getattr(st.session_state[key], "pick", None), len(bins))
        if value is not None:
            on_pick(*value)

    _component()(
        key=key,
        data={
            "title": title,
            "panels": [
                {
                    "side": side,
                    "title": _panel_title(side, missed),
                    "series": [
                        _series(line, side, missed, colors[side] if len(lines) == 1 else None) for line in lines
                    ],
                }
                for side in ("labels", "predictions")
                if any(_counts(line, side) is not None for line in lines)
            ],
            "bins": [_bin(bins, place, lines) for place in range(len(bins))],
            "edges": [short(edge) for edge in bins.edges.tolist()],
            "axis": axis_title(bins),
            "is_categorical": bins.metric.is_categorical,
            "fewest": FEWEST_OBJECTS,
            "picked": list(picked) if picked else None,
            "table": _table(lines),
            "file_name": file_name,
        },
        on_pick_change=was_picked,
    )


def picked_bins(value: Any, count: int) -> tuple[int, int, Role | None] | None:
    """The bins of an event of the browser; None where it says none."""
    if not isinstance(value, Mapping):
        return None
    first, last, side = value.get("first"), value.get("last"), value.get("side")
    if not (type(first) is int and type(last) is int and 0 <= first <= last < count):
        return None
    return first, last, side if side in ("labels", "predictions") else None


def axis_title(bins: Bins) -> str:
    """Title and unit of a metric."""
    return f"{bins.metric.title} ({bins.metric.unit})" if bins.metric.unit else bins.metric.title


def tick_of(bins: Bins, place: int) -> str:
    """A bin in as few characters as tell it from others."""
    wanted, metric = bins.ranges[place], bins.metric
    if wanted.categories:
        return wanted.categories[0] if len(wanted.categories) == 1 else f"{len(wanted.categories)} others"
    if metric.is_integer and wanted.low is not None and wanted.high == wanted.low + 1:
        return short(wanted.low)
    if wanted.low is None:
        return "all" if wanted.high is None else f"< {short(wanted.high)}"
    return f"≥ {short(wanted.low)}" if wanted.high is None else f"{short(wanted.low)}–\u200b{short(wanted.high)}"


def _panel_title(side: Role, missed: bool) -> str:
    return "Precision of predictions" if side == "predictions" else f"{'Miss rate' if missed else 'Recall'} of labels"


def _counts(line: Line, side: Role) -> BinCounts | None:
    return line.performance.labels if side == "labels" else line.performance.predictions


def _series(line: Line, side: Role, missed: bool, color: str | None) -> dict[str, Any]:
    counts = _counts(line, side)
    total = np.zeros(0) if counts is None else counts.total
    nothing = np.full(len(line.performance.bins), np.nan)
    rates, (low, high) = (nothing, (nothing, nothing)) if counts is None else (counts.rate, counts.interval)
    overall = np.nan
    if counts is not None:
        everything = int(total.sum()) + counts.missing_total
        overall = (int(counts.right.sum()) + counts.missing_right) / everything if everything else np.nan
    if missed and side == "labels":
        rates, low, high, overall = 1 - rates, 1 - high, 1 - low, 1 - overall
    return {
        "name": line.name,
        "color": color or line.color,
        "total": total.tolist(),
        "rate": _numbers(rates),
        "low": _numbers(low),
        "high": _numbers(high),
        "overall": None if np.isnan(overall) else round(float(overall), _DIGITS),
    }


def _bin(bins: Bins, place: int, lines: Sequence[Line]) -> dict[str, Any]:
    told = []
    for line in lines:
        before = f"{line.name}: " if line.name else ""
        labels, predictions = line.performance.labels, line.performance.predictions
        if labels is not None:
            told.append(before + _share_in_words(labels, place, "labels", "found", "recall"))
        if predictions is not None:
            told.append(before + _share_in_words(predictions, place, "predictions", "right", "precision"))
        if len(lines) == 1 and predictions is not None and predictions.right[place]:
            told.append(f"mean IoU of the right ones {rate(float(predictions.mean_iou[place]))}")
        f1 = line.performance.f1
        if len(lines) == 1 and f1 is not None and np.isfinite(f1[place]):
            told.append(f"F1 {rate(float(f1[place]))}")
    return {
        "text": range_in_words(bins, place, place),
        "tick": tick_of(bins, place),
        "lines": told,
        "said": "; ".join(told),
    }


def _share_in_words(counts: BinCounts, place: int, noun: str, verb: str, name: str) -> str:
    total, right = int(counts.total[place]), int(counts.right[place])
    if not total:
        return f"no {noun}"
    low, high = (float(end[place]) for end in counts.interval)
    few = ", too few to rely on" if total < FEWEST_OBJECTS else ""
    return f"{right:,} of {total:,} {noun} {verb}: {name} {rate(right / total)} [{rate(low)}, {rate(high)}]{few}"


def _table(lines: Sequence[Line]) -> dict[str, Any]:
    """All numbers, a row a bin and line, as they are saved."""
    columns: list[str] = []
    rows: list[list[Any]] = []
    for line in lines:
        table = line.performance.to_pandas()
        columns = ["prediction_set", "class", *table.columns]
        rows += [
            [line.prediction_set, line.class_name or "", *(None if value != value else value for value in row)]
            for row in table.astype(object).to_numpy().tolist()
        ]
    return {"columns": columns, "rows": rows}


def _numbers(values: np.ndarray) -> list[float | None]:
    """What JSON can say: no NaN."""
    return [None if np.isnan(value) else round(value, _DIGITS) for value in values.tolist()]


@cache
def _component() -> Any:
    return browser_component(
        "predscope_metric_chart",
        html="<div class='chart'></div>\n<!-- filled by chart.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("chart.css",)),
        script=chart_source() + "\n" + read_sources(_FOLDER, ("chart.js",)),
    )
