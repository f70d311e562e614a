"""A row of numbers with their names, and a sentence with numbers in it; those that count objects are links to them.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from components import urls
from components.browser_code import browser_component
from components.drawing import read_sources
from predscope.evaluation.intervals import wilson
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
        note_opens: the objects that the note counts.
        outcome: whose stroke stands beside the label.
        is_small: for numbers that are not the first to be read.
    """

    name: str
    label: str
    value: str
    note: str = ""
    hint: str = ""
    opens: ObjectQuery | None = None
    note_opens: ObjectQuery | None = None
    outcome: str = ""
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """A part of a sentence that counts objects.

    Attributes:
        name: stable, for events and tests.
        text: the number, with or without what it counts.
        opens: the objects; None where there are none of them.
    """

    name: str
    text: str
    opens: ObjectQuery | None


def figures(
    entries: Sequence[Figure] = (),
    sentence: Sequence[str | Door] = (),
    *,
    key: str,
    on_open: Callable[[ObjectQuery], None] | None = None,
) -> None:
    """Show numbers in a row, then a sentence.

    Args:
        entries: the numbers.
        sentence: its parts, in order.
        key: of the component.
        on_open: called with the objects of the number that was clicked.
    """
    doors = [part for part in sentence if isinstance(part, Door)]
    opens = {entry.name: entry.opens for entry in (*entries, *doors) if entry.opens is not None}
    opens |= {_note_name(entry): entry.note_opens for entry in entries if entry.note_opens is not None}
    data: dict[str, Any] = {"figures": [_record(entry) for entry in entries]}
    if sentence:
        data["sentence"] = [part if isinstance(part, str) else _door(part) for part in sentence]
    clicked = _component()(key=key, data=data, on_open_change=lambda: None).open
    if clicked in opens and on_open is not None:
        on_open(opens[clicked])


def share(value: float) -> str:
    """A rate as it is shown: ``.42``; a dash where there is none."""
    return "–" if np.isnan(value) else rate(value)


def exact_share(value: float) -> str:
    """A rate with three decimals, ``.417``; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")


def limits(low: float, high: float) -> str:
    """An interval as it is shown: ``.71–.82``; "" where there is none."""
    return "" if np.isnan(low) else f"{rate(low)}–{rate(high)}"


def interval(hits: int, total: int) -> str:
    """The 95 % interval (Wilson) of a share, as it is shown; "" where there is none."""
    low, high = wilson(hits, total)
    return limits(float(low), float(high))


def _record(entry: Figure) -> dict[str, Any]:
    record: dict[str, Any] = {"name": entry.name, "label": entry.label, "value": entry.value, "small": entry.is_small}
    if entry.note:
        record["note"] = entry.note
    if entry.hint:
        record["hint"] = entry.hint
    if entry.opens is not None:
        record["href"] = urls.objects_page_url(entry.opens)
    if entry.note_opens is not None:
        record["note_door"] = {"name": _note_name(entry), "href": urls.objects_page_url(entry.note_opens)}
    if entry.outcome:
        record["outcome"] = {"color": OUTCOME_COLORS[entry.outcome], "line": _LINES[entry.outcome]}
    return record


def _note_name(entry: Figure) -> str:
    return f"{entry.name}.note"


def _door(door: Door) -> dict[str, Any]:
    return {"name": door.name, "text": door.text, "href": door.opens and urls.objects_page_url(door.opens)}


@cache
def _component() -> Any:
    return browser_component(
        "predscope_figures",
        html="<div class='numbers'></div>\n<!-- filled by figures.js -->",
        style=read_sources(_FOLDER, ("figures.css",)),
        script=read_sources(_FOLDER, ("figures.js",)),
    )
