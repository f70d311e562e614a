"""Finding a frame by its file name, whatever machine, drive or address the name was written for.

Only names are compared; nothing here touches the disk. Where two frames fit equally well, neither is chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from predscope.media.naming import IMAGE_SUFFIXES, split_video_frame, video_frame_name

UNKNOWN: Final = -1
AMBIGUOUS: Final = -2

_FILE_SUFFIXES: Final = IMAGE_SUFFIXES | {".txt", ".xml", ".json", ".csv", ".npy", ".npz"}
_IMAGES_FOLDERS: Final = frozenset({"images", "image", "jpegimages"})
"""What is named as lying right in one of these lies in no other folder: the names of the project begin below it."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_ .()-]+")
_DRIVE: Final = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Match:
    """A frame found by name.

    Attributes:
        index: of the frame; ``UNKNOWN`` or ``AMBIGUOUS`` if there is none, or more than one.
        shared: how many parts of the path agree, from the end; the file's own name is one.
        is_whole: all parts of both names agree.
    """

    index: int
    shared: int = 0
    is_whole: bool = False


def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a path that mean something on any machine.

    URL schemes, hosts and queries, drive letters and leading slashes go; what stands before ``..`` goes with it. The
    number of a frame of a video stays, without leading zeros ("a.mp4#12").
    """
    if _PLAIN.fullmatch(name) and name not in (".", ".."):
        return (name,)
    if "://" in name:
        address = urlsplit(name)
        name = unquote(f"{address.path}#{address.fragment}" if address.fragment else address.path)
        if split_video_frame(name) is None:
            name = unquote(address.path)
    name = name.replace("\\", "/").replace("\0", "")
    if _DRIVE.match(name):
        name = name[2:]
    if not name.isascii():
        name = unicodedata.normalize("NFC", name)
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            parts.clear()
        elif part not in ("", "."):
            parts.append(part)
    frame = split_video_frame(parts[-1]) if parts else None
    if frame is not None:
        parts[-1] = video_frame_name(*frame)
    return tuple(parts)


def is_foreign(name: str) -> bool:
    """Whether a name is a path of another machine or an address: absolute, of Windows, with ``..``, or a URL."""
    return not _PLAIN.fullmatch(name) and (
        name.startswith(("/", "\\"))
        or "\\" in name
        or "://" in name
        or bool(_DRIVE.match(name))
        or ".." in name.split("/")
    )


class NameIndex:
    """File names of frames, to be found again by their longest common ending."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._parts: list[tuple[str, ...]] = []
        self._by_base: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        self._by_lower: dict[str, list[int]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Append the name of the next frame."""
        parts = name_parts(name)
        index = len(self._parts)
        self._parts.append(parts)
        if parts:
            self._by_base.setdefault(parts[-1], []).append(index)
            self._by_stem.setdefault(_stem(parts[-1]), []).append(index)
            self._by_lower.setdefault(parts[-1].lower(), []).append(index)

    def find(self, name: str) -> Match:
        """The one frame whose name ends most like this: the base name first, else its stem, else in any case."""
        parts = name_parts(name)
        if not parts:
            return Match(UNKNOWN)
        base = parts[-1]
        for candidates in (
            self._by_base.get(base),
            self._by_stem.get(base),
            self._by_stem.get(_stem(base)),
            self._by_base.get(_stem(base)),  # "a.jpg.txt", "a.mp4#12.txt"
            self._by_lower.get(base.lower()),
        ):
            if candidates:
                return self._best(parts, candidates)
        return Match(UNKNOWN)

    def _best(self, parts: tuple[str, ...], candidates: list[int]) -> Match:
        if len(candidates) == 1:
            index = candidates[0]
            shared = _shared_ending(parts, self._parts[index])
            return Match(index, shared, shared == len(parts) == len(self._parts[index]))
        scored = [(_shared_ending(parts, self._parts[index]), index) for index in candidates]
        shared = max(scored)[0]
        best = [index for score, index in scored if score == shared]
        if len(best) > 1:  # a whole path beats one of which it is only the ending
            is_all = shared == len(parts) or parts[-shared - 1].lower() in _IMAGES_FOLDERS
            best = [index for index in best if len(self._parts[index]) == shared] if is_all else best
        if len(best) != 1:
            return Match(AMBIGUOUS, shared)
        return Match(best[0], shared, shared == len(parts) == len(self._parts[best[0]]))


def number_of(name: str) -> int | None:
    """The number that a name consists of ("000000000139.jpg" is 139), or None."""
    parts = name_parts(name)
    stem = _stem(parts[-1]) if parts else ""
    return int(stem) if stem.isascii() and stem.isdecimal() and len(stem) < 19 else None


def _shared_ending(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Parts that agree from the end. The files' own names are known to agree."""
    shared = 1
    for a, b in zip(first[-2::-1], second[-2::-1], strict=False):
        if a != b:
            break
        shared += 1
    return shared


@lru_cache(maxsize=4096)
def _has_file_suffix(suffix: str) -> bool:
    return suffix.lower() in _FILE_SUFFIXES


def _stem(base: str) -> str:
    frame = split_video_frame(base)
    if frame is not None:
        return video_frame_name(frame[0].rpartition(".")[0], frame[1])
    stem, dot, suffix = base.rpartition(".")
    return stem if stem and _has_file_suffix(dot + suffix) else base
