"""The structure of the top level of a JSON text, found by one vectorised pass over its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from predscope.formats.json_files.file_bytes import FileBytes
from predscope.reading_progress import tell_bytes

WINDOW: Final = 1 << 20
"""Bytes looked at together."""
SPACE: Final = b" \t\r\n"
_FEW_BYTES: Final = 64
_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_OPEN_ARRAY, _OPEN_OBJECT = ord("["), ord("{")
_STRUCTURAL: Final = np.isin(np.arange(256), [ord(c) for c in '"[]{}\\'])


class Span(NamedTuple):
    """A value in the file: ``data[start:end]``."""

    start: int
    end: int


@dataclass(slots=True)
class Structure:
    """Result of the pass.

    Attributes:
        root_end: the byte behind the root value; None: the text ends before it does.
        children: arrays and objects inside the root, in their order.
        counts: of each of them how many arrays and objects it holds.
        cuts: ends of elements, about one in each window: places where an array may be cut.
        records: complete elements of the last array.
        in_string, depth: where the pass ended: inside a string, and in so many brackets.
        nul: the place of a NUL byte, at which the pass ended; None: there is none.
    """

    root_end: int | None = None
    children: list[Span] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    records: int = 0
    in_string: bool = False
    depth: int = 0
    nul: int | None = None


def find_structure(data: bytes | FileBytes, start: int, record_depth: int) -> Structure:
    """Follow the brackets outside of strings. ``cuts`` are ends of records, about one in each window."""
    found = Structure()
    opened = start
    position = start
    while position < len(data):
        tell_bytes(position, len(data), "Looking through the file")
        text = data[position : position + WINDOW]
        while text[-1] == _BACKSLASH and position + len(text) < len(data):
            text += data[position + len(text) : position + len(text) + 1]
        stop = position + len(text)
        nul = text.find(b"\x00")
        if nul >= 0:
            found.nul = position + nul
            return found
        window = np.frombuffer(text, np.uint8)
        places = np.flatnonzero(_STRUCTURAL[window])
        symbols = window[places]
        if b"\\" in text:
            places, symbols = _drop_escaped(places, symbols)
        is_quote = symbols == _QUOTE
        inside = ((np.cumsum(is_quote) + found.in_string) & 1).astype(bool)
        if len(inside):
            found.in_string = bool(inside[-1])
        brackets = ~inside & ~is_quote
        places, symbols = places[brackets] + position, symbols[brackets]
        opens = (symbols == _OPEN_ARRAY) | (symbols == _OPEN_OBJECT)
        depth = np.cumsum(np.where(opens, 1, -1)) + found.depth
        if len(depth):
            ends = np.flatnonzero(depth <= 0)
            if len(ends):
                found.root_end = int(places[ends[0]]) + 1
                places, opens, depth = (column[: ends[0] + 1] for column in (places, opens, depth))
            found.depth = int(depth[-1])
            closed = places[~opens & (depth == record_depth)]
            counted = 0
            if record_depth == 2:
                for place, is_open, closed_before in _child_edges(places, opens, depth, closed):
                    if is_open:
                        opened, found.records = place, 0
                    else:
                        found.records += closed_before - counted
                        found.children.append(Span(opened, place + 1))
                        found.counts.append(found.records)
                    counted = closed_before
            found.records += len(closed) - counted
            if len(closed):
                found.cuts.append(int(closed[-1]) + 1)
        if found.root_end is not None:
            return found
        position = stop
    return found


def _child_edges(
    places: np.ndarray, opens: np.ndarray, depth: np.ndarray, closed: np.ndarray
) -> Iterator[tuple[int, bool, int]]:
    """Where values directly inside the root open and close, and how many of the records end before each place."""
    edges = (opens & (depth == 2)) | (~opens & (depth == 1))
    at = places[edges]
    return zip(at.tolist(), opens[edges].tolist(), np.searchsorted(closed, at).tolist(), strict=True)


def _drop_escaped(places: np.ndarray, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Without the backslashes and the quotes that they escape."""
    is_backslash = symbols == _BACKSLASH
    slashes = places[is_backslash]
    order = np.arange(len(slashes))
    starts = np.ones(len(slashes), bool)
    starts[1:] = np.diff(slashes) != 1
    first_of_run = np.maximum.accumulate(np.where(starts, order, 0))
    escaped = slashes[(order - first_of_run) % 2 == 0] + 1
    keep = ~is_backslash & ~np.isin(places, escaped)
    return places[keep], symbols[keep]


def skip_space(data: bytes | FileBytes, position: int, stop: int) -> int:
    """Where the first byte is that is no white space, from ``position`` on; ``stop`` if there is none before it."""
    size = _FEW_BYTES
    while position < stop:
        text = data[position : min(position + size, stop)]
        rest = text.lstrip(SPACE)
        position += len(text) - len(rest)
        if rest:
            break
        size = WINDOW
    return position


def count_lines(data: bytes | FileBytes, stop: int) -> int:
    """The number of the line in which a byte is, from 1."""
    return 1 + sum(data[start : min(start + WINDOW, stop)].count(b"\n") for start in range(0, stop, WINDOW))
