"""Folders with one JSON file a frame, as several annotation tools write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from predscope.errors import InputError
from predscope.formats.base import Detection, Role
from predscope.formats.content import read_head
from predscope.formats.folders import place_below, sample_files, walk_files
from predscope.formats.json_files.document import JsonDocument, open_json
from predscope.formats.json_files.peek import JsonPeek, peek_json
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity

JSON_SUFFIXES: Final = frozenset({".json"})
_SAMPLE: Final = 8

FIRST_LOOK: Final = "Looking through the files"
"""What is being done where all files are opened once before their objects are read."""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A JSON file of one frame.

    Attributes:
        path: where it is.
        place: below the input, "/" separated.
    """

    path: Path
    place: str


def detect_frame_files(
    source: Path, head: bytes, fits: Callable[[JsonPeek], bool], reason: str, role: Role = "labels"
) -> Detection:
    """How sure a format is of a JSON file, or of a folder by its first few JSON files."""
    if source.is_file():
        return Detection(0.95, reason, role) if fits(peek_json(head)) else Detection(0.0, "")
    files = sample_files(source, JSON_SUFFIXES, _SAMPLE)
    fitting = 0
    for path in files:
        try:
            fitting += fits(peek_json(read_head(path)))
        except InputError:
            continue
    return Detection(0.95 * fitting / len(files), reason, role) if fitting else Detection(0.0, "")


def frame_files(source: Path) -> list[FrameFile]:
    """All JSON files of an input, sorted."""
    root = source if source.is_dir() else source.parent
    return [FrameFile(path, place_below(path, root)) for path in walk_files(source, JSON_SUFFIXES)]


def open_frame_files(
    files: list[FrameFile],
    report: ImportReport,
    fits: Callable[[JsonDocument], bool],
    title: str,
    what: str = "Reading files",
) -> Iterator[tuple[FrameFile, JsonDocument]]:
    """Each file with its content; those that cannot be read, or are of something else, are noted and passed over.

    Args:
        fits: whether a file is of the format.
        title: of the format, for the notes.
        what: is being done, in words.
    """
    for file in counted(files, what):
        try:
            document = open_json(file.path, report)
            is_fitting = fits(document)
        except InputError as error:
            note_damaged(file, error.what, report)
            continue
        if is_fitting:
            yield file, document
        else:
            report.note(
                "json_of_something_else",
                Severity.WARNING,
                f"JSON files are not of {title}; nothing was taken from them.",
                examples=[file.place],
            )


def note_damaged(file: FrameFile, what: str, report: ImportReport) -> None:
    """A file of which nothing, or only a part, could be read."""
    report.note(
        "json_unusable",
        Severity.ERROR,
        "JSON files cannot be read; none of their objects were.",
        examples=[f"{file.place}: {what}"],
        fix="Write them again, or leave them out.",
    )


def image_beside(file: FrameFile, image: str) -> str:
    """The name of an image that a file names relative to its own place, relative to the input.

    Names of other machines (absolute ones, addresses) and those that lead out of the input stay as they are.
    """
    folder = PurePosixPath(file.place).parent
    plain = image.replace("\\", "/")
    is_elsewhere = plain.startswith("/") or ":" in plain
    if is_elsewhere or folder == PurePosixPath("."):
        return image
    parts = list(folder.parts)
    for part in plain.split("/"):
        if part == "..":
            if not parts:
                return image
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or image
