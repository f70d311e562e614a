"""What is in a folder of this machine, for the file browser."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_ENTRIES: Final = 500
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder.

    Attributes:
        name: the last part of its path.
        is_folder: else it is a file.
        byte_count: of a file; 0 for a folder.
        modified: seconds since 1970.
    """

    name: str
    is_folder: bool
    byte_count: int
    modified: float


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder.

    Attributes:
        path: absolute.
        entries: folders first, then files, each by name; numbers in names count as numbers.
        left_out: entries that are too many to be shown.
        problem: why it cannot be listed, in words.
    """

    path: Path
    entries: tuple[Entry, ...] = ()
    left_out: int = 0
    problem: str = ""


def list_folder(path: Path, *, text: str = "") -> Listing:
    """List a folder, without hidden files.

    Args:
        path: of the folder.
        text: what the names must contain, whatever its case.
    """
    found = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or text.casefold() not in entry.name.casefold():
                    continue
                try:
                    is_folder, status = entry.is_dir(), entry.stat()
                except OSError:  # a link to nothing, or gone just now
                    continue
                found.append(Entry(entry.name, is_folder, 0 if is_folder else status.st_size, status.st_mtime))
    except OSError as error:
        return Listing(path, problem=f"This folder cannot be opened ({error.strerror or error}).")
    found.sort(key=lambda entry: (not entry.is_folder, _by_number(entry.name)))
    return Listing(path, tuple(found[:MOST_ENTRIES]), max(len(found) - MOST_ENTRIES, 0))


def nearest_folder(path: Path) -> Path:
    """The path itself if it is a folder, else the nearest folder around it that is there."""
    path = path.expanduser().absolute()
    return next((folder for folder in (path, *path.parents) if folder.is_dir()), Path(path.anchor or "/"))


def _by_number(name: str) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
