"""Rows of plain text detections: a class, perhaps a confidence, four numbers of a box, perhaps ``difficult``.

Such files are what small programs for average precision read (https://github.com/Cartucho/mAP: two corners;
https://github.com/rafaelpadilla/Object-Detection-Metrics: left, top, width, height, or centre and size as fractions).
Nothing in them says which of the layouts they have; ``judge_boxes`` looks at what the numbers allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.formats.base import BoxFormat

ROW_FIX: Final = "Expected: class [confidence] and the four numbers of a box, separated by spaces."
ENOUGH_ROWS: Final = 10
"""Boxes whose numbers all fit two corners by chance: not so many."""
_BOX_NUMBERS: Final = 4
_FRACTION_LIMIT: Final = 1.5
_ODD_SHARE: Final = 0.02
"""A few damaged rows say nothing of the layout."""
_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class DetectionRow:
    """One object.

    Attributes:
        class_name: name or index, as the file has it.
        numbers: the four numbers of its box.
        confidence: NaN where it has none.
        is_difficult: marked as difficult.
    """

    class_name: str
    numbers: tuple[float, float, float, float]
    confidence: float = math.nan
    is_difficult: bool = False

    @property
    def has_confidence(self) -> bool:
        return not math.isnan(self.confidence)


@dataclass(frozen=True, slots=True)
class BoxLayout:
    """What the four numbers of the boxes are taken for.

    Attributes:
        box_format: see ``base.BoxFormat``.
        relative: they are fractions of the frame.
        rival: another layout that explains the numbers as well; None: there is none.
        evidence: what was seen, in words.
    """

    box_format: BoxFormat
    relative: bool
    rival: BoxFormat | None
    evidence: str


def parse_detection_row(line: str) -> DetectionRow | str | None:
    """The object of a line; what is wrong with it, in words; or None: the line is empty.

    A class name may have spaces in it: whatever stands before the last numbers.
    """
    tokens = line.replace("\t", " ").strip().lstrip("\ufeff").split()
    if not tokens:
        return None
    is_difficult = len(tokens) > 1 and tokens[-1].lower() == "difficult"
    if is_difficult:
        tokens = tokens[:-1]
    count = 0
    for token in reversed(tokens[1:]):
        if count > _BOX_NUMBERS or not _is_number(token):
            break
        count += 1
    name = tokens[:-count] if count else tokens
    if count < _BOX_NUMBERS or (len(name) > 1 and any(map(_is_number, name))):
        return f"{len(tokens)} columns: {line.strip()[:40]!r}"
    numbers = [float(token) for token in tokens[-count:]]
    if not all(map(math.isfinite, numbers)):
        return "a value is NaN or infinite"
    confidence = numbers[0] if count > _BOX_NUMBERS else math.nan
    left, top, third, fourth = numbers[-_BOX_NUMBERS:]
    return DetectionRow(" ".join(name), (left, top, third, fourth), confidence, is_difficult)


def judge_boxes(rows: Sequence[DetectionRow]) -> BoxLayout:
    """What the numbers of all these rows together allow them to be.

    Fractions are taken for centre and size where the boxes then lie inside the frame. Pixels are taken for two
    corners if the second is right of and below the first in (nearly) all rows, which widths and heights are not by
    chance; else for left, top, width and height.
    """
    numbers = np.array([row.numbers for row in rows], np.float64).reshape(-1, _BOX_NUMBERS)
    if not len(numbers):
        return BoxLayout("xyxy", False, None, "no boxes")
    if np.abs(numbers).max() <= _FRACTION_LIMIT:
        return _judge_fractions(numbers)
    odd = float(((numbers[:, 2] < numbers[:, 0]) | (numbers[:, 3] < numbers[:, 1])).mean())
    if odd > _ODD_SHARE:
        evidence = f"in {100 * odd:.0f} % of {len(numbers):,} rows the third and fourth number are not a second corner"
        return BoxLayout("xywh", False, None, evidence)
    rival: BoxFormat | None = "xywh" if len(numbers) < ENOUGH_ROWS else None
    return BoxLayout("xyxy", False, rival, f"in all of {len(numbers):,} rows they fit a second corner")


def _judge_fractions(numbers: np.ndarray) -> BoxLayout:
    readings: tuple[tuple[BoxFormat, np.ndarray, np.ndarray], ...] = (
        ("cxcywh", numbers[:, :2] - numbers[:, 2:] / 2, numbers[:, :2] + numbers[:, 2:] / 2),
        ("xyxy", numbers[:, :2], numbers[:, 2:]),
        ("xywh", numbers[:, :2], numbers[:, :2] + numbers[:, 2:]),
    )
    shares: dict[BoxFormat, float] = {}
    for box_format, low, high in readings:
        inside = (low >= -_TOLERANCE) & (high <= 1 + _TOLERANCE) & (high >= low)
        shares[box_format] = float(inside.all(axis=1).mean())
    best = max(shares, key=lambda name: round(shares[name], 2))  # of equals the first
    rivals = [name for name, share in shares.items() if name != best and share >= shares[best] - _ODD_SHARE]
    evidence = f"fractions; so read, {100 * shares[best]:.0f} % of {len(numbers):,} boxes lie inside their frames"
    return BoxLayout(best, True, rivals[0] if rivals else None, evidence)


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
