"""How two parts of the frames differ: day and night, last month and this one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components.charts.style import CONFIG, lay_out, plain
from components.chips import escape_markdown
from components.data.doors import PART_PARAMETERS, frames_door
from components.data.explanations import DRIFT
from components.data.links import Line, link_lines
from components.performance.explanations import explained
from components.widget_values import put
from predscope.analysis.drift import Drift, drift_to_pandas
from predscope.exploration import FrameQuery
from predscope.exploration.data_summary import DataDrift, drift_between, parts_on_offer
from predscope.exploration.metric_lookup import Side
from predscope.metrics.column import MetricColumn
from predscope.metrics.ranges import MetricRange, short
from predscope.project import Project

DIFFERENT: Final = 0.05
PART_COLORS: Final = ("#0072B2", "#E69F00")
_OTHERS: Final = "all others"
_SPLIT, _FIRST, _SECOND = PART_PARAMETERS
_BINS: Final = 24


def show_drift(project: Project, side: Side, query: FrameQuery) -> None:
    """Choose two parts, see in which metrics they differ and how."""
    offered = parts_on_offer(project, query)
    if not offered:
        explained("There is nothing to part the frames by", "drift", DRIFT)
        st.info(
            "Two parts of the frames can be compared when something names them: metadata in the labels file, or a "
            f"column that is joined: `predscope metrics join weather.csv --on frame --project {project.path}`"
        )
        return
    columns = st.columns([2, 2, 2, 3], vertical_alignment="bottom")
    with columns[0]:
        by = _choose("Frames parted by", _SPLIT, {name: column.metric.title for name, column in offered.items()}, 0)
    column = offered[by]
    names = [name for name in column.categories if _count(column, name) > 1]
    with columns[1]:
        first = _choose("First part", _FIRST, {name: f"{name} ({_count(column, name):,})" for name in names}, 0)
    others = {name: f"{name} ({_count(column, name):,})" for name in names if name != first}
    with columns[2]:
        second = _choose("Second part", _SECOND, {"": _OTHERS, **others}, 0)
    found = drift_between(project, side, query, column, first, second or None)
    explained(drift_in_words(found, first, second or _OTHERS), "drift", DRIFT)
    _part_links(
        query, column, found, (first,), (second,) if second else tuple(n for n in column.categories if n != first)
    )
    if found.drifts:
        _show_metric(found, (first, second or _OTHERS), _show_table(found))


def drift_in_words(found: DataDrift, first: str, second: str) -> str:
    """The finding: in how many metrics the parts differ, and in which most."""
    apart = [one for one in found.drifts if one.q_value < DIFFERENT]
    names = f"{escape_markdown(first)} and {escape_markdown(second)}"
    if not found.drifts:
        return f"{names} cannot be compared: no metric has enough values in both"
    if not apart:
        return f"{names} do not differ in any of {len(found.drifts):,} metrics"
    most = ", ".join(one.metric.phrase for one in apart[:3])
    return f"{names} differ in {len(apart):,} of {len(found.drifts):,} metrics, most in {most}"


def part_histogram(found: DataDrift, drift: Drift, names: tuple[str, str]) -> go.Figure:
    """One metric in both parts, as shares of each."""
    column = found.columns[drift.metric.name]
    parts = [column.take(np.flatnonzero(part)) for part in (found.is_first, found.is_second)]
    figure = go.Figure()
    if column.codes is not None:
        x: list[Any] = [plain(name) for name in column.categories]
        counts = [np.bincount(part.codes[part.codes >= 0], minlength=len(x)) for part in parts]  # type: ignore[index, operator]
    else:
        known = np.concatenate([part.values[~part.is_missing] for part in parts])
        low, high = np.quantile(known, [0.005, 0.995])
        edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
        x = ((edges[:-1] + edges[1:]) / 2).tolist()
        counts = [np.histogram(np.clip(part.values[~part.is_missing], low, edges[-1]), edges)[0] for part in parts]
    for count, name, color in zip(counts, names, PART_COLORS, strict=True):
        share = count / max(count.sum(), 1)
        figure.add_bar(
            x=x,
            y=share,
            name=plain(name),
            marker_color=color,
            opacity=0.62,
            customdata=count,
            hovertemplate=f"{plain(name)}: %{{y:.1%}} (%{{customdata:,}})<extra></extra>",
        )
    unit = f" ({drift.metric.unit})" if drift.metric.unit else ""
    lay_out(
        figure,
        280,
        barmode="group" if column.codes is not None else "overlay",
        bargap=0.25 if column.codes is not None else 0.04,
        xaxis={"title": plain(drift.metric.title) + unit},
        yaxis={"title": "share of the part", "tickformat": ".0%", "rangemode": "tozero"},
    )
    return figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}, margin={"t": 32}
    )


def _show_table(found: DataDrift) -> Drift:
    """The metrics as a table; the one that is chosen in it, at first the one that differs most."""
    table = drift_to_pandas(found.drifts)
    shown = pd.DataFrame(
        {
            "Metric": table["title"],
            "Difference": table["effect"],
            "Shift": [
                ""
                if np.isnan(one.shift)
                else f"{'+' if one.shift > 0 else ''}{short(one.shift)} {one.metric.unit}".rstrip()
                for one in found.drifts
            ],
            "q": [f"{one.q_value:.3f}".removeprefix("0") if one.q_value >= 0.001 else "< .001" for one in found.drifts],
            "First": table["first_count"],
            "Second": table["second_count"],
            "Test": ["Kolmogorov-Smirnov" if test == "ks" else "chi-square" for test in table["test"]],
        }
    )
    chosen = st.dataframe(
        shown,
        hide_index=True,
        key="data.drift",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(shown), 388),
        column_config={
            "Difference": st.column_config.ProgressColumn("Difference", min_value=0, max_value=1, format="%.2f"),
            "First": st.column_config.NumberColumn("Values, first", format="localized"),
            "Second": st.column_config.NumberColumn("Values, second", format="localized"),
        },
    )
    rows = chosen["selection"]["rows"]
    return found.drifts[rows[0] if rows and rows[0] < len(found.drifts) else 0]


def _show_metric(found: DataDrift, names: tuple[str, str], drift: Drift) -> None:
    st.plotly_chart(part_histogram(found, drift, names), key="data.drift.metric", config=CONFIG)
    st.caption("Choose a row of the table to see another metric.")


def _part_links(
    query: FrameQuery, column: MetricColumn, found: DataDrift, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """The frames of either part."""
    lines = []
    for categories, part, words in ((first, found.first, "first"), (second, found.second, "second")):
        count = int(part.sum())
        door = frames_door(query.with_(metric_ranges=(MetricRange(column.metric.name, categories=categories),)))
        number = f"{count:,} {'frame' if count == 1 else 'frames'}"
        lines.append(Line(words, number, f"in the {words} part", door if count else None))
    link_lines(lines, key="data.drift.parts", is_row=True)


def _count(column: MetricColumn, name: str) -> int:
    return int(MetricRange(column.metric.name, categories=(name,)).holds(column).sum())


def _choose(label: str, parameter: str, options: dict[str, str], default: int) -> str:
    """A choice that is kept in the address."""
    values = list(options)
    asked = st.query_params.get(parameter, values[default])
    key = f"data.{parameter}"
    value = asked if asked in options else values[default]
    put(key, value)

    def keep() -> None:
        st.query_params[parameter] = st.session_state[key]

    st.selectbox(label, values, format_func=lambda one: options[one], key=key, on_change=keep)
    return value
