"""Words of other people's files, fit to be shown: a damaged file may hold one of any length."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_WORD: Final = 160
_KEPT: Final = 60
_LONG_WORD: Final = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
_LONGEST_TEXT: Final = 2_000


def short_words(text: str) -> str:
    """The text with words of more than 160 characters cut in their middle, and at most 2,000 characters in all."""
    text = _LONG_WORD.sub(lambda word: f"{word[0][:_KEPT]}…{word[0][-_KEPT:]}", text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
