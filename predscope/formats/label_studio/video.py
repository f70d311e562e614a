"""Regions of videos in Label Studio's results: boxes at key frames, and classes of stretches of the time line.

A ``videorectangle`` has a ``sequence`` of key frames, numbered from 1, with a box in percents; between two of them the
box is on a straight line. A key frame that is not ``enabled`` is the last one that shows the box until the next key
frame; behind the last one an enabled box stays to the end of the video (https://labelstud.io/tags/videorectangle and
https://github.com/HumanSignal/label-studio, ``VideoRegion.js``, ``VideoRectangleRegion.js``). ``timelinelabels`` have
``ranges`` of frames, both ends included (https://labelstud.io/tags/timelinelabels).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_list,
    as_number,
    as_object,
    as_whole,
    invalid_shape,
    shown,
)
from predscope.formats.label_studio.shapes import read_value
from predscope.formats.shape_rows import Shape, frame_class

VIDEO_KINDS: Final = frozenset({"videorectangle", "timeline"})
_FREE_FRAMES: Final = 100_000
_FRAMES_A_KEY: Final = 2_000
_NUMBERS: Final = ("x", "y", "width", "height", "rotation")


class FillAllowance:
    """How many frames may still be filled between key frames.

    Grows with the key frames of the file, so that a few numbers do not unfold to millions of rows.
    """

    def __init__(self) -> None:
        self._left = _FREE_FRAMES

    def grow(self) -> None:
        self._left += _FRAMES_A_KEY

    def take(self, wanted: int) -> int:
        """How many of the wanted frames may be filled."""
        granted = min(wanted, self._left)
        self._left -= granted
        return granted


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A key frame of a sequence.

    Attributes:
        number: place in the sequence.
        index: place in the video, from 0.
        enabled: the box is there until the next key frame.
        numbers: x, y, width, height in percents, and degrees.
    """

    number: int
    index: int
    enabled: bool
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """What a region is in one frame.

    Attributes:
        number: of the key frame before it in the sequence, or of the range.
        index: place in the video, from 0.
        shape: in pixels, or in fractions of the frame where ``is_relative``.
        is_key: the file has it; else it was placed between key frames.
    """

    number: int
    index: int
    shape: Shape
    is_relative: bool
    is_key: bool


@dataclass(frozen=True, slots=True)
class UnusableKey:
    """A key frame that cannot be read: its number in the sequence, and why."""

    number: int
    reason: UnusableShape


@dataclass(frozen=True, slots=True)
class NotFilled:
    """Frames behind a key frame that were not filled, because there would be too many."""

    index: int
    count: int


def spans_of(value: dict[str, Any]) -> Iterator[range]:
    """The frames that a region of a video is in, as far as its value can be read."""
    if "sequence" in value:
        keys, _ = _read_keys(value)
        for key, _, stop in _in_order(keys, frame_count(value)):
            yield range(key.index, stop)
    for entry in as_list(value.get("ranges")):
        first, last = as_whole(as_object(entry).get("start")), as_whole(as_object(entry).get("end"))
        if first is not None and last is not None and 1 <= first <= last:
            yield range(first - 1, last)


def frame_count(value: dict[str, Any]) -> int:
    """``framesCount`` of a value: how many frames the video has; 0 where it does not say so."""
    count = as_number(value.get("framesCount")) or 0
    return int(count) if 1 <= count < 2**31 else 0  # some are fractions: duration * rate


def read_boxes(
    value: dict[str, Any], width: int | None, height: int | None, allowance: FillAllowance
) -> Iterator[Placed | UnusableKey | NotFilled]:
    """The boxes of a ``videorectangle``, frame by frame.

    Args:
        width, height: of the video in pixels, None where the result has none.

    Raises:
        UnusableShape: it has no key frames.
    """
    keys, unusable = _read_keys(value)
    if not keys and not unusable:
        raise invalid_shape(f"sequence is {shown(value.get('sequence'))}, expected key frames")
    yield from unusable
    for key, after, stop in _in_order(keys, frame_count(value)):
        allowance.grow()
        try:
            yield _place(key, None, key.index, width, height)
        except UnusableShape as reason:  # turned, in a frame of unknown size
            yield UnusableKey(key.number, reason)
            continue
        wanted = stop - key.index - 1
        granted = allowance.take(wanted)
        for index in range(key.index + 1, key.index + 1 + granted):
            try:
                yield _place(key, after, index, width, height)
            except UnusableShape:
                yield NotFilled(index, 1)
        if granted < wanted:
            yield NotFilled(key.index + 1 + granted, wanted - granted)


def read_stretches(value: dict[str, Any], allowance: FillAllowance) -> Iterator[Placed | UnusableKey | NotFilled]:
    """The frames of ``timelinelabels``, each with a class.

    Raises:
        UnusableShape: it has no ranges.
    """
    ranges = as_list(value.get("ranges"))
    if not ranges:
        raise invalid_shape(f"ranges are {shown(value.get('ranges'))}, expected stretches of frames")
    for number, entry in enumerate(ranges):
        found = next(spans_of({"ranges": [entry]}), None)
        if found is None:
            yield UnusableKey(number, invalid_shape(f"a range is {shown(entry)}, expected start and end from 1"))
            continue
        allowance.grow()
        granted = 1 + allowance.take(len(found) - 1)
        for index in found[:granted]:
            yield Placed(number, index, frame_class(), is_relative=False, is_key=True)
        if granted < len(found):
            yield NotFilled(found[granted], len(found) - granted)


def _read_keys(value: dict[str, Any]) -> tuple[list[KeyFrame], list[UnusableKey]]:
    """The key frames in order, and those that cannot be read, or are of a frame that has one already."""
    keys: dict[int, KeyFrame] = {}
    unusable = []
    for number, entry in enumerate(as_list(value.get("sequence"))):
        record = as_object(entry)
        frame = as_whole(record.get("frame"))
        numbers = [as_number(record.get(name, 0 if name == "rotation" else None)) for name in _NUMBERS]
        found = tuple(number for number in numbers if number is not None)
        if frame is None or frame < 1:
            reason = invalid_shape(f"frame is {shown(record.get('frame'))}, expected a number from 1")
            unusable.append(UnusableKey(number, reason))
        elif len(found) < len(numbers):
            unusable.append(UnusableKey(number, invalid_shape(f"a box is {shown(entry)}, expected numbers")))
        elif frame - 1 in keys:
            reason = UnusableShape("key_frame_twice", "A region has two boxes in one frame.", f"frame {frame}")
            unusable.append(UnusableKey(number, reason))
        else:
            enabled = record.get("enabled", True)
            keys[frame - 1] = KeyFrame(number, frame - 1, as_flag(enabled), found)
    return [keys[index] for index in sorted(keys)], unusable


def _in_order(keys: list[KeyFrame], count: int) -> Iterator[tuple[KeyFrame, KeyFrame | None, int]]:
    """Each key frame, the one behind it, and the first frame in which the box is not its own any more.

    Args:
        count: frames of the video; 0: not known.
    """
    for key, after in zip(keys, [*keys[1:], None], strict=False):
        end = count if after is None else after.index
        yield key, after, max(end, key.index + 1) if key.enabled else key.index + 1


def _place(key: KeyFrame, after: KeyFrame | None, index: int, width: int | None, height: int | None) -> Placed:
    share = 0.0 if after is None else (index - key.index) / (after.index - key.index)
    ends = key.numbers if after is None else after.numbers
    mixed = [start + share * (end - start) for start, end in zip(key.numbers, ends, strict=True)]
    box = dict(zip(_NUMBERS, mixed, strict=True))
    shape, is_relative = read_value("rectangle", box, width, height)
    return Placed(key.number, index, shape, is_relative, is_key=index == key.index)
