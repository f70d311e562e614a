"""Ways to read the four numbers of a box, and how well each of them suits the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np

from predscope.formats.base import BoxFormat, ObjectBatch
from predscope.importing.corrections import Corrections, Units
from predscope.importing.network_input import NetworkInput
from predscope.importing.rows.correcting import boxes_from_numbers, numbers_of_file
from predscope.importing.rows.judgement import FrameFacts
from predscope.schema import Geometry

BOX_FORMATS: Final[tuple[BoxFormat, ...]] = ("xywh", "xyxy", "cxcywh")
_SLACK: Final = 0.01
"""Of the frame's larger side: boxes that reach outside by less still fit (another +1, rounding)."""
_SLACK_PX: Final = 2.0


@dataclass(frozen=True, slots=True)
class BoxReading:
    """One way to read the numbers that stand in a file."""

    box_format: BoxFormat = "xywh"
    units: Units = "pixels"
    swap_xy: bool = False
    network: NetworkInput | None = None

    def correction(self, present: BoxReading) -> dict[str, Any]:
        """The fields of ``Corrections`` that lead from the present reading to this one."""
        fields = ("box_format", "units", "swap_xy")
        found = {name: getattr(self, name) for name in fields if getattr(self, name) != getattr(present, name)}
        if self.network is not None and self.network != present.network:
            found |= {"network_input": self.network.text, "network_fit": self.network.fit}
        return found

    def distance(self, other: BoxReading) -> int:
        """In how many ways two readings differ."""
        return len(self.correction(other))


_PLAIN: Final = BoxReading()


def all_readings(
    units: Sequence[Units] = ("pixels", "relative"), network: NetworkInput | None = None
) -> list[BoxReading]:
    return [BoxReading(*choice, network) for choice in product(BOX_FORMATS, units, (False, True))]


@dataclass(frozen=True, slots=True)
class BoxSample:
    """Boxes from the beginning of an input.

    Attributes:
        numbers: float64 (n, 4) as they stand in the file, in frames ``frame_index`` int (n,).
        size: float64 (n, 2): width and height of the frames, NaN where not known.
        confidence: float64 (n,), NaN for labels.
        class_ref: object (n,): references to classes, as text or number.
        origin: int (n, 2): which batch of the sample each box is from, and which of its rows.
        present: how they are read now.
    """

    numbers: np.ndarray
    frame_index: np.ndarray
    size: np.ndarray
    confidence: np.ndarray
    class_ref: np.ndarray
    origin: np.ndarray
    present: BoxReading

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of(
        cls, batches: Sequence[ObjectBatch], frame_indices: Sequence[np.ndarray], facts: FrameFacts, told: Corrections
    ) -> BoxSample:
        """The boxes of the first batches that are all written alike.

        Args:
            batches: already corrected as told.
            frame_indices: of their rows; negative where there is no frame.
        """
        first = next((batch for batch in batches if batch.box is not None), None)
        if first is None:
            none = np.zeros(0)
            return cls(none.reshape(0, 4), none.astype(int), none.reshape(0, 2), none, none, none.reshape(0, 2), _PLAIN)
        units: Units = "relative" if first.relative else "pixels"
        present = BoxReading(first.box_format, units, told.swap_xy, told.network)
        frame_size = np.column_stack([facts.width, facts.height])
        if facts.scale is not None:  # the input's numbers are of frames of another size
            frame_size = frame_size / facts.scale
        columns: list[tuple[np.ndarray, ...]] = []
        for number, (batch, index) in enumerate(zip(batches, frame_indices, strict=True)):
            if batch.box is None or batch.relative != first.relative or batch.box_format != first.box_format:
                continue
            chosen = (index >= 0) & np.isfinite(batch.box).all(axis=1) & (batch.geometry != Geometry.CLASSIFICATION)
            if batch.rle_size is not None and batch.rle_counts is not None:
                # Boxes around masks of another size are of that size, whatever the boxes of the file are.
                is_mask = np.fromiter((counts is not None for counts in batch.rle_counts), bool, len(batch))
                is_mask[chosen] &= (batch.rle_size[chosen][:, ::-1] != frame_size[index[chosen]]).any(axis=1)
                chosen &= ~is_mask
            size = frame_size[index[chosen]]
            box = batch.box[chosen][:, [1, 0, 3, 2]] if told.swap_xy else batch.box[chosen]
            confidence = np.full(len(batch), np.nan) if batch.confidence is None else batch.confidence
            columns.append(
                (
                    numbers_of_file(box, batch.box_format),
                    index[chosen].astype(np.int64),
                    size,
                    np.asarray(confidence, np.float64)[chosen],
                    batch.class_ref[chosen].astype(object),
                    np.column_stack([np.full(chosen.sum(), number), np.flatnonzero(chosen)]),
                )
            )
        numbers, frame, size, confidence, class_ref, origin = map(np.concatenate, zip(*columns, strict=True))
        return cls(numbers, frame, size, confidence, class_ref, origin, present)

    def taken(self, rows: np.ndarray) -> BoxSample:
        return BoxSample(
            self.numbers[rows],
            self.frame_index[rows],
            self.size[rows],
            self.confidence[rows],
            self.class_ref[rows],
            self.origin[rows],
            self.present,
        )

    def boxes(self, reading: BoxReading) -> np.ndarray:
        """float64 (n, 4): x, y, w, h in pixels, if the numbers are read that way; NaN where that is not known."""
        numbers = self.numbers[:, [1, 0, 3, 2]] if reading.swap_xy else self.numbers
        box = boxes_from_numbers(numbers, reading.box_format)
        if reading.network is None:
            return box * np.tile(self.size, 2) if reading.units == "relative" else box
        if reading.units == "relative":
            box *= np.tile([reading.network.width, reading.network.height], 2)
        factor, offset = reading.network.to_frame(self.size)
        box *= np.tile(factor, 2)
        box[:, :2] += offset
        return box

    def misfits(self, reading: BoxReading) -> np.ndarray:
        """bool (n,): boxes that have a negative size, or clearly leave their frame, if read that way."""
        box = self.boxes(reading)
        slack = np.maximum(_SLACK * self.size.max(axis=1, keepdims=True), _SLACK_PX)
        beyond = (box[:, :2] < -slack) | (box[:, :2] + box[:, 2:] > self.size + slack) | (box[:, 2:] < 0)
        result: np.ndarray = beyond.any(axis=1)
        return result
