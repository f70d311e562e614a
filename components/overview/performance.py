"""How good each prediction set is, and where it is not.

Importing this brings the evaluation and the analysis with it: the page does so after its first paint.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.overview.cards import compute_cards, set_cards
from components.overview.weakest import compute_weakest, weakest_slices, worst_frame_pictures
from components.performance.explanations import STYLE
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.project import Project


def compute_performance(project: Project, query: FrameQuery) -> None:
    """Everything that ``show_performance`` says; kept."""
    compute_cards(project, query)
    compute_weakest(project, query)


def show_performance(project: Project, query: FrameQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """The cards, the weakest slices, the worst frames.

    Args:
        query: all frames, at the project's operating point.
        on_open: called with the objects of the number that was clicked.
    """
    st.html(STYLE)
    set_cards(project, query, on_open)
    weakest_slices(project, query)
    worst_frame_pictures(project, query)
