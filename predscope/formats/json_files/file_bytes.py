"""The bytes of a large file without holding them: read where they are asked for."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import Final, overload

from predscope.errors import FileParsingError
from predscope.formats.content import read_all

LARGE_FILE_BYTES: Final = 64_000_000
"""Files from this size on are not held in memory."""


class FileBytes:
    """Reads like ``bytes`` of the file's content: length, single bytes and slices.

    Reading rather than mapping the file keeps the memory of the process that of the slices.

    Args:
        source: the file.
        start: bytes at the beginning that do not count.
    """

    def __init__(self, source: Path, start: int = 0) -> None:
        self._source = source
        self._start = start
        self._length = max(source.stat().st_size - start, 0)
        self._lock = threading.Lock()
        self._file = source.open("rb", buffering=0)
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> bytes: ...
    def __getitem__(self, place: int | slice) -> int | bytes:
        if isinstance(place, slice):
            start, stop, step = place.indices(self._length)
            return self._read(start, max(stop, start))[::step] if step > 0 else self._read(0, self._length)[place]
        if not -self._length <= place < self._length:
            raise IndexError(f"byte {place} of {self._length}")
        return self._read(place % self._length, place % self._length + 1)[0]

    def _read(self, start: int, stop: int) -> bytes:
        pieces = []
        with self._lock:
            self._file.seek(self._start + start)
            while start < stop:
                piece = self._file.read(stop - start)
                if not piece:
                    raise FileParsingError(
                        f"has become shorter while it was read: it ends at byte {start:,}.",
                        where=self._source,
                        fix="Is another program still writing it?",
                    )
                pieces.append(piece)
                start += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def content_of(source: Path) -> bytes | FileBytes:
    """The content of a file: held in memory unless it is large.

    Raises:
        InputError: it cannot be read, or it is a folder.
    """
    try:
        if source.is_file() and source.stat().st_size >= LARGE_FILE_BYTES:
            return FileBytes(source)
    except OSError:
        pass  # reading it says what is wrong
    return read_all(source)
