"""The objects of what was picked, and the numbers of it as doors: each shows exactly the objects that it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from components import urls
from components.by_metric.choice import SHOWN, Choice, show
from components.chips import escape_markdown
from components.objects.paged import paged_objects
from components.performance.figures import Door, figures, interval, share
from components.saved_views import save_slice
from components.state import ViewState, change_state
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.project import Project
from predscope.schema import Role

_SHOWN: Final = {
    "labels": ("labels", ("tp", "fn")),
    "found": ("labels", ("tp",)),
    "missed": ("labels", ("fn",)),
    "predictions": ("predictions", ("tp", "fp")),
    "right": ("predictions", ("tp",)),
    "false": ("predictions", ("fp",)),
}


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
    paged_objects(
        project,
        ViewState(query.frames, page=state.page, selected=state.selected, objects=query),
        selection,
        key="by_metric",
        path=urls.BY_METRIC_PATH,
        parameters=choice.to_params(),  # Back comes to this page with the address of the frame
        steps=_Steps(project, choice),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """The address of this page says what was picked; which objects these are follows from it."""

    project: Project
    choice: Choice

    def sort_by(self, order: str) -> None:
        show(self.choice.with_(sort=order.removeprefix("-"), descending=order.startswith("-")))

    def turn_to(self, page: int) -> None:
        change_state(self.project, lambda state: state.with_page(page))

    def stay(self) -> None:
        """Of a click and what came before it, ``read_choice`` knows which counts."""
