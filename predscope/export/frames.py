"""Frames as an export writes them, and names for the files that stand for them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from predscope.export.report import ExportReport
from predscope.importing.frames.names import name_parts
from predscope.media import IMAGE_SUFFIXES
from predscope.project import Project

_NOT_PORTABLE: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}
)
_MAX_BYTES: Final = 180
"""Of a part of a name; file systems hold 255 with what is added to it."""


@dataclass(frozen=True, slots=True)
class ExportFrame:
    """A frame.

    Attributes:
        index: in the project.
        file_name: as the project has it.
        width, height: pixels; None: not known.
        source_id: the id that the labels gave it, if any.
        attributes: its metadata.
    """

    index: int
    frame_id: str
    file_name: str
    width: int | None = None
    height: int | None = None
    source_id: str | None = None
    sequence: str | None = None
    sequence_index: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width, where both are known."""
        return None if self.width is None or self.height is None else (self.height, self.width)


def frames_of(project: Project, indices: Iterable[int]) -> Iterator[ExportFrame]:
    """Frames by their indices, some at a time."""
    columns = ("frame_id", "file_name", "width", "height", "source_id", "sequence", "sequence_index", "attributes")
    table = project.frames_table.select(list(columns))
    chosen = [int(index) for index in indices]
    for start in range(0, len(chosen), 4096):
        part = chosen[start : start + 4096]
        for index, row in zip(part, table.take(part).to_pylist(), strict=True):
            text = row.pop("attributes")
            yield ExportFrame(index, **row, attributes=_json_object(text))


def _json_object(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class FrameNames:
    """A name for the files of each frame: its path below the images without the ending, which no other frame has.

    Names differ in more than case, hold on every file system and lead to no other folder. Where two images differ in
    their endings alone, the second keeps its ending (``a``, ``a.png``).
    """

    def __init__(self, report: ExportReport) -> None:
        self._report = report
        self._used: set[str] = set()

    def name(self, frame: ExportFrame) -> str:
        """``night/003``, for files such as ``night/003.txt``. Ask once a frame."""
        whole = portable_path(frame.file_name) or portable_path(frame.frame_id) or f"frame_{frame.index}"
        stem = without_image_suffix(whole)
        wanted = (stem, whole, f"{whole}_{frame.index}")
        name = next((name for name in wanted if name.casefold() not in self._used), f"{stem}_{frame.index}_")
        while name.casefold() in self._used:
            name += "_"
        self._used.add(name.casefold())
        if name not in (without_image_suffix(frame.file_name), frame.file_name):
            self._report.lose("names_changed", 1, f"{frame.file_name}: {name}")
        return name


def portable_path(name: str) -> str:
    """The parts of a path that mean something anywhere, joined by ``/``; "" if there are none."""
    return "/".join(filter(None, map(_portable_part, name_parts(name))))


def without_image_suffix(name: str) -> str:
    path = PurePosixPath(name)
    return name[: -len(path.suffix)] if path.suffix.lower() in IMAGE_SUFFIXES and path.stem else name


def _portable_part(part: str) -> str:
    cleaned = _NOT_PORTABLE.sub("_", part).rstrip(". ").lstrip(" ")
    if cleaned.startswith("."):
        cleaned = "_" + cleaned  # hidden files are passed over by readers
    if cleaned.partition(".")[0].lower() in _DEVICES:
        cleaned = "_" + cleaned
    encoded = cleaned.encode("utf-8", "replace")
    if len(encoded) > _MAX_BYTES:
        digest = hashlib.sha256(encoded).hexdigest()[:12]
        cleaned = f"{encoded[: _MAX_BYTES - 13].decode('utf-8', 'ignore')}_{digest}"
    return cleaned
