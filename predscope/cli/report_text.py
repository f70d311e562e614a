"""Reports and their findings as text for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

from predscope.report import ImportReport

_MARKS: Final = {"error": "x", "warning": "!", "info": "-"}


def print_report(report: ImportReport, *, file: TextIO | None = None) -> None:
    """Counts first, then each finding with its places and its fix."""
    out = file or sys.stdout
    record = report.to_json()
    print(f"{record['source']} ({record['format']})", file=out)
    counts = [f"{record['imported']:,} of {record['rows']:,} objects imported"]
    if record["repaired"]:
        counts.append(f"{record['repaired']:,} of them repaired")
    if record["rejected"]:
        counts.append(f"{record['rejected']:,} rejected")
    print(f"  {', '.join(counts)}; {record['frames_matched']:,} of {record['frames']:,} frames", file=out)
    for problem in record["problems"]:
        print_problem(problem, file=out)


def print_problem(problem: Mapping[str, Any], *, file: TextIO | None = None) -> None:
    """A finding, as ``Problem.to_json`` gives it, with its first places and its fix."""
    out = file or sys.stdout
    print(f"  {_MARKS[problem['severity']]} {problem['message']} ({problem['count']:,})", file=out)
    for example in problem["examples"][:3]:
        print(f"      {example}", file=out)
    if problem["fix"]:
        print(f"      fix: {problem['fix']}", file=out)
