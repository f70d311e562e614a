"""Opening another page so that one press of the browser's Back returns to this one, as it was.

``st.switch_page`` with query parameters first gives the page that is left the parameters of the other, as an entry of
the browser's history of its own: Back then needs two presses, and the first one loses what only the page that was left
has in its address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.drawing import read_sources
from components.urls import page_url

_ASKED_FOR: Final = "door.address"
_FOLLOW: Final = """
let followed = null;
export default function ({ data }) {
  if (data.id === followed) return;
  followed = data.id;
  openAddress(data.href);
}
"""


def door_source() -> str:
    """JavaScript to be put in front of a component's own.

    ``openAddress(href)`` does what ``open_page`` does; ``followOnClick(node, href)`` makes a link of an ``a``.
    """
    return read_sources(Path(__file__).parent, ("doors.js",))


@cache
def _component() -> Any:
    return st.components.v2.component("predscope_door", js=door_source() + _FOLLOW)


def open_page(path: str, parameters: Mapping[str, str | list[str]]) -> None:
    """Open a page of the app in this tab; from the script or a callback, but not from within a fragment.

    Args:
        path: of ``components.urls``, such as ``OBJECTS_PATH``.
        parameters: its query parameters.
    """
    st.session_state[_ASKED_FOR] = page_url(path, dict(parameters))


def follow_door() -> None:
    """Go where ``open_page`` said. For the shell, once Streamlit has told the browser which page this is: the browser
    would be brought back to it if it heard that later.
    """
    href = st.session_state.pop(_ASKED_FOR, None)
    if href is not None:
        _component()(key="door", data={"href": href, "id": secrets.token_hex(8)}, height=0)
