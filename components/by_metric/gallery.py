"""The objects of what was picked, and the numbers of it as doors: each shows exactly the objects that it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from components import urls
from components.by_metric.choice import SHOWN, Choice, show
from components.chips import escape_markdown
from components.objects import object_gallery
from components.performance.figures import Door, figures, interval, share
from components.saved_views import save_slice
from components.state import ViewState, change_state
from predscope.exploration.crops import crop_records
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.query import chosen_label_set
from predscope.payload import project_layers, scene
from predscope.project import Project
from predscope.schema import Role

CROPS_A_PAGE: Final = 60
_SHOWN: Final = {
    "labels": ("labels", ("tp", "fn")),
    "found": ("labels", ("tp",)),
    "missed": ("labels", ("fn",)),
    "predictions": ("predictions", ("tp", "fp")),
    "right": ("predictions", ("tp",)),
    "false": ("predictions", ("fp",)),
}
_SELECTED: Final = "by_metric.selected"


@dataclass(frozen=True, slots=True)
class CountLine:
    """Numbers of the part that was picked: labels found and missed, predictions right and false.

    Attributes:
        name: of a prediction set or class; "" where there is but one line.
        counts: of labels and of predictions, each with how many are found, or right.
        query: all of these objects.
    """

    name: str
    counts: Mapping[Role, tuple[int, int]]
    query: ObjectQuery


@dataclass(frozen=True, slots=True)
class Picked:
    """What was picked, and which of its objects are shown.

    Attributes:
        text: the part of the values, in words.
        shown: of ``SHOWN``.
        line: name of the line whose objects are shown.
        lines: numbers, at least one line.
        choice: of a page that has picked this, whatever of it is shown.
        sentence: what is known of it, such as that of a weak slice; "": nothing that the numbers do not say.
    """

    text: str
    shown: str
    line: str
    lines: tuple[CountLine, ...]
    choice: Choice
    sentence: str = ""

    @property
    def query(self) -> ObjectQuery:
        """The objects that are shown."""
        line = next((one for one in self.lines if one.name == self.line), self.lines[0])
        return shown_objects(line.query, self.shown)


def show_picked(project: Project, state: ViewState, picked: Picked) -> None:
    """The part that was picked, its numbers as doors, and the objects of one of them."""
    if picked.text:
        st.markdown(f"**{escape_markdown(picked.text)}**")
    for place, line in enumerate(picked.lines):

        def open_line(shown: str, name: str = line.name) -> None:
            show(picked.choice.with_(shown=shown, line=name))
            st.rerun()

        count_doors(line, key=f"by_metric.doors.{place}", on_open=open_line)
    selection = select_objects(project, picked.query)
    of = f" of {picked.query.prediction_set if not picked.query.klass else picked.line}" if picked.line else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Shown: {escape_markdown(SHOWN[picked.shown] + of)}", width="content")
        if len(selection):
            save_slice(project, picked.query, key="by_metric.saved", sentence=picked.sentence)
    if len(selection):
        metric_gallery(project, state, picked.choice, selection)
    else:
        st.info("There are none here. Choose another number, or another part of the chart.")


def count_doors(line: CountLine, *, key: str, on_open: Callable[[str], None]) -> None:
    """One line of numbers, each a door.

    Args:
        key: of the component.
        on_open: called with the name, of ``SHOWN``, of the number that was clicked.
    """
    parts: list[str | Door] = [f"{line.name}: "] if line.name else []

    def door(name: str, number: int, word: str) -> Door:
        return Door(name, f"{number:,} {word}", shown_objects(line.query, name) if number else None)

    if "labels" in line.counts:
        total, found = line.counts["labels"]
        parts += [door("labels", total, "labels"), ": ", door("found", found, "found"), ", "]
        parts += [door("missed", total - found, "missed"), _rate("recall", found, total)]
    if "predictions" in line.counts:
        total, right = line.counts["predictions"]
        parts += [door("predictions", total, "predictions"), ": ", door("right", right, "right"), ", "]
        parts += [door("false", total - right, "false"), _rate("precision", right, total)]
    names = {shown_objects(line.query, name): name for name in SHOWN}
    figures(sentence=parts, key=key, on_open=lambda asked: on_open(names[asked]))


def shown_objects(query: ObjectQuery, name: str) -> ObjectQuery:
    """Those of the objects of a query that ``name``, of ``SHOWN``, stands for."""
    side, outcomes = _SHOWN[name]
    return query.with_(side=side, outcomes=outcomes)


def _rate(name: str, hits: int, total: int) -> str:
    return f" ({name} {share(hits / total)}, {interval(hits, total)}). " if total else ". "


def metric_gallery(project: Project, state: ViewState, choice: Choice, selection: ObjectSelection) -> None:
    """One page of a selection; a click opens Frame with the object, and Back returns to where the reader was."""
    query = selection.query
    layers = project_layers(project, [query.prediction_set], chosen_label_set(project, query.frames))
    page = min(state.page, selection.page_count(CROPS_A_PAGE))
    crops = crop_records(project, layers, selection, selection.page(page, CROPS_A_PAGE), urls.crop_url)
    frame_of = {crop["frame"]: crop["frame_id"] for crop in crops}
    shown = ViewState(query.frames, page=page, objects=query)
    own = choice.to_params()  # Back comes to this page with the address of the frame
    for crop in crops:
        target = shown.with_frame(crop["frame_id"], crop["frame"])
        crop["href"] = urls.page_url(urls.FRAME_PATH, target.to_params() | own)

    def open_object(identity: str, selected: Sequence[str]) -> None:
        st.session_state[_SELECTED] = list(selected)
        target = shown.with_frame(frame_of.get(identity), identity)
        st.switch_page(urls.FRAME_PAGE, query_params=target.to_params() | own)

    def sort_by(text: str) -> None:
        show(choice.with_(sort=text.removeprefix("-"), descending=text.startswith("-")))

    def keep_selected(objects: Sequence[str]) -> None:
        st.session_state[_SELECTED] = list(objects)

    object_gallery(
        selection,
        scene(project, layers),
        crops,
        key="by_metric.gallery",
        place=urls.page_url(urls.BY_METRIC_PATH, shown.to_params()),
        opened=state.selected,
        selected=st.session_state.get(_SELECTED, []),
        on_open=open_object,
        on_sort=sort_by,
        on_select=keep_selected,
    )
    pages = selection.page_count(CROPS_A_PAGE)
    if pages > 1:
        key = f"by_metric.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=key, on_change=_turn_page, args=(project, key))


def _turn_page(project: Project, key: str) -> None:
    page = st.session_state[key]
    change_state(project, lambda state: replace(state, page=page, frame=None, selected=None))
