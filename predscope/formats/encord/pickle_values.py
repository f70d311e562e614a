"""Numbers, texts and bytes in a Python pickle, as its instructions spell them.

The instructions are those of CPython's ``pickletools.py``. Sizes are checked against what is there before anything is
set aside for them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, Final

_LARGE_BYTES: Final = 64 * 1024
"""From here on bytes stay where they are, in the file."""
_MAX_INTEGER_BYTES: Final = 64
_MAX_LINE_BYTES: Final = 64 * 1024**2
_DECIMAL: Final = re.compile(rb"-?\d{1,150}L?")
_U1, _U2, _U4, _U8 = (struct.Struct(f"<{code}") for code in "BHIQ")
_I4, FLOAT = struct.Struct("<i"), struct.Struct(">d")


class PickleError(ValueError):
    """A pickle that is damaged, or does what it must not; the message says what, and where."""


class Cursor:
    """A place in the bytes of a pickle.

    Attributes:
        position: of the next byte.
    """

    def __init__(self, data: Any) -> None:
        self._data = data
        self._view = memoryview(data)
        self.position = 0

    def take(self, size: int) -> memoryview:
        start, stop = self.position, self.position + size
        if size < 0 or stop > len(self._view):
            raise PickleError(f"it is cut short: {size:,} bytes should follow byte {start:,}, and do not")
        self.position = stop
        return self._view[start:stop]

    def number(self, layout: struct.Struct) -> Any:
        value = layout.unpack_from(self._view, self.position)[0]
        self.position += layout.size
        return value

    def u1(self) -> int:
        value = self._view[self.position]
        self.position += 1
        return value

    def u4(self) -> int:
        return self.number(_U4)

    def u8(self) -> int:
        return self.number(_U8)

    def line(self) -> bytes:
        stop = self._data.find(b"\n", self.position, self.position + _MAX_LINE_BYTES)
        if stop < 0:
            raise PickleError(f"it is cut short: a line does not end after byte {self.position:,}")
        line = bytes(self._view[self.position : stop])
        self.position = stop + 1
        return line

    def decimal(self) -> int:
        """A whole number in a line of its own."""
        line = self.line().strip()
        if not _DECIMAL.fullmatch(line):
            raise PickleError(f"it has no number where one is expected, before byte {self.position:,}")
        return int(line.rstrip(b"L"))

    def long(self, size: int) -> int:
        if not 0 <= size <= _MAX_INTEGER_BYTES:
            raise PickleError(f"it has a number of {size:,} bytes, before byte {self.position:,}")
        return int.from_bytes(self.take(size), "little", signed=True)

    def text(self, size: int) -> str:
        return str(self.take(size), "utf-8", "surrogatepass")

    def binary(self, size: int) -> bytes | memoryview:
        taken = self.take(size)
        return taken if size > _LARGE_BYTES else bytes(taken)


def _integer_or_bool(cursor: Cursor) -> int:
    """Protocol 0 writes True and False as 01 and 00."""
    start = cursor.position
    line = cursor.line()
    if line in (b"00", b"01"):
        return line == b"01"
    cursor.position = start
    return cursor.decimal()


_VALUES: Final[dict[bytes, Callable[[Cursor], Any]]] = {
    b"\x88": lambda cursor: True,
    b"\x89": lambda cursor: False,
    b"K": Cursor.u1,
    b"M": lambda cursor: cursor.number(_U2),
    b"J": lambda cursor: cursor.number(_I4),
    b"I": _integer_or_bool,
    b"L": Cursor.decimal,
    b"\x8a": lambda cursor: cursor.long(cursor.u1()),
    b"\x8b": lambda cursor: cursor.long(cursor.number(_I4)),
    b"F": lambda cursor: float(cursor.line()),
    b"V": lambda cursor: cursor.line().decode("raw-unicode-escape"),
    b"\x8c": lambda cursor: cursor.text(cursor.u1()),
    b"X": lambda cursor: cursor.text(cursor.u4()),
    b"\x8d": lambda cursor: cursor.text(cursor.u8()),
    b"C": lambda cursor: cursor.binary(cursor.u1()),
    b"B": lambda cursor: cursor.binary(cursor.u4()),
    b"\x8e": lambda cursor: cursor.binary(cursor.u8()),
    b"\x96": lambda cursor: cursor.binary(cursor.u8()),
}
VALUES: Final = [_VALUES.get(bytes([code])) for code in range(256)]
"""By instruction: what reads the value that it puts on the stack; None: it does something else."""
