"""Objects as crops: one page of what a query selects, and the choices beside it.

The gallery is that of the frames, with crops for tiles and a caption in words below each; it has the same keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import streamlit as st

from components.browser_code import browser_component
from components.clicks import heard, unheard
from components.drawing import drawing_source, read_sources
from components.gallery import gallery_source, gallery_style
from components.metric_filters import metric_filter_data
from predscope.exploration.metric_columns import Offer
from predscope.exploration.object_query import (
    ERROR_WORDS,
    IGNORED_LABEL,
    OBJECT_OUTCOMES,
    OBJECT_SORTS,
    REASON_WORDS,
    ObjectQuery,
)
from predscope.exploration.object_selection import ObjectSelection
from predscope.exploration.outcome_words import sentence
from predscope.palette import OUTCOME_COLORS, class_colors
from predscope.project import Project

CHOICE_FIELDS: Final = ("outcomes", "reasons", "errors", "klass")
_FOLDER: Final = Path(__file__).parent


def object_gallery(
    selection: ObjectSelection,
    scene: Mapping[str, Any],
    crops: Sequence[Mapping[str, Any]],
    *,
    key: str,
    place: str,
    opened: str | None,
    selected: Sequence[str],
    more_sorts: Sequence[Mapping[str, Any]] = (),
    on_open: Callable[[str, list[str]], None],
    on_sort: Callable[[str], None],
    on_select: Callable[[list[str]], None],
) -> None:
    """Show one page of a selection.

    Args:
        selection: what the counters count and how the objects are sorted.
        scene: layers and classes, as ``predscope.payload.scene`` gives them.
        crops: ``crop_records``, each with the address of its frame under ``href``.
        key: of the component.
        place: names this page of these filters; the scroll position is kept under it.
        opened: id of the object that the reader comes back from.
        selected: ids of the objects that are selected when the page appears or ``place`` changes.
        more_sorts: orders beside ``OBJECT_SORTS``, as ``components.metric_filters.metric_sorts`` gives them.
        on_open: called with the id of the object that was clicked, and the ids of all selected ones.
        on_sort: called with the name of a sort, with ``-`` in front for descending.
        on_select: called with the ids of all selected objects, a moment after the selection changed.
    """
    counters = selection.counters
    data = {
        "scene": scene,
        "tiles": crops,
        "digest": hashlib.blake2b(orjson.dumps([scene, crops]), digest_size=8).hexdigest(),
        "counters": {
            name: [count.shown, count.total]
            for name, count in (
                ("objects", counters.objects),
                ("predictions", counters.predictions),
                ("labels", counters.labels),
                ("frames", counters.frames),
            )
        }
        | {"side": selection.query.side, "has_ignored": IGNORED_LABEL in selection.query.outcomes},
        "has_outcomes": True,
        "sorts": [{"name": name, "title": title, "descending_first": True} for name, title in OBJECT_SORTS.items()]
        + list(more_sorts),
        "sort": {"name": selection.query.sort, "descending": selection.query.descending},
        "place": place,
        "opened": opened,
        "selected": list(selected),
        "most_rows": None,
    }

    def value_of(name: str) -> Any:
        return getattr(st.session_state[key], name, None)

    def opened_one() -> None:
        if (value := value_of("open")) is not None:
            on_open(str(value["frame"]), [str(name) for name in value["selected"]])

    def sorted_anew() -> None:
        if (value := value_of("sort")) is not None:
            on_sort(str(value))

    def selected_some() -> None:
        if (value := value_of("selected")) is not None:
            on_select([str(name) for name in value])

    _gallery()(
        key=key,
        data=data,
        on_open_change=opened_one,
        on_sort_change=sorted_anew,
        on_selected_change=selected_some,
    )


def object_choices(
    project: Project,
    selection: ObjectSelection,
    *,
    key: str,
    on_change: Callable[[str, str], None],
    fields: Sequence[str] = CHOICE_FIELDS,
    metrics: Sequence[Offer] = (),
    on_ranges: Callable[[list[str]], None] | None = None,
) -> None:
    """Outcomes, reasons, kinds of error and classes, each with the objects that choosing it would leave.

    Args:
        on_change: called with the field of the query ("outcomes", "reasons", "errors" or "klass") and the name that was
            clicked.
        fields: which of these four are offered.
        metrics: of objects, that there can be filters by.
        on_ranges: called with all ranges of metrics that are asked for, as links spell them; None: there are none.
    """
    query, facets = selection.query, selection.facets
    colors = class_colors(project.classes)
    classes = sorted(facets.classes.items(), key=lambda entry: -entry[1])
    sections = [
        {
            "field": "outcomes",
            "title": "Outcome",
            "rows": [
                _row(
                    name,
                    sentence(words),
                    facets.outcomes[name],
                    name in query.outcomes,
                    OUTCOME_COLORS.get(name, OUTCOME_COLORS["ignored"]),
                )
                for name, words in OBJECT_OUTCOMES.items()
                if name in ("tp", "fp", "fn") or facets.outcomes[name] or name in query.outcomes
            ],
        },
        {
            "field": "reasons",
            "title": "Why a false positive",
            "rows": [
                _row(name, sentence(words), facets.reasons[name], name in query.reasons)
                for name, words in REASON_WORDS.items()
            ],
        },
        {
            "field": "errors",
            "title": "Kind of error (TIDE)",
            "rows": [
                _row(name, sentence(words), facets.errors[name], name in query.errors)
                for name, words in ERROR_WORDS.items()
            ],
        },
        {
            "field": "klass",
            "title": "Class",
            "rows": [
                _row(name, name, number, name == query.klass, colors[name])
                for name, number in classes
                if number or name == query.klass
            ],
        },
    ]

    def chosen() -> None:
        for click in unheard(key, getattr(st.session_state[key], "choose", None)):
            on_change(str(click["field"]), str(click["name"]))

    def ranged() -> None:
        value = getattr(st.session_state[key], "ranges", None)
        if isinstance(value, Mapping) and on_ranges is not None:
            on_ranges([str(text) for text in value["ranges"]])

    offered = [section for section in sections if section["field"] in fields]
    measured = None if on_ranges is None else metric_filter_data(facets.metrics, metrics, "object", {"class"})
    ranges = [one.to_param() for one in query.metric_ranges]
    _choices()(
        key=key,
        data={"sections": offered, "metrics": measured, "ranges": ranges, "heard": heard(key)},
        on_choose_change=chosen,
        on_ranges_change=ranged,
    )


def toggled(query: ObjectQuery, field: str, name: str) -> ObjectQuery:
    """The query with a name put into a field, or taken out of it."""
    if field == "klass":
        return query.with_(klass=None if query.klass == name else name)
    names: tuple[str, ...] = getattr(query, field)
    left = tuple(other for other in names if other != name) if name in names else (*names, name)
    return query.with_(**{field: left})


def _row(name: str, words: str, count: int, chosen: bool, color: str | None = None) -> dict[str, Any]:
    return {"name": name, "words": words, "count": count, "chosen": chosen, "color": color}


@cache
def _gallery() -> Any:
    return browser_component(
        "predscope_objects",
        html="<div class='gallery'></div>",
        script=gallery_source() + "\n" + read_sources(_FOLDER, ("crop.js", "objects.js")),
        style=gallery_style() + "\n" + read_sources(_FOLDER, ("objects.css",)),
    )


@cache
def _choices() -> Any:
    rail = _FOLDER.parent / "filter_rail"
    shared = ("elements.js", "histogram.js", "metric_section.js")
    scripts = (drawing_source(), read_sources(rail, shared), read_sources(_FOLDER, ("choices.js",)))
    return browser_component(
        "predscope_object_choices",
        html="<div class='rail'></div>",
        script="\n".join(scripts),
        style=read_sources(rail, ("filter_rail.css",)),
    )
