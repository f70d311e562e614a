"""The gallery: one page of frames as justified thumbnails with their objects drawn over them.

A browser component without an iframe. Thumbnails come by address; the objects come with the page and are drawn as
vectors, so showing and hiding layers, confidences and tile sizes asks the server for nothing.

Keys: arrows move, Enter opens, Space or x selects, Shift with a click or an arrow selects a range, a selects all on
the page, Escape clears the selection.
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
from components.drawing import drawing_source, drawing_style, read_sources
from predscope.exploration import SORTS, FrameSelection
from predscope.exploration.outcome_kinds import OUTCOME_WORDS
from predscope.exploration.sorting import NEED_OUTCOMES
from predscope.payload import PREDICTION_LAYER_PREFIX, Layer

_FOLDER: Final = Path(__file__).parent
_SCRIPTS: Final = ("elements.js", "rows.js", "tile.js", "legend.js", "bar.js", "gallery.js", "mount.js")


def gallery(
    selection: FrameSelection,
    layers: Sequence[Layer],
    scene: Mapping[str, Any],
    tiles: Sequence[Mapping[str, Any]],
    *,
    key: str,
    place: str,
    opened: str | None = None,
    selected: Sequence[str] = (),
    most_rows: int | None = None,
    more_sorts: Sequence[Mapping[str, Any]] = (),
    on_open: Callable[[str], None],
    on_sort: Callable[[str], None],
    on_select: Callable[[list[str]], None] = lambda frames: None,
) -> None:
    """Show one page of a selection.

    Args:
        selection: what the counters count and how the frames are sorted.
        layers: the layers of ``scene``.
        scene: layers and classes, as ``predscope.payload.scene`` gives them.
        tiles: ``tile_records``, each with the address of its frame under ``href``.
        key: of the component.
        place: names this page of these filters; the scroll position is kept under it, and a new one starts at the top.
        opened: id of the frame that the reader comes back from.
        selected: ids of the frames that are selected when the page appears or ``place`` changes.
        most_rows: show only the tiles that fill this many rows, whatever the width; None: all.
        more_sorts: orders beside ``SORTS``, as ``components.metric_filters.metric_sorts`` gives them.
        on_open: called with the id of the frame that was clicked, after ``on_select``.
        on_sort: called with the name of a sort, with ``-`` in front for descending.
        on_select: called with the ids of all selected frames, a moment after the selection changed.
    """
    data = {
        "scene": scene,
        "tiles": tiles,
        "digest": hashlib.blake2b(orjson.dumps([scene, tiles]), digest_size=8).hexdigest(),
        "counters": _counters(selection, layers),
        "has_outcomes": selection.outcomes_of is not None,
        "evaluated": None if selection.outcomes_of is None else PREDICTION_LAYER_PREFIX + selection.outcomes_of,
        "sorts": [
            {"name": name, "title": sort.title, "descending_first": sort.descending_first}
            for name, sort in SORTS.items()
            if selection.outcomes_of is not None or name not in NEED_OUTCOMES
        ]
        + list(more_sorts),
        "sort": {"name": selection.query.sort, "descending": selection.query.descending},
        "place": place,
        "opened": opened,
        "selected": list(selected),
        "most_rows": most_rows,
    }

    def happened(name: str, handle: Callable[[Any], None]) -> Callable[[], None]:
        def call() -> None:
            value = getattr(st.session_state[key], name, None)
            if value is not None:
                handle(value)

        return call

    def open_frame(value: Mapping[str, Any]) -> None:
        on_select([str(frame) for frame in value["selected"]])
        on_open(str(value["frame"]))

    _component()(
        key=key,
        data=data,
        on_open_change=happened("open", open_frame),
        on_sort_change=happened("sort", lambda value: on_sort(str(value))),
        on_selected_change=happened("selected", lambda value: on_select([str(frame) for frame in value])),
    )


def _counters(selection: FrameSelection, layers: Sequence[Layer]) -> dict[str, Any]:
    counters = selection.counters
    counts = [counters.labels if layer.role == "labels" else counters.predictions[layer.name] for layer in layers]
    kinds = selection.kinds
    return {
        "outcomes": None
        if kinds is None
        else {name: int(kinds[name][selection.indices].sum()) for name in OUTCOME_WORDS},
        "frames": [counters.frames.shown, counters.frames.total],
        "layers": [[count.shown, count.total] if count is not None else [0, 0] for count in counts],
    }


@cache
def _component() -> Any:
    return browser_component(
        "predscope_gallery",
        html="<div class='gallery'></div>",
        script=gallery_source() + "\n" + read_sources(_FOLDER, ("frames.js",)),
        style=gallery_style(),
    )


def gallery_style() -> str:
    """The CSS of galleries, to stand before a component's own."""
    return drawing_style() + "\n" + read_sources(_FOLDER, ("gallery.css",))


def gallery_source() -> str:
    """The JavaScript that galleries share: ``Gallery``, ``Bar``, ``Tile``, ``mountGallery`` and what they are made of.

    A gallery of something else than frames extends these classes and mounts its own with ``mountGallery``.
    """
    return drawing_source() + "\n" + read_sources(_FOLDER, _SCRIPTS)
