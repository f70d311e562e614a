"""Reading Python pickles as data: nothing is imported, and nothing that a pickle names is ever called.

A pickle is a small program for a stack machine (https://peps.python.org/pep-3154/, https://peps.python.org/pep-0574/,
CPython's ``pickletools.py``), and Python's own machine runs whatever it is told to. This one knows the same
instructions, but whatever they would import or call is only looked up in a list of names by the caller; a name that is
not in it is refused on the spot. What it makes is bounded by the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from predscope.formats.encord.pickle_machine import PickleMachine
from predscope.formats.encord.pickle_objects import Builder, Instance
from predscope.formats.encord.pickle_values import PickleError

MAX_FILE_BYTES: Final = 16 * 1024**3
PART_SIZE: Final = 1_000


def read_pickled_list(
    data: Any, find: Callable[[str, str], Builder | None], part_size: int = PART_SIZE
) -> Iterator[list[Any]]:
    """The entries of a list in a pickle, in parts as they come; what was handed over is not kept.

    They are made of plain containers, numbers, texts and what ``find`` gives; sets become lists, and long byte strings
    views of ``data``. One object by itself is a list of one, a tuple is a list.

    Args:
        data: the bytes, or a memory map of them.
        find: for the module and name of a class or function what is to be called in its place; None: refused.
        part_size: entries that are handed over at a time, somewhat more at most.

    Raises:
        PickleError: it is damaged or cut short, refers to something that is refused, or holds something else; when that
            is come to.
    """
    machine = PickleMachine(data, find, part_size)
    yield from machine.parts()
    found = machine.found
    if isinstance(found, Instance):
        found = [found]
    if not isinstance(found, list | tuple) or machine.is_handed_over_besides:
        raise PickleError(f"it holds a {type(found).__name__}, not a list of predictions")
    yield list(found)


def describe_file_size(path: Path) -> str | None:
    """Why a file is too large to be read, in words; None: it is not."""
    size = path.stat().st_size
    if size <= MAX_FILE_BYTES:
        return None
    return f"has {size / 1024**3:.1f} GiB, and pickles of up to {MAX_FILE_BYTES // 1024**3} GiB are read"
