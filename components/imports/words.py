"""Sentences that were written for the command line, as the Import page says them."""

from __future__ import annotations

import re
from typing import Final

DIFFERENTLY: Final = "Read it differently"
_REPLACEMENTS: Final = (
    (re.compile(r"say so with --format \([^)]*\)"), "choose it above"),
    (re.compile(r"[Cc]hoose with ((?:--format \S+(?: or )?)+)"), "Choose one of them above"),
    (re.compile(r"[Ii]mport it with --format (\w+)"), r"Choose the format \1 above"),
    (re.compile(r"(?:with|in|by) --class-map(?: FILE)?(: a JSON file with .*)?"), "under Classes"),
    (re.compile(r"give a --class-map"), "choose the classes above"),
    (
        re.compile(r"(?:with|in|by) --(?:box-format|units|confidence-scale|class-ids|class-offset)"),
        f"under {DIFFERENTLY}",
    ),
    (re.compile(r"\s*Choose another with --name\."), ""),
    (re.compile(r"(?:with|by|in) --images(?: DIR)?"), "as the folder of the images"),
    (re.compile(r"Add --[a-z][a-z-]*(?: [a-z0-9+-]+)?(?: --[a-z][a-z-]*(?: [a-z0-9+-]+)?)*\. ?"), ""),
)


def for_the_page(text: str) -> str:
    """The same without flags of the command line: what they do is on the page, above the sentence."""
    for pattern, words in _REPLACEMENTS:
        text = pattern.sub(words, text)
    return text
