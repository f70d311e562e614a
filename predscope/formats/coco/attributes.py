"""What COCO files say of objects and images beyond what COCO defines: kept as attributes, lists and objects as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson

from predscope.report import ImportReport, Severity

LONGEST_VALUE: Final = 2_000
"""The longest list or object, as characters of JSON, that is kept as an attribute."""


def kept_attributes(values: Iterable[tuple[str, Any]], place: str, report: ImportReport) -> dict[str, Any]:
    """The values that are kept, by name: all but nulls, empty lists and objects, and those that are too long.

    Args:
        values: names with values as JSON has them.
        place: where they stand, for the report of what is too long.
    """
    kept = {}
    for key, value in values:
        if isinstance(value, (str, int, float)):
            kept[key] = value
        elif value:
            if is_kept(value):
                kept[key] = value
            else:
                report.note(
                    "attribute_too_long",
                    Severity.WARNING,
                    f"Attributes that are lists or objects of more than {LONGEST_VALUE:,} characters were left out.",
                    examples=[f"{key} of {place}"],
                )
    return kept


def is_kept(value: Any) -> bool:
    """Whether a value, not null, is kept as an attribute."""
    if isinstance(value, (str, int, float)):
        return True
    if len(value) > LONGEST_VALUE:
        return False
    try:
        return len(orjson.dumps(value)) <= LONGEST_VALUE
    except TypeError:  # deeper than JSON may be, or numbers of more than 64 bits
        return False
