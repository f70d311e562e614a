"""Lines of words, each a link to what its number counts; those that count nothing are quiet text.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from components.browser_code import browser_component
from components.data.doors import Door
from components.doors import door_source
from components.drawing import read_sources

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: stable, for tests.
        number: what stands out, with what it counts: "12 labels".
        words: the rest of the sentence.
        door: None: there is nothing to open.
        hint: shown when the pointer rests on it.
    """

    name: str
    number: str
    words: str
    door: Door | None
    hint: str = ""


def link_lines(lines: Sequence[Line], *, key: str, is_row: bool = False) -> None:
    """Show the lines.

    Args:
        key: of the component.
        is_row: beside each other instead of one below the other.
    """
    data = {
        "row": is_row,
        "lines": [
            {
                "name": line.name,
                "number": line.number,
                "words": line.words,
                "hint": line.hint,
                "href": None if line.door is None else line.door.href,
            }
            for line in lines
        ],
    }
    _component()(key=key, data=data)


@cache
def _component() -> Any:
    return browser_component(
        "predscope_link_lines",
        html="<div class='lines'></div>\n<!-- filled by links.js -->",
        style=read_sources(_FOLDER, ("links.css",)),
        script=door_source() + read_sources(_FOLDER, ("links.js",)),
    )
