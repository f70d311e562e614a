"""The versions that there are: to be looked at, restored and deleted; sets are renamed and deleted, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.doors import open_page
from components.imports.versions_table import versions_table
from components.opened_versions import open_version
from predscope.errors import PredscopeError
from predscope.exploration.saved_views import rename_in_views
from predscope.project import Project
from predscope.project.version_names import OpenedVersion
from predscope.project.versions import (
    VersionEntry,
    delete_set,
    delete_version,
    list_versions,
    rename_set,
    restore_version,
)

_ASKED: Final = "imports.asked"
_SAID: Final = "imports.said"
_NEW_NAME: Final = "imports.new_name"


def versions_view(project: Project, why_not: str) -> None:
    """The table, what the last click has come to, and the question that a click asks.

    Args:
        why_not: why nothing can be changed; "" where it can.
    """
    entries = list_versions(project)
    with st.container(key="imports_versions"):
        st.markdown("##### Sets and versions")
        said = st.session_state.pop(_SAID, None)
        if said is not None:
            is_done, words = said
            (st.success if is_done else st.error)(escape_markdown(words))
        if not entries:
            st.caption("There are none yet.")
            return
        versions_table(entries, _act, why_not=why_not, key="imports.versions_table")
    asked = st.session_state.pop(_ASKED, None)
    if asked is not None and not why_not:
        _ask(project, *asked)


def _act(action: str, entry: VersionEntry) -> None:
    if action == "look":
        opened = OpenedVersion(entry.role, entry.name, entry.version.version)
        if not entry.is_newest:
            open_version(opened)
        open_page(urls.EXPLORE_PATH, {"labels" if entry.role == "labels" else "model": entry.opened_name})
    else:
        st.session_state[_ASKED] = (action, entry)


def _ask(project: Project, action: str, entry: VersionEntry) -> None:
    if action == "rename":
        st.dialog(f"Rename {escape_markdown(entry.name)}")(_ask_for_name)(project, entry)
    elif action == "restore":
        st.dialog(f"Restore version {entry.version.version} of {escape_markdown(entry.name)}?")(_confirm_restoring)(
            project, entry
        )
    else:
        is_whole_set = action == "delete_set" or entry.count == 1
        what = "" if is_whole_set else f"version {entry.version.version} of "
        st.dialog(f"Delete {what}{escape_markdown(entry.name)}?")(_confirm_deleting)(project, entry, is_whole_set)


def _confirm_restoring(project: Project, entry: VersionEntry) -> None:
    number = project.manifest.next_version(entry.role, entry.name)
    st.markdown(
        f"Its {entry.version.imported:,} objects become version {number}, the newest. All versions that there are now "
        "stay."
    )
    if st.button("Restore", type="primary", key="imports.confirm"):
        _do(
            lambda: restore_version(project, entry.role, entry.name, entry.version.version),
            f"Version {entry.version.version} of {entry.name} is the newest again, as version {number}.",
        )


def _confirm_deleting(project: Project, entry: VersionEntry, is_whole_set: bool) -> None:
    if is_whole_set:
        count = "Its only version goes" if entry.count == 1 else f"All {entry.count} versions go"
        lost = "; predictions cannot be compared without labels" if entry.role == "labels" else ""
        others = len(project.set_names(entry.role)) > 1
        st.markdown(f"{count}{'' if others else lost}. This cannot be undone. The files it was read from stay.")
    elif entry.is_newest:
        st.markdown("The version before it is the newest then. This cannot be undone. The file it was read from stays.")
    else:
        st.markdown("The other versions stay. This cannot be undone. The file it was read from stays.")
    if st.button("Delete", type="primary", key="imports.confirm"):
        if is_whole_set:
            _do(lambda: delete_set(project, entry.role, entry.name), f"{entry.name} is deleted.")
        else:
            number = entry.version.version
            _do(
                lambda: delete_version(project, entry.role, entry.name, number),
                f"Version {number} of {entry.name} is deleted.",
            )


def _ask_for_name(project: Project, entry: VersionEntry) -> None:
    with st.form("imports.rename", border=False):
        name = st.text_input("New name", value=entry.name, max_chars=200, key=f"{_NEW_NAME}.{entry.role}.{entry.name}")
        is_asked = st.form_submit_button("Rename", type="primary")
    if not is_asked:
        return
    try:
        rename_set(project, entry.role, entry.name, name)
        rename_in_views(project, entry.role, entry.name, name.strip())
    except PredscopeError as error:
        st.error(escape_markdown(str(error)))
    else:
        st.session_state[_SAID] = (True, f"{entry.name} is named {name.strip()} now.")
        st.rerun()


def _do(change: Callable[[], object], words: str) -> None:
    """Make a change, and draw the page anew, without the question."""
    try:
        change()
    except PredscopeError as error:
        st.session_state[_SAID] = (False, str(error))
    else:
        st.session_state[_SAID] = (True, words)
    st.rerun()
