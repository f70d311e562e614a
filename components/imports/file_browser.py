"""A browser of this machine's folders: a click goes into a folder or chooses a file; a folder can be chosen, too.

A browser component: filtering by name needs no round trip. Only clicks are told, and what they name is looked up anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.browser_code import browser_component
from components.drawing import read_sources
from components.imports.folders import list_folder, nearest_folder

_FOLDER: Final = Path(__file__).parent
_PLACE: Final = "imports.folder"
_TEXT: Final = "imports.folder_text"


def file_browser(start: Path, places: dict[str, Path], on_choose: Callable[[Path], None], *, key: str) -> None:
    """Show the folder that the reader has come to.

    Args:
        start: the first folder.
        places: shortcuts, by what they are called.
        on_choose: called with the file or folder that was chosen.
        key: of the component.
    """
    folder = nearest_folder(Path(st.session_state.get(_PLACE, start)))
    listing = list_folder(folder, text=st.session_state.get(_TEXT, ""))

    def go() -> None:
        asked = getattr(st.session_state.get(key), "go", None)
        if asked is not None:
            st.session_state[_PLACE] = str(nearest_folder(folder / str(asked["path"])))
            st.session_state.pop(_TEXT, None)

    def choose() -> None:
        asked = getattr(st.session_state.get(key), "choose", None)
        if asked is not None:
            on_choose(folder / str(asked["path"]))

    def narrow() -> None:
        asked = getattr(st.session_state.get(key), "narrow", None)
        if asked is not None:
            st.session_state[_TEXT] = str(asked["text"])

    _component()(
        key=key,
        data={
            "path": str(folder),
            "crumbs": [
                {"name": part.name or str(part), "path": str(part)} for part in (*reversed(folder.parents), folder)
            ],
            "places": [{"name": name, "path": str(path)} for name, path in places.items()],
            "entries": [
                {
                    "name": entry.name,
                    "folder": entry.is_folder,
                    "size": "" if entry.is_folder else size_in_words(entry.byte_count),
                    "modified": entry.modified * 1000,
                }
                for entry in listing.entries
            ],
            "left_out": listing.left_out,
            "text": st.session_state.get(_TEXT, ""),
            "problem": listing.problem,
        },
        on_go_change=go,
        on_choose_change=choose,
        on_narrow_change=narrow,
    )


def size_in_words(byte_count: int) -> str:
    """``2.1 MB``."""
    size = float(byte_count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


@cache
def _component() -> Any:
    return browser_component(
        "predscope_file_browser",
        html="<div class='browser'></div>\n<!-- filled by file_browser.js -->",
        style=read_sources(_FOLDER, ("file_browser.css",)),
        script=read_sources(_FOLDER, ("file_browser.js",)),
    )
