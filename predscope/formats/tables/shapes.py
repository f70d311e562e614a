"""Where the objects of a table are: the cells of boxes, outlines, masks and points, as columns of shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from predscope.formats.tables.cells import (
    OddCell,
    four_numbers,
    keypoint_triples,
    line_parts,
    numbers_of_column,
    polygon_parts,
    run_lengths,
    texts_of_column,
    values_of_column,
)
from predscope.formats.tables.columns import TableColumns
from predscope.formats.tables.source import Part
from predscope.schema import Geometry

_GEOMETRIES: Final = frozenset(map(str, Geometry))
_KINDS: Final = {
    "oriented_box": Geometry.ORIENTED_BOX,
    "polyline": Geometry.POLYLINE,
    "polygon": Geometry.POLYGON,
    "rle": Geometry.MASK,
    "keypoints": Geometry.KEYPOINTS,
}
"""The shape of a row by the column in which it has a value; of several the last."""
_Shape = TypeVar("_Shape")
Shapes = Mapping[str, list[Any] | None]
"""By the names of ``_KINDS``: a value or None a row; None where the table has no such column."""


class ShapeCells:
    """The shapes of some rows.

    Args:
        part: the rows.
        columns: what the columns hold.
        reject: called with the rows (bool (n,)) whose cells are not what their columns hold, and why, in words.
    """

    def __init__(self, part: Part, columns: TableColumns, reject: Callable[[np.ndarray, str], None]) -> None:
        self._part = part
        self._columns = columns
        self._reject = reject
        self._count = len(part.numbers)

    def boxes(self) -> np.ndarray:
        """x, y, w, h float64 (n, 4); NaN where there is none."""
        found = self._columns.box
        box = np.full((self._count, 4), np.nan)
        if found is None:
            return box
        if len(found.columns) == 1:
            name = self._columns.names[found.columns[0]]
            is_object = np.zeros(self._count, bool)
            for row, value in enumerate(values_of_column(self._column(found.columns[0]))):
                if value is not None and value != []:
                    box[row] = self._parsed(row, name, value, four_numbers) or math.nan
                    is_object[row] = isinstance(value, dict)
            return np.where(is_object[:, None], box, _to_xywh(box, found.box_format))
        for side, place in enumerate(found.columns):
            box[:, side], odd = numbers_of_column(self._column(place))
            if odd.any():
                why = no_number(self._column(place), int(np.flatnonzero(odd)[0]))
                self._reject(odd, f"{self._columns.names[place]} {why}")
        return _to_xywh(box, found.box_format)

    def shapes(self) -> Shapes:
        """All other shapes."""
        sizes = self._mask_sizes() if "rle" in self._columns.single else []
        found: dict[str, list[Any] | None] = {
            "keypoints": self._shape("keypoints", lambda value, _: keypoint_triples(value)),
            "polyline": self._shape("polyline", lambda value, _: line_parts(value)),
            "oriented_box": self._shape("oriented_box", lambda value, _: _five_numbers(value)),
            "rle": self._shape("rle", lambda value, row: run_lengths(value, sizes[row])),
        }
        segmented = self._shape("polygon", lambda value, _: _polygon_or_mask(value))
        found["polygon"] = segmented
        if segmented is not None and any(isinstance(value, tuple) for value in segmented):
            # A column of segmentations may hold run lengths in some rows.
            masks = found["rle"] or [None] * self._count
            found["rle"] = [
                value if isinstance(value, tuple) else mask for value, mask in zip(segmented, masks, strict=True)
            ]
            found["polygon"] = [None if isinstance(value, tuple) else value for value in segmented]
        return found

    def geometry(self, shapes: Shapes) -> np.ndarray:
        """The shape that each row says it has, else the most exact one that it gives."""
        plain = Geometry.BOX if self._columns.has_shape else Geometry.CLASSIFICATION
        geometry = np.full(self._count, plain, object)
        for meaning, kind in _KINDS.items():
            values = shapes[meaning]
            if values is not None:
                geometry[np.array([value is not None for value in values], bool)] = kind
        place = self._columns.single.get("geometry")
        if place is not None:
            for row, text in enumerate(texts_of_column(self._column(place))):
                if text is not None and text.lower() in _GEOMETRIES:
                    geometry[row] = Geometry(text.lower())
        return geometry

    def _column(self, place: int) -> pa.Array:
        return self._part.batch.column(place)

    def _shape(self, meaning: str, parse: Callable[[Any, int], _Shape]) -> list[_Shape | None] | None:
        place = self._columns.single.get(meaning)
        if place is None:
            return None
        name = self._columns.names[place]
        found: list[_Shape | None] = [None] * self._count
        for row, value in enumerate(values_of_column(self._column(place))):
            if value is not None and value != []:
                found[row] = self._parsed(row, name, value, lambda cell, row=row: parse(cell, row))  # type: ignore[misc]
        return found

    def _parsed(self, row: int, name: str, value: Any, parse: Callable[[Any], _Shape]) -> _Shape | None:
        """The value of a cell; None if it is not what its column holds, which rejects the row."""
        try:
            return parse(value)
        except OddCell as odd:
            flagged = np.zeros(self._count, bool)
            flagged[row] = True
            self._reject(flagged, f"{name} {odd}")
            return None

    def _mask_sizes(self) -> list[tuple[int, int] | None]:
        """Height and width of each row's mask: its own, else the frame's."""
        single = self._columns.single
        if "rle_size" in single:
            return [_size_of(value) for value in values_of_column(self._column(single["rle_size"]))]
        heights, widths = single.get("rle_height"), single.get("rle_width")
        if heights is None or widths is None:
            heights, widths = self._columns.frame_height, self._columns.frame_width
        if heights is None or widths is None:
            return [None] * self._count
        sides = [numbers_of_column(self._column(place))[0] for place in (heights, widths)]
        return [_size_of([height, width]) for height, width in zip(*sides, strict=True)]


def no_number(column: pa.Array, row: int) -> str:
    """What stands in a cell in place of a number, in words."""
    return f"is {str(column[row].as_py())[:40]!r}, expected a number"


def _polygon_or_mask(value: Any) -> Any:
    """Parts of an outline, or counts and size of a mask."""
    return run_lengths(value, None) if isinstance(value, dict) and "counts" in value else polygon_parts(value)


def _to_xywh(box: np.ndarray, box_format: str) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):  # the import rejects what is not finite
        if box_format == "xyxy":
            return np.hstack([box[:, :2], box[:, 2:] - box[:, :2]])
        if box_format == "cxcywh":
            return np.hstack([box[:, :2] - box[:, 2:] / 2, box[:, 2:]])
    return box


def _five_numbers(value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 5:
        raise OddCell(f"is {str(value)[:40]}, expected cx, cy, w, h, angle")
    return [*four_numbers(value[:4]), four_numbers([value[4]] * 4)[0]]


def _size_of(value: Any) -> tuple[int, int] | None:
    """Height and width in whole pixels, or None."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    try:
        height, width = int(value[0]), int(value[1])
    except (TypeError, ValueError, OverflowError):
        return None
    return (height, width) if 0 < height < 2**31 and 0 < width < 2**31 else None
