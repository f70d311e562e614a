"""Which project this app shows.

One process serves one project, named by the environment variable ``PREDSCOPE_PROJECT`` or, without it, the project
around the current folder. A ``Project`` is a view of one revision: when another process publishes an import, the next
request opens the new one. Old versions of sets that are looked at stand in it beside the newest ones, see
``components.opened_versions``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit as st

from components.opened_versions import opened_versions
from predscope.payload import Layer, project_layers, staged_layers
from predscope.project import Project
from predscope.project.version_names import OpenedVersion

PROJECT_VARIABLE: Final = "PREDSCOPE_PROJECT"
_DRAWN: Final = "session.revision"

_lock = threading.Lock()
_open_project: Project | None = None


def published_project() -> Project:
    """The project at its newest revision, without old versions beside it.

    Raises:
        ProjectError: there is none, or it cannot be opened.
    """
    global _open_project
    with _lock:
        if _open_project is None:
            named = os.environ.get(PROJECT_VARIABLE)
            _open_project = Project.open(Path(named)) if named else Project.find()
        elif _open_project.current_revision() != _open_project.revision:
            _open_project = Project.open(_open_project.path)
        return _open_project


def current_project() -> Project:
    """The project at its newest revision, with the old versions that this session looks at. For pages.

    Raises:
        ProjectError: there is none, or it cannot be opened.
    """
    project = published_project()
    note_drawn(project)
    return _with_versions(project, tuple(opened_versions(project)))


def note_drawn(project: Project) -> None:
    """Remember of which revision this session's page is; for pages that show the project without old versions."""
    st.session_state[_DRAWN] = project.revision


def has_changed() -> bool:
    """Whether something was imported, renamed, restored or deleted since this session's page was drawn.

    Raises:
        ProjectError: the project cannot be opened any more.
    """
    drawn = st.session_state.get(_DRAWN)
    return drawn is not None and drawn != published_project().revision


@dataclass(frozen=True, slots=True)
class View:
    """What is on screen: a project and the layers drawn over its frames."""

    project: Project
    layers: tuple[Layer, ...]


def current_view(preview: str | None = None, *, label_set: str | None = None) -> View:
    """The current project with all its prediction sets or, with ``preview``, as a staged import would leave it.

    Args:
        preview: id of the staged import.
        label_set: whose labels are drawn; None: the project's first label set.

    Raises:
        ProjectError: there is no project, no such label set, or no such staged import (any more).
    """
    if preview is not None:
        st.session_state.pop(_DRAWN, None)
        return _staged_view(published_project(), preview)
    return _published_view(current_project(), label_set)


def requested_view(preview: str | None = None, *, label_set: str | None = None, set_names: Iterable[str] = ()) -> View:
    """The same for a request beside the pages, which has no session: old versions are those of the names given."""
    project = published_project()
    if preview is not None:
        return _staged_view(project, preview)
    return _published_view(_with_versions(project, tuple(project.versions_named(set_names))), label_set)


def _staged_view(project: Project, preview: str) -> View:
    staged_project, objects = project.open_staged(preview)  # not kept: it ends when it is published or discarded
    return View(staged_project, tuple(staged_layers(staged_project, objects)))


@lru_cache(maxsize=8)
def _with_versions(project: Project, opened: tuple[OpenedVersion, ...]) -> Project:
    """Kept, with what it has read."""
    return project.with_versions(opened)


@lru_cache(maxsize=4)
def _published_view(project: Project, label_set: str | None) -> View:
    return View(project, tuple(project_layers(project, label_set=label_set)))
