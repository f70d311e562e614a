"""CSV files of VIA: rows with JSON in their cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.errors import FileParsingError

_MAX_FIELD: Final = 1 << 24


def csv_rows(
    source: Path, text: str, required: tuple[str, ...], *, header: str | None = None, skipped: int = 0
) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file by the names of their columns, and where each ends ("line 3").

    Args:
        source: for messages.
        text: the rows.
        required: names of columns that must be there, in lower case.
        header: the row of names; None: the first row of the text.
        skipped: lines of the file before the text.

    Raises:
        FileParsingError: it lacks such a column, or is no CSV file.
    """
    csv.field_size_limit(_MAX_FIELD)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        first = next(reader, []) if header is None else next(csv.reader([header]), [])
        names = [name.strip().lstrip("#").lower() for name in first]
        if not set(required) <= set(names):
            raise FileParsingError(f"has no columns {', '.join(required[:-1])} and {required[-1]}.", where=source)
        for row in reader:
            if row and any(row):
                yield f"line {skipped + reader.line_num}", dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise FileParsingError(f"is not a CSV file that can be read ({error}).", where=source) from None


def parse_cell(text: str) -> Any:
    """A JSON value in a cell; the text itself where it is none; {} where the cell is empty."""
    if not text.strip():
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
