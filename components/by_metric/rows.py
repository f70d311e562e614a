"""Rows of words with thin bars at their end, one of them chosen: metrics by importance, and weak slices.

A browser component: each row is a button, and its bars stand on one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.browser_charts import chart_source, chart_style
from components.browser_code import browser_component
from components.drawing import read_sources

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a row.

    Attributes:
        value: its length; all rows share the scale, from zero.
        text: at its end.
        color: ``#RRGGBB``.
        mark: where a tick is drawn, such as what chance alone would give; None: nowhere.
        is_faint: drawn fainter.
    """

    value: float
    text: str
    color: str
    mark: float | None = None
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        name: stable, for events and tests.
        title: what it is, in words; it may need several lines.
        note: quieter, below the title.
        bars: from top to bottom.
        hint: shown when the pointer rests on it.
        is_quiet: drawn fainter.
    """

    name: str
    title: str
    bars: tuple[Bar, ...]
    note: str = ""
    hint: str = ""
    is_quiet: bool = False


def rows(
    entries: Sequence[Row],
    *,
    chosen: str,
    key: str,
    file_name: str,
    table: tuple[Sequence[str], Sequence[Sequence[Any]]],
    on_choose: Callable[[str], None],
    wide_words: bool = False,
) -> None:
    """Show the rows.

    Args:
        entries: from top to bottom.
        chosen: name of the row that is on screen; "": none.
        key: of the component.
        file_name: under which the numbers are saved, without its ending.
        table: the numbers: names of columns, and rows.
        on_choose: called with the name of the row that was clicked.
        wide_words: leave most of the width to the words.
    """
    names = {entry.name for entry in entries}

    def was_chosen() -> None:
        name = getattr(st.session_state[key], "choose", None)
        if name in names:
            on_choose(str(name))

    _component()(
        key=key,
        data={
            "rows": [
                {
                    "name": entry.name,
                    "title": entry.title,
                    "note": entry.note,
                    "hint": entry.hint,
                    "quiet": entry.is_quiet,
                    "bars": [
                        {name: getattr(bar, name) for name in ("value", "text", "color", "mark", "is_faint")}
                        for bar in entry.bars
                    ],
                }
                for entry in entries
            ],
            "chosen": chosen,
            "wide": wide_words,
            "table": {"columns": list(table[0]), "rows": [list(row) for row in table[1]]},
            "file_name": file_name,
        },
        on_choose_change=was_chosen,
    )


@cache
def _component() -> Any:
    return browser_component(
        "predscope_rows",
        html="<div class='chart rows'></div>\n<!-- filled by rows.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("rows.css",)),
        script=chart_source() + "\n" + read_sources(_FOLDER, ("rows.js",)),
    )
