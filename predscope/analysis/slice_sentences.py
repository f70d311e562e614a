"""A weak slice in one sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange, short
from predscope.schema import Role

_SHARE_OF: Final[dict[Role, str]] = {"labels": "Recall", "predictions": "Precision"}


def sentence(
    role: Role,
    rule: Sequence[tuple[Metric, MetricRange]],
    value: float,
    low: float,
    high: float,
    count: int,
    overall: float,
) -> str:
    """E.g. ``Recall on "person" smaller than 32x32 px where weather is rain: .31 [.26, .36], n = 412; overall .74``."""
    subject, phrases, conditions = str(role), [], []
    for metric, wanted in rule:
        size = _size(metric, wanted)
        if metric.name == "class" and wanted.categories:
            subject = " or ".join(f'"{name}"' for name in wanted.categories)
        elif size:
            phrases.append(size)
        else:
            conditions.append(wanted.text(metric))
    where = f"where {' and '.join(conditions)}" if conditions else ""
    words = " ".join(filter(None, [_SHARE_OF[role], "on", subject, *phrases, where]))
    return f"{words}: {_two(value)} [{_two(low)}, {_two(high)}], n = {count:,}; overall {_two(overall)}"


def _size(metric: Metric, wanted: MetricRange) -> str:
    """An area as the side of a square, which people can picture; "" for other metrics."""
    if metric.unit != "px²":
        return ""
    low, high = (None if limit is None else _square(limit) for limit in (wanted.low, wanted.high))
    if low is None:
        return f"smaller than {high} px"
    return f"of {low} px and larger" if high is None else f"of {low} to {high} px"


def _square(area: float) -> str:
    side = math.sqrt(max(area, 0))
    text = short(side) if side != round(side) else f"{side:,.0f}"
    return f"{text}x{text}"


def _two(share: float) -> str:
    """A share of 0 to 1 in two digits, without the zero before the point."""
    return f"{share:.2f}".removeprefix("0") if share < 0.995 else "1.00"
