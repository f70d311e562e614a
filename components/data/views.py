"""What the page shows: one view at a time, of the frames or of one set; both are in the address."""

from __future__ import annotations

from typing import Final

import streamlit as st

from components.data.classes import show_classes
from components.data.distributions import distribution_rows
from components.data.doors import (
    RANGE_PARAMETER,
    SIDE_PARAMETER,
    VIEW_PARAMETER,
    own_parameters,
    range_door,
    side_name,
    side_titles,
)
from components.data.drift import show_drift
from components.data.duplicates import show_duplicates
from components.data.explanations import DISTRIBUTIONS
from components.data.quality import show_quality
from components.data.sizes import show_sizes
from components.performance.explanations import explained
from components.performance.options import choose_one
from predscope.exploration import FrameQuery
from predscope.exploration.data_summary import Distribution, distributions, has_pending, sides_of
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.metrics import run_state
from predscope.project import Project

VIEWS: Final = {
    "distributions": "Distributions",
    "sizes": "Image sizes",
    "classes": "Classes",
    "duplicates": "Duplicates",
    "quality": "Label quality",
    "drift": "Drift",
}
"""By their name in the address; the first is the default, which the address leaves out."""
_OF_A_SIDE: Final = ("distributions", "drift")
_NEEDED: Final = {"classes": ("labels", "predictions"), "quality": ("labels",)}
"""Views that need objects of one of these roles."""


def choose_view(project: Project) -> str:
    """Which view is shown and, where it is of one side, of which."""
    with st.container(horizontal=True, gap="medium", key="data_choices"):
        view = _choose_view(project)
        if view in _OF_A_SIDE:
            _choose_side(project)
    return view


def _choose_view(project: Project) -> str:
    offered = {
        name: title
        for name, title in VIEWS.items()
        if name not in _NEEDED or any(project.set_names(role) for role in _NEEDED[name])
    }
    return choose_one("What of the data is shown", VIEW_PARAMETER, offered)


def is_measuring(project: Project, query: FrameQuery) -> bool:
    """Whether metrics are still to be measured, or are being measured now."""
    return run_state(project) is not None or has_pending(project, query)


def asked_side(project: Project) -> Side:
    """The side that the address names."""
    sides = {side_name(project, side): side for side in sides_of(project)}
    return sides.get(st.query_params.get(SIDE_PARAMETER, ""), FRAMES)


def show_view(project: Project, view: str, query: FrameQuery) -> None:
    """One view.

    Args:
        view: of ``VIEWS``.
        query: all frames.
    """
    side = asked_side(project) if view in _OF_A_SIDE else FRAMES
    if view == "distributions":
        _show_distributions(project, side, query)
    elif view == "sizes":
        show_sizes(project, query)
    elif view == "classes":
        show_classes(project, query)
    elif view == "duplicates":
        show_duplicates(project, query)
    elif view == "quality":
        show_quality(project, query)
    else:
        show_drift(project, side, query)


def distributions_in_words(entries: tuple[Distribution, ...]) -> str:
    """The finding: how many metrics there are, and which have the most outliers."""
    if not entries:
        return "Nothing has been measured yet"
    most = sorted((one for one in entries if one.outlier_count), key=lambda one: -one.outlier_count)
    words = f"{len(entries):,} {'metric' if len(entries) == 1 else 'metrics'}"
    if not most:
        return f"{words}, none with outliers"
    return f"{words}; most outliers in {', '.join(one.metric.phrase for one in most[:3])}"


def _choose_side(project: Project) -> None:
    sides = sides_of(project)
    if len(sides) > 1:
        choose_one("Of what", SIDE_PARAMETER, side_titles(project, sides))


def _show_distributions(project: Project, side: Side, query: FrameQuery) -> None:
    entries = distributions(project, side, query)
    explained(distributions_in_words(entries), "distributions", DISTRIBUTIONS)
    here = {name: value for name, value in own_parameters().items() if name != RANGE_PARAMETER}
    distribution_rows(
        entries,
        side,
        key=f"data.distributions.{side_name(project, side)}",
        door=lambda metric, where: range_door(project, query, side, metric, [where], here),
    )
