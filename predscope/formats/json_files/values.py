"""Values of outside JSON and XML, whatever type they turn out to be: text, numbers and points, or a clear refusal."""

from __future__ import annotations

import math
import re
from typing import Any, Final

_INT64: Final = range(-(2**63), 2**63)
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_TRUE_WORDS: Final = frozenset({"1", "true", "yes", "1.0"})


class UnusableShape(ValueError):  # noqa: N818 - the outcome of one object, not a fault
    """An object that cannot be read.

    Attributes:
        code: of the finding, e.g. ``shape_invalid``.
        message: one sentence for all cases of the code.
        detail: what was found in this case.
        fix: how to mend it, or "".
    """

    def __init__(self, code: str, message: str, detail: str = "", fix: str = "") -> None:
        self.code, self.message, self.detail, self.fix = code, message, detail, fix
        super().__init__(f"{message} {detail}".strip())


def invalid_shape(detail: str) -> UnusableShape:
    """An object whose coordinates are not there, or no finite numbers."""
    return UnusableShape("shape_invalid", "The coordinates of an object cannot be read.", detail)


def shape_not_read(kind: object, why: str = "") -> UnusableShape:
    """An object of a kind of shape that is not read."""
    detail = f"{shown(kind)}: {why}" if why else shown(kind)
    return UnusableShape("shape_not_read", "Objects are of a kind that is not read.", detail)


def class_missing() -> UnusableShape:
    return UnusableShape("class_missing", "Objects name no class.", "", "Give each object a class.")


def shown(value: object) -> str:
    """The value in a few characters."""
    text = repr(value[:8] if isinstance(value, list) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def as_text(value: Any) -> str | None:
    """Text that says something, or a number in words; None for anything else. A whole number loses its fraction."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    if isinstance(value, float) and not value.is_integer():
        return str(value)
    return str(int(value)) if int(value) in _INT64 else None


def as_number(value: Any) -> float | None:
    """A finite number, also where it is written as text; else None."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_whole(value: Any) -> int | None:
    """A whole number that 32 bits hold, else None."""
    number = as_number(value)
    return int(number) if number is not None and number.is_integer() and -(2**31) <= number < 2**31 else None


def as_size(value: Any) -> int | None:
    """Pixels of a side of a frame: a whole number above 0, else None."""
    size = as_whole(value)
    return size if size is not None and size > 0 else None


def as_flag(value: Any) -> bool:
    """Whether a flag is set, in any of the ways in which people write it."""
    if isinstance(value, str):
        return value.strip().lower() in _TRUE_WORDS
    return value is True or (isinstance(value, (int, float)) and value == 1)


def as_color(value: Any) -> str | None:
    """A colour as ``#RRGGBB``: of that form, or three whole numbers of 0 to 255; else None."""
    if isinstance(value, str) and _COLOR.fullmatch(value.strip()):
        return value.strip().upper()
    if not isinstance(value, list) or len(value) < 3:
        return None
    levels = [level for level in map(as_whole, value[:3]) if level is not None and 0 <= level <= 255]
    return "#{:02X}{:02X}{:02X}".format(*levels) if len(levels) == 3 else None


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A JSON list; an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def numbers_of(record: Any, *names: str) -> list[float]:
    """Members of an object that must all be finite numbers.

    Raises:
        UnusableShape: one of them is not.
    """
    values = as_object(record)
    found: list[float] = []
    for name in names:
        number = as_number(values.get(name))
        if number is None:
            raise invalid_shape(f"{name} is {shown(values.get(name))}, expected a number")
        found.append(number)
    return found


def points_of(value: Any, *, least: int) -> list[float]:
    """Flat x, y, x, y, ... of a list of points: ``[x, y]`` pairs (further values are left out) or ``{"x":, "y":}``.

    Raises:
        UnusableShape: not points, or fewer than ``least`` of them.
    """
    if not isinstance(value, list):
        raise invalid_shape(f"points are {shown(value)}, expected a list of x, y pairs")
    flat: list[float] = []
    for point in value:
        pair = [point.get("x"), point.get("y")] if isinstance(point, dict) else point
        if not isinstance(pair, list) or len(pair) < 2:
            raise invalid_shape(f"a point is {shown(point)}, expected x and y")
        x, y = as_number(pair[0]), as_number(pair[1])
        if x is None or y is None:
            raise invalid_shape(f"a point is {shown(point)}, expected two finite numbers")
        flat += (x, y)
    if len(flat) < 2 * least:
        raise invalid_shape(f"{len(flat) // 2} points, expected at least {least}")
    return flat


def flat_points_of(value: Any, *, least: int) -> list[float]:
    """Flat x, y, x, y, ... of such a flat list.

    Raises:
        UnusableShape: not a list of pairs of finite numbers, or fewer than ``least`` of them.
    """
    numbers = [as_number(entry) for entry in as_list(value)]
    flat = [number for number in numbers if number is not None]
    if len(flat) != len(numbers) or len(flat) % 2 or len(flat) < 2 * least:
        raise invalid_shape(f"points are {shown(value)}, expected at least {least} x, y pairs in a flat list")
    return flat


def scalars(values: Any, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What an object says in plain values, as attributes: text, numbers and flags; lists of them as text."""
    found: dict[str, Any] = {}
    for key, value in as_object(values).items():
        if key in without or value is None or value == "":
            continue
        if isinstance(value, int) and value not in _INT64:
            value = str(value)
        if isinstance(value, (str, int, float)):
            found[key] = value
        elif isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
            found[key] = ", ".join(value)
    return found
