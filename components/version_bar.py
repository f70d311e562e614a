"""The line at the top of a page that says which old versions are looked at, and leads back to the newest."""

from __future__ import annotations

from typing import Final

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.doors import open_page
from components.opened_versions import close_version, may_be_opened
from components.session import current_project
from components.state import replace_set, speaks_of
from predscope.errors import PredscopeError
from predscope.project import Project
from predscope.project.version_names import OpenedVersion

_STYLE: Final = """<style>
.st-key-version_bar { gap: 0; margin-bottom: 4px; }
[class*="st-key-version_line_"] { border-left: 2px solid var(--st-primary-color, #0F6CBD); padding-left: 10px;
  row-gap: 0; column-gap: 16px; }
[class*="st-key-version_line_"] p { font-size: 14px; }
[class*="st-key-version_line_"] button { min-height: 28px; padding: 0; }
</style>"""


def show_opened_versions() -> None:
    """One line a version; nothing where only newest versions are shown."""
    if not may_be_opened():
        return
    try:
        project = current_project()
    except PredscopeError:  # the page says so
        return
    if not project.opened:
        return
    st.html(_STYLE)
    with st.container(key="version_bar"):
        for place, opened in enumerate(project.opened):
            _line(project, opened, place)


def _line(project: Project, opened: OpenedVersion, place: int) -> None:
    versions = project.published.versions(opened.role, opened.set_name)
    (version,) = project.versions(opened.role, opened.name)
    age = "the newest" if version is versions[-1] else "an old version"
    position = versions.index(version) + 1
    is_shown = speaks_of(opened.name)
    words = (
        f"**{escape_markdown(opened.name)}** {'is' if is_shown else 'is open beside the others:'} {age} of "
        f"{'the labels' if opened.role == 'labels' else 'the predictions'} {escape_markdown(opened.set_name)} "
        f"({position} of {len(versions)}), from {version.created[:16].replace('T', ' ')}"
    )
    with st.container(horizontal=True, vertical_alignment="center", key=f"version_line_{place}"):
        st.markdown(words, width="content")
        if is_shown:
            st.button(
                "Back to the newest",
                key=f"version_back_{place}",
                type="tertiary",
                on_click=_back_to_newest,
                args=(opened,),
            )
            if opened.role == "predictions":
                st.button(
                    "Side by side",
                    key=f"version_compare_{place}",
                    type="tertiary",
                    help="Explore with both versions drawn",
                    on_click=_compare,
                    args=(opened,),
                )
        else:
            st.button("Close", key=f"version_close_{place}", type="tertiary", on_click=_back_to_newest, args=(opened,))


def _back_to_newest(opened: OpenedVersion) -> None:
    replace_set(opened.name, opened.set_name)
    close_version(opened)


def _compare(opened: OpenedVersion) -> None:
    open_page(urls.EXPLORE_PATH, {"model": [opened.set_name, opened.name]})
