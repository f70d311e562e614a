"""Clicks of a component of the browser, none of them lost.

Streamlit keeps one value of an event: of two clicks that come while a run is under way, the first would be gone. So
the browser sends all clicks that it has not been told were heard; what was heard goes back to it with the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

_HEARD: Final = ".heard"


def heard(key: str) -> list[Any]:
    """What the browser is to be told: the name of its component and the number of the last click, or nothing yet."""
    return list(st.session_state.get(key + _HEARD, ()))


def unheard(key: str, event: Any) -> list[Mapping[str, Any]]:
    """The clicks of an event that are new, in their order. For callbacks: from now on they are heard.

    Args:
        key: of the component.
        event: ``{"token": name of the component in the browser, "clicks": [{"number": from 1, ...}, ...]}``.
    """
    if not isinstance(event, Mapping):
        return []
    token, last = (*heard(key), None, 0)[:2]
    if token != event["token"]:
        last = 0
    fresh = [click for click in event["clicks"] if click["number"] > last]
    if fresh:
        st.session_state[key + _HEARD] = (event["token"], fresh[-1]["number"])
    return fresh
