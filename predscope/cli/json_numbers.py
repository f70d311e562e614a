"""Numbers of an evaluation as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any, Final

_NOT_COMPUTED: Final = -1


def json_number(value: Any) -> float | int:
    """A plain number of a plain or a numpy one; -1, as COCO has it, for NaN: there was nothing to compute it from."""
    plain = value if isinstance(value, (int, float)) else value.item()
    return _NOT_COMPUTED if isinstance(plain, float) and math.isnan(plain) else plain
