"""Names of pixels: of image files, of frames inside a video file, of images inside an archive.

All of them are relative to the images folder and "/" separated:

- ``night/003.jpg``: an image file;
- ``clips/a.mp4#12``: frame 12 of a video, counted from 0;
- ``photos.zip/night/003.jpg``: an image inside an archive; where the images folder is an archive itself, only
  ``night/003.jpg``.
"""

from __future__ import annotations

import re
from typing import Final

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".gif", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".tga"}
)
VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".m2ts", ".mts", ".3gp", ".ogv"}
)
ARCHIVE_SUFFIXES: Final = frozenset({".zip"})

_VIDEO_FRAME: Final = re.compile(
    rf"(?P<file>.*[^/](?:{'|'.join(re.escape(suffix) for suffix in sorted(VIDEO_SUFFIXES))}))#(?P<frame>\d{{1,9}})",
    re.IGNORECASE | re.DOTALL,
)
_IN_ARCHIVE: Final = re.compile(r"(?P<file>.*?[^/]\.zip)/(?P<member>.+)", re.IGNORECASE | re.DOTALL)


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key that orders digits by their value, folder by folder."""
    return tuple(
        tuple((0, int(piece), piece) if piece.isdecimal() else (1, 0, piece.casefold()) for piece in _pieces(part))
        for part in name.split("/")
    )


def suffix_of(name: str) -> str:
    """The suffix of a name, in lower case, with its dot; "" if it has none."""
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def is_video_name(name: str) -> bool:
    return suffix_of(name) in VIDEO_SUFFIXES


def video_frame_name(file: str, frame: int) -> str:
    """``clips/a.mp4`` and 12 to ``clips/a.mp4#12``."""
    return f"{file}#{frame}"


def split_video_frame(name: str) -> tuple[str, int] | None:
    """``clips/a.mp4#12`` to ``clips/a.mp4`` and 12; None for whatever is not the frame of a video."""
    found = _VIDEO_FRAME.fullmatch(name) if "#" in name else None
    return (found["file"], int(found["frame"])) if found else None


def split_archive_member(name: str) -> tuple[str, str] | None:
    """``photos.zip/a.jpg`` to ``photos.zip`` and ``a.jpg``; None for names that lead into no archive."""
    found = _IN_ARCHIVE.fullmatch(name) if ".zip/" in name.lower() else None
    return (found["file"], found["member"]) if found else None


def containing_file(name: str) -> str:
    """The file that holds the pixels: the video of a frame of it; any other name as it is."""
    frame = split_video_frame(name)
    return name if frame is None else frame[0]


def readable_id(file_name: str) -> str:
    """A frame id: the name without the suffix of an image file; ``clips/a/000012`` for frame 12 of a video."""
    frame = split_video_frame(file_name)
    if frame is not None:
        file, number = frame
        return f"{file[: file.rfind('.')]}/{number:06d}"
    suffix = suffix_of(file_name)
    return file_name[: -len(suffix)] if suffix in IMAGE_SUFFIXES else file_name


def _pieces(text: str) -> list[str]:
    return [piece for piece in re.split(r"(\d+)", text) if piece]
