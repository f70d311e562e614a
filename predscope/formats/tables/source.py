"""CSV, TSV and Parquet files as batches of columns, in bounded memory, whatever their delimiter and encoding."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import BATCH_ROWS
from predscope.formats.content import starts_like_json
from predscope.reading_progress import pulse, tell, tell_bytes
from predscope.report import ImportReport, Severity

PARQUET_MAGIC: Final = b"PAR1"
DELIMITERS: Final = (",", "\t", ";", "|")

_BLOCK_BYTES: Final = 8 << 20
"""How much of a CSV file is looked at at a time; a row must fit in."""
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FALLBACK_ENCODING: Final = "cp1252"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table.

    Attributes:
        batch: the columns; those of CSV files are text.
        numbers: int64 (n,): which row of the file each is; the row of names is row 1 of a CSV file.
    """

    batch: pa.RecordBatch
    numbers: np.ndarray


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table in a file.

    Attributes:
        path: the file.
        names: of its columns.
        delimiter: of a CSV file; None: it is a Parquet file.
        encoding: of a CSV file.
    """

    path: Path
    names: tuple[str, ...]
    delimiter: str | None = None
    encoding: str = "utf-8"

    @property
    def is_parquet(self) -> bool:
        return self.delimiter is None

    def parts(self, report: ImportReport, columns: Sequence[int] | None = None) -> Iterator[Part]:
        """The rows, up to ``BATCH_ROWS`` at a time. Rows of a CSV file with other counts of cells are rejected.

        Args:
            report: gets the rejections; give one that is thrown away to read a second time.
            columns: places of the columns wanted, in that order; None: all.

        Raises:
            FileParsingError: the file is damaged further down.
        """
        yield from self._parquet_parts(columns) if self.is_parquet else self._csv_parts(report, columns)

    def _parquet_parts(self, columns: Sequence[int] | None) -> Iterator[Part]:
        names = None if columns is None else [self.names[place] for place in columns]
        what = _doing(self.path, columns)
        row = 1
        try:
            with pq.ParquetFile(self.path) as file:
                total = file.metadata.num_rows
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names, use_threads=False):
                    batch.validate(full=True)  # text must be text
                    chosen = batch if names is None else batch.select(names)
                    yield Part(chosen, np.arange(row, row + len(batch)))
                    row += len(batch)
                    tell(row - 1, total, f"{what}, rows")
        except (OSError, pa.ArrowException, ValueError, NotImplementedError) as error:
            raise FileParsingError(f"is a damaged Parquet file ({_first_line(error)}).", where=self.path) from None

    def _csv_parts(self, report: ImportReport, columns: Sequence[int] | None) -> Iterator[Part]:
        invalid: set[int] = set()

        def skip(row: pa_csv.InvalidRow) -> str:
            invalid.add(row.number)
            text = row.text.replace("\n", " ")
            shown = text if len(text) <= 80 else text[:79] + "…"
            report.reject(
                "row_of_other_length",
                "Rows have another number of cells than the first row.",
                examples=[f"row {row.number:,}: {row.actual_columns} cells, not {row.expected_columns}: {shown}"],
                fix="Put cells that hold the delimiter, or lines of their own, in double quotes.",
            )
            return "skip"

        unique = [f"{place}" for place in range(len(self.names))]
        wanted = unique if columns is None else [unique[place] for place in columns]
        next_row = 2
        what = _doing(self.path, columns)
        try:
            size = self.path.stat().st_size
            with _CheckedText(self.path, self.encoding) as file:
                reader = pa_csv.open_csv(
                    pa.PythonFile(file, mode="r"),
                    read_options=pa_csv.ReadOptions(
                        use_threads=False,
                        block_size=_BLOCK_BYTES,
                        skip_rows=1,
                        column_names=unique,
                    ),
                    parse_options=pa_csv.ParseOptions(
                        delimiter=self.delimiter or ",",
                        newlines_in_values=True,
                        ignore_empty_lines=False,
                        invalid_row_handler=skip,
                    ),
                    convert_options=pa_csv.ConvertOptions(
                        column_types=dict.fromkeys(unique, pa.string()),
                        include_columns=wanted,
                        strings_can_be_null=False,
                    ),
                )
                for block, batch in enumerate(reader):
                    numbers = _numbers_without(invalid, next_row, len(batch))
                    next_row = int(numbers[-1]) + 1 if len(numbers) else next_row
                    for start in range(0, len(batch), BATCH_ROWS):
                        tell_bytes(int((block + start / len(batch)) * _BLOCK_BYTES), size, what)
                        yield Part(batch.slice(start, BATCH_ROWS), numbers[start : start + BATCH_ROWS])
        except (OSError, pa.ArrowException, ValueError) as error:
            if not isinstance(error, InputError) and "mpty CSV" not in str(error):
                raise FileParsingError(
                    f"cannot be read as a table beyond row {next_row - 1:,} ({_first_line(error)}).", where=self.path
                ) from None


class _CheckedText(io.RawIOBase):
    """A text file as UTF-8, which stops with an error at the first byte that is none of its encoding.

    Arrow would pass over a row of another length without a word if it could not decode it.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""
        self._done = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        while not self._rest if size < 0 else len(self._rest) < size:
            content = self._file.read(_BLOCK_BYTES)
            try:
                text = self._decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                pending = len(self._decoder.getstate()[0])
                place = self._done - pending + error.start + 1
                raise FileParsingError(
                    f"byte {place:,} is no text in {self._encoding.upper()}.",
                    where=self._path,
                    fix="Save the file as UTF-8.",
                ) from None
            self._done += len(content)
            self._rest += text.encode()
            if not content:
                break
        size = len(self._rest) if size < 0 else size
        result, self._rest = self._rest[:size], self._rest[size:]
        return result


def open_table(source: Path, report: ImportReport | None = None) -> TableSource:
    """Look at the names of the columns, the delimiter and the encoding.

    Raises:
        FileParsingError: it is no table.
    """
    try:
        with source.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", where=source) from None
    if head.startswith(PARQUET_MAGIC):
        return TableSource(source, _parquet_names(source))
    encoding = _encoding_of(source, head)
    if encoding == _FALLBACK_ENCODING and report is not None:
        report.note(
            "encoding_assumed",
            Severity.WARNING,
            "The file is not UTF-8; it was read as Windows-1252.",
            fix="Save it as UTF-8 if names look wrong.",
        )
    names, delimiter = header_of(head, encoding)
    if len(names) < 2:
        raise FileParsingError("is no table: its first line has no names of columns.", where=source)
    return TableSource(source, names, delimiter, encoding)


def header_of(head: bytes, encoding: str | None = None) -> tuple[tuple[str, ...], str]:
    """Names of the columns in the first line of a CSV file, and the delimiter that splits it into most cells.

    There are none in JSON, whose first line may be all of it.
    """
    if starts_like_json(head):
        return (), DELIMITERS[0]
    text = head.decode(encoding or _marked_encoding(head) or "utf-8", "replace").lstrip("\ufeff")
    line = text.splitlines()[0] if text else ""
    splits = []
    for delimiter in DELIMITERS:
        try:
            splits.append((next(csv.reader([line], delimiter=delimiter), []), delimiter))
        except csv.Error:
            continue
    cells, delimiter = max(splits, key=lambda split: len(split[0]), default=([], ","))
    return tuple(cell.strip() for cell in cells), delimiter


def _doing(path: Path, columns: Sequence[int] | None) -> str:
    """Some columns are looked at before all of them are read."""
    return f"{'Reading' if columns is None else 'Looking through'} {path.name}"


def _parquet_names(source: Path) -> tuple[str, ...]:
    try:
        schema = pq.read_schema(source)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise FileParsingError(f"is a damaged Parquet file ({_first_line(error)}).", where=source) from None
    names = tuple(schema.names)
    if len(set(names)) < len(names):
        raise FileParsingError("has several columns of the same name.", where=source)
    return names


def _marked_encoding(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _encoding_of(source: Path, head: bytes) -> str:
    """By the byte order mark, else UTF-8 if all of it is, else Windows-1252."""
    marked = _marked_encoding(head)
    if marked is not None:
        return marked
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.open("rb") as file:
            while chunk := file.read(1 << 20):
                pulse()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _FALLBACK_ENCODING
    return "utf-8"


def _numbers_without(skipped: set[int], first: int, count: int) -> np.ndarray:
    """The next ``count`` numbers of rows from ``first`` that are not among the skipped ones."""
    if not skipped:
        return np.arange(first, first + count)
    numbers = np.arange(first, first + count + len(skipped))
    return numbers[~np.isin(numbers, list(skipped))][:count]


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
