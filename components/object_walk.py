"""From object to object of the same kind, across frames: "False positive 37 of 119", and the way back to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.doors import open_page
from components.frame_viewer import close_in
from components.state import ViewState, change_state
from predscope.exploration.object_query import kind_in_words
from predscope.exploration.object_selection import ObjectSelection
from predscope.exploration.outcome_words import sentence
from predscope.project import Project

_STYLE: Final = """<style>
.st-key-object_walk { gap: 8px; min-height: 32px; }
.st-key-object_walk button { min-height: 28px; padding: 0 10px; }
.st-key-object_walk p { font-size: 13px; font-variant-numeric: tabular-nums; }
</style>"""


def object_walk(project: Project, state: ViewState, selection: ObjectSelection, frame_index: int) -> None:
    """A line above the viewer: which object of the selection is shown, the one before and the one after it.

    Args:
        state: of the address; ``state.objects`` asked for the selection.
        frame_index: the frame that is shown.
    """
    place = selection.place_of(frame_index, state.selected)
    kind, conditions = kind_in_words(selection.query)
    before, after = (None, _first_on(selection, frame_index)) if place is None else selection.neighbours(place)
    st.html(_STYLE)
    with st.container(horizontal=True, key="object_walk", vertical_alignment="center"):
        _step("Previous", "walk_previous", ":material/chevron_left:", project, selection, before)
        _step("Next", "walk_next", ":material/chevron_right:", project, selection, after)
        st.markdown(_in_words(kind, conditions, place, len(selection)), width="content")
        st.button(
            "All of them",
            key="walk_back",
            type="tertiary",
            help="Back to the gallery of these objects",
            on_click=open_page,
            args=(urls.OBJECTS_PATH, state.to_params()),
        )


def _in_words(kind: str, conditions: Sequence[str], place: int | None, count: int) -> str:
    """ "False positive **37 of 119** · class: car", as Markdown."""
    found = f"**{place + 1:,} of {count:,}**" if place is not None else f"(none of {count:,} selected)"
    return " · ".join((f"{sentence(kind)} {found}", *map(escape_markdown, conditions)))


def _step(label: str, key: str, icon: str, project: Project, selection: ObjectSelection, place: int | None) -> None:
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=place is None,
        on_click=_go,
        args=(project, selection, place),
    )


def _go(project: Project, selection: ObjectSelection, place: int) -> None:
    frame_id = project.frames["frame_id"].iloc[int(selection.frame_index[place])]
    close_in()
    change_state(project, lambda state: state.with_frame(frame_id, selection.object_id(place)))


def _first_on(selection: ObjectSelection, frame_index: int) -> int | None:
    """The first of the selection on a frame, else the first of all; None where there is none."""
    places = (selection.frame_index == frame_index).nonzero()[0]
    return int(places[0]) if len(places) else (0 if len(selection) else None)
