"""URL <-> what is on screen: the one place where a page reads its state from the address and writes it back.

The address is the truth. A page begins with ``state = read_state(project, page)`` and draws ``state``; a callback ends
with ``change_state(project, lambda state: ...)``, which writes the address, and the page that runs after it reads the
new one. Reloading, pasting, Back and Forward therefore need no code: they change the address, and the page follows.
Nothing that filters is held by a widget.

What is remembered beside the address, in the session, serves two moments only:

- A click that follows another within a moment still carries the address from before the first. A callback starts from
  the state that was last written, not from the address, so the first click is not lost.
- The navigation menu opens a page without parameters. Coming from another page that shows the same frames, the filters
  are put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import streamlit as st

from components.urls import EXPLORE_PATH, OBJECTS_PATH
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import OBJECT_PARAMETERS, ObjectQuery
from predscope.exploration.query import Parameters
from predscope.project import Project

PAGE_PARAMETER: Final = "page"
FRAME_PARAMETER: Final = "frame"
OBJECT_PARAMETER: Final = "object"
QUERY_PARAMETERS: Final = (
    "labels", "model", "conf", "iou", "by", "label", "pred", "q", "n_labels", "n_preds", "n_missed", "n_false",
    "kind", "image", "has", "meta", "m", "sort",
)  # fmt: skip

_OWN: Final = frozenset((*QUERY_PARAMETERS, *OBJECT_PARAMETERS, PAGE_PARAMETER, FRAME_PARAMETER, OBJECT_PARAMETER))
_ONE_FRAME: Final = (FRAME_PARAMETER, OBJECT_PARAMETER)
_REMEMBERED: Final = "predscope.parameters"
_CHANGED: Final = "predscope.changed"
_ARRIVED: Final = "state.arrived"
_VISITED: Final = "predscope.page"


@dataclass(frozen=True, slots=True)
class ViewState:
    """What Explore, Objects and Frame show.

    Attributes:
        query: which frames, in which order.
        objects: which objects, where the page shows objects, or a frame that was reached through them; its ``frames``
            is ``query``.
        page: of the gallery, from 1.
        frame: id of the frame in the viewer; in the gallery, the one that was opened last. None: none yet.
        selected: id of the object that is selected in the viewer, such as ``labels:812``.
    """

    query: FrameQuery
    page: int = 1
    frame: str | None = None
    selected: str | None = None
    objects: ObjectQuery | None = None

    @classmethod
    def from_params(cls, parameters: Parameters, project: Project) -> Self:
        """The state of a link; what makes no sense falls back to its default (see ``FrameQuery.ignored``)."""
        frame = _last(parameters, FRAME_PARAMETER)
        selected = _last(parameters, OBJECT_PARAMETER)
        objects = ObjectQuery.from_params(parameters, project) if _speaks_of_objects(parameters) else None
        query = FrameQuery.from_params(parameters, project) if objects is None else objects.frames
        return cls(query, _page_number(parameters), frame or None, (frame and selected) or None, objects)

    def to_params(self) -> dict[str, str | list[str]]:
        """The parameters of a link to this state."""
        parameters = self.query.to_params() if self.objects is None else self.objects.to_params()
        if self.page > 1:
            parameters[PAGE_PARAMETER] = str(self.page)
        if self.frame is not None:
            parameters[FRAME_PARAMETER] = self.frame
        if self.selected is not None:
            parameters[OBJECT_PARAMETER] = self.selected
        return parameters

    def with_query(self, query: FrameQuery) -> Self:
        """Another question: from its first page, with no frame opened."""
        if query == self.query:
            return self
        objects = None if self.objects is None else self.objects.with_(frames=query)
        return replace(self, query=query, objects=objects, page=1, frame=None, selected=None)

    def with_objects(self, objects: ObjectQuery) -> Self:
        """Another question about objects: from its first page, with no frame opened."""
        if objects == self.objects:
            return self
        return replace(self, query=objects.frames, objects=objects, page=1, frame=None, selected=None)

    def without_objects(self) -> Self:
        """The same frames, whatever their objects."""
        return self if self.objects is None else replace(self, objects=None, page=1)

    def with_page(self, page: int) -> Self:
        """Another page of the gallery."""
        return replace(self, page=page, frame=None, selected=None)

    def with_frame(self, frame: str | None, selected: str | None = None) -> Self:
        """Another frame, of the same frames in the same order, and the object selected on it."""
        return replace(self, frame=frame, selected=selected)


def read_state(project: Project, page: str, adapt: Callable[[ViewState], ViewState] = lambda state: state) -> ViewState:
    """The state to draw. Call once at the beginning of a page, which names itself (``urls.EXPLORE_PATH``).

    On Objects there always is a question about objects, unless the project has none to compare; on Explore never.

    Args:
        adapt: leaves out of the state of the address what the page says in parameters of its own; other pages are then
            not opened with it.
    """
    parameters = _address()
    came_from = note_visit(page)
    remembered = st.session_state.get(_REMEMBERED, {})
    if st.session_state.pop(_CHANGED, False) and came_from == page:  # on another page, its own address says more
        parameters = remembered
    elif not _OWN.intersection(parameters) and came_from not in (None, page):
        left_out = (*_ONE_FRAME, PAGE_PARAMETER) if came_from == OBJECTS_PATH or page == OBJECTS_PATH else _ONE_FRAME
        left_out = (*left_out, *OBJECT_PARAMETERS) if page == EXPLORE_PATH else left_out
        parameters = {name: value for name, value in remembered.items() if name not in left_out}
        _write_address(parameters)
    state = ViewState.from_params(parameters, project)
    if page == EXPLORE_PATH:
        state = state.without_objects()
    elif page == OBJECTS_PATH and state.objects is None:
        state = replace(state, objects=ObjectQuery.of(project, state.query))
    state = adapt(state)
    st.session_state[_REMEMBERED] = state.to_params()
    return state


def change_state(project: Project, change: Callable[[ViewState], ViewState]) -> ViewState:
    """Go on from the state on screen to another, as one step of the browser's history.

    For callbacks only, and not those of fragments: the run that follows must begin with ``read_state``.

    Returns:
        The new state.
    """
    parameters = st.session_state.get(_REMEMBERED)
    state = change(ViewState.from_params(_address() if parameters is None else parameters, project))
    st.session_state[_REMEMBERED] = state.to_params()
    st.session_state[_CHANGED] = True
    _write_address(state.to_params())
    return state


def speaks_of(name: str) -> bool:
    """Whether the address names a set; before the page has put back what is remembered, whether that does."""
    parameters = _address()
    if not _OWN.intersection(parameters):
        parameters = {**st.session_state.get(_REMEMBERED, {}), **parameters}
    values = [value for some in parameters.values() for value in ([some] if isinstance(some, str) else some)]
    return any(value == name or value.endswith(f":{name}") for value in values)


def replace_set(old: str, new: str) -> None:
    """Speak of another set wherever the address speaks of one, also where it names the kind of the set before it.

    For callbacks, like ``change_state``.
    """

    def replaced(values: str | list[str]) -> list[str]:
        names = [values] if isinstance(values, str) else values
        kinds = [name.removesuffix(old) if name == old or name.endswith(f":{old}") else None for name in names]
        found = [name if kind is None else kind + new for name, kind in zip(names, kinds, strict=True)]
        return list(dict.fromkeys(found))

    remembered = st.session_state.get(_REMEMBERED)
    if remembered is not None:
        st.session_state[_REMEMBERED] = {name: replaced(values) for name, values in remembered.items()}
        st.session_state[_CHANGED] = True
    st.query_params.from_dict({name: replaced(values) for name, values in _address().items()})


def other_parameters() -> dict[str, list[str]]:
    """What the address says beside the state: what pages show by parameters of their own."""
    return {name: values for name, values in _address().items() if name not in _OWN}


def note_visit(page: str) -> str | None:
    """Remember that this page is being shown; returns the name of the one shown before (the same, on a rerun)."""
    before = st.session_state.get(_VISITED)
    st.session_state[_VISITED] = page
    st.session_state[_ARRIVED] = before != page
    return before


def has_just_arrived() -> bool:
    """Whether this is the first run of the page after that of another one, or of none."""
    return bool(st.session_state.get(_ARRIVED, True))


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _write_address(parameters: Parameters) -> None:
    """Replace our parameters in the address, in one step; those of others stay."""
    present = _address()
    wanted = {name: values for name, values in present.items() if name not in _OWN}
    wanted |= {name: [value] if isinstance(value, str) else list(value) for name, value in parameters.items()}
    if wanted != present:
        st.query_params.from_dict(wanted)


def _speaks_of_objects(parameters: Parameters) -> bool:
    return any(name in parameters for name in OBJECT_PARAMETERS)


def _page_number(parameters: Parameters) -> int:
    text = _last(parameters, PAGE_PARAMETER)
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) > 0 else 1


def _last(parameters: Parameters, name: str) -> str:
    value: Any = parameters.get(name, "")
    return value if isinstance(value, str) else (str(value[-1]) if value else "")
