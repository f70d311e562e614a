"""What an upload says when it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from predscope.importing import ImportResult
from predscope.report import ImportReport, Severity

_MARKS = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "-"}
_SHOWN = 5
_LISTED = 50


def print_outcome(
    title: str,
    result: ImportResult,
    frame_count: int,
    noun: str,
    notes: Iterable[str] = (),
    expected: Collection[str] = (),
) -> None:
    """Counts, findings with their places, and how to look at it; nothing of findings that are as they should be."""
    report = result.report
    counts = [f"{frame_count:,} frames", f"{report.imported:,} of {report.rows:,} {noun}"]
    if report.repaired:
        counts.append(f"{report.repaired:,} repaired")
    if report.rejected:
        counts.append(f"{report.rejected:,} rejected")
    print(f"{title}: {', '.join(counts)}. Version {result.version} in {result.project.path}")
    print_findings(report, expected)
    for note in notes:
        print(f"  - {note}")


def print_findings(report: ImportReport, expected: Collection[str] = ()) -> None:
    """Each finding with its first places and its fix, the worst first."""
    order = list(_MARKS)
    found = [problem for problem in report.problems.values() if problem.code not in expected]
    for problem in sorted(found, key=lambda entry: order.index(entry.severity)):
        print(f"  {_MARKS[problem.severity]} {problem.message} ({problem.count:,})")
        for example in problem.examples[:_SHOWN]:
            print(f"      {example}")
        if problem.fix:
            print(f"      fix: {problem.fix}")


def note_list(
    report: ImportReport, code: str, severity: Severity, message: str, names: Sequence[str], fix: str = ""
) -> None:
    """A finding about everything that is named; nothing without names."""
    if names:
        report.note(code, severity, message, count=len(names), examples=names, fix=fix)


def note_frames(
    report: ImportReport, code: str, severity: Severity, message: str, frame_ids: Sequence[str], fix: str = ""
) -> None:
    """A finding about frames, with more of their ids than findings name places; nothing without any."""
    if frame_ids:
        listed = ", ".join(frame_ids[:_LISTED]) + (", ..." if len(frame_ids) > _LISTED else "")
        report.note(code, severity, message, count=len(frame_ids), examples=[listed], fix=fix)
