"""Inputs that come as a zip archive: unpacked into a folder of their own for as long as they are read.

Unpacking is bounded, and nothing is written anywhere else; see ``predscope.media.archives``.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import ObjectBatch, Reading
from predscope.media.archives import list_members, read_member
from predscope.media.naming import IMAGE_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from predscope.reading_progress import counted
from predscope.short_words import utf8_text

MOST_BYTES: Final = 8 << 30
"""Of all that is unpacked."""
MOST_FILES: Final = 500_000
_SHARE_OF_FREE: Final = 0.8
_PIXELS: Final = IMAGE_SUFFIXES | VIDEO_SUFFIXES
_MOST_PATH: Final = 1024
_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """An input as readers can read it.

    Attributes:
        path: a file or a folder.
        files: unpacked; 0: the input is no archive.
        refused: members that were left out: name -> why, in words.
    """

    path: Path
    files: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    _archive: Path | None = None
    _folder: Path | None = None

    def adopt(self, reading: Reading, source: str) -> Reading:
        """The same reading, which names the archive where its reader names what was unpacked."""
        report = reading.report
        report.source = utf8_text(source) if self.files else report.source or source
        if self._archive is not None and self._folder is not None:
            reading.batches = self._renaming(reading.batches, reading)
        return reading

    def _renaming(self, batches: Iterator[ObjectBatch], reading: Reading) -> Iterator[ObjectBatch]:
        yield from batches
        for problem in reading.report.problems.values():
            problem.examples = [_in_archive(text, self._folder, self._archive) for text in problem.examples]


@contextmanager
def opened_archive(source: Path) -> Iterator[OpenedSource]:
    """An input, unpacked if it is a zip archive; anything else as it is.

    An archive that holds a single file, or a single folder, stands for that. What is unpacked is removed at the end, so
    that reading must be over by then; errors name the archive, not the folder that it was unpacked to.

    Raises:
        InputError: the archive cannot be read, holds nothing, or would take too much space.
    """
    if source.suffix.lower() != ".zip" or not source.is_file() or not zipfile.is_zipfile(source):
        yield OpenedSource(source)
        return
    members = list_members(source)
    names = members.names
    if not names:
        refused = "".join(f" {name}: {why}." for name, why in list(members.refused.items())[:_LISTED])
        raise FileParsingError(f"there is nothing in this archive that can be read.{refused}", where=source)
    _check_space(source, names)
    folder = Path(tempfile.mkdtemp(prefix="predscope-"))
    try:
        for name in counted(names, "Unpacking"):
            _unpack(source, name, folder)
        yield OpenedSource(_only_entry(folder), len(names), members.refused, source, folder)
    except InputError as error:
        raise _renamed(error, folder, source) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpacked_bytes(source: Path) -> int:
    """What a zip archive would unpack to; 0 where it is none, or is damaged."""
    try:
        with zipfile.ZipFile(source) as archive:
            return sum(info.file_size for info in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return 0


def _check_space(source: Path, names: list[str]) -> None:
    wanted = set(names)
    with zipfile.ZipFile(source) as archive:
        size = sum(info.file_size for info in archive.infolist() if info.filename in wanted)
    if len(names) > MOST_FILES or size > MOST_BYTES:
        raise InputError(
            f"the archive would unpack to {len(names):,} files of {size / 1e9:,.1f} GB together; at most "
            f"{MOST_FILES:,} files of {MOST_BYTES / 1e9:,.1f} GB are unpacked.",
            where=source,
            fix="Unpack it by hand, and give the folder.",
        )
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > _SHARE_OF_FREE * free:
        raise InputError(
            f"the archive would unpack to {size / 1e9:,.1f} GB, and only {free / 1e9:,.1f} GB are free.",
            where=source,
            fix="Unpack it where there is space, and give the folder.",
        )


def _unpack(source: Path, name: str, folder: Path) -> None:
    """Write one member. Its name was checked: it leads nowhere else."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("", ".")]
    target = folder.joinpath(*parts)
    if not parts or len(str(target)) > _MOST_PATH or not target.resolve().is_relative_to(folder.resolve()):
        raise FileParsingError("the archive holds a file whose name cannot be used.", where=f"{source}/{name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read_member(source, name))
    except (OSError, ValueError) as error:
        raise FileParsingError(
            f"a file of the archive cannot be unpacked ({error}).",
            where=f"{source}/{name}",
            fix="Unpack it by hand, and give the folder.",
        ) from None


def _only_entry(folder: Path) -> Path:
    """The single file or folder in a folder, however deep; else the folder.

    A folder of nothing but images stays in its own: its name may be that of their class.
    """
    entries = list(folder.iterdir())
    if len(entries) != 1:
        return folder
    if entries[0].is_file():
        return folder if suffix_of(entries[0].name) in _PIXELS else entries[0]
    holds_images = all(path.is_file() and suffix_of(path.name) in _PIXELS for path in entries[0].iterdir())
    return folder if holds_images else _only_entry(entries[0])


def _renamed(error: InputError, folder: Path, source: Path) -> InputError:
    """The same error with the archive where it names the folder that it was unpacked to."""
    where, fix = (None if text is None else _in_archive(text, folder, source) for text in (error.where, error.fix))
    return type(error)(_in_archive(error.what, folder, source), where=where, fix=fix)


def _in_archive(text: str, folder: Path | None, source: Path | None) -> str:
    return text.replace(str(folder), str(source))
