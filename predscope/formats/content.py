"""What a file looks like, in words: for messages about files that are not what was asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from predscope.errors import InputError
from predscope.reading_progress import pulse

HEAD_BYTES: Final = 64 * 1024
"""How much of a file the readers look at to recognise it."""
LONGEST_LINE_BYTES: Final = 16 * 1024 * 1024
"""How much of a first line is read to recognise a file by whole lines; a longer one counts as cut there."""

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"PK\x03\x04", "a zip archive (unpack it first)"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"BZh", "a bzip2 archive (unpack it first)"),
    (b"\xfd7zXZ\x00", "an xz archive (unpack it first)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"version https://git-lfs", "a Git LFS pointer (run `git lfs pull` to get the file itself)"),
)
_TEXT_START: Final = 60
_JSON_START: Final = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[{\]])')


def read_head(source: Path) -> bytes:
    """The first ``HEAD_BYTES`` of a file; b"" for a folder.

    Raises:
        InputError: it does not exist or cannot be read.
    """
    pulse()
    if source.is_dir():
        return b""
    try:
        with source.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise InputError("there is no such file or folder.", where=source, fix="Check the path.") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", where=source) from None


def read_first_lines(source: Path) -> list[str]:
    """The lines at the start of a text file, whole ones: where the file goes on, not the one that its head cuts.

    A first line longer than the head is read to its end, up to ``LONGEST_LINE_BYTES``.

    Raises:
        InputError: it does not exist or cannot be read.
    """
    head = read_head(source)
    if len(head) == HEAD_BYTES:
        whole = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
        head = whole or _first_line(source)
    return head.decode("utf-8-sig", "replace").splitlines()


def _first_line(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.readline(LONGEST_LINE_BYTES)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", where=source) from None


def read_all(source: Path) -> bytes:
    """The whole file.

    Raises:
        InputError: it cannot be read, or it is a folder.
    """
    pulse()
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file.", where=source, fix="Check the path.") from None
    except OSError as error:
        if source.is_dir():
            raise InputError("a folder was given where one file is expected.", where=source) from None
        raise InputError(f"cannot be read: {error.strerror or error}.", where=source) from None


def read_text(source: Path) -> str:
    """A small text file, whatever its encoding: byte order marks are obeyed, else UTF-8, else Windows-1252.

    Raises:
        InputError: it cannot be read.
    """
    raw = read_all(source)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def starts_like_json(head: bytes) -> bool:
    """Whether a file begins as a JSON object does, or a list of lists or objects: no table has such a first line."""
    return _JSON_START.match(head) is not None


def describe_content(head: bytes) -> str:
    """In words what the start of a file looks like, e.g. "an HTML page" or "an empty file"."""
    if not head:
        return "an empty file"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return "a WebP image" if head[8:12] == b"WEBP" else "an AVI video"
    if head[4:8] == b"ftyp":
        return "an MP4 or MOV video"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512]
    lower = start.lower()
    if lower.startswith((b"<!doctype html", b"<html")):
        return "an HTML page (was it saved from a browser, or behind a login?)"
    if lower.startswith(b"<"):
        return "an XML file"
    if b"\x00" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "binary data"
    if start.startswith((b"{", b"[")):
        return "a JSON file"
    text = re.sub(r"\s+", " ", start.decode("utf-8", "replace")).strip()
    if not text:
        return "a file of white space"
    shown = text if len(text) <= _TEXT_START else text[:_TEXT_START] + "..."
    return f'a text file that starts with "{shown}"'
