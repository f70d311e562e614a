"""Which class every pixel of a frame has, of labels and of predictions, counted against each other.

Masks stay run lengths all the way: a frame is a line of pixels, in the order of its columns, on which the classes
change at some places. So the cost is that of the outlines, not of the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predscope.evaluation.objects import Objects
from predscope.evaluation.shapes import run_lengths
from predscope.run_lengths import mask_spans
from predscope.schema import Geometry

FILLED_SHARE: Final = 0.95
"""Masks that cover so much of the frames, in the median, are a class for every pixel."""
_LARGEST_TABLE: Final = 5_000_000
"""Cells of frames, up to which they are counted into a table; beyond it most would be empty."""
_SHAPES: Final = frozenset({Geometry.MASK, Geometry.POLYGON})


@dataclass(frozen=True)
class PixelMaps:
    """Frames that came as class-index masks.

    Attributes:
        frame: int64 (n,), ascending.
        size: int64 (n, 2): height, width.
        void: per frame None or the compressed counts of its void pixels.
    """

    frame: np.ndarray
    size: np.ndarray
    void: list[bytes | None]

    @classmethod
    def from_table(cls, table: pa.Table) -> PixelMaps:
        """From columns of ``PIXEL_MAP_SCHEMA``."""
        table = table.sort_by("frame_index")
        sides = [table[name].to_numpy().astype(np.int64) for name in ("height", "width")]
        frame = table["frame_index"].to_numpy().astype(np.int64)
        return cls(frame, np.stack(sides, axis=1), table["void_counts"].to_pylist())


def fills_frames(objects: pa.Table, frame_sizes: np.ndarray) -> bool:
    """Whether objects are masks or polygons that cover the frames they lie in, nearly all of them.

    Args:
        objects: columns ``frame_index``, ``geometry`` and ``area``.
        frame_sizes: float (frames, 2): width and height; NaN where unknown.
    """
    if not len(objects) or not set(objects["geometry"].unique().to_pylist()) <= _SHAPES:
        return False
    frame = objects["frame_index"].to_numpy()
    covered = np.bincount(frame, weights=np.nan_to_num(objects["area"].to_numpy()), minlength=len(frame_sizes))
    present = np.unique(frame)
    share = covered[present] / frame_sizes[present].prod(axis=1)
    return bool(np.isfinite(share).any() and np.nanmedian(share) >= FILLED_SHARE)


@dataclass(frozen=True)
class PixelCells:
    """Pixels counted by frame, label class and predicted class; cells without pixels are left out.

    Attributes:
        frame, label, predicted: int64 (cells,), in this order ascending.
        pixels: int64 (cells,).
    """

    frame: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    pixels: np.ndarray


class ClassLines:
    """The classes of the pixels of some frames, laid end to end: where they change, and to what.

    Attributes:
        place: int64 (changes,), ascending: pixels from the first of the first frame.
        value: int64 (changes,): the class from there on.
    """

    def __init__(self, place: np.ndarray, value: np.ndarray) -> None:
        self.place = place
        self.value = value

    def at(self, places: np.ndarray) -> np.ndarray:
        """The classes of some pixels; the first of all must be a change."""
        return self.value[np.searchsorted(self.place, places, side="right") - 1]

    def picture(self, height: int, width: int) -> np.ndarray:
        """int64 (height, width): the classes of the pixels, of a line of one frame."""
        lengths = np.diff(self.place, append=height * width)
        return np.repeat(self.value, lengths).reshape(width, height).T


@dataclass(frozen=True)
class FrameLine:
    """Where frames stand on the line of their pixels.

    Attributes:
        frame: int64 (n,): frame indices, ascending.
        size: int64 (n, 2): height, width.
    """

    frame: np.ndarray
    size: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """int64 (n + 1,): pixels before each frame, and all."""
        return np.concatenate([[0], np.cumsum(self.size.prod(axis=1))])


def class_lines(
    line: FrameLine,
    objects: Objects,
    values: np.ndarray,
    order: np.ndarray,
    default: np.ndarray,
    void: list[tuple[int, bytes]],
    void_value: int,
    frame_sizes: np.ndarray,
) -> ClassLines:
    """Paint objects on frames.

    Args:
        objects: read with ``columns_for(IouType.SEGM)``; those of other frames, or of another size, are passed over.
        values: int (objects,): what each paints.
        order: sortable (objects,): where they overlap, the higher is on top.
        default: int (frames of the line,): what pixels have that nothing is painted on.
        void: frame index and counts of pixels that get ``void_value``, on top of all.
        frame_sizes: float (frames of the project, 2): width and height, for polygons.
    """
    inside = np.flatnonzero(np.isin(objects.frame, line.frame))
    chosen = objects.take(inside)
    masks, sizes = _masks(chosen, frame_sizes)
    at = np.searchsorted(line.frame, chosen.frame)
    fitting = np.flatnonzero((sizes == line.size[at]).all(axis=1))
    fitting = fitting[np.argsort(order[inside][fitting], kind="stable")]
    void_frames = np.array([frame for frame, _ in void], np.int64)
    at = np.concatenate([at[fitting], np.searchsorted(line.frame, void_frames)])
    value = np.concatenate([values[inside][fitting], np.full(len(void), void_value)])
    counts = [*(masks[position] for position in fitting.tolist()), *(entry for _, entry in void)]
    mask, first, stop = mask_spans(counts)
    starts = line.starts
    first, stop = first + starts[at[mask]], stop + starts[at[mask]]
    return _laid_flat(first, stop, value[mask], starts, default)


def count_cells(line: FrameLine, labels: ClassLines, predictions: ClassLines, value_count: int) -> PixelCells:
    """Pixels by frame, class of the label and class of the prediction; values are 0 to ``value_count - 1``."""
    starts = line.starts
    places = np.sort(np.concatenate([labels.place, predictions.place]))
    places = places[np.append(True, places[1:] != places[:-1]) & (places < starts[-1])]
    lengths = np.diff(places, append=starts[-1])
    frame = np.searchsorted(starts, places, side="right") - 1
    code = (frame * value_count + labels.at(places)) * value_count + predictions.at(places)
    if len(line.frame) * value_count**2 <= _LARGEST_TABLE:
        total = np.bincount(code, weights=lengths)
        cell = np.flatnonzero(total)
        pixels = total[cell].astype(np.int64)
    else:
        cell, which = np.unique(code, return_inverse=True)
        pixels = np.bincount(which, weights=lengths, minlength=len(cell)).astype(np.int64)
    rest, predicted = np.divmod(cell, value_count)
    place, label = np.divmod(rest, value_count)
    return PixelCells(line.frame[place], label, predicted, pixels)


def _laid_flat(
    first: np.ndarray, stop: np.ndarray, value: np.ndarray, starts: np.ndarray, default: np.ndarray
) -> ClassLines:
    """Stretches in the order of painting as one line; later ones cover earlier ones."""
    order = np.argsort(first, kind="stable")
    overlaps = first[order][1:] < stop[order][:-1]
    if overlaps.any():
        frame = np.searchsorted(starts, first, side="right") - 1
        piled = np.unique(frame[order][1:][overlaps])  # the first of an overlap lies in the same frame
        in_pile = np.isin(frame, piled)
        flat = [
            _painted(first[own], stop[own], value[own], int(starts[place]), int(starts[place + 1]), int(default[place]))
            for place in piled.tolist()
            for own in [np.flatnonzero(frame == place)]
        ]
        kept = ~in_pile
        first = np.concatenate([first[kept], *(part[0] for part in flat)])
        stop = np.concatenate([stop[kept], *(part[1] for part in flat)])
        value = np.concatenate([value[kept], *(part[2] for part in flat)])
    frame = np.searchsorted(starts, stop - 1, side="right") - 1
    # At one place a stretch may end, or a frame begin, and another stretch begin: what begins comes last and holds.
    place = np.concatenate([stop, starts[:-1], first])
    values = np.concatenate([default[frame], default, value])
    rank = np.repeat([0, 1, 2], [len(stop), len(default), len(first)])
    order = np.lexsort((rank, place))
    place, values = place[order], values[order]
    is_last = np.append(place[1:] != place[:-1], True)
    return ClassLines(place[is_last], values[is_last])


def _painted(
    first: np.ndarray, stop: np.ndarray, value: np.ndarray, start: int, end: int, default: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stretches of one frame, without overlaps."""
    pixels = np.full(end - start, default, np.int64)
    for low, high, what in zip((first - start).tolist(), (stop - start).tolist(), value.tolist(), strict=True):
        pixels[low:high] = what
    changes = np.concatenate([[0], np.flatnonzero(pixels[1:] != pixels[:-1]) + 1])
    return changes + start, np.append(changes[1:], len(pixels)) + start, pixels[changes]


def _masks(objects: Objects, frame_sizes: np.ndarray) -> tuple[list[bytes], np.ndarray]:
    """Compressed counts of all objects, and int64 (n, 2) their heights and widths."""
    geometry = objects.shapes["geometry"]
    if pc.all(pc.equal(geometry, Geometry.MASK)).as_py():
        sides = [objects.shapes[name].to_numpy().astype(np.int64) for name in ("rle_height", "rle_width")]
        return objects.shapes["rle_counts"].to_pylist(), np.stack(sides, axis=1)
    masks = run_lengths(objects, frame_sizes)
    counts = [mask["counts"] for mask in masks]
    sizes = np.array([mask["size"] for mask in masks], np.int64).reshape(-1, 2)
    return [entry.encode("ascii") if isinstance(entry, str) else entry for entry in counts], sizes
