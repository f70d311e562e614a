"""Fast, careful reading of big JSON files.

The structure of a file is found by one vectorised pass over its bytes: where the values of the top level stand, and
where their elements may be cut apart. Arrays are then parsed a few megabytes at a time, so that memory never holds a
Python object for every box of the file at once, and a file that was cut short is noticed before anything is read.
"""

from __future__ import annotations

import gc
import json
import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.errors import FileParsingError
from predscope.formats.content import describe_content, read_head
from predscope.formats.json_files.file_bytes import FileBytes, content_of
from predscope.formats.json_files.peek import first_element
from predscope.formats.json_files.structure import Span, Structure, count_lines, find_structure, skip_space
from predscope.reading_progress import tell_bytes
from predscope.report import ImportReport, Severity

_CHUNK: Final = 1 << 21
_FIRST_BYTES: Final = 1 << 16
_COMMA: Final = ord(",")
_OPEN_ARRAY, _OPEN_OBJECT = ord("["), ord("{")
_CLOSING_STEP: Final = ord("]") - ord("[")  # the same for { and }
_NON_FINITE: Final = re.compile(rb"[:,\[\s](?:NaN|-?Infinity)\b")


@dataclass(slots=True)
class JsonDocument:
    """A JSON file whose root is an array or an object.

    Attributes:
        source: where it was read from.
        data: its bytes, in UTF-8; those of a large file are read from it in pieces.
        root: the root value.
        is_array: the root is an array, else an object.
        members: the root object's values; empty for an array. A ``Span`` for arrays and objects, else the value itself.
        report: where odd encodings are noted.
    """

    source: Path
    data: bytes | FileBytes
    root: Span
    is_array: bool
    members: dict[str, Any]
    report: ImportReport
    _cuts: list[int]
    _children: list[Span]
    _counts: list[int]

    def value(self, span: Span) -> Any:
        """Parse one value whole."""
        return self._parse(self.data[span.start : span.end], lambda position: span.start + position)

    def member(self, name: str) -> Any:
        """The root object's member, parsed; None if there is none."""
        value = self.members.get(name)
        return self.value(value) if isinstance(value, Span) else value

    def is_array_at(self, span: Any) -> bool:
        return isinstance(span, Span) and self.data[span.start] == _OPEN_ARRAY

    def count(self, span: Span) -> int:
        """How many arrays and objects the root, or an array or object in it, holds; known without parsing."""
        if span == self.root:
            return self._counts[-1] if self.is_array else len(self._children)
        return self._counts[self._children.index(span)]

    def records(self, span: Span) -> Iterator[tuple[int, list[Any]]]:
        """The elements of an array in chunks of some megabytes: index of the first one, and the elements.

        Raises:
            FileParsingError: a chunk is not JSON, with the place in the file.
        """
        start, last = span.start + 1, span.end - 1
        index = 0
        cuts = self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, last)]
        for cut in [*cuts, last]:
            if cut != last and cut - start < _CHUNK:
                continue
            tell_bytes(start, len(self.data), f"Reading {self.source.name}")
            elements = self._parse(b"[" + self.data[start:cut] + b"]", partial(operator.add, start - 1))
            if elements:
                yield index, elements
            index += len(elements)
            if cut == last:
                return
            comma = skip_space(self.data, cut, last)
            if comma == last:
                return
            if self.data[comma] != _COMMA:
                raise self._syntax_error("expected ',' or ']' after a record", cut)
            start = skip_space(self.data, comma + 1, last)
            if start == last:
                raise self._syntax_error("expected another record after ','", start)

    def first(self, span: Span) -> Any:
        """The first element of an array, or None: a look at what kind of records it holds."""
        element = first_element(self.data[span.start : span.start + _FIRST_BYTES])
        if element is not None:
            return element
        for _, elements in self.records(span):
            return elements[0]
        return None

    def _parse(self, text: bytes, locate: Callable[[int], int]) -> Any:
        """Parse ``text``; ``locate`` turns a position in it into one in the file."""
        try:
            with _collector_paused():
                return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            first_error = error
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            self._note_encoding("not UTF-8; it was read as Windows-1252 (western European)")
            text = text.decode("cp1252", "replace").encode()
            try:
                return orjson.loads(text)
            except orjson.JSONDecodeError as error:
                first_error = error
        if _NON_FINITE.search(text):
            try:
                value = json.loads(text)
                if b"\\u" in text:  # unlike orjson, json lets halves of surrogate pairs through
                    json.dumps(value, ensure_ascii=False).encode()
                return value
            except UnicodeEncodeError:
                raise self._syntax_error("text with half of a surrogate pair", locate(0)) from None
            except RecursionError:
                raise self._syntax_error("is nested too deeply", locate(0)) from None
            except json.JSONDecodeError as error:
                raise self._syntax_error(error.msg, locate(_byte_length(error.doc, error.pos))) from None
            except ValueError as error:
                raise self._syntax_error(str(error), locate(0)) from None
        position = _byte_length(first_error.doc, first_error.pos)
        raise self._syntax_error(first_error.msg, locate(position)) from None

    def _note_encoding(self, what: str) -> None:
        if "text_encoding" not in self.report.problems:
            self.report.note(
                "text_encoding",
                Severity.WARNING,
                f"The file is {what}.",
                fix="Save it as UTF-8 if names look wrong.",
                examples=[str(self.source)],
            )

    def _syntax_error(self, what: str, offset: int) -> FileParsingError:
        offset = min(offset, len(self.data))
        line = count_lines(self.data, offset)
        near = self.data[max(offset - 20, 0) : offset + 20].decode("utf-8", "replace")
        return FileParsingError(
            f"not valid JSON at byte {offset:,} (line {line:,}): {what}; near {near!r}.",
            where=self.source,
            fix="Was the file edited by hand, or is the download incomplete?",
        )


def open_json(source: Path, report: ImportReport) -> JsonDocument:
    """Read a file and find the structure of its top level.

    Byte order marks and UTF-16 are understood; ``report`` gets a note about them.

    Raises:
        FileParsingError: empty, not JSON, cut short, or with something behind its end.
    """
    data, encoding = _to_utf8(content_of(source), source)
    start = skip_space(data, 0, len(data))
    if start == len(data):
        kind = "an empty file" if not source.stat().st_size else "a file of white space"
        raise FileParsingError(
            f"is {kind}, where JSON is expected.", where=source, fix="Was the program that wrote it stopped early?"
        )
    if data[start] not in (_OPEN_ARRAY, _OPEN_OBJECT):
        raise FileParsingError(f"is not JSON: it looks like {describe_content(read_head(source))}.", where=source)
    is_array = data[start] == _OPEN_ARRAY
    structure = find_structure(data, start, record_depth=1 if is_array else 2)
    if structure.nul is not None:
        raise _has_nul(source, structure.nul)
    if structure.root_end is None:
        raise _cut_short(source, data, structure)
    end = structure.root_end
    counts = [structure.records] if is_array else structure.counts
    document = JsonDocument(
        source, data, Span(start, end), is_array, {}, report, structure.cuts, structure.children, counts
    )
    if encoding:
        document._note_encoding(encoding)
    for span in [document.root, *structure.children]:
        if data[span.end - 1] - data[span.start] != _CLOSING_STEP:
            raise document._syntax_error("a bracket is closed by one of the other kind", span.end - 1)
    rest = skip_space(data, end, len(data))
    if rest < len(data):
        if data[rest] == 0:
            raise _has_nul(source, rest)
        lines = data[rest] in (_OPEN_ARRAY, _OPEN_OBJECT)
        raise FileParsingError(
            f"has more text behind the end of its JSON, at byte {rest:,}.",
            where=source,
            fix="It looks like one JSON value a line: put the lines into one list." if lines else "Remove that text.",
        )
    if not is_array:
        document.members = _find_members(document, structure.children)
    return document


def json_damage(source: Path) -> FileParsingError | None:
    """Why a file that begins as JSON is none, with the byte; None if it is whole."""
    try:
        open_json(source, ImportReport())
    except FileParsingError as error:
        return error
    return None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without garbage collection, which would look again and again at what is being built, and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _to_utf8(raw: bytes | FileBytes, source: Path) -> tuple[bytes | FileBytes, str]:
    """The bytes in UTF-8 without a byte order mark, and what is odd about the encoding ("" if nothing is)."""
    head = raw[:4]
    if head.startswith(b"\xef\xbb\xbf"):
        return raw[3:] if isinstance(raw, bytes) else FileBytes(source, start=3), ""
    encoding = ""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        encoding = "utf-32"
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif head[::2] == b"\x00\x00" and head[1::2].strip(b"\x00"):
        encoding = "utf-16-be"
    elif head[1::2] == b"\x00\x00" and head[::2].strip(b"\x00"):
        encoding = "utf-16-le"
    if not encoding:
        return raw, ""
    try:
        return raw[:].decode(encoding).encode(), f"{encoding[:6].upper()}, not UTF-8; it was converted"
    except UnicodeError as error:
        raise FileParsingError(
            f"starts as {encoding.upper()} text but cannot be decoded ({error}).",
            where=source,
            fix="Is the download complete? Save it as UTF-8.",
        ) from None


def _find_members(document: JsonDocument, children: list[Span]) -> dict[str, Any]:
    """Parse the root object with each array or object inside it replaced by a stand-in."""
    parts: list[bytes] = []
    position, length = document.root.start, 0
    starts, shifts = [0], [position]
    for number, child in enumerate(children):
        parts += [document.data[position : child.start], b"[%d]" % number]
        position = child.end
        length += len(parts[-2]) + len(parts[-1])
        starts.append(length)
        shifts.append(position - length)
    parts.append(document.data[position : document.root.end])
    skeleton = document._parse(b"".join(parts), lambda place: place + shifts[bisect_right(starts, place) - 1])
    return {key: children[value[0]] if isinstance(value, list) else value for key, value in skeleton.items()}


def _has_nul(source: Path, place: int) -> FileParsingError:
    return FileParsingError(
        f"has a NUL byte at byte {place:,}, which JSON never has: the file is damaged.",
        where=source,
        fix="Write or download it again.",
    )


def _cut_short(source: Path, data: bytes | FileBytes, structure: Structure) -> FileParsingError:
    line = count_lines(data, len(data))
    place = (
        "inside a string"
        if structure.in_string
        else f"with {structure.depth} bracket{'' if structure.depth == 1 else 's'} still open"
    )
    count = structure.records
    records = f" after {count:,} complete record{'' if count == 1 else 's'} of its last list" if count else ""
    return FileParsingError(
        f"is cut short: it ends at byte {len(data):,} (line {line:,}) {place}{records}.",
        where=source,
        fix="Is the download or the copy complete?",
    )


def _byte_length(text: str, characters: int) -> int:
    """How many bytes the first characters take in UTF-8."""
    return len(text[:characters].encode("utf-8", "replace"))
