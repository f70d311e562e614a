"""Rows of bars, one or two measures a row, each row a link to the objects that it counts.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
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
from predscope.exploration.object_query import ObjectQuery

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class BarRow:
    """One row.

    Attributes:
        name: stable, for events and tests.
        title: what it is, in words.
        color: of its bars.
        values: one a measure.
        texts: the same as they are written at the end of the bars.
        hint: shown when the pointer rests on it.
        opens: the objects that it counts; None: it counts none.
        is_part: of the row above it, and drawn so.
        starts_group: drawn a little below the row before.
    """

    name: str
    title: str
    color: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    hint: str = ""
    opens: ObjectQuery | None = None
    is_part: bool = False
    starts_group: bool = False


def bars(
    rows: Sequence[BarRow],
    measures: Sequence[str],
    *,
    chosen: str,
    key: str,
    file_name: str,
    link: Callable[[ObjectQuery], str],
    on_open: Callable[[ObjectQuery], None],
) -> None:
    """Show the rows.

    Args:
        rows: from top to bottom.
        measures: what the bars of each column measure; every column has its own scale, from zero.
        chosen: name of the row whose objects are on screen; "": none of them.
        key: of the component.
        file_name: under which the numbers are saved, without its ending.
        link: address of a page that shows objects.
        on_open: called with the objects of the row that was clicked.
    """
    opens = {row.name: row.opens for row in rows if row.opens is not None}

    def opened() -> None:
        name = getattr(st.session_state[key], "open", None)
        if name in opens:
            on_open(opens[name])

    _component()(
        key=key,
        data={
            "measures": list(measures),
            "rows": [_record(row, link) for row in rows],
            "chosen": chosen,
            "file_name": file_name,
        },
        on_open_change=opened,
    )


def _record(row: BarRow, link: Callable[[ObjectQuery], str]) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "color": row.color,
        "values": list(row.values),
        "texts": list(row.texts),
        "hint": row.hint,
        "href": None if row.opens is None else link(row.opens),
        "part": row.is_part,
        "group": row.starts_group,
    }


@cache
def _component() -> Any:
    return browser_component(
        "predscope_bars",
        html="<div class='chart bars'></div>\n<!-- filled by bars.js -->",
        style=chart_style() + "\n" + read_sources(_FOLDER, ("bars.css",)),
        script=chart_source() + "\n" + read_sources(_FOLDER, ("bars.js",)),
    )
