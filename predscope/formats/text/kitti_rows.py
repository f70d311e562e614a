"""Rows of KITTI object files: a class, 14 numbers, and of predictions a confidence.

The columns are those of the object development kit of the KITTI vision benchmark
(https://www.cvlibs.net/datasets/kitti/eval_object.php, ``readme.txt`` of ``devkit_object.zip``): type, truncated,
occluded, alpha, the box as left, top, right, bottom in pixels from 0, then height, width, length and place of the
object in the camera's space in metres, its rotation and, of results, a score in any range.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

LABEL_COLUMNS: Final = 15
"""Columns of a label; a prediction has one more, its confidence."""
DONT_CARE: Final = "dontcare"
"""The class, in lower case, of regions in which objects were not labelled."""
ROW_FIX: Final = (
    "Expected: class truncation occlusion alpha left top right bottom height width length x y z rotation_y "
    "[confidence], separated by white space or commas."
)


@dataclass(frozen=True, slots=True)
class KittiRow:
    """One object.

    Attributes:
        class_name: as the file has it.
        left, top, right, bottom: pixels.
        confidence: as the file has it, in whatever range; NaN: the row is a label.
        truncation: share of the object outside the frame, 0..1, -1: not known.
        occlusion: 0 visible, 1 partly, 2 largely occluded, 3 unknown, -1: not known.
        alpha: angle at which the object is seen, radians; -10: not known.
        dimensions: height, width, length in metres; -1: not known.
        location: x, y, z in metres in the camera's space; -1000: not known.
        rotation_y: radians; -10: not known.
    """

    class_name: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = math.nan
    truncation: float = -1.0
    occlusion: float = -1.0
    alpha: float = -10.0
    dimensions: tuple[float, float, float] = (-1.0, -1.0, -1.0)
    location: tuple[float, float, float] = (-1000.0, -1000.0, -1000.0)
    rotation_y: float = -10.0

    @property
    def has_confidence(self) -> bool:
        return not math.isnan(self.confidence)

    @property
    def is_dont_care(self) -> bool:
        """A region in which objects were not labelled, so that predictions there are neither right nor wrong."""
        return self.class_name.lower() == DONT_CARE

    @property
    def box(self) -> list[float]:
        """x, y, w, h in pixels."""
        return [self.left, self.top, self.right - self.left, self.bottom - self.top]

    def attributes(self) -> dict[str, Any] | None:
        """What the row says beside class, box and confidence; None: it says nothing (the values for "not known").

        All-zero dimensions, places and angles are what programs write that know only boxes.
        """
        found: dict[str, Any] = {}
        if self.truncation >= 0:
            found["truncation"] = self.truncation
        if self.occlusion >= 0:
            found["occlusion"] = int(self.occlusion) if self.occlusion.is_integer() else self.occlusion
        if self.alpha != -10 and (self.alpha or self._has_space):
            found["alpha"] = self.alpha
        if self._has_space:
            found["dimensions_m"] = list(self.dimensions)
            found["location_m"] = list(self.location)
            if self.rotation_y != -10:
                found["rotation_y"] = self.rotation_y
        return found or None

    @property
    def _has_space(self) -> bool:
        """Does it say how large and where the object is in space?"""
        return any(side > 0 for side in self.dimensions)


def parse_kitti_row(line: str) -> KittiRow | str | None:
    """The object of a line; what is wrong with it, in words; or None: the line is empty or a comment.

    White space or commas (semicolons too) separate. A class name may have spaces in it, since the number of columns
    behind it is known. The numbers are not judged beyond being finite; scores keep their range.
    """
    text = line.strip().lstrip("\ufeff")
    if not text or text.startswith("#"):
        return None
    cells = split_kitti_row(text)
    count = _count_of_numbers(cells)
    if count not in (LABEL_COLUMNS - 1, LABEL_COLUMNS):
        wrong = next((cell for cell in cells[1:] if _number(cell) is None), None)
        if len(cells) in (LABEL_COLUMNS, LABEL_COLUMNS + 1) and wrong is not None:
            return f"{wrong[:20]!r} is not a number"
        return f"{len(cells)} columns, expected {LABEL_COLUMNS}, or {LABEL_COLUMNS + 1} with a confidence"
    name = " ".join(cells[:-count])
    if not name:
        return "the class is empty"
    numbers = [float(cell) for cell in cells[-count:]]
    if not all(map(math.isfinite, numbers)):
        return "a value is NaN or infinite"
    truncation, occlusion, alpha, left, top, right, bottom, *rest = numbers
    return KittiRow(
        name,
        left,
        top,
        right,
        bottom,
        rest[7] if count == LABEL_COLUMNS else math.nan,
        truncation,
        occlusion,
        alpha,
        (rest[0], rest[1], rest[2]),
        (rest[3], rest[4], rest[5]),
        rest[6],
    )


def parse_kitti_text(text: str) -> Iterator[tuple[int, KittiRow | str]]:
    """Every row of a file with the number of its line, from 1; text instead of a row says what is wrong with it.

    A first line of column names is passed over, as empty lines and comments (``#``) are.
    """
    for number, line in enumerate(text.splitlines(), 1):
        parsed = parse_kitti_row(line)
        if parsed is None or (number == 1 and isinstance(parsed, str) and is_header(line)):
            continue
        yield number, parsed


def is_header(line: str) -> bool:
    """Does a line hold names of columns: many cells, none of them a number?"""
    cells = split_kitti_row(line.strip().lstrip("\ufeff"))
    return len(cells) >= 8 and all(_number(cell) is None for cell in cells)


def split_kitti_row(text: str) -> list[str]:
    """Cells of a line, by commas or semicolons where it has any, else by white space."""
    for delimiter in (",", ";"):
        if delimiter in text:
            try:
                cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
            except csv.Error:
                cells = text.split(delimiter)
            return [cell.strip() for cell in cells]
    return text.split()


def _count_of_numbers(cells: Sequence[str]) -> int:
    """How many numbers stand at the end of a row, behind its class; a class may be a number itself."""
    count = 0
    for cell in reversed(cells[1:]):
        if _number(cell) is None:
            break
        count += 1
    return count


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
