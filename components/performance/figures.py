"""A row of numbers with their names; those that count objects are links to them.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st

from components import urls
from components.drawing import read_sources
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.sorting import rate
from predscope.palette import OUTCOME_COLORS

_FOLDER: Final = Path(__file__).parent
_LINES: Final = {"tp": "solid", "fp": "dashed", "fn": "dotted", "ignored": "double"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: stable, for events and tests.
        label, value, note: as they are shown.
        hint: shown when the pointer rests on it.
        opens: the objects that it counts; None: it counts none.
        outcome: whose stroke stands beside the label.
        is_small: for numbers that are not the first to be read.
    """

    name: str
    label: str
    value: str
    note: str = ""
    hint: str = ""
    opens: ObjectQuery | None = None
    outcome: str = ""
    is_small: bool = False


def figures(entries: Sequence[Figure], *, key: str, on_open: Callable[[ObjectQuery], None]) -> None:
    """Show the numbers in a row; ``on_open`` is called with the objects of the one that was clicked."""
    opens = {entry.name: entry.opens for entry in entries if entry.opens is not None}
    clicked = _component()(
        key=key,
        data={"figures": [_record(entry) for entry in entries]},
        on_open_change=lambda: None,
    ).open
    if clicked in opens:
        on_open(opens[clicked])


def share(value: float) -> str:
    """A rate as it is shown: ``.42``; a dash where there is none."""
    return "–" if np.isnan(value) else rate(value)


def _record(entry: Figure) -> dict[str, Any]:
    record: dict[str, Any] = {"name": entry.name, "label": entry.label, "value": entry.value, "small": entry.is_small}
    if entry.note:
        record["note"] = entry.note
    if entry.hint:
        record["hint"] = entry.hint
    if entry.opens is not None:
        record["href"] = urls.objects_page_url(entry.opens)
    if entry.outcome:
        record["outcome"] = {"color": OUTCOME_COLORS[entry.outcome], "line": _LINES[entry.outcome]}
    return record


@cache
def _component() -> Any:
    return st.components.v2.component(
        "predscope_figures",
        html="<div class='figures'></div>\n<!-- filled by figures.js -->",
        css=read_sources(_FOLDER, ("figures.css",)),
        js=read_sources(_FOLDER, ("figures.js",)),
    )
