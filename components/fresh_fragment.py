"""Parts of a page that run by themselves, and never show a project that has changed since the page was drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from components.session import has_changed

Parameters = ParamSpec("Parameters")


def fresh_fragment(
    function: Callable[Parameters, None], *, run_every: float | None = None
) -> Callable[Parameters, None]:
    """``st.fragment``, for parts that are given a project or what was read of one.

    What they were given may be gone: after an import, in this process or another, the whole page is drawn anew instead.
    """

    @wraps(function)
    def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> None:
        if has_changed():
            st.rerun()
        function(*arguments, **named)

    return st.fragment(run, run_every=run_every)
