"""Class names that are likely the same class in two spellings: case, separators, plural."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SEPARATORS: Final = re.compile(r"[\s_\-./]+")
_IRREGULAR: Final = {
    "people": "person",
    "persons": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "geese": "goose",
    "feet": "foot",
    "teeth": "tooth",
    "knives": "knife",
    "leaves": "leaf",
    "shelves": "shelf",
    "wolves": "wolf",
    "buses": "bus",
    "busses": "bus",
}
_SIBILANTS: Final = ("sses", "shes", "ches", "xes", "zes")
_NO_PLURAL: Final = ("ss", "us", "is")
_MIN_STEM: Final = 3


def alike_key(name: str) -> str:
    """The same text for names that differ only in case, separators or plural."""
    text = unicodedata.normalize("NFKC", name).casefold()
    words = [word for word in _SEPARATORS.split(text) if word]
    return "".join([*words[:-1], _singular(words[-1])]) if words else text


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= _MIN_STEM or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_SIBILANTS) else word[:-1]
