"""How image files end that are whole: decoders fill what is missing with grey, and say nothing."""

from __future__ import annotations

from typing import Final

TAIL_BYTES: Final = 65_536
"""At the end of a file, among which the mark is: some cameras write other things behind it."""
_END_MARKS: Final = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND"}


def end_mark(start: bytes) -> bytes | None:
    """What a file that begins so must have near its end: known of JPEG and PNG.

    Args:
        start: its first two bytes, or more.
    """
    return _END_MARKS.get(start[:2])
