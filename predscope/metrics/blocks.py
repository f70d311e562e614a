"""What the functions of metrics are given, beside pixels: frames, objects, features, outcomes, in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from predscope.metrics.outlining import Outlines, measure_outlines
from predscope.metrics.overlaps import Overlaps, measure_overlaps
from predscope.schema import Role

if TYPE_CHECKING:
    from predscope.evaluation.match_table import MatchTable

PLAIN_COLUMNS: Final = ("frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "area")
SHAPE_COLUMNS: Final = ("polygons", "rle_counts", "rle_height", "rle_width", "class_scores")
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: sets numbers that are close to each other far apart."""


@dataclass(frozen=True)
class FrameBlock:
    """All frames of a project.

    Attributes:
        width, height: float64 (n,), pixels as displayed; NaN where unknown.
        content: uint64 (n,): stands for the content of the image file; 0 where that is not known.
    """

    width: np.ndarray
    height: np.ndarray
    content: np.ndarray

    def __len__(self) -> int:
        return len(self.width)


@dataclass(frozen=True)
class ObjectBlock:
    """The objects of some frames, in columns, sorted by frame; frames are whole.

    Attributes:
        role: "labels" or "predictions".
        row: int64 (n,): their rows in the set.
        frame: int64 (n,): position of the frame in the block, 0 to ``frame_count - 1``, rising.
        frame_size: float64 (frame_count, 2): width and height in pixels; NaN where unknown.
        class_id: int64 (n,).
        class_names: of all classes of the project, by class id.
        confidence: float64 (n,); NaN for labels.
        box: float64 (n, 4): x, y, w, h in pixels; NaN for objects without one.
        area: float64 (n,), px²: the file's own, else the shape's.
        table: the columns of ``OBJECT_SCHEMA`` that were read; those of ``SHAPE_COLUMNS`` may be absent.
    """

    role: Role
    row: np.ndarray
    frame: np.ndarray
    frame_size: np.ndarray
    class_id: np.ndarray
    class_names: tuple[str, ...]
    confidence: np.ndarray
    box: np.ndarray
    area: np.ndarray
    table: pa.Table = field(repr=False)

    @classmethod
    def from_table(
        cls,
        table: pa.Table,
        role: Role,
        frame_size: np.ndarray,
        class_names: Sequence[str],
        *,
        first_frame: int = 0,
        first_row: int = 0,
    ) -> ObjectBlock:
        """From consecutive rows of a set.

        Args:
            frame_size: of the frames of the block.
            first_frame: index of the first of them.
            first_row: row of the first object.
        """
        columns = {name: _floats(table, name) for name in ("confidence", "x", "y", "w", "h", "area")}
        return cls(
            role=role,
            row=np.arange(first_row, first_row + len(table)),
            frame=table["frame_index"].to_numpy().astype(np.int64) - first_frame,
            frame_size=frame_size,
            class_id=table["class_id"].to_numpy().astype(np.int64),
            class_names=tuple(class_names),
            confidence=columns["confidence"],
            box=np.stack([columns[side] for side in "xywh"], axis=1),
            area=columns["area"],
            table=table,
        )

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def frame_count(self) -> int:
        return len(self.frame_size)

    @cached_property
    def relative_box(self) -> np.ndarray:
        """float64 (n, 4): left, top, right, bottom as shares of the frame's width and height."""
        size = self.frame_size[self.frame]
        corners = np.concatenate([self.box[:, :2], self.box[:, :2] + self.box[:, 2:]], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return corners / np.tile(size, 2)

    @cached_property
    def overlaps(self) -> Overlaps:
        """Each object's box against those of the others on its frame."""
        return measure_overlaps(self.frame, self.class_id, self.box)

    @cached_property
    def outlines(self) -> Outlines:
        """The shapes of polygons and masks."""
        return measure_outlines(self.table)

    @cached_property
    def class_shares(self) -> np.ndarray | None:
        """float64 (n, classes): class scores, scaled to sum to 1; NaN rows where there are none; None: nowhere."""
        if "class_scores" not in self.table.column_names:
            return None
        column = self.table["class_scores"].combine_chunks()
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        width = int(lengths.max(initial=0))
        if width < 2:
            return None
        shares = np.full((len(self), width), np.nan)
        is_given = lengths > 0
        place = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        scores = np.zeros((len(self), width))
        scores[np.repeat(np.arange(len(self)), lengths), place] = np.clip(
            column.flatten().to_numpy(zero_copy_only=False).astype(np.float64), 0, None
        )
        total = scores.sum(axis=1)
        is_given &= np.isfinite(total) & (total > 0)
        shares[is_given] = scores[is_given] / total[is_given, None]
        return shares

    def frame_mean(self, values: np.ndarray) -> np.ndarray:
        """float64 (frame_count,): mean of the objects' values that are not NaN; NaN for a frame without any."""
        is_known = ~np.isnan(values)
        count = np.bincount(self.frame[is_known], minlength=self.frame_count)
        total = np.bincount(self.frame[is_known], weights=values[is_known], minlength=self.frame_count)
        return np.divide(total, count, out=np.full(self.frame_count, np.nan), where=count > 0)

    def frame_extreme(self, values: np.ndarray, reduce: np.ufunc) -> np.ndarray:
        """float64 (frame_count,): ``np.fmin`` or ``np.fmax`` of the objects' values; NaN for a frame without any."""
        extremes = np.full(self.frame_count, np.nan)
        reduce.at(extremes, self.frame, values)
        return extremes


@dataclass(frozen=True)
class Features:
    """Vectors of all frames of a project, or of all objects of a set, that likeness is told by.

    Attributes:
        vectors: float32 (n, d); NaN rows where there is none.
        is_users: they were brought by the user; else they are the program's own, of ``name``.
        name: of the feature.
        class_id: int64 (n,): of objects; None for frames.
        class_count: classes of the project.
    """

    vectors: np.ndarray
    is_users: bool
    name: str
    class_id: np.ndarray | None
    class_count: int

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def is_present(self) -> np.ndarray:
        """bool (n,)."""
        return np.isfinite(self.vectors).all(axis=1) if self.vectors.shape[1] else np.zeros(len(self), bool)


@dataclass(frozen=True)
class Outcomes:
    """What became of labels and predictions at an operating point.

    Attributes:
        table: of all objects with a box; ``row`` of its labels and predictions are rows of their sets.
        frame_count: frames of the project.
        role: whose values are asked for; None: those of frames.
        count: rows of that set, or frames.
        agreement: gives the share of the other prediction sets that agree with each prediction, float64 (rows of the
            prediction set,); None where there is no other set.
    """

    table: MatchTable
    frame_count: int
    role: Role | None
    count: int
    agreement: Callable[[], np.ndarray] | None = None

    @property
    def is_match(self) -> np.ndarray:
        """bool: which predictions of the table are true positives."""
        return self._is("TRUE_POSITIVE")

    @property
    def is_false_alarm(self) -> np.ndarray:
        """bool: which predictions of the table are false positives."""
        return self._is("FALSE_POSITIVE")

    @property
    def is_kept(self) -> np.ndarray:
        """bool: which predictions of the table are at or above the confidence of the operating point."""
        return ~self._is("LEFT_OUT")

    @property
    def is_missed(self) -> np.ndarray:
        """bool: which labels of the table are false negatives."""
        return self._is("FALSE_NEGATIVE", of_labels=True)

    def _is(self, name: str, *, of_labels: bool = False) -> np.ndarray:
        from predscope.evaluation.match_table import Outcome  # worker processes have no use for it, nor for pandas

        return (self.table.label_outcome if of_labels else self.table.outcome) == Outcome[name]

    def at_rows(self, rows: np.ndarray, values: Any) -> np.ndarray:
        """float64 (count,): values at rows of the set, NaN at all others (objects without a box)."""
        result = np.full(self.count, np.nan)
        result[rows] = values
        return result


def uniform_of(numbers: np.ndarray) -> np.ndarray:
    """float64 (n,): for each whole number its own fixed share of [0, 1), evenly spread (SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = (numbers.astype(np.uint64) + np.uint64(1)) * MIX
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _floats(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy().astype(np.float64, copy=False)
