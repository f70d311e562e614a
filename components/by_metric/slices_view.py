"""The weak slices that were found: each in one sentence, with its errors beyond the usual; a click shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from components.by_metric.choice import Choice, show
from components.by_metric.explanations import SLICES
from components.by_metric.gallery import CountLine, Picked
from components.by_metric.metric_view import ERROR_OF, SIDE_COLORS
from components.by_metric.rows import Bar, Row, rows
from components.performance.explanations import explained
from predscope.analysis import WeakSlice, slices_to_pandas
from predscope.analysis.slice_conditions import CLASS_METRIC
from predscope.exploration.metric_performance import counts_in_ranges, objects_in_ranges
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.outcome_words import sentence
from predscope.metrics.metric import Metric
from predscope.project import Project

_OF_LABELS: Final = ("labels", "found", "missed")


def show_slices(
    project: Project,
    everything: ObjectQuery,
    choice: Choice,
    metrics: Mapping[str, Metric],
    found: Sequence[WeakSlice],
) -> Picked | None:
    """The slices; returns the one that was picked, at first the strongest; None: there are none."""
    explained(slices_in_words(found), "slices", SLICES)
    if not found:
        st.info(
            "No part of the data is certain to do worse than the rest. Measure more metrics, or import frames with "
            "metadata, and there is more to look at."
        )
        return None
    names = [slice_name(one) for one in found]
    asked = ("labels" if choice.shown in _OF_LABELS else "predictions", choice.picked)
    place = next((place for place, one in enumerate(found) if (one.role, one.rule) == asked), None)
    if place is None and not choice.picked:
        place = 0
    table = slices_to_pandas(found)

    def choose(name: str) -> None:
        one = found[names.index(name)]
        show(choice.with_(picked=one.rule, shown=ERROR_OF[one.role], line=""))

    rows(
        slice_rows(found, metrics),
        chosen="" if place is None else names[place],
        key="by_metric.slices",
        file_name=f"weak-slices-{everything.prediction_set}",
        table=(list(table.columns), table.astype(object).values.tolist()),
        on_choose=choose,
        wide_words=True,
    )
    if place is None:
        rule, shown = choice.picked, choice.shown or "missed"
        st.caption("What the link asks for is not among the slices at this operating point; its objects are shown.")
    else:
        rule, shown = found[place].rule, ERROR_OF[found[place].role]
    if choice.picked and choice.shown:
        shown = choice.shown
    ranges = [(metrics.get(one.name, CLASS_METRIC), one) for one in rule]
    query = objects_in_ranges(everything.with_(sort=choice.sort, descending=choice.descending), ranges)
    counts = counts_in_ranges(project, everything.frames, everything.prediction_set, rule)
    words = " and ".join(one.text(metric) for metric, one in ranges)
    again = choice.with_(picked=rule, shown=shown, line="")
    known = "" if place is None else found[place].sentence
    return Picked(sentence(words), shown, "", (CountLine("", counts, query),), again, known)


def slice_name(found: WeakSlice) -> str:
    """Stable, for events and tests."""
    return f"{found.role} {' '.join(one.to_param() for one in found.rule)}"


def slice_rows(found: Sequence[WeakSlice], metrics: Mapping[str, Metric]) -> list[Row]:
    """A row a slice, strongest first."""
    entries = []
    for one in found:
        wrong = one.count - one.right
        errors = f"{wrong:,} {'missed' if one.role == 'labels' else 'false'}, on {one.frames:,} frames"
        others = [
            " and ".join(wanted.text(metrics.get(wanted.name, CLASS_METRIC)) for wanted in rule) for rule in one.same_as
        ]
        hint = f"Nearly the same objects: {'; '.join(others)}" if others else ""
        bar = Bar(one.new_excess_errors, f"+{one.new_excess_errors:,.0f}", SIDE_COLORS[one.role])
        note = errors if not others else f"{errors}; also told by {others[0]}"
        entries.append(Row(slice_name(one), one.sentence, (bar,), note, hint))
    return entries


def slices_in_words(found: Sequence[WeakSlice]) -> str:
    """How many there are."""
    if not found:
        return "No weak slice was found"
    return f"{len(found)} weak slice{'s' if len(found) > 1 else ''}: parts where the model does worse"
