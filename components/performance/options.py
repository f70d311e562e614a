"""What a part of the page shows, in the address: a choice of words, of several names, or a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from components.widget_values import put

_PREFIX: Final = "performance."


def choose_one(label: str, name: str, options: Mapping[str, str]) -> str:
    """One of several views; the first is the default, which the address leaves out.

    Args:
        label: for screen readers.
        name: of the parameter.
        options: what is said of each, by its value in the address.
    """
    values = list(options)
    asked = st.query_params.get(name, values[0])
    key = _show(name, asked if asked in options else values[0])
    st.segmented_control(
        label,
        values,
        format_func=lambda value: options[value],
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=_keep,
        args=(name, key, values[0]),
    )
    return st.session_state[key]


def choose_several(label: str, name: str, options: Sequence[str], placeholder: str, most: int) -> list[str]:
    """Any of the options, at first none."""
    present = set(options)
    asked = [value for value in dict.fromkeys(st.query_params.get_all(name)) if value in present]
    key = _show(name, asked[:most])
    st.multiselect(
        label,
        options,
        key=key,
        max_selections=most,
        placeholder=placeholder,
        label_visibility="collapsed",
        on_change=_keep,
        args=(name, key, []),
    )
    return st.session_state[key]


def choose_rate(label: str, name: str, default: float) -> float:
    """A rate from 0 to 1."""
    try:
        asked = float(st.query_params.get(name, default))
    except ValueError:
        asked = default
    key = _show(name, asked if 0.0 <= asked <= 1.0 else default)
    st.number_input(
        label, 0.0, 1.0, step=0.01, format="%.2f", key=key, label_visibility="collapsed", on_change=_keep,
        args=(name, key, default),
    )  # fmt: skip
    return st.session_state[key]


def _show(name: str, value: Any) -> str:
    key = _PREFIX + name
    put(key, value)
    return key


def _keep(name: str, key: str, default: Any) -> None:
    value = st.session_state[key]
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value if isinstance(value, list) else str(value)
