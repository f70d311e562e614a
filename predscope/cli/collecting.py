"""Fewer searches for reference cycles in commands that read large files."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_NEW_OBJECTS: Final = 50_000
"""After so many more objects Python looks for cycles; by itself after 700."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for reference cycles less often, until the end.

    Rows of files become very many lists and dicts, none of them in a cycle. Looking through all of them again and again
    takes a sixth of the time of an import; memory is given back by reference counts as ever.
    """
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
