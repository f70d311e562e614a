"""Opening another page so that one press of the browser's Back returns to this one, as it was.

``st.switch_page`` with query parameters first gives the page that is left the parameters of the other, as an entry of
the browser's history of its own: Back then needs two presses, and the first one loses what only the page that was left
has in its address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import streamlit as st

from components.urls import page_url

_FOLLOW: Final = """
let followed = null;
export default function ({ data }) {
  if (data.id === followed) return;
  followed = data.id;
  history.pushState({}, "", data.href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} })); // Streamlit opens what the address says
}
"""


@cache
def _component() -> Any:
    return st.components.v2.component("predscope_door", js=_FOLLOW)


def open_page(path: str, parameters: Mapping[str, str | list[str]]) -> None:
    """Open a page of the app in this tab; from the script or a callback, but not from within a fragment.

    Args:
        path: of ``components.urls``, such as ``OBJECTS_PATH``.
        parameters: its query parameters.
    """
    _component()(key="door", data={"href": page_url(path, dict(parameters)), "id": secrets.token_hex(8)}, height=0)
