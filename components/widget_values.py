"""Widgets that show what a page says, and hold nothing themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from components.state import has_just_arrived

_SHOWN: Final = ".shown"


def put(key: str, value: Any) -> None:
    """Let the widget of a key, which is drawn next, show a value.

    After another page the value is put anew even where it is the same: the widget of that page had the same key, its
    value is still there, and yet this one would begin with its own default.
    """
    if key not in st.session_state or st.session_state[key] != value or has_just_arrived():
        st.session_state[key] = value
    st.session_state[key + _SHOWN] = value


def on_choice(key: str, action: Callable[[Any], None]) -> Callable[[], None]:
    """A callback for the widget of a key: what its user chose, and never what ``put`` has shown there.

    A run that is cut short by the next one may have shown a value already; Streamlit then takes that value, as the
    browser sends it back, for a choice, and it would undo what the next run is for.
    """

    def call() -> None:
        if st.session_state[key] != st.session_state.get(key + _SHOWN):
            action(st.session_state[key])

    return call
