"""Reporting findings by their codes; what each says stands in ``finding_texts``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from predscope.importing.finding_texts import NOTICES, REJECTIONS, REPAIRS
from predscope.report import ImportReport

__all__ = ["NOTICES", "REJECTIONS", "REPAIRS", "note", "reject"]


def note(
    report: ImportReport,
    code: str,
    *,
    count: int = 1,
    examples: Iterable[str] = (),
    detail: str = "",
    correction: Mapping[str, Any] | None = None,
) -> None:
    """Report a notice or a repair; ``detail`` and ``correction`` take the place of the usual way to mend it."""
    finding = NOTICES.get(code) or REPAIRS[code]
    report.note(
        code,
        finding.severity,
        finding.message,
        count=count,
        examples=examples,
        fix=detail or finding.fix,
        correction=finding.correction if correction is None else correction,
    )


def reject(
    report: ImportReport,
    code: str,
    *,
    count: int,
    examples: Iterable[str] = (),
    detail: str = "",
    correction: Mapping[str, Any] | None = None,
) -> None:
    """Count rows as read and rejected; ``detail`` and ``correction`` take the place of the usual way to mend them."""
    finding = REJECTIONS[code]
    report.reject(
        code,
        finding.message,
        count=count,
        examples=examples,
        fix=detail or finding.fix,
        correction=finding.correction if correction is None else correction,
    )
