"""What scripts hand over, checked where they hand it over: an error names the frame and the label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, Final

import numpy as np
import orjson

from predscope.errors import InputError
from predscope.importing.rows.validation import CONFIDENCE_TOLERANCE

DEFAULT_SENSOR_ID: Final = "DEFAULT"
"""The sensor of whatever names none."""


def place_of(frame_id: str, label_id: str | None = None) -> str:
    """Where something is wrong, in words."""
    return f"frame {frame_id!r}" if label_id is None else f"frame {frame_id!r}, label {label_id!r}"


def identifier(value: Any, what: str, where: str | None = None) -> str:
    """An id or a name: text, or a whole number as text.

    Raises:
        InputError: it is something else, or empty.
    """
    if isinstance(value, str) and value:
        return str(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    raise InputError(f"{what} must be text that is not empty, got {value!r}.", where=where)


def number(value: Any, what: str, where: str) -> float:
    """A finite number: Python's, NumPy's, or whatever has one ``item()``.

    Raises:
        InputError: it is no number, NaN or infinite.
    """
    found = value
    if not isinstance(value, Real | np.number) and callable(getattr(value, "item", None)):
        try:
            found = value.item()
        except (TypeError, ValueError, RuntimeError):  # more than one
            found = value
    if not isinstance(found, Real | np.number) or isinstance(found, bool):
        raise InputError(f"{what} must be a number, got {value!r}.", where=where)
    result = float(found)
    if not math.isfinite(result):
        raise InputError(f"{what} must be a finite number, got {result}.", where=where)
    return result


def length(value: Any, what: str, where: str) -> float:
    """A number that is not negative."""
    result = number(value, what, where)
    if result < 0:
        raise InputError(
            f"{what} must not be negative, got {result:g}.",
            where=where,
            fix="Boxes are top, left, width and height; take the distances of the corners for the last two.",
        )
    return result


def confidence(value: Any, where: str, *, required: bool) -> float | None:
    """A confidence from 0 to 1; an excess by rounding (1.0000001) is left to the import, which clips it and says so."""
    if value is None:
        if required:
            raise InputError("confidence is missing.", where=where, fix="Give each inference one from 0 to 1.")
        return None
    result = number(value, "confidence", where)
    if not 0 <= result <= 1 + CONFIDENCE_TOLERANCE:
        raise InputError(
            f"confidence must be from 0 to 1, got {result:g}.",
            where=where,
            fix="Apply a sigmoid or softmax to logits; divide percent by 100.",
        )
    return result


def vector(value: Any, what: str, where: str) -> np.ndarray:
    """A flat list of at least two numbers, as float32 (d,); the input is copied.

    Raises:
        InputError: it is something else.
    """
    try:
        result = np.array(value, dtype=np.float32)
    except (TypeError, ValueError):
        result = np.zeros(0, np.float32)
    if result.ndim != 1 or len(result) < 2:
        raise InputError(f"{what} must be a flat list of at least two numbers.", where=where)
    if not np.isfinite(result).all():
        raise InputError(f"{what} has numbers that are NaN or infinite.", where=where)
    return result


def points(value: Any, what: str, where: str) -> list[list[float]]:
    """Pairs of numbers."""
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str):
        raise InputError(f"{what} must be a list of (x, y), got {type(value).__name__}.", where=where)
    result = []
    for position, point in enumerate(value):
        try:
            x, y = point
        except (TypeError, ValueError):
            raise InputError(f"{what}[{position}] must be (x, y), got {point!r}.", where=where) from None
        result.append([number(x, f"{what}[{position}].x", where), number(y, f"{what}[{position}].y", where)])
    return result


def polygons(value: Any, where: str) -> list[dict[str, Any]]:
    """``[{"vertices": [(x, y), ...]}, ...]``, copied with plain numbers."""
    if isinstance(value, Mapping) or not isinstance(value, Sequence | np.ndarray) or isinstance(value, str):
        raise InputError('polygons must be a list of {"vertices": [(x, y), ...]}.', where=where)
    result = []
    for position, polygon in enumerate(value):
        if not isinstance(polygon, Mapping) or "vertices" not in polygon:
            raise InputError(f'polygons[{position}] must be {{"vertices": [(x, y), ...]}}.', where=where)
        result.append({"vertices": points(polygon["vertices"], f"polygons[{position}].vertices", where)})
    return result


def keypoints(value: Any, where: str) -> list[dict[str, Any]]:
    """``[{"x": x, "y": y, "name": name}, ...]``, copied with plain numbers."""
    result = []
    for position, point in enumerate(sequence(value, "keypoints", where)):
        if not isinstance(point, Mapping) or not {"x", "y", "name"} <= set(point):
            raise InputError(f'keypoints[{position}] must be {{"x": x, "y": y, "name": name}}.', where=where)
        what = f"keypoints[{position}]"
        result.append(
            {
                "x": number(point["x"], f"{what}.x", where),
                "y": number(point["y"], f"{what}.y", where),
                "name": identifier(point["name"], f"{what}.name", where),
            }
        )
    return result


def sequence(value: Any, what: str, where: str) -> list[Any]:
    """A list; None is empty."""
    if value is None:
        return []
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InputError(f"{what} must be a list, got {type(value).__name__}.", where=where)
    return list(value)


def mapping(value: Any, what: str, where: str) -> dict[str, Any]:
    """A dictionary with text as keys; None is empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{what} must be a dictionary, got {type(value).__name__}.", where=where)
    return {str(key): entry for key, entry in value.items()}


def whole(record: dict[str, Any]) -> dict[str, Any]:
    """Metadata as JSON would hold it; what JSON does not know becomes text."""
    plain: dict[str, Any] = orjson.loads(
        orjson.dumps(record, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    )
    return plain
