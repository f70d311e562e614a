"""What a path holds, told without reading it: formats that fit, what it likely is, its size, and a name for the set."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from predscope import formats
from predscope.errors import InputError
from predscope.formats import Detection, Reader
from predscope.formats.archives import opened_archive, unpacked_bytes
from predscope.importing.sources import default_set_name
from predscope.schema import Role

MOST_UNPACKED_BYTES: Final = 300_000_000
"""Of an archive that is unpacked to be looked into."""
MOST_FILES: Final = 20_000
"""Files of a folder that are counted."""
_WINDOWS_PATH: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
LEAST_SCORE: Final = 0.3
"""Formats that are less likely than this are not named."""


@dataclass(frozen=True, slots=True)
class FormatFound:
    """A format that an input may be of.

    Attributes:
        name: of the reader, as given to ``--format``.
        title: for people.
        score: 0 to 1.
        reason: what was seen.
        role: what the input holds if it is of this format.
    """

    name: str
    title: str
    score: float
    reason: str
    role: Role


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of an input before it is read.

    Attributes:
        path: absolute.
        is_folder: else it is a file.
        byte_count: size of the file, or of the files counted.
        file_count: of a folder, with its subfolders; 1 for a file. ``MOST_FILES`` means that there may be more.
        formats: those that fit, the likeliest first.
        role: what it likely holds.
        name: for the set.
    """

    path: Path
    is_folder: bool
    byte_count: int
    file_count: int
    formats: tuple[FormatFound, ...]
    role: Role
    name: str


def inspect_source(path: Path | str, *, role: Role | None = None) -> Inspection:
    """Look at an input.

    Args:
        path: a file or folder.
        role: what the user takes it for; None: told by the content.

    Raises:
        InputError: there is nothing of that name, or it cannot be read.
    """
    path = Path(path).expanduser().absolute()
    try:
        found = _detect(path, role or "predictions")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error}).", where=path) from None
    fitting = tuple(
        FormatFound(reader.name, reader.title, detection.score, detection.reason, detection.role)
        for reader, detection in found
        if detection.score >= LEAST_SCORE
    )
    is_folder = path.is_dir()
    byte_count, file_count = _extent(path) if is_folder else (path.stat().st_size, 1)
    likely: Role = role or (fitting[0].role if fitting else "predictions")
    return Inspection(path, is_folder, byte_count, file_count, fitting, likely, default_set_name(path, likely))


def _detect(path: Path, role: Role) -> list[tuple[Reader, Detection]]:
    """The formats that fit; of a zip archive that is soon unpacked, those that fit what is in it."""
    if path.suffix.lower() == ".zip" and path.is_file() and 0 < unpacked_bytes(path) <= MOST_UNPACKED_BYTES:
        with opened_archive(path) as opened:
            return formats.detect(opened.path, role)
    return formats.detect(path, role)


def typed_path(text: str) -> Path | None:
    """The path that somebody typed, pasted or dropped: without quotes, ``file://`` and ``~``; None for no text."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if text.startswith("file://"):
        from urllib.parse import unquote, urlsplit

        text = unquote(urlsplit(text).path)
    if not text or "\0" in text:
        return None
    try:
        return Path(text).expanduser()
    except RuntimeError:  # a user that this machine does not know
        return Path(text)


def foreign_path(text: str) -> str:
    """Why a path that somebody typed can be none of this machine, in words; "" if it can."""
    if os.name == "nt" or not _WINDOWS_PATH.match(text.strip().strip("\"'")):
        return ""
    return (
        "This is a path of a Windows machine, and the app runs on another one. Give the path as it is called there, or "
        "drop the file onto the page."
    )


def _extent(folder: Path) -> tuple[int, int]:
    """Bytes and number of the files of a folder, as far as they are counted."""
    byte_count = file_count = 0
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
                    elif entry.is_file():
                        byte_count += entry.stat().st_size
                        file_count += 1
                        if file_count >= MOST_FILES:
                            return byte_count, file_count
        except OSError:  # a folder that this user may not read, or that went away
            continue
    return byte_count, file_count
