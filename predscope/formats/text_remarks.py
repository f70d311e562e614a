"""What is odd about the bytes of text files, whatever their format: byte order marks, line ends, encoding, NUL bytes.

Readers cope with all of it; it is said because programs down the line may not, and as a hint where names look wrong.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from predscope.errors import InputError
from predscope.formats.content import HEAD_BYTES, read_head
from predscope.report import ImportReport, Severity

TEXT_SUFFIXES: Final = frozenset({".json", ".jsonl", ".txt", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".names"})
_MAX_FILES: Final = 100
"""Of a folder: its first text files."""
_MAX_NAMES: Final = 20_000
"""Among which they are looked for."""
_BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def remark_on_text(source: Path, head: bytes, report: ImportReport) -> None:
    """Look at the beginning of a text file, or of the first ones of a folder.

    Args:
        head: the first bytes of the file, b"" for a folder.
    """
    for path, start in _heads(source, head):
        place = str(path.relative_to(source)) if path != source else path.name
        if start.startswith(_BYTE_ORDER_MARKS):
            report.note(
                "byte_order_mark",
                Severity.INFO,
                "Files begin with a byte order mark, which was skipped.",
                examples=[place],
            )
        if b"\r\n" in start:
            report.note(
                "windows_line_ends",
                Severity.INFO,
                "Lines end in CR LF, as Windows writes them; this makes no difference.",
                examples=[place],
            )
        if start.startswith(_BYTE_ORDER_MARKS[1:]) or path.suffix.lower() == ".json":
            continue  # the reader of JSON has its own word on these
        nul = start.find(b"\x00")
        if nul >= 0:
            report.note(
                "nul_bytes",
                Severity.WARNING,
                "Text files hold NUL bytes: they are damaged.",
                examples=[f"{place}: byte {nul:,}"],
                fix="Write or copy them again.",
            )
        elif (byte := _first_not_utf8(start)) is not None:
            report.note(
                "text_encoding",
                Severity.WARNING,
                "Text files are not UTF-8; they were read as Windows-1252 (western European).",
                examples=[f"{place}: byte {byte:,}"],
                fix="Save them as UTF-8 if names look wrong.",
            )


def _heads(source: Path, head: bytes) -> Iterator[tuple[Path, bytes]]:
    if not source.is_dir():
        if source.suffix.lower() in TEXT_SUFFIXES:
            yield source, head
        return
    seen = looked_at = 0
    for root, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            looked_at += 1
            if looked_at > _MAX_NAMES:
                return
            if path.suffix.lower() not in TEXT_SUFFIXES:
                continue
            try:
                yield path, read_head(path)
            except InputError:
                continue  # the reader says what is wrong with it
            seen += 1
            if seen == _MAX_FILES:
                return


def _first_not_utf8(start: bytes) -> int | None:
    """Where text stops being UTF-8; None where it does not, but for a character that the end cuts."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start, final=len(start) < HEAD_BYTES)
    except UnicodeDecodeError as error:
        return error.start
    return None
