"""Projects that lie below a folder which is none itself, such as one for each of several data sets."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

from predscope.errors import ProjectError
from predscope.project.manifest import MANIFEST_NAME

MAX_DEPTH: Final = 2
_MOST_FOLDERS: Final = 5_000
"""Folders looked into, at most: a folder of images may hold any number."""
_MOST_NAMED: Final = 20


def projects_below(folder: Path) -> list[Path]:
    """Projects one or two levels below a folder, by name; hidden folders and links are not entered."""
    found: list[Path] = []
    level, looked_into = [folder], 0
    for _ in range(MAX_DEPTH):
        deeper: list[Path] = []
        for parent in level:
            looked_into += 1
            if looked_into > _MOST_FOLDERS:
                return sorted(found)
            for child in _folders(parent):
                if (child / MANIFEST_NAME).is_file():
                    found.append(child)
                else:
                    deeper.append(child)
        level = deeper
    return sorted(found)


def only_project_below(folder: Path) -> Path | None:
    """The one project below a folder; None: there is none.

    Raises:
        ProjectError: there are several; it names them, with the command that opens each.
    """
    found = projects_below(folder)
    if len(found) < 2:
        return found[0] if found else None
    commands = [f"predscope view {shlex.quote(str(path))}" for path in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        commands.append(f"... and {len(found) - _MOST_NAMED} more")
    raise ProjectError(
        f"{folder}: there are {len(found)} Predscope projects in this folder, so one must be named:\n  "
        + "\n  ".join(commands)
    )


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:  # a folder that may not be read holds no project for this user
        return []
