"""Reading out of zip archives that other people made: members on demand, nothing that lies about itself.

Names that lead anywhere but below the archive (``../x``, ``/etc/x``, ``C:x``), links, encrypted members, and members
that would unpack to far more than they are packed to, are refused with the reason. Format: PKWARE APPNOTE.TXT,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import lzma
import stat
import struct
import threading
import zipfile
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Final

from predscope.errors import FileParsingError
from predscope.reading_progress import pulse

MOST_MEMBERS: Final = 2_000_000
MOST_BYTES_A_MEMBER: Final = 1 << 30
_RATIO: Final = 200
"""Unpacked against packed bytes: more than any image or text has, but for the smallest."""
_RATIO_MATTERS_ABOVE: Final = 32 << 20
_MOST_GROWTH: Final = 1.1
_MOST_OVERHEAD: Final = 1024
"""Packing makes a file hardly larger; where it says so, so much memory would be taken to read it."""
_FAULTS: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, MemoryError),
)
"""What reading a damaged archive raises; the names of members may be no text."""
_OPEN_AT_ONCE: Final = 4
_PIECE_BYTES: Final = 8 << 20
_ENCRYPTED: Final = 0x1
_IGNORED: Final = ("__MACOSX", ".")


@dataclass(frozen=True, slots=True)
class Members:
    """What an archive holds.

    Attributes:
        names: files that can be read, in the order of the archive.
        refused: name -> why it is not read, in words.
    """

    names: list[str]
    refused: dict[str, str] = field(default_factory=dict)


def list_members(path: Path) -> Members:
    """The files in an archive; folders and hidden files are left out.

    Raises:
        FileParsingError: it is damaged, no archive, or encrypted as a whole.
    """
    with _opened(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
    if len(infos) > MOST_MEMBERS:
        raise FileParsingError(f"the archive holds {len(infos):,} files; {MOST_MEMBERS:,} are the most.", where=path)
    if infos and all(info.flag_bits & _ENCRYPTED for info in infos):
        raise FileParsingError("the archive is encrypted.", where=path, fix="Unpack it with its password first.")
    names: dict[str, None] = {}
    refused: dict[str, str] = {}
    for info in infos:
        problem = refusal(info)
        if problem:
            refused[info.filename] = problem
        else:
            names[info.filename] = None  # listed twice: the later member holds, as in other programs
    return Members(list(names), refused)


def refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not read, in words; "" if it is."""
    name = info.filename
    if name.startswith(("/", "\\")) or PureWindowsPath(name).drive or "\0" in name:
        return "its name is an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "its name leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.file_size > MOST_BYTES_A_MEMBER:
        return f"it unpacks to {info.file_size / 1e9:,.1f} GB"
    if info.file_size > _RATIO_MATTERS_ABOVE and info.file_size > _RATIO * max(info.compress_size, 1):
        return f"it unpacks to {info.file_size // max(info.compress_size, 1):,} times its size"
    if info.compress_size > _MOST_GROWTH * info.file_size + _MOST_OVERHEAD:
        return f"it claims to be packed to {info.compress_size:,} bytes from {info.file_size:,}"
    return ""


def read_member(path: Path, name: str) -> bytes:
    """The bytes of a member, checked against its checksum.

    Raises:
        FileParsingError: there is no such member, or it is refused or damaged.
    """
    with _opened(path) as archive:
        try:
            info = archive.getinfo(name)
        except KeyError:
            raise FileParsingError("there is no such file in the archive.", where=f"{path}/{name}") from None
        problem = refusal(info)
        if problem:
            raise FileParsingError(f"this file of the archive is not read: {problem}.", where=f"{path}/{name}")
        try:
            with archive.open(info) as file:
                pieces = []
                while piece := file.read(_PIECE_BYTES):
                    pieces.append(piece)
                    pulse()
                return b"".join(pieces)
        except _FAULTS as error:
            raise FileParsingError(
                f"this file of the archive is damaged ({str(error) or type(error).__name__}).",
                where=f"{path}/{name}",
                fix="Pack the archive again.",
            ) from None


class _Opened:
    """An archive kept open; it is closed once nobody uses it and others have taken its place."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.users = 0
        self.is_dropped = False

    def __enter__(self) -> zipfile.ZipFile:
        return self.archive

    def __exit__(self, *_: object) -> None:
        with _lock:
            self.users -= 1
            if self.is_dropped and not self.users:
                self.archive.close()


_lock = threading.Lock()
_open: OrderedDict[tuple[str, int, int], _Opened] = OrderedDict()


def _opened(path: Path) -> _Opened:
    """The archive, open: its directory is read once, not for each member.

    Raises:
        FileParsingError: it cannot be opened.
    """
    try:
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns)
        with _lock:
            entry = _open.get(key)
            if entry is None:
                entry = _open[key] = _Opened(zipfile.ZipFile(path))
                while len(_open) > _OPEN_AT_ONCE:
                    _drop(*_open.popitem(last=False))
            _open.move_to_end(key)
            entry.users += 1
            return entry
    except _FAULTS as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileParsingError(
            f"this archive cannot be opened ({reason}).", where=path, fix="Check that it is a whole zip file."
        ) from None


def _drop(_: tuple[str, int, int], entry: _Opened) -> None:
    entry.is_dropped = True
    if not entry.users:
        entry.archive.close()


def _is_hidden(name: str) -> bool:
    return any(part.startswith(_IGNORED) and part not in (".", "..") for part in name.split("/"))
