"""Rows under judgement: which are kept, which were repaired, and what is said of them in the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from predscope.formats.base import ObjectBatch, Role
from predscope.importing import findings
from predscope.importing.corrections import Corrections
from predscope.importing.network_input import NetworkInput
from predscope.importing.rows.columns import Columns
from predscope.report import MAX_EXAMPLES, ImportReport

Describe = Callable[[int], str]
"""Says in words what is odd about a row."""


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """Frames by index.

    Attributes:
        file_names: for messages.
        width, height: NaN where unknown.
        scale: float64 (frames, 2): factors of x and y that lead from the size that the input gives to that of the
            frame; None: the coordinates are those of the frames.
    """

    file_names: list[str]
    width: np.ndarray
    height: np.ndarray
    scale: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """What holds for a whole input, found by looking at its beginning.

    Attributes:
        in_percent: confidences are 0 to 100.
        looks_normalised, looks_like_pixels: coordinates are fractions although the format has pixels, or the reverse.
        looks_like_logits: confidences are what comes before a sigmoid.
        looks_unbounded: confidences begin at 0 and have no upper end.
        correction: what mends the coordinates, as fields of ``Corrections``.
        mask_correction: what brings masks of another size to their frames, where labels tell it.
        scaled_frames: int64 (k,): frames of which it is said that the coordinates were made for another size of them.
        rescale: masks of another size than their frame are scaled to it.
        network: coordinates, and masks of that size, are of this input of a network.
    """

    in_percent: bool = False
    looks_normalised: bool = False
    looks_like_pixels: bool = False
    looks_like_logits: bool = False
    looks_unbounded: bool = False
    correction: Mapping[str, Any] = field(default_factory=dict)
    mask_correction: Mapping[str, Any] = field(default_factory=dict)
    scaled_frames: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    rescale: bool = False
    network: NetworkInput | None = None


class RowJudgement:
    """The rows of one batch, and what becomes of them.

    Attributes:
        kept: bool (n,): rows that are not rejected (so far).
        repaired: bool (n,): rows that were changed.
    """

    def __init__(
        self,
        batch: ObjectBatch,
        columns: Columns,
        frame_index: np.ndarray,
        class_id: np.ndarray,
        frames: FrameFacts,
        role: Role,
        habits: Habits,
        report: ImportReport,
    ) -> None:
        self._batch = batch
        self._columns = columns
        self._frame_index = frame_index
        self._class_id = class_id
        self._frames = frames
        self._role: Role = role
        self._habits = habits
        self._report = report
        self.kept = np.ones(len(batch), bool)
        self.repaired = np.zeros(len(batch), bool)
        self._width = np.full(len(batch), np.nan)
        self._height = np.full(len(batch), np.nan)

    def _reject(
        self,
        code: str,
        flagged: np.ndarray,
        describe: Describe | None = None,
        correction: Mapping[str, Any] | None = None,
        detail: str = "",
    ) -> None:
        rows = np.flatnonzero(flagged & self.kept)
        if len(rows):
            self.kept[rows] = False
            examples = self._examples(rows, describe)
            findings.reject(
                self._report, code, count=len(rows), examples=examples, correction=correction, detail=detail
            )

    def _repair(self, code: str, flagged: np.ndarray, describe: Describe | None = None) -> None:
        self.repaired |= flagged & self.kept
        self._remark(code, flagged, describe)

    def _misplaced(self) -> tuple[np.ndarray, str]:
        """bool (n,): rows that lie wrongly for a reason that is reported as such, and what to do about those."""
        habits = self._habits
        mends = Corrections().changed(habits.correction or {"rescale": True})
        detail = f"They follow from how all boxes are read. Add {' '.join(mends.flags())}."
        if habits.correction:
            return np.ones(len(self._batch), bool), detail
        return np.isin(self._frame_index, habits.scaled_frames), detail

    def _remark(self, code: str, flagged: np.ndarray, describe: Describe | None = None) -> None:
        rows = np.flatnonzero(flagged & self.kept)
        if len(rows):
            findings.note(self._report, code, count=len(rows), examples=self._examples(rows, describe))

    def _examples(self, rows: np.ndarray, describe: Describe | None) -> list[str]:
        return [self._example(int(row), describe) for row in rows[:MAX_EXAMPLES]]

    def _example(self, row: int, describe: Describe | None) -> str:
        text = self._batch.describe_place(row)
        if describe is not None:
            text += f": {describe(row)}"
        index = self._frame_index[row]
        return f"{text} in {self._frames.file_names[index]}" if index >= 0 else text

    def _name_frame(self, row: int) -> str:
        return f"{'image id' if self._batch.frame_ref_is == 'id' else 'image'} {self._batch.frame_ref[row]}"

    def _box_text(self, row: int) -> str:
        return "x, y, w, h = " + ", ".join(f"{value:g}" for value in self._columns.box[row])

    def _place_text(self, row: int) -> str:
        return f"{self._box_text(row)} ({self._width[row]:g} x {self._height[row]:g})"

    def _mask_text(self, row: int) -> str:
        size = self._columns.rle_size
        height, width = (0, 0) if size is None else size[row]
        return f"mask {width} x {height}, frame {self._width[row]:g} x {self._height[row]:g}"

    @staticmethod
    def _confidence_text(confidence: np.ndarray) -> Describe:
        return lambda row: f"confidence = {confidence[row]:g}"
