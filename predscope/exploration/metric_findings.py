"""What stands out in performance against a metric, in words: where a rate is lower than elsewhere, if it is.

A difference is only told where the 95 % intervals of the two parts do not meet, on enough objects on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.analysis import BinCounts, Bins, MetricPerformance
from predscope.evaluation.intervals import wilson
from predscope.exploration.metric_performance import joined_range
from predscope.exploration.outcome_words import sentence
from predscope.schema import Role

__all__ = ["FEWEST_OBJECTS", "RATE_OF", "Finding", "finding", "range_in_words"]

FEWEST_OBJECTS: Final = 20
"""Rates of fewer are not to be relied on; charts grey them."""
_LEAST_DIFFERENCE: Final = 0.03
"""A smaller one may be certain, and is still nothing to put into a title."""
_TWO_ENDS: Final = 1.5
"""How much more of the outcomes a part between two limits must explain than one beyond a single limit."""
RATE_OF: Final[dict[Role, str]] = {"labels": "Recall", "predictions": "Precision"}


@dataclass(frozen=True)
class Finding:
    """One part of the values of a metric where a rate is lower than in the rest.

    Attributes:
        role: "labels": recall is; "predictions": precision.
        first, last: bins of the part, both included.
        value, elsewhere: the rate in it and in all other bins.
        strength: how much better the outcomes are told with the two parts apart: a log likelihood ratio.
        text: all of it: "Recall falls at area below 1,024 px²: .31, elsewhere .74".
    """

    role: Role
    first: int
    last: int
    value: float
    elsewhere: float
    strength: float
    text: str


def finding(performance: MetricPerformance) -> Finding | None:
    """What stands out most; None: on neither side is any part certain to be lower than the rest."""
    sides: tuple[tuple[Role, BinCounts | None], ...] = (
        ("labels", performance.labels),
        ("predictions", performance.predictions),
    )
    found = [_of_side(performance.bins, role, counts) for role, counts in sides if counts is not None]
    return max((one for one in found if one is not None), key=lambda one: one.strength, default=None)


def _of_side(bins: Bins, role: Role, counts: BinCounts) -> Finding | None:
    total, right = int(counts.total.sum()), int(counts.right.sum())
    best: tuple[float, int, int] | None = None
    for first, last in _parts(bins):
        inside, hits = int(counts.total[first : last + 1].sum()), int(counts.right[first : last + 1].sum())
        outside, other_hits = total - inside, right - hits
        if min(inside, outside) < FEWEST_OBJECTS:
            continue
        if other_hits / outside - hits / inside < _LEAST_DIFFERENCE:
            continue
        if not wilson(hits, inside)[1] < wilson(other_hits, outside)[0]:
            continue
        strength = _log_likelihood(hits, inside) + _log_likelihood(other_hits, outside) - _log_likelihood(right, total)
        if not bins.metric.is_categorical and first > 0 and last < len(bins) - 1:
            strength /= _TWO_ENDS
        if best is None or strength > best[0]:
            best = strength, first, last
    if best is None:
        return None
    strength, first, last = best
    inside, hits = int(counts.total[first : last + 1].sum()), int(counts.right[first : last + 1].sum())
    value, elsewhere = hits / inside, (right - hits) / (total - inside)
    verb = "is lower" if bins.metric.is_categorical or (first > 0 and last < len(bins) - 1) else "falls"
    words = f"{RATE_OF[role]} {verb} {_where(bins, first, last)}: {_two(value)}, elsewhere {_two(elsewhere)}"
    return Finding(role, first, last, value, elsewhere, strength, words)


def _parts(bins: Bins) -> Iterator[tuple[int, int]]:
    """First and last bin of every part that can be named: single categories, or neighbouring bins, never all."""
    count = len(bins)
    for first in range(count):
        for last in range(first, first + 1 if bins.metric.is_categorical else count):
            if (first, last) != (0, count - 1):
                yield first, last


def _log_likelihood(hits: int, total: int) -> float:
    return float(sum(part * np.log(part / total) for part in (hits, total - hits) if part))


def _where(bins: Bins, first: int, last: int) -> str:
    metric = bins.metric
    joint = "where" if metric.is_categorical or metric.is_integer else "at"
    return f"{joint} {joined_range(bins, first, last).text(metric)}"


def range_in_words(bins: Bins, first: int, last: int) -> str:
    """The values of neighbouring bins, as a heading: "Area below 320 px²"."""
    return sentence(joined_range(bins, first, last).text(bins.metric))


def _two(share: float) -> str:
    return f"{share:.2f}".removeprefix("0") if share < 0.995 else "1.00"
