"""The conditions in force as chips above the gallery, each removed by a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import streamlit as st

from predscope.exploration import FrameQuery, active_filters, without_filters
from predscope.exploration.object_query import ObjectQuery, active_object_filters, without_object_filters
from predscope.project import Project

Query = TypeVar("Query", covariant=True)


class _Active(Protocol[Query]):
    """A condition in words, and the query without it."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def without(self) -> Query: ...


_STYLE = """<style>
.st-key-filter_chips { gap: 6px; }
.st-key-filter_chips button {
  min-height: 26px;
  padding: 0 8px 0 10px;
  border-radius: 13px;
}
.st-key-filter_chips button p { font-size: 13px; }
.st-key-filter_chips button span[data-testid="stIconMaterial"] { font-size: 15px; opacity: 0.65; }
.st-key-filter_chips button:hover span[data-testid="stIconMaterial"] { opacity: 1; }
</style>"""


def filter_chips(query: FrameQuery, on_change: Callable[[FrameQuery], None], project: Project | None = None) -> None:
    """One chip a condition and, from two on, "Clear all"; nothing where there is none.

    Args:
        query: the query on screen.
        on_change: called with the query that is left.
        project: where metrics have their titles from.
    """
    _chips(active_filters(query, project), without_filters(query), on_change)


def object_chips(query: ObjectQuery, on_change: Callable[[ObjectQuery], None], project: Project | None = None) -> None:
    """The same for the conditions on objects, and on the frames that they lie in."""
    _chips(active_object_filters(query, project), without_object_filters(query), on_change)


def _chips(filters: Sequence[_Active[Query]], cleared: Query, on_change: Callable[[Query], None]) -> None:
    if not filters:
        return
    st.html(_STYLE)
    with st.container(horizontal=True, key="filter_chips", vertical_alignment="center"):
        for active in filters:
            st.button(
                escape_markdown(active.text),
                key=f"chip:{active.key}",
                icon=":material/close:",
                icon_position="right",
                help=f"Remove the filter {escape_markdown(active.text)}",
                on_click=on_change,
                args=(active.without,),
            )
        if len(filters) > 1:
            st.button("Clear all", key="chip_clear", type="tertiary", on_click=on_change, args=(cleared,))


def escape_markdown(text: str) -> str:
    """Text from files as Streamlit's labels show it literally."""
    return "".join("\\" + character if character in r"\`*_{}[]()<>#+-.!|~:$" else character for character in text)
