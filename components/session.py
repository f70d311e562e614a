"""Which project this app shows.

One process serves one project, named by the environment variable ``PREDSCOPE_PROJECT`` or, without it, the project
around the current folder. A ``Project`` is a view of one revision: when another process publishes an import, the next
request opens the new one.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from predscope.payload import Layer, project_layers, staged_layers
from predscope.project import Project

PROJECT_VARIABLE: Final = "PREDSCOPE_PROJECT"

_lock = threading.Lock()
_open_project: Project | None = None


def current_project() -> Project:
    """The project at its newest revision.

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
    project = current_project()
    if preview is None:
        return _published_view(project, label_set)
    staged_project, objects = project.open_staged(preview)  # not kept: it ends when it is published or discarded
    return View(staged_project, tuple(staged_layers(staged_project, objects)))


@lru_cache(maxsize=4)
def _published_view(project: Project, label_set: str | None) -> View:
    return View(project, tuple(project_layers(project, label_set=label_set)))
