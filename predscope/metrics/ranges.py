"""A range of a metric: what a bin of a chart, a filter and a rule of a slice have in common."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np

from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import Metric

_NUMBER: Final = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_LIMITS: Final = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_MAX_PARAMETER: Final = 2_000


@dataclass(frozen=True, slots=True)
class MetricRange:
    """Values of a metric: ``low <= value < high``, or one of some categories. A missing value is in no range.

    The first and the last bin of a chart leave ``low`` and ``high`` open, so that every value is in one.

    Attributes:
        name: of the metric.
        low, high: None: open.
        categories: for a categorical metric; any one of them will do.
    """

    name: str
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = ()

    def holds(self, column: MetricColumn) -> np.ndarray:
        """bool (n,): which values of the column are in the range; none where it speaks of the other kind of metric."""
        if self.categories:
            if column.codes is None:
                return np.zeros(len(column), bool)
            wanted = [code for code, name in enumerate(column.categories) if name in set(self.categories)]
            return np.isin(column.codes, wanted)
        if column.codes is not None and (self.low is not None or self.high is not None):
            return np.zeros(len(column), bool)
        held = ~np.isnan(column.values)
        if self.low is not None:
            held &= column.values >= self.low
        if self.high is not None:
            held &= column.values < self.high
        return held

    def text(self, metric: Metric) -> str:
        """In words, for the inside of a sentence: "brightness below .25", "weather is rain or snow"."""
        if self.categories:
            return f"{metric.phrase} is {_any_of(self.categories)}"
        if self.low is None and self.high is None:
            return f"{metric.phrase} is known"
        if metric.is_integer:
            return f"{metric.phrase} {_whole_text(self.low, self.high, metric)}".replace("  ", " ")
        unit = f" {metric.unit}" if metric.unit else ""
        if self.low is None:
            return f"{metric.phrase} below {short(self.high)}{unit}"
        if self.high is None:
            return f"{metric.phrase} from {short(self.low)}{unit}"
        return f"{metric.phrase} {short(self.low)} to {short(self.high)}{unit}"

    def to_param(self) -> str:
        """For an address, before it is quoted: "brightness:.1...25", "area:1024..", "weather:~rain"."""
        if self.categories:
            return _guarded(self.name) + ":" + "".join(f"~{_guarded(name)}" for name in self.categories)
        return f"{_guarded(self.name)}:{_exact(self.low)}..{_exact(self.high)}"

    @classmethod
    def from_param(cls, text: str) -> MetricRange | None:
        """The range that ``to_param`` has written; None if the text is no such thing."""
        name, colon, rest = text.partition(":")
        if not name or not colon or len(text) > _MAX_PARAMETER:
            return None
        name = unquote(name)
        if rest.startswith("~"):
            categories = tuple(unquote(part) for part in rest[1:].split("~"))
            return cls(name, categories=categories)
        limits = _LIMITS.fullmatch(rest)
        if limits is None:
            return None
        low, high = (None if limit is None else float(limit) for limit in limits.groups())
        if any(limit is not None and not math.isfinite(limit) for limit in (low, high)):
            return None
        return cls(name, low, high) if low is None or high is None or low < high else None


def short(number: float | None) -> str:
    """A number for people: three digits that count, no zero before the point, thousands apart: ".25", "1,024"."""
    if number is None:
        return ""
    if number == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(number)))
    rounded = round(number, max(digits, 0))
    if abs(rounded) >= 1000 or rounded == int(rounded):
        return f"{rounded:,.0f}"
    if abs(rounded) < 1e-4:
        return f"{number:.3g}"
    return re.sub(r"^(-?)0\.", r"\1.", f"{rounded:.{max(digits, 0)}f}".rstrip("0"))


def _exact(number: float | None) -> str:
    """The shortest text that reads back as the same number."""
    if number is None:
        return ""
    text = repr(float(number)).removesuffix(".0")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _guarded(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace("~", "%7E")


def _any_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _whole_text(low: float | None, high: float | None, metric: Metric) -> str:
    """Whole numbers from ``low`` up to but not including ``high``."""
    unit = f" {metric.unit}" if metric.unit else ""
    first = None if low is None else math.ceil(low)
    last = None if high is None else math.ceil(high) - 1
    if metric.range == (0, 1):
        if (first is None or first <= 0) and last == 0:
            return "is no"
        if first == 1 and (last is None or last >= 1):
            return "is yes"
    if first is None:
        return f"at most {last:,}{unit}"
    if last is None:
        return f"at least {first:,}{unit}"
    return f"is {first:,}{unit}" if first == last else f"{first:,} to {last:,}{unit}"
