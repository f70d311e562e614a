"""Which of the objects in a pickle are ever asked for again, so that the others need not be kept.

A pickle numbers nearly everything that it makes, in case that it comes up once more, and says by a number what does:
``h`` and one byte, ``j`` and four, ``g`` and a line (CPython's ``pickletools.py``). Looking for those bytes wherever
they stand, numbers and texts included, finds all such places and a few that are none, which does no harm.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from predscope.formats.encord.pickle_values import PickleError

ALWAYS_KEPT: Final = 256
"""Objects of lower numbers are asked for with one byte, and are few."""
MAX_KEPT: Final = 20_000_000
_GET_4: Final = ord("j")
_GET_LINE: Final = re.compile(rb"g(\d{1,10})\r?\n")
_BLOCK_BYTES: Final = 16 * 1024**2


def numbers_asked_for(data: Any) -> frozenset[int]:
    """The numbers from ``ALWAYS_KEPT`` on that a pickle may ask for; a superset, soon found beside the reading.

    Args:
        data: the bytes, or a memory map of them.

    Raises:
        PickleError: there are more than anything but malice makes.
    """
    highest = len(data)  # each object took a byte or more
    written = (int(match[1]) for match in _GET_LINE.finditer(data))
    found = {number for number in written if ALWAYS_KEPT <= number < highest}
    if highest < 5:
        return frozenset(found)
    raw = np.frombuffer(data, np.uint8)
    for start in range(0, highest - 4, _BLOCK_BYTES):
        places = start + 1 + np.flatnonzero(raw[start : min(start + _BLOCK_BYTES, highest - 4)] == _GET_4)
        numbers = raw[places[:, None] + np.arange(4)].view("<u4").ravel().astype(np.int64)
        found.update(np.unique(numbers[(numbers >= ALWAYS_KEPT) & (numbers < highest)]).tolist())
        if len(found) > MAX_KEPT:
            raise PickleError(f"it asks for more than {MAX_KEPT:,} of its objects again")
    return frozenset(found)
