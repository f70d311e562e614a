"""Cells of a table, typed or text, as numbers, texts, flags and shapes.

Shapes stand in cells as JSON: lists of numbers, of points or of rings, or objects; also accepted are plain rows of
numbers. A cell that cannot be what its column holds is ``OddCell``, with what was found in words.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from predscope.formats.coco.shapes import MAX_MASK_PIXELS, OddRecords, canonical_rle
from predscope.formats.json_files.values import as_number, shown

MISSING_WORDS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "-", "<na>", "nat"})
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "1.0"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n", "0.0", "-1"})
_NUMBERS_TEXT: Final = re.compile(r"[-+0-9.eE,; \t]+")
_SEPARATORS: Final = re.compile(r"[,; \t]+")


class OddCell(ValueError):  # noqa: N818 - the outcome of one row, not a fault
    """A cell that is not what its column holds."""


def numbers_of_column(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """float64 (n,), NaN where there is nothing; and bool (n,): cells with something that is no number.

    Text may have a decimal comma.
    """
    column = _plain(column)
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.array(values, np.float64), np.zeros(len(column), bool)
    if pa.types.is_string(kind):
        trimmed = pc.utf8_trim_whitespace(column)
        filled = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
        try:
            values = filled.cast(pa.float64()).to_numpy(zero_copy_only=False)
            return np.array(values, np.float64), np.zeros(len(column), bool)
        except pa.ArrowInvalid:
            pass  # one of them is no plain number: cell by cell
    found = [_number(value) for value in column.to_pylist()]
    return np.array([math.nan if value is None else value for value in found]), np.array(
        [value is None for value in found], bool
    )


def texts_of_column(column: pa.Array) -> list[str | None]:
    """Text of each cell; None where there is none. Whole numbers have no fraction."""
    column = _plain(column)
    if pa.types.is_string(column.type):
        return [text or None for text in pc.fill_null(pc.utf8_trim_whitespace(column), "").to_pylist()]
    return [_text(value) for value in column.to_pylist()]


def flags_of_column(column: pa.Array) -> np.ndarray:
    """bool (n,): which cells say yes."""
    return np.array([(text or "").lower() in _TRUE for text in texts_of_column(column)], bool)


def flags_are_plain(texts: list[str | None]) -> bool:
    """Do all cells say yes, no or nothing?"""
    return all(text is None or text.lower() in _TRUE | _FALSE for text in texts)


def values_of_column(column: pa.Array) -> list[Any]:
    """The value of each cell as plain Python; JSON in text is parsed, and what cannot be stays text."""
    column = _plain(column)
    values = column.to_pylist()
    return [parsed_cell(value) if isinstance(value, str) else value for value in values]


def parsed_cell(text: str) -> Any:
    """JSON, or a row of numbers, or the text itself; None where it is empty."""
    text = text.strip()
    if text.lower() in MISSING_WORDS:
        return None
    if text[0] in "[{":
        try:
            return orjson.loads(text)
        except ValueError:
            # The way in which Python shows lists and objects.
            try:
                return orjson.loads(text.replace("(", "[").replace(")", "]").replace("'", '"').replace("None", "null"))
            except ValueError:
                return text
    if _NUMBERS_TEXT.fullmatch(text):
        numbers = [as_number(part) for part in _SEPARATORS.split(text) if part]
        if len(numbers) > 1 and None not in numbers:
            return numbers
    return text


def four_numbers(value: Any) -> list[float]:
    """The numbers of a box: a list of four, or an object; those of objects are made x, y, w, h.

    Raises:
        OddCell: something else.
    """
    if isinstance(value, dict):
        record = {str(key).lower(): number for key, number in value.items()}
        for names in (("x", "y", "w", "h"), ("x", "y", "width", "height"), ("left", "top", "width", "height")):
            if all(name in record for name in names):
                return _all_numbers([record[name] for name in names])
        for names in (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom")):
            if all(name in record for name in names):
                left, top, right, bottom = _all_numbers([record[name] for name in names])
                return [left, top, right - left, bottom - top]
        raise OddCell(f"is {shown(value)}, expected x, y, width and height")
    if isinstance(value, list) and len(value) == 2 and all(isinstance(entry, list) for entry in value):
        value = [*value[0], *value[1]]
    if not isinstance(value, list) or len(value) != 4:
        raise OddCell(f"is {shown(value)}, expected four numbers")
    return _all_numbers(value)


def polygon_parts(value: Any) -> list[list[list[float]]]:
    """Parts > rings > flat x, y, of a ring of flat numbers or of points, a list of such rings (a part each), or parts.

    Raises:
        OddCell: something else.
    """
    if isinstance(value, dict):
        coordinates = value.get("coordinates", value.get("vertices"))
        if value.get("type") == "Polygon":
            coordinates = [coordinates]
        return polygon_parts(coordinates)
    if _is_ring(value):
        return [[flat_ring(value)]]
    if isinstance(value, list) and value and all(map(_is_ring, value)):
        return [[flat_ring(ring)] for ring in value]
    has_parts = isinstance(value, list) and value and all(isinstance(part, list) and part for part in value)
    if has_parts and all(_is_ring(ring) for part in value for ring in part):
        return [[flat_ring(ring) for ring in part] for part in value]
    raise OddCell(f"is {shown(value)}, expected points of an outline")


def flat_ring(value: Any) -> list[float]:
    """Flat x, y of flat numbers, [x, y] pairs or {"x":, "y":} points."""
    if value and all(isinstance(point, list) for point in value):
        return _all_numbers([number for point in value for number in point[:2]])
    if value and all(isinstance(point, dict) for point in value):
        return _all_numbers([point.get(axis) for point in value for axis in ("x", "y")])
    return _all_numbers(value)


def line_parts(value: Any) -> list[list[float]]:
    """Lines > flat x, y, of one line or a list of lines.

    Raises:
        OddCell: something else.
    """
    if _is_path(value, least=2):
        return [flat_ring(value)]
    if isinstance(value, list) and value and all(_is_path(line, least=2) for line in value):
        return [flat_ring(line) for line in value]
    raise OddCell(f"is {shown(value)}, expected points of a line")


def keypoint_triples(value: Any) -> list[float]:
    """Flat x, y, v, of flat triples, or points of two or three numbers; points without v are visible.

    Raises:
        OddCell: something else.
    """
    if isinstance(value, list) and value and all(isinstance(point, (list, dict)) for point in value):
        triples: list[float] = []
        for point in value:
            if isinstance(point, dict):
                point = [point.get("x"), point.get("y"), point.get("v", point.get("visibility", 2))]
            if len(point) not in (2, 3):
                raise OddCell(f"has a point {shown(point)}, expected x, y, v")
            triples += _all_numbers([*point, 2][:3])
        return triples
    if not isinstance(value, list) or not value or len(value) % 3:
        raise OddCell(f"is {shown(value)}, expected x, y, v triples")
    return _all_numbers(value)


def run_lengths(value: Any, size: tuple[int, int] | None) -> tuple[bytes, tuple[int, int]]:
    """COCO compressed counts and size (height, width), of COCO's forms, or of start and length pairs from 1.

    Raises:
        OddCell: something else, or the size is not known.
    """
    if isinstance(value, dict):
        known = value.get("size")
        if isinstance(known, list) and len(known) == 2 and all(as_number(side) is not None for side in known):
            size = (int(known[0]), int(known[1]))
        value = value.get("counts")
    if size is None:
        raise OddCell("is a mask, but its height and width are not known")
    counts = value
    if isinstance(value, list):
        whole = [int(number) for entry in value if (number := as_number(entry)) is not None]
        if len(whole) != len(value):
            raise OddCell(f"is {shown(value)}, expected run lengths")
        counts = whole if sum(whole) == size[0] * size[1] else _counts_of_pairs(whole, size)
    try:
        rle = canonical_rle({"size": [size[0], size[1]], "counts": counts})
    except (OddRecords, ValueError, TypeError, OverflowError):
        raise OddCell(f"is {shown(value)}, expected run lengths of {size[0]} x {size[1]} pixels") from None
    return rle["counts"], size


def _counts_of_pairs(pairs: list[int], size: tuple[int, int]) -> list[int]:
    """Run lengths, background first, of pairs of a first pixel (from 1, down the columns) and a length."""
    height, width = size
    counts, at = [], 1
    if len(pairs) % 2 or height * width > MAX_MASK_PIXELS:
        raise OddCell(f"is {shown(pairs)}, expected run lengths of {height} x {width} pixels")
    for start, length in zip(pairs[0::2], pairs[1::2], strict=True):
        counts += [start - at, length]
        at = start + length
    rest = height * width + 1 - at
    if rest < 0 or min(counts, default=0) < 0:
        raise OddCell(f"is {shown(pairs)}, expected run lengths of {height} x {width} pixels")
    return [*counts, rest]


def _is_ring(value: Any) -> bool:
    return _is_path(value, least=3)


def _is_path(value: Any, *, least: int) -> bool:
    """Flat numbers of enough points, or a list of enough points?"""
    if not isinstance(value, list) or not value:
        return False
    if all(isinstance(point, dict) and "x" in point and "y" in point for point in value):
        return len(value) >= least
    if all(isinstance(point, list) and len(point) in (2, 3) for point in value):
        return len(value) >= least and all(as_number(number) is not None for point in value for number in point[:2])
    return len(value) >= 2 * least and len(value) % 2 == 0 and all(as_number(number) is not None for number in value)


def _all_numbers(values: list[Any]) -> list[float]:
    numbers = [as_number(value) for value in values]
    found = [number for number in numbers if number is not None]
    if len(found) < len(numbers):
        raise OddCell(f"is {shown(values)}, expected numbers")
    return found


def _plain(column: pa.Array) -> pa.Array:
    """Without dictionaries, large types and decimals, which say nothing more."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column


def _number(value: Any) -> float | None:
    """NaN for nothing, None for what is no number."""
    if value is None:
        return math.nan
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.lower() in MISSING_WORDS:
        return math.nan
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip() or None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    return str(value).strip() or None
