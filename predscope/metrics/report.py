"""What a run of the metrics did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from predscope.report import MAX_EXAMPLES, Problem, Severity


@dataclass(slots=True)
class MetricsReport:
    """The outcome of one run.

    Attributes:
        images: images that were decoded.
        unreadable: frames whose image is there but cannot be decoded, now or in an earlier run; their values are null.
        missing: frames without an image file.
        values: how many values were computed, by metric.
        seconds: wall time.
        is_cancelled: it was stopped before the end; what was computed is kept.
        problems: findings, by code.
    """

    images: int = 0
    unreadable: int = 0
    missing: int = 0
    values: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    is_cancelled: bool = False
    problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing had to be computed."""
        return not self.images and not self.values

    def count(self, name: str, amount: int) -> None:
        """Add to the values of a metric."""
        if amount:
            self.values[name] = self.values.get(name, 0) + amount

    def note(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        count: int = 1,
        examples: Iterable[str] = (),
        fix: str = "",
    ) -> None:
        """Add ``count`` cases of a finding; the first few examples are kept."""
        problem = self.problems.setdefault(code, Problem(code, severity, message, fix))
        problem.count += count
        problem.examples.extend(list(examples)[: max(MAX_EXAMPLES - len(problem.examples), 0)])

    def to_json(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "unreadable": self.unreadable,
            "missing": self.missing,
            "values": dict(self.values),
            "seconds": round(self.seconds, 3),
            "cancelled": self.is_cancelled,
            "problems": [problem.to_json() for problem in self.problems.values()],
        }
