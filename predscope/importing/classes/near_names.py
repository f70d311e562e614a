"""Which class of the project a name of a file likely means: the same word in another spelling, or a slip of the pen.

Only spellings are compared, no meanings: "automobile" is not offered as "car". A suggestion is shown and never applied
by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from predscope.importing.classes.alike_names import alike_key

LEAST_LIKENESS: Final = 0.8
"""Share of characters that two names must have in common, in order."""
CLEAR_LEAD: Final = 0.05
"""By which the best name must be ahead of the next one."""
_SHORTEST: Final = 3
"""Letters; in shorter names every letter counts, and nothing is concluded from most of them."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def near_name(name: str, known: Sequence[str]) -> str | None:
    """The one of the known names that a name is likely meant to be; None where none is, or several are.

    The surest reason decides: the same name but for case, separators and plural; one name that is the other with
    further words (``traffic light`` for ``traffic_light_red``); few letters that differ (``persn``).
    """
    key = _key(name)
    keys = {entry: _key(entry) for entry in known if entry != name}
    same = [entry for entry, other in keys.items() if other == key]
    if same:
        return same[0] if len(same) == 1 else None
    parts = _words(name)
    within = [entry for entry in keys if _is_part(_words(entry), parts) or _is_part(parts, _words(entry))]
    if within:
        longest = max(within, key=lambda entry: len(_words(entry)))
        return longest if sum(len(_words(entry)) == len(_words(longest)) for entry in within) == 1 else None
    if len(key) <= _SHORTEST:
        return None
    likeness = sorted(
        ((SequenceMatcher(None, key, other, autojunk=False).ratio(), entry) for entry, other in keys.items()),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not likeness or likeness[0][0] < LEAST_LIKENESS:
        return None
    is_clear = len(likeness) == 1 or likeness[0][0] - likeness[1][0] >= CLEAR_LEAD
    return likeness[0][1] if is_clear else None


def _key(name: str) -> str:
    return alike_key(_CAMEL.sub(" ", name))


def _words(name: str) -> list[str]:
    return [alike_key(word) for word in re.split(r"[\s_\-./:]+", _CAMEL.sub(" ", name)) if word]


def _is_part(part: list[str], whole: list[str]) -> bool:
    """Whether some words stand in a name, next to each other and in their order."""
    if not part or len(part) >= len(whole) or max(map(len, part)) < _SHORTEST:
        return False
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
