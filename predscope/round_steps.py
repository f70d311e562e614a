"""Round numbers, as the edges of bins lie on them."""

from __future__ import annotations

import math
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_steps(wanted: float) -> list[float]:
    """Round numbers about a wanted step, above 0: rising, the first not above it, the last above it."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return [step * power for step in _STEPS]
