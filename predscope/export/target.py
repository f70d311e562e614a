"""Writing a file or a folder whole or not at all, and never over something that is not ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson

from predscope.errors import InputError, StorageError, is_refused
from predscope.export.report import ExportReport
from predscope.project import Project

REPORT_NAME: Final = "predscope-export.json"
"""Beside the files of an exported folder: what was written. It marks the folder as one that may be replaced."""


def check_target(project: Project, target: Path, *, is_folder: bool, overwrite: bool) -> None:
    """Refuse to write where something stands that is not to be replaced.

    Raises:
        InputError: with how to go on.
    """
    place = target.resolve()
    images = project.images_root
    for folder, words in ((project.path.resolve(), "the project itself"), (images, "its images")):
        if folder is not None and (place == folder or place in folder.parents or folder in place.parents):
            raise InputError(f"lies in, or around, {words}.", where=target, fix="Choose a folder elsewhere.")
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise InputError("exists already.", where=target, fix="Choose another name, or give --overwrite.")
    if target.is_dir() and not is_folder:
        raise InputError("is a folder; this format is one file.", where=target, fix="Name a file.")
    if is_folder and not target.is_dir():
        raise InputError("is a file; this format is a folder.", where=target, fix="Name a folder.")
    if is_folder and any(target.iterdir()) and not (target / REPORT_NAME).is_file():
        raise InputError(
            "is a folder that no export made, so it is not replaced.", where=target, fix="Choose another one."
        )


@contextmanager
def writing_whole(target: Path, report: ExportReport, *, is_folder: bool) -> Iterator[Path]:
    """A path to write to beside the target; it takes the target's place when the block ends without an error.

    Raises:
        InputError: the place cannot be written to.
        StorageError: the disk is full, or failed.
    """
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(temporary)
        if is_folder:
            temporary.mkdir()
        yield temporary
        if is_folder:
            content = orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2)
            (temporary / REPORT_NAME).write_bytes(content)
        _put_in_place(temporary, target)
    except OSError as error:
        if not is_refused(error):
            raise StorageError(
                f"{target}: cannot be written ({error.strerror or error}); nothing was. Check the free space."
            ) from None
        raise InputError(
            f"cannot be written ({error.strerror or error}); nothing was.",
            where=target,
            fix="Check permissions.",
        ) from None
    finally:
        _remove(temporary)


def _put_in_place(temporary: Path, target: Path) -> None:
    if not target.is_dir():
        temporary.replace(target)
        return
    # A folder that holds something cannot be replaced in one step: the old one steps aside until the new one stands.
    aside = target.with_name(f".{target.name[:100]}.{os.getpid()}.old")
    _remove(aside)
    target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        aside.rename(target)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
