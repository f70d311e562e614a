"""Which kind of data the page speaks of, where the sets hold several: objects, pixels, whole frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from components.operating_point import operating_point
from components.performance.options import choose_one
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.data_kind import DataKind
from predscope.project import Project

_WORDS: Final[dict[str, str]] = {"objects": "Objects", "semantic": "Pixels", "classification": "Whole frames"}
_SET: Final = "performance.set"


def choose_kind(kinds: Sequence[DataKind]) -> str:
    """One of the kinds, the first as long as none is chosen; it is in the address. Of one kind there is no choice."""
    if len(kinds) == 1:
        return kinds[0]
    return choose_one("Kind of data", "data", {kind: _WORDS[kind] for kind in kinds})


def point_of(kind: str, project: Project, query: FrameQuery, on_change: Callable[[dict[str, Any]], None]) -> None:
    """What can be chosen about a kind: the prediction set and, unless it is pixels, the operating point."""
    if kind != "semantic":
        whole_frames = kind == "classification"
        operating_point(project, query.with_(by=str(IouType.FRAME)) if whole_frames else query, on_change)
        return
    names, shown = project.set_names("predictions"), chosen_sets(project, query)[0]
    if len(names) > 1:
        if st.session_state.get(_SET) != shown:
            st.session_state[_SET] = shown
        st.radio(
            "Predictions",
            names,
            key=_SET,
            on_change=lambda: on_change({"prediction_sets": (st.session_state[_SET],)}),
        )
