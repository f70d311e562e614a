"""Widgets that show what a page says, and hold nothing themselves."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.state import has_just_arrived


def put(key: str, value: Any) -> None:
    """Let the widget of a key, which is drawn next, show a value.

    After another page the value is put anew even where it is the same: the widget of that page had the same key, its
    value is still there, and yet this one would begin with its own default.
    """
    if key not in st.session_state or st.session_state[key] != value or has_just_arrived():
        st.session_state[key] = value
