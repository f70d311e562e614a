"""What in a folder makes it a project: the folders of its own, and removing them all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from predscope.project.manifest import LOCK_NAME, MANIFEST_NAME
from predscope.project.saved_database import remove_database
from predscope.project.staging import STAGING_NAME

if TYPE_CHECKING:
    from predscope.project.project import Project

CACHE_NAME: Final = "cache"
_OWN_FOLDERS: Final = ("data", STAGING_NAME, CACHE_NAME)


def own_folders(path: Path) -> list[Path]:
    """Folders of a project whose images are not its frames, should it lie inside its images folder."""
    return [path / name for name in _OWN_FOLDERS]


def remove_project(project: Project) -> None:
    """Remove what makes a folder a project; the folder itself goes too if nothing else is in it."""
    for name in (MANIFEST_NAME, LOCK_NAME):
        (project.path / name).unlink(missing_ok=True)
    remove_database(project.path)
    for folder in own_folders(project.path):
        shutil.rmtree(folder, ignore_errors=True)
    if not any(project.path.iterdir()):
        project.path.rmdir()
