"""What became of every row of an input: imported, repaired or rejected, with reasons and places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from predscope.short_words import short_words, utf8_text

MAX_EXAMPLES: Final = 5
BOXES_FROM_MASKS: Final = "boxes_from_masks"
"""The finding that an evaluation must know of: boxes were made from masks, so areas are those of the masks."""


class Severity(StrEnum):
    """How much a problem matters to the user."""

    ERROR = "error"
    """Rows were rejected, or the input cannot be used."""
    WARNING = "warning"
    """Something was repaired, or is likely a mistake in the files."""
    INFO = "info"
    """Worth knowing; nothing is wrong."""


@dataclass(slots=True)
class Problem:
    """One kind of finding.

    Attributes:
        code: stable snake_case name, e.g. ``box_outside_frame``.
        severity: error, warning or info.
        message: one sentence, without the count of places ("Boxes reach outside their frame and were clipped.").
        fix: one sentence: what the user can do about it, or "" where nothing is to be done.
        count: how many rows (or frames, files, classes) it concerns.
        examples: the first few places, in words ("annotations[12]: x = -3.2 in 000012.jpg").
        correction: what would mend it, as fields of ``importing.Corrections`` ({"box_format": "xyxy"}); empty where
            nothing that the import could do would.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    count: int = 0
    examples: list[str] = field(default_factory=list)
    correction: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": str(self.severity),
            "count": self.count,
            "message": self.message,
            "fix": self.fix,
            "examples": list(self.examples),
            "correction": dict(self.correction),
        }


@dataclass(slots=True)
class ImportReport:
    """The outcome of reading one input.

    ``rows == imported + rejected`` always holds; ``repaired`` of the imported were changed on the way.

    Attributes:
        source: the file or folder that was read.
        format: name of the reader ("coco", "yolo", ...).
        rows: objects in the input.
        imported: objects that are in the new version, the repaired ones included.
        repaired: imported objects that were changed, each counted once.
        rejected: objects that were left out, each counted once.
        frames: frames that the input speaks of.
        frames_matched: those of them that the project has.
        problems: findings, by code.
    """

    source: str = ""
    format: str = ""
    rows: int = 0
    imported: int = 0
    repaired: int = 0
    rejected: int = 0
    frames: int = 0
    frames_matched: int = 0
    problems: dict[str, Problem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = utf8_text(self.source)

    def note(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        count: int = 1,
        examples: Iterable[str] = (),
        fix: str = "",
        correction: Mapping[str, Any] | None = None,
    ) -> None:
        """Add ``count`` cases of a finding; examples are kept up to ``MAX_EXAMPLES``. Counts no rows."""
        problem = self.problems.get(code)
        if problem is None:
            problem = self.problems[code] = Problem(code, severity, short_words(message), short_words(fix))
        problem.count += count
        if correction is not None:
            problem.correction = dict(correction)
        for example in examples:
            if len(problem.examples) >= MAX_EXAMPLES:
                break
            problem.examples.append(short_words(example))

    def reject(
        self,
        code: str,
        message: str,
        *,
        count: int = 1,
        examples: Iterable[str] = (),
        fix: str = "",
        correction: Mapping[str, Any] | None = None,
    ) -> None:
        """Count ``count`` rows of the input as read and rejected, for the reason named."""
        self.rows += count
        self.rejected += count
        self.note(code, Severity.ERROR, message, count=count, examples=examples, fix=fix, correction=correction)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems.values())

    @property
    def first_examples(self) -> str | None:
        """The first example of each finding, where nothing at all could be read: why so; None: there is none."""
        return "; ".join(problem.examples[0] for problem in self.problems.values() if problem.examples) or None

    def to_json(self) -> dict[str, Any]:
        order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
        problems = sorted(self.problems.values(), key=lambda problem: (order[problem.severity], -problem.count))
        return {
            "source": self.source,
            "format": self.format,
            "rows": self.rows,
            "imported": self.imported,
            "repaired": self.repaired,
            "rejected": self.rejected,
            "frames": self.frames,
            "frames_matched": self.frames_matched,
            "problems": [problem.to_json() for problem in problems],
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> ImportReport:
        report = cls(**{key: value for key, value in record.items() if key != "problems"})
        for problem in record.get("problems", []):
            report.problems[problem["code"]] = Problem(
                problem["code"],
                Severity(problem["severity"]),
                problem["message"],
                problem["fix"],
                problem["count"],
                list(problem["examples"]),
                dict(problem.get("correction", {})),
            )
        return report
