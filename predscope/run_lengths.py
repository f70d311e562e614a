"""Run-length masks in columns: whether they are whole, their areas and their boxes.

The encoding is COCO's compressed string form (https://github.com/cocodataset/cocoapi, ``maskApi.c``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

_MAX_RUN_BYTES: Final = 8
_CHUNK_BYTES: Final = 200_000
"""Counts decoded at a time: what stays in the processor's cache goes three times as fast."""


@dataclass(frozen=True, slots=True)
class RunLengths:
    """What the run lengths of n masks amount to.

    Attributes:
        is_valid: bool (n,): the counts decode, and add up to height * width.
        area: float64 (n,): pixels of the mask; NaN where not valid.
        box: float64 (n, 4): box around the mask, zeros for an empty one; NaN where not valid, and where it was not
            asked for.
    """

    is_valid: np.ndarray
    area: np.ndarray
    box: np.ndarray


def read_run_lengths(counts: Sequence[bytes | None], size: np.ndarray, *, with_boxes: bool = True) -> RunLengths:
    """Decode COCO's compressed run lengths of many masks at once: validity, area and box.

    ``hotcoco.mask`` gives the same areas and boxes (tested), but takes the counts on trust; whether outside data add
    up must be known first, and then both are at hand.

    Args:
        counts: per mask the compressed counts, or None.
        size: int (n, 2): height, width.
        with_boxes: also find the boxes, which takes as long again.
    """
    total = len(counts)
    result = RunLengths(np.zeros(total, bool), np.full(total, np.nan), np.full((total, 4), np.nan))
    lengths = np.fromiter((len(entry) if entry else 0 for entry in counts), np.int64, total)
    filled = np.flatnonzero(lengths)
    chunk_of = np.cumsum(lengths[filled]) // _CHUNK_BYTES
    for rows in np.split(filled, np.flatnonzero(np.diff(chunk_of)) + 1) if len(filled) else ():
        text = np.frombuffer(b"".join(counts[row] or b"" for row in rows.tolist()), np.uint8)
        height, width = np.asarray(size, np.int64)[rows].T
        numbers, amount, legal = _read_numbers(text, lengths[rows])
        runs = _Runs(numbers, amount)
        legal &= runs.are_positive() & (runs.totals() == height * width) & (height > 0) & (width > 0)
        result.is_valid[rows] = legal
        result.area[rows] = np.where(legal, runs.areas(), np.nan)
        if with_boxes:
            result.box[rows] = np.where(legal[:, None], runs.boxes(np.maximum(height, 1)), np.nan)
    return result


def _read_numbers(text: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of all masks end to end (int64), how many each mask has, and whether it is written properly.

    Each byte holds five bits of a number, from the lowest up, a sixth that says "more follows", and an offset of 48.

    Args:
        text: uint8, the counts of all masks end to end.
        lengths: int64 (n,): bytes of each, at least 1.
    """
    byte_ends = np.cumsum(lengths)
    code = text - np.uint8(48)  # what lies below wraps around to above 64
    is_end = (code & 32) == 0
    legal = is_end[byte_ends - 1]
    if code.max() >= 64:
        legal &= np.maximum.reduceat(code, byte_ends - lengths) < 64
    is_end[byte_ends - 1] = True  # a cut-off number must not run into the next mask
    last = np.flatnonzero(is_end)
    number_ends = np.searchsorted(last, byte_ends)
    amount = np.diff(number_ends, prepend=0)
    bytes_of = np.diff(last, prepend=-1)
    longest = int(bytes_of.max())
    if longest > _MAX_RUN_BYTES:
        legal &= np.maximum.reduceat(bytes_of, number_ends - amount) <= _MAX_RUN_BYTES
    bits = code & 31
    numbers = (((bits[last] ^ 16).astype(np.int8)) - 16).astype(np.int64)  # the highest bit is the sign
    for place in range(1, min(longest, _MAX_RUN_BYTES)):
        longer = np.flatnonzero(bytes_of > place)
        numbers[longer] = (numbers[longer] << 5) | bits[last[longer] - place]
    return numbers, amount, legal


class _Runs:
    """The runs of many masks, those outside of the mask apart from those inside, in pairs: outside first.

    From the fourth number of a mask on, each is the difference to the run two before it.
    """

    def __init__(self, numbers: np.ndarray, amount: np.ndarray) -> None:
        """``amount``: how many numbers each mask has, at least 1."""
        is_odd = amount & 1
        if is_odd.any():  # a run of no pixels makes the pair
            paired = np.zeros(len(numbers) + int(is_odd.sum()), np.int64)
            paired[np.arange(len(numbers)) + np.repeat(np.cumsum(is_odd) - is_odd, amount)] = numbers
            numbers = paired
        self._pairs = (amount + 1) // 2
        ends = np.cumsum(self._pairs)
        self._first = ends - self._pairs
        outside, inside = numbers[0::2], numbers[1::2]
        first = outside[self._first]
        sums = np.cumsum(outside)
        self._outside = sums - np.repeat(sums[self._first], self._pairs)
        self._outside[self._first] = first
        sums = np.cumsum(inside)
        self._inside = sums - np.repeat(sums[self._first] - inside[self._first], self._pairs)
        self._inside[ends[is_odd == 1] - 1] = 0

    def are_positive(self) -> np.ndarray:
        """bool (masks,): no run is below 0."""
        lowest = np.minimum(self._outside, self._inside)
        if lowest.min() >= 0:
            return np.ones(len(self._first), bool)
        return np.minimum.reduceat(lowest, self._first) >= 0

    def totals(self) -> np.ndarray:
        """int64 (masks,): pixels that all runs make up."""
        return np.add.reduceat(self._outside + self._inside, self._first)

    def areas(self) -> np.ndarray:
        """int64 (masks,): pixels inside."""
        return np.add.reduceat(self._inside, self._first)

    def spans(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """int64 (stretches,) each: the mask, its first pixel and the one behind its last; no stretch is empty."""
        both = self._outside + self._inside
        stops = np.cumsum(both)
        stops -= np.repeat(stops[self._first] - both[self._first], self._pairs)
        filled = np.flatnonzero(self._inside > 0)
        mask = np.repeat(np.arange(len(self._pairs)), self._pairs)[filled]
        return mask, (stops - self._inside)[filled], stops[filled]

    def boxes(self, height: np.ndarray) -> np.ndarray:
        """float64 (masks, 4): x, y, w, h around the pixels inside; zeros where there are none.

        Args:
            height: int64 (masks,): of the frames, whose columns the runs go down one after the other.
        """
        both = self._outside + self._inside
        stops = np.cumsum(both)
        stops -= np.repeat(stops[self._first] - both[self._first], self._pairs)
        tall = np.repeat(height, self._pairs)
        is_filled = self._inside > 0
        left, top = np.divmod(stops - self._inside, tall)
        right, bottom = np.divmod(stops - 1, tall)
        spans = left != right
        nothing = np.iinfo(np.int64).max
        x0 = np.minimum.reduceat(np.where(is_filled, left, nothing), self._first)
        y0 = np.minimum.reduceat(np.where(is_filled, np.where(spans, 0, top), nothing), self._first)
        x1 = np.maximum.reduceat(np.where(is_filled, right + 1, 0), self._first)
        y1 = np.maximum.reduceat(np.where(is_filled, np.where(spans, tall, bottom + 1), 0), self._first)
        is_empty = x1 == 0
        x0[is_empty], y0[is_empty] = 0, 0
        return np.stack([x0, y0, x1 - x0, y1 - y0], axis=1).astype(np.float64)


def mask_spans(counts: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where masks have their pixels, as stretches of the pixels of the frame in the order of its columns.

    Args:
        counts: compressed counts that are known to be valid.

    Returns:
        int64 (stretches,) each: place of the mask in ``counts``, ascending; first pixel; the pixel behind the last.
    """
    if not len(counts):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    lengths = np.fromiter(map(len, counts), np.int64, len(counts))
    numbers, amount, _ = _read_numbers(np.frombuffer(b"".join(counts), np.uint8), lengths)
    return _Runs(numbers, amount).spans()
