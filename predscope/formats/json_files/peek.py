"""A look at the start of a JSON file: enough to tell what it holds, without reading it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_KEY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')
_SEPARATOR: Final = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")


@dataclass(slots=True)
class JsonPeek:
    """What was seen at the start of a file.

    Attributes:
        kind: "array", "object", or "" where it is not JSON.
        first: the first element of a root array, if it was seen whole.
        is_empty: the root holds nothing.
        keys: members of a root object that were seen, in order.
        first_of: of members that are arrays, the first element, if it was seen whole.
    """

    kind: str = ""
    first: Any = None
    is_empty: bool = False
    keys: list[str] = field(default_factory=list)
    first_of: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)  # every reader of JSON looks at the same bytes
def peek_json(head: bytes) -> JsonPeek:
    """Look at the first bytes of a file. Never raises. The result is shared: not to be changed."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = head.decode(encoding, "replace")
    start = _skip_space(text, 0)
    if text[start : start + 1] not in ("[", "{"):
        return JsonPeek()
    peek = JsonPeek(kind="array" if text[start] == "[" else "object")
    position = _skip_space(text, start + 1)
    peek.is_empty = text[position : position + 1] in ("]", "}")
    if peek.kind == "array":
        peek.first, _ = _decode(text, position)
    else:
        _peek_members(text, position, peek)
    return peek


def first_element(text: bytes) -> Any:
    """The first element of the array that ``text`` starts with; None if it is not there as a whole."""
    characters = text.decode("utf-8", "replace")
    return _decode(characters, _skip_space(characters, 1))[0]


def _peek_members(text: str, position: int, peek: JsonPeek) -> None:
    while match := _KEY.match(text, position):
        key, position = match.group(1), match.end()
        peek.keys.append(key)
        if text[position : position + 1] == "[":
            peek.first_of[key], _ = _decode(text, _skip_space(text, position + 1))
        _, end = _decode(text, position)
        separator = _SEPARATOR.match(text, end) if end is not None else None
        if separator is None:
            return
        position = separator.end()


def _decode(text: str, position: int) -> tuple[Any, int | None]:
    """The value that starts there and where it ends; (None, None) if it is not there as a whole."""
    try:
        return _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, None


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
