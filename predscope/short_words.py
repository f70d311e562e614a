"""Words of other people's files, fit to be shown and kept: names on disk may be no text, words of any length."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_WORD: Final = 160
_KEPT: Final = 60
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
"""Bytes of a file name that Python could not decode, and halves of surrogate pairs."""
_LONG_WORD: Final = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
_LONGEST_TEXT: Final = 2_000


def utf8_text(name: str) -> str:
    """A name as UTF-8 can hold it: bytes of a file name that are no text become escapes such as ``%FF``."""
    return name if name.isascii() else _NO_TEXT.sub(_escape, name)


def _escape(found: re.Match[str]) -> str:
    byte = ord(found[0]) - 0xDC00
    return f"%{byte:02X}" if 0x80 <= byte <= 0xFF else "\ufffd"


def short_words(text: str) -> str:
    """The text, as UTF-8 can hold it, with words of more than 160 characters cut in their middle, and at most 2,000
    characters in all.
    """
    text = utf8_text(text)
    text = _LONG_WORD.sub(lambda word: f"{word[0][:_KEPT]}…{word[0][-_KEPT:]}", text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
