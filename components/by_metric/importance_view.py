"""Which metrics tell most of what is found and what is right; a click on one draws its chart."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Final

import numpy as np
import streamlit as st

from components.by_metric.choice import Choice, show
from components.by_metric.explanations import IMPORTANCE
from components.by_metric.metric_view import SIDE_COLORS
from components.by_metric.rows import Bar, Row, rows
from components.by_metric.soon import importance_soon
from components.performance.explanations import explained
from predscope.analysis import MetricImportance, importance_to_pandas, may_explain
from predscope.analysis.weak_slices import FALSE_DISCOVERY_RATE
from predscope.exploration import FrameQuery
from predscope.exploration.metric_performance import strength_of
from predscope.exploration.sorting import rate
from predscope.metrics.background import run_state
from predscope.project import Project
from predscope.schema import Role

_AT_FIRST: Final = 12
_PATIENCE_SECONDS: Final = 0.3
"""What is there by then comes with the page."""
_POLL_SECONDS: Final = 0.5
_BEFORE: Final = "by_metric.importance_before"
_ALL: Final = "by_metric.all_metrics"
_WORDS: Final[dict[Role, str]] = {"labels": "whether labels are found", "predictions": "whether predictions are right"}
_LEGEND: Final = "<div class='by-metric-legend'>How much it tells of {}</div>".format(
    ", ".join(f"<span><i style='background:{SIDE_COLORS[role]}'></i>{words}</span>" for role, words in _WORDS.items())
)


def metrics_that_matter(project: Project, query: FrameQuery, set_name: str, choice: Choice, shown: str) -> None:
    """The metrics at an operating point; while they are counted anew, those from before.

    Args:
        shown: name of the metric on screen.
    """
    key = (str(project.path), project.revision, set_name, query)
    before: tuple[Any, list[MetricImportance]] | None = st.session_state.get(_BEFORE)
    if before is not None and before[0] == key and run_state(project) is not None:
        show_importance(before[1], choice, shown)  # it would be another one every second: once all is measured
        return
    coming = importance_soon(project, query, set_name)
    try:
        found = coming.result(_PATIENCE_SECONDS)
    except TimeoutError:
        if before is not None and before[0][:3] == key[:3]:
            show_importance(before[1], choice, shown)
        _follow(coming)
        return
    st.session_state[_BEFORE] = key, found
    show_importance(found, choice, shown)


@st.fragment(run_every=_POLL_SECONDS)
def _follow(coming: Future[list[MetricImportance]]) -> None:
    """Say that it is being counted, and draw the page anew once it is there."""
    if coming.done():
        st.rerun()
    st.caption("Counting which metrics matter at this operating point...")


def show_importance(found: Sequence[MetricImportance], choice: Choice, shown: str) -> None:
    """The metrics, most important first.

    Args:
        found: of all metrics and both sides.
        shown: name of the metric on screen.
    """
    entries = importance_rows(found)
    explained(_title(found), "importance", IMPORTANCE)
    if not entries:
        st.caption("There are too few objects to tell.")
        return
    table = importance_to_pandas(found)
    show_all = len(entries) <= _AT_FIRST or st.session_state.get(_ALL, False)
    at_first = entries[:_AT_FIRST]
    if not show_all and all(entry.name != shown for entry in at_first):
        at_first += [entry for entry in entries if entry.name == shown]
    st.html(_LEGEND)
    rows(
        entries if show_all else at_first,
        chosen=shown,
        key="by_metric.importance",
        file_name="metric-importance",
        table=(
            list(table.columns),
            [[None if v != v else v for v in row] for row in table.astype(object).values.tolist()],
        ),
        on_choose=lambda name: show(choice.unpicked(metric=name)),
    )
    if len(entries) > _AT_FIRST:
        st.toggle(f"All {len(entries)} metrics", key=_ALL)


def importance_rows(found: Sequence[MetricImportance]) -> list[Row]:
    """A row a metric with a bar a side, ordered by what it tells beyond chance; possible reasons before symptoms."""
    own = [one for one in found if one.target == "correct"]
    by_name: dict[str, list[MetricImportance]] = {}
    for one in own:
        by_name.setdefault(one.metric.name, []).append(one)
    entries = []
    for name, sides in by_name.items():
        sides.sort(key=lambda one: one.role)
        bars = tuple(
            Bar(
                one.information,
                _percent(one.information),
                SIDE_COLORS[one.role],
                one.threshold,
                is_faint=not may_explain(one.metric, one.role),
            )
            for one in sides
        )
        reasons = [one for one in sides if may_explain(one.metric, one.role)]
        is_quiet = not reasons
        strength = max((strength_of(one) for one in reasons or sides if one.information > one.threshold), default=0.0)
        hint = "\n".join(_in_words(one) for one in sides)
        note = "goes along with it, no reason" if is_quiet else ""
        entries.append((is_quiet, -strength, Row(name, sides[0].metric.title, bars, note, hint, is_quiet)))
    return [row for *_, row in sorted(entries, key=lambda entry: entry[:2])]


def _title(found: Sequence[MetricImportance]) -> str:
    own = [one for one in found if one.target == "correct" and may_explain(one.metric, one.role)]
    certain = [one for one in own if one.information > one.threshold and one.q_value <= FALSE_DISCOVERY_RATE]
    if not certain:
        return "No metric tells more than chance"
    return f"{max(certain, key=strength_of).metric.title} tells most"


def _in_words(one: MetricImportance) -> str:
    against = f"by chance up to {_percent(one.threshold)}"
    correlation = "" if np.isnan(one.correlation) else f"; correlation {_signed(one.correlation)}"
    missing = f"; {one.missing:,} without a value" if one.missing else ""
    return f"{_percent(one.information)} of {_WORDS[one.role]} ({against}){correlation}{missing}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "0 %"


def _signed(value: float) -> str:
    return f"−{rate(-value)}" if value < 0 else rate(value)
