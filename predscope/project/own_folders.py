"""What in a folder makes it a project: the folders of its own, and removing them all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    remove_own_files(project.path)
    if not any(project.path.iterdir()):
        project.path.rmdir()


def remove_own_files(path: Path) -> None:
    """Remove what makes a folder a project; the folder itself stays."""
    for name in (MANIFEST_NAME, LOCK_NAME):
        (path / name).unlink(missing_ok=True)
    remove_database(path)
    for folder in own_folders(path):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def taking_back_folders(path: Path) -> Iterator[None]:
    """If the block fails, folders that it made on the way to a path, that path included, go again where empty."""
    path = path.absolute()
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the first one that holds something, or was not made, ends it
            for folder in missing:
                folder.rmdir()
        raise
