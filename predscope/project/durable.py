"""Files that are whole on disk before anything refers to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from predscope.errors import ProjectError, StorageError, is_refused
from predscope.short_words import utf8_text


@contextmanager
def writing_into(project: Path) -> Iterator[None]:
    """Failures of the file system as errors that a user understands.

    Raises:
        ProjectError: something could not be written; ``StorageError`` where that is the fault of the disk.
    """
    try:
        yield
    except OSError as error:
        kind = ProjectError if is_refused(error) else StorageError
        raise kind(
            f"{project}: the project cannot be written ({error.strerror or error}). It is as it was before. Check "
            "permissions and free space."
        ) from None


def check_place(project: Path) -> None:
    """Refuse early, before images are looked at, a place where no project can be made.

    Raises:
        ProjectError: a file lies there, the folder around it cannot be written, or its name is not UTF-8.
    """
    if utf8_text(str(project)) != str(project):
        raise ProjectError(
            f"{utf8_text(str(project))}: the name of a project's folder must be UTF-8. Choose another one."
        )
    around = next(folder for folder in (project, *project.parents) if folder.exists())
    if not around.is_dir():
        raise ProjectError(f"{around}: this is a file; a project is a folder. Choose another name.")
    if not os.access(around, os.W_OK):
        raise ProjectError(
            f"{project}: the project cannot be made, since {around} cannot be written. Choose another one."
        )


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on disk."""
    # Windows asks for a writable descriptor.
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names inside a folder are on disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: readers see the old content or the new, never a part."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    write_whole(temporary, content)
    temporary.replace(path)
    sync_folder(path.parent)
