"""Predictions in the pixels of a network's input: which input it was, told by the labels that they lie on.

Nobody says the size, so it is measured. If a prediction is of a label, its place and its size give the same size of the
input, and all true pairs give the same one; pairs of things that have nothing to do with each other scatter. The most
frequent size is the candidate, first measured, then as sizes of networks usually are, and it counts only if predictions
then lie on labels, many more than as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from predscope.importing.corrections import Units
from predscope.importing.doctor.box_readings import BOX_FORMATS, BoxReading
from predscope.importing.doctor.label_evidence import MIN_IOU, LabelEvidence
from predscope.importing.network_input import MAX_SIDE, NetworkFit, NetworkInput

MIN_COVERED: Final = 20
MIN_COVERAGE: Final = 0.3
LEAD: Final = 2.0
"""Over the numbers as they stand, and ..."""
MORE: Final = 0.25
"""... of the labels that are covered so much more."""
MIN_SCORE: Final = 0.15
"""Overlap with a label, on average, from which on sizes near a measured one are tried."""
MIN_TIGHTNESS: Final = 0.65
"""IoU of covered labels, on average."""
MIN_CLEAR: Final = 0.7
"""The same, and the share of labels, where frames hardly change their size, so that a shift passes for padding."""
_NEARLY_ONE: Final = 0.1
MISFIT_SHARE: Final = 0.1
MIN_CORRELATION: Final = 0.9
"""Of the places of labels and their predictions, across and down."""
ALREADY_COVERED: Final = 0.5
"""With so many labels covered as it stands, nothing is looked for."""
_MAX_PAIRS: Final = 30_000
_FEW_PAIRS: Final = 3_000
"""Enough to choose one of many sizes, of which all but one are far from true."""
_SIZE_TOLERANCE: Final = 0.3
"""Logarithm: by how much the sizes of a label and its prediction may differ beside their places."""
_CELL: Final = 0.02
"""Logarithm: of sizes that count as the same."""
_SMALLEST, _LARGEST = 16.0, 16384.0
_SNAP: Final = 0.012
"""A measured size is that far from the true one, at most."""
_USUAL: Final = (32, 50, 10, 8)
"""Sides of inputs are multiples of these, the likeliest first."""
_USUAL_RECTANGLES: Final = (
    *((416, 256), (512, 256), (512, 288), (512, 320), (640, 352), (640, 360), (640, 384), (640, 480), (672, 384)),
    *((768, 448), (768, 512), (800, 480), (800, 600), (800, 608), (896, 512), (960, 544), (1024, 512), (1024, 576)),
    *((1024, 768), (1216, 800), (1280, 704), (1280, 720), (1280, 736), (1280, 768), (1280, 960), (1333, 800)),
    *((1344, 800), (1536, 864), (1920, 1080), (1920, 1088)),
)
"""Looked through where frames differ in their proportions, so that their padding tells nothing at once."""
_NEAR_ENOUGH: Final = 0.985
"""Of the best overlap: a usual size that comes so near to it is the true one."""
_PARTS: Final = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 3 / 2, 2, 3, 4)
_NOMINAL: Final = 640
"""Of a square whose size does not matter, as coordinates are fractions of it."""


def find_network_input(evidence: LabelEvidence, present: BoxReading, units: Units) -> BoxReading | None:
    """The input of a network whose pixels the numbers are; None where nothing, or not enough, speaks for one.

    Args:
        present: how the numbers are read now.
        units: what they look like: pixels, or fractions (of the input, padding included).
    """
    if present.network is not None or len(evidence) < MIN_COVERED:
        return None
    now = evidence.coverage(present)
    if now >= ALREADY_COVERED:
        return None
    part = evidence.first_labels(_MAX_PAIRS)
    best, best_score = None, 0.0
    formats = sorted(BOX_FORMATS, key=lambda one: one != present.box_format)
    for box_format in formats:
        reading = replace(present, box_format=box_format, units=units)
        for networks in _candidates(part, reading, present):
            found, score = _best_of(part, reading, networks)
            if found is not None and score > 1.02 * best_score:  # of equals the first, which is the nearest
                best, best_score = found, score
    if best is None:
        return None
    then = evidence.coverage(best)
    is_enough = then >= MIN_COVERAGE and then * len(evidence) >= MIN_COVERED
    is_more = then >= LEAD * now and then - now >= MORE
    return best if is_enough and is_more and _is_sound(evidence, best) else None


def _is_sound(evidence: LabelEvidence, reading: BoxReading) -> bool:
    """Whether boxes stay in their frames, and labels are spread so that places tell one size from another."""
    predictions = evidence.predictions
    if predictions.misfits(reading).mean() > MISFIT_SHARE:
        return False
    overlap = evidence.best_overlap(reading)
    tightness, coverage = overlap[overlap >= MIN_IOU].mean(), (overlap >= MIN_IOU).mean()
    if reading.network is not None and reading.units == "pixels":
        factor = np.median(reading.network.to_frame(predictions.size)[0], axis=0)
        if (np.abs(np.log(factor)) < _NEARLY_ONE).all() and min(tightness, coverage) < MIN_CLEAR:
            return False
    if tightness < MIN_TIGHTNESS:
        return False
    best = evidence.best_pair(reading)
    covered = best >= 0
    label = evidence.label_box[covered] / np.tile(predictions.size[best[covered]], 2)
    found = predictions.boxes(reading)[best[covered]] / np.tile(predictions.size[best[covered]], 2)
    for side in (0, 1):
        places = [box[:, side] + box[:, side + 2] / 2 for box in (label, found)]
        if min(np.ptp(place) for place in places) == 0 or np.corrcoef(*places)[0, 1] < MIN_CORRELATION:
            return False
    return True


def _best_of(
    evidence: LabelEvidence, reading: BoxReading, networks: Iterable[NetworkInput]
) -> tuple[BoxReading | None, float]:
    """The first of some inputs that predictions lie on labels with about as well as with the best of them.

    The last one is near enough to tell whether any of them may.
    """
    readings = [replace(reading, network=network) for network in dict.fromkeys(networks)]
    if not readings or _score(evidence, readings[-1]) < MIN_SCORE * len(evidence):
        return None, 0.0
    scores = [_score(evidence, one) for one in readings]
    wanted = _NEAR_ENOUGH * max(scores)
    return next((one, score) for one, score in zip(readings, scores, strict=True) if score >= wanted)


def _score(evidence: LabelEvidence, reading: BoxReading) -> float:
    overlap = evidence.best_overlap(reading)
    return float(overlap[overlap >= MIN_IOU].sum())


def _candidates(evidence: LabelEvidence, reading: BoxReading, present: BoxReading) -> Iterator[list[NetworkInput]]:
    """Of each way to bring frames to an input the sizes that it may have had, the likeliest first."""
    sizes = evidence.predictions.size
    if not len(sizes) or not np.isfinite(sizes).all():
        return
    if reading.units == "relative":
        yield [NetworkInput(_NOMINAL, _NOMINAL, "letterbox")]
        yield [NetworkInput(_NOMINAL, _NOMINAL, "top-left")]
        return
    pairs = _Pairs(evidence, reading)
    is_uniform = bool((sizes == sizes[0]).all())
    width, height = sizes[0]
    measured = pairs.stretched()
    if measured is not None:
        yield [NetworkInput(*size, "stretch") for size in _usual_sizes(measured, sizes[0] if is_uniform else None)]
    if not is_uniform:
        fits: tuple[NetworkFit, ...] = ("letterbox", "top-left")
        for fit in fits:
            side = pairs.square(centred=fit == "letterbox")
            if side is not None:
                yield [NetworkInput(one, one, fit) for one in _usual_sides(side)]
                if reading.box_format == present.box_format:
                    turned = [(height, width) for width, height in _USUAL_RECTANGLES]
                    rectangles = [NetworkInput(*one, fit) for one in (*_USUAL_RECTANGLES, *turned)]
                    few = evidence.first_labels(_FEW_PAIRS)
                    yield [max(rectangles, key=lambda one: _score(few, replace(reading, network=one)))]
        return
    # What lies in the top-left corner of frames of one size is the same as what is stretched to a part of it.
    for is_wide in (True, False):
        measured = pairs.padded(is_wide=is_wide, size=(width, height))
        if measured is not None:
            long, short = measured if is_wide else measured[::-1]
            is_square = abs(np.log(short / long)) <= 2 * _SNAP
            options = [(one, one) for one in _usual_sides(long)] if is_square else []
            # Other than squares, they are paddings to the next multiple of 32; what is not may be but a shift.
            options += [(one, 32 * round(short / 32)) for one in _usual_sides(long)]
            networks = [NetworkInput(*(pair if is_wide else pair[::-1]), "letterbox") for pair in options if min(pair)]
            if networks:
                yield networks


class _Pairs:
    """Labels and predictions of the same frames, and the sizes of inputs that each pair speaks for."""

    def __init__(self, evidence: LabelEvidence, reading: BoxReading) -> None:
        label = evidence.label_box[evidence.label_of]
        found = evidence.predictions.boxes(replace(reading, units="pixels"))[evidence.prediction_of]
        is_whole = (label[:, 2:] > 0).all(axis=1) & (found[:, 2:] > 0).all(axis=1)
        label, found = label[is_whole], found[is_whole]
        self._size = evidence.predictions.size[evidence.prediction_of][is_whole]
        self._place, self._extent = label[:, :2] + label[:, 2:] / 2, label[:, 2:]
        self._found_place, self._found_extent = found[:, :2] + found[:, 2:] / 2, found[:, 2:]
        self._ratio = self._found_extent / self._extent

    def stretched(self) -> tuple[float, float] | None:
        """Width and height of the input."""
        by_place = self._size * self._found_place / self._place
        return self._most_frequent(by_place, self._size * self._ratio)

    def square(self, *, centred: bool) -> float | None:
        """Its side."""
        longest = self._size.max(axis=1, keepdims=True)
        place = self._place / longest
        if centred:
            place += (1 - self._size / longest) / 2
        found = self._most_frequent(self._found_place / place, longest * self._ratio)
        return None if found is None else float(np.sqrt(found[0] * found[1]))

    def padded(self, *, is_wide: bool, size: tuple[float, float]) -> tuple[float, float] | None:
        """Width and height of an input in whose middle frames of this size lie, and fill it from side to side."""
        along, across = (0, 1) if is_wide else (1, 0)
        factor = self._found_place[:, along] / self._place[:, along]
        other = 2 * (self._found_place[:, across] - factor * self._place[:, across]) + factor * size[across]
        by_place, by_extent = np.empty((2, len(factor), 2))
        by_place[:, along], by_place[:, across] = factor * size[along], other
        by_extent[:, along] = size[along] * self._ratio[:, along]
        by_extent[:, across] = other * self._ratio[:, across] / factor
        return self._most_frequent(by_place, by_extent)

    def _most_frequent(self, by_place: np.ndarray, by_extent: np.ndarray) -> tuple[float, float] | None:
        """Width and height that the most pairs speak for by their places, if their sizes do not contradict."""
        is_size = (by_place > _SMALLEST) & (by_place < _LARGEST) & (by_extent > 0)
        rows = is_size.all(axis=1)
        logs = np.log(by_place[rows])
        rows_agree = (np.abs(logs - np.log(by_extent[rows])) < _SIZE_TOLERANCE).all(axis=1)
        logs = logs[rows_agree]
        if len(logs) < MIN_COVERED:
            return None
        edges = np.arange(np.log(_SMALLEST) - _CELL, np.log(_LARGEST) + 2 * _CELL, _CELL)
        counts, _, _ = np.histogram2d(logs[:, 0], logs[:, 1], bins=[edges, edges])
        around = np.pad(counts, 1)
        places = range(3)
        near = sum(around[i : i + len(counts), j : j + len(counts)] for i in places for j in places)
        peak = np.unravel_index(int(np.argmax(near)), counts.shape)
        centre = edges[list(peak)] + _CELL / 2
        chosen = (np.abs(logs - centre) <= 1.5 * _CELL).all(axis=1)
        width, height = np.exp(np.median(logs[chosen], axis=0))
        return float(width), float(height)


def _usual_sides(side: float) -> list[int]:
    """Lengths that are usual near a measured one, the likeliest first, then that itself."""
    near = [step * max(round(side / step), 1) for step in _USUAL]
    near = [one for one in near if abs(np.log(one / side)) <= _SNAP]
    return list(dict.fromkeys([*near, min(max(round(side), 1), MAX_SIDE)]))


def _usual_sizes(measured: tuple[float, float], frame_size: np.ndarray | None) -> list[tuple[int, int]]:
    """Widths and heights near the measured ones, the likeliest first: round ones, of frames of one size also those of
    their proportions, and first of all simple parts of that size.
    """
    sizes = [(one, other) for one in _usual_sides(measured[0]) for other in _usual_sides(measured[1])]
    if abs(np.log(measured[0] / measured[1])) <= 2 * _SNAP:
        sizes += [(one, one) for one in _usual_sides(float(np.sqrt(measured[0] * measured[1])))]
    parts: list[tuple[int, int]] = []
    proportional: list[tuple[int, int]] = []
    if frame_size is not None:
        width, height = frame_size.tolist()
        factor = float(np.sqrt(measured[0] / width * measured[1] / height))
        if abs(np.log(measured[0] / width / factor)) <= _SNAP:
            parts = [_part(width, height, part) for part in _PARTS if abs(np.log(part / factor)) <= _SNAP]
            sides = [(side, length) for length in (width, height) for side in _usual_sides(factor * length)]
            proportional = [_part(width, height, side / length) for side, length in sides]
    rank = {size: _roundness(size) for size in sizes} | {size: _roundness(size) - 2 for size in proportional}
    return [*parts, *sorted(rank, key=rank.__getitem__)]


def _part(width: float, height: float, part: float) -> tuple[int, int]:
    return max(round(width * part), 1), max(round(height * part), 1)


def _roundness(size: tuple[int, int]) -> int:
    """The less, the more usual."""
    return sum(next((rank for rank, step in enumerate(_USUAL) if side % step == 0), len(_USUAL)) for side in size)
