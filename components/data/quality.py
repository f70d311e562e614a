"""Labels that deserve a second look, by reason."""

from __future__ import annotations

import streamlit as st

from components.data.doors import VIEW_PARAMETER, Parameters, noun_of, range_door
from components.data.explanations import QUALITY
from components.data.links import Line, link_lines
from components.performance.explanations import explained
from predscope.exploration import FrameQuery
from predscope.exploration.label_checks import check_labels
from predscope.exploration.metric_lookup import Side, metric_named
from predscope.project import Project


def show_quality(project: Project, query: FrameQuery) -> None:
    """One line a check, with the number of labels as a link to them."""
    for label_set in project.set_names("labels"):
        side = Side("labels", label_set)
        checked = check_labels(project, label_set, query)
        counted = [one for one in checked if one.count is not None]
        title = "Labels that deserve a second look"
        several = len(project.set_names("labels")) > 1
        explained(f"{title}: {label_set}" if several else title, f"quality_{label_set}", QUALITY)
        lines = []
        for one in sorted(counted, key=lambda one: not one.count):
            check, count = one.check, one.count or 0
            metric = metric_named(project, check.where.name, side)
            if metric is None:
                continue
            view: Parameters = {VIEW_PARAMETER: "quality"}
            door = range_door(project, query, side, metric, [check.where], view) if count else None
            lines.append(Line(check.name, noun_of(side, count), check.title, door, check.why))
        link_lines(lines, key=f"data.quality.{label_set}")
        missing = len(checked) - len(counted)
        if missing:
            st.caption(
                f"{missing:,} more {'question needs' if missing == 1 else 'questions need'} metrics that are not "
                "measured yet, or that these labels cannot have (outlines, sequences)."
            )
