"""References from objects to frames and classes, as text: each distinct one is looked up once, not each row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from predscope.short_words import utf8_text


def reference_text(value: Any) -> str:
    """An id or name as text, so that 7, 7.0 and "7" are the same."""
    if isinstance(value, float | np.floating) and math.isfinite(value) and float(value).is_integer():
        return str(int(value))
    return utf8_text(str(value))


def whole_number(text: str) -> int | None:
    """The number that an id is, or None; ids of more digits than any counter has are none."""
    digits = text.removeprefix("-")
    return int(text) if len(digits) < 19 and digits.isascii() and digits.isdecimal() else None


def distinct(references: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Codes int64 (n,), -1 where there is no reference, and the distinct references that they stand for."""
    codes, values = pd.factorize(references, use_na_sentinel=True)
    texts = [reference_text(value) for value in values]
    if "" in texts:
        codes = np.where(codes == texts.index(""), -1, codes)
    return codes.astype(np.int64), texts


def distinct_texts(columns: Iterable[np.ndarray]) -> list[str]:
    """Distinct references of several columns, in the order in which they come."""
    seen: dict[str, None] = {}
    for references in columns:
        codes, texts = distinct(references)
        used = np.unique(codes[codes >= 0]) if "" in texts else range(len(texts))
        seen.update((texts[code], None) for code in used)
    return list(seen)


def spread(codes: np.ndarray, positions: Sequence[int] | np.ndarray, absent: int) -> np.ndarray:
    """int32 (n,): the position of each row's reference; ``absent`` where it has none."""
    return np.append(np.asarray(positions, np.int32), np.int32(absent))[codes]


def share(part: int, whole: int) -> str:
    """A share in words: "12 of 120 (10 %)"."""
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.0f} %)"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """The first few names, quoted."""
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown + (", ..." if len(names) > limit else "") if names else "nothing"
