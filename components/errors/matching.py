"""What counts as matched on the page: within classes first, or by place alone; the address says which.

The objects that are asked for say it too, so that their links mean the same on every page; here both always agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.performance.confusion import MATCHINGS
from components.state import ViewState
from components.widget_values import on_choice, put
from predscope.exploration.object_query import BY_PLACE

PARAMETER: Final = "matching"
_VIEWS: Final = ("confusions", "outcomes")
_KEY: Final = "errors.matching"


def has_matchings(view: str) -> bool:
    """Whether a view is of outcomes; kinds of error are told by rules of their own."""
    return view in _VIEWS


def is_by_place(view: str, state: ViewState) -> bool:
    """Whether the objects of a view are matched whatever their classes."""
    is_asked = state.objects is not None and state.objects.by_place
    return has_matchings(view) and (is_asked or st.query_params.get(PARAMETER) == BY_PLACE)


def matching_parameters(by_place: bool) -> dict[str, str | list[str]]:
    """A matching in an address; the default is left out."""
    return {PARAMETER: BY_PLACE} if by_place else {}


def write_matching(by_place: bool) -> None:
    """Say it in the address, where the page is drawn from next. For callbacks."""
    if by_place:
        st.query_params[PARAMETER] = BY_PLACE
    else:
        st.query_params.pop(PARAMETER, None)


def choose_matching(by_place: bool, on_change: Callable[[bool], None]) -> None:
    """The choice; ``on_change`` is called with whether objects are to be matched by place alone."""
    values = list(MATCHINGS)
    put(_KEY, BY_PLACE if by_place else values[0])
    st.segmented_control(
        "What is matched",
        values,
        format_func=lambda value: MATCHINGS[value],
        required=True,
        key=_KEY,
        label_visibility="collapsed",
        on_change=on_choice(_KEY, lambda value: on_change(value == BY_PLACE)),
    )
