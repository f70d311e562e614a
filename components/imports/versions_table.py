"""All versions of all sets as a table, with what can be done with each; a browser component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.browser_code import browser_component
from components.drawing import read_sources
from components.imports.file_browser import size_in_words
from predscope.project.versions import VersionEntry

ACTIONS: Final = ("look", "restore", "delete", "rename", "delete_set")
_FOLDER: Final = Path(__file__).parent


def versions_table(
    entries: Sequence[VersionEntry], on_action: Callable[[str, VersionEntry], None], *, why_not: str, key: str
) -> None:
    """Show the table.

    Args:
        entries: of ``list_versions``.
        on_action: called with one of ``ACTIONS`` and the version it is about.
        why_not: why nothing can be changed; "" where it can.
        key: of the component.
    """

    def act() -> None:
        asked = getattr(st.session_state.get(key), "act", None)
        place = -1 if asked is None else int(asked["place"])
        if 0 <= place < len(entries) and asked["action"] in ACTIONS:
            on_action(str(asked["action"]), entries[place])

    _component()(
        key=key,
        data={"rows": [_row(entry) for entry in entries], "why_not": why_not},
        on_act_change=act,
    )


def _row(entry: VersionEntry) -> dict[str, Any]:
    version = entry.version
    return {
        "role": entry.role,
        "name": entry.name,
        "version": version.version,
        "count": entry.count,
        "newest": entry.is_newest,
        "created": version.created,
        "objects": version.imported,
        "repaired": version.repaired,
        "rejected": version.rejected,
        "format": version.format,
        "source": version.source,
        "restored_from": version.restored_from,
        "size": size_in_words(entry.byte_count),
    }


@cache
def _component() -> Any:
    return browser_component(
        "predscope_versions",
        html="<div class='versions'></div>\n<!-- filled by versions_table.js -->",
        style=read_sources(_FOLDER, ("versions_table.css",)),
        script=read_sources(_FOLDER, ("versions_table.js",)),
    )
