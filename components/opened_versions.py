"""Old versions of sets that a session looks at, as sets of their own beside the newest ones.

A page is told of one by its name in the address (``model=model_a@1``), like of any set. Once it was named it stays on
offer, beside the others, until the reader closes it.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from predscope.project import Project
from predscope.project.version_names import VERSION_MARK, OpenedVersion

MOST_OPENED: Final = 6
_OPENED: Final = "versions.opened"


def opened_versions(project: Project) -> list[OpenedVersion]:
    """Those that the address names, and those that are on offer in this session; the last ones, if they are many."""
    named = project.versions_named(_names_in_address())
    kept: list[OpenedVersion] = st.session_state.get(_OPENED, [])
    if not named and not kept:
        return []
    there = set(project.versions_named(one.name for one in kept))
    opened = [one for one in dict.fromkeys([*kept, *named]) if one in there or one in named][-MOST_OPENED:]
    st.session_state[_OPENED] = opened
    return opened


def may_be_opened() -> bool:
    """Whether there can be any; answered without a look at the project."""
    return bool(st.session_state.get(_OPENED)) or bool(_names_in_address())


def open_version(opened: OpenedVersion) -> None:
    """Put it on offer."""
    kept: list[OpenedVersion] = st.session_state.get(_OPENED, [])
    st.session_state[_OPENED] = [*(one for one in kept if one != opened), opened]


def close_version(opened: OpenedVersion) -> None:
    """Take it off again; the address must not name it any more."""
    st.session_state[_OPENED] = [one for one in st.session_state.get(_OPENED, []) if one != opened]


def _names_in_address() -> list[str]:
    """Values of the address that may name a version; some parameters have the kind of the set before it."""
    values = [value for name in st.query_params for value in st.query_params.get_all(name) if VERSION_MARK in value]
    return [name for value in values for name in (value, value.partition(":")[2]) if name]
