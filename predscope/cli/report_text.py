"""Reports and their findings as text for a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TextIO

from predscope.report import ImportReport

_MARKS: Final = {"error": "x", "warning": "!", "info": "-"}
_TITLES: Final = {
    "error": "rows left out, or to be mended first",
    "warning": "repaired, or likely a mistake in the files",
    "info": "worth knowing",
}
_MAX_EXAMPLES: Final = 3
_MIN_WIDTH: Final = 40


OF_LABELS: Final = frozenset({"rescale"})
"""Corrections of labels that commands take which get labels and predictions at once (``Corrections.of_labels``)."""


def print_report(
    report: ImportReport, *, file: TextIO | None = None, with_flags: bool = True, taken: Collection[str] | None = None
) -> None:
    """Counts first, then the findings by how much they matter, each with its places and its fix.

    Args:
        with_flags: say which flags would mend what was found.
        taken: of those only flags of these corrections, by their names; None: all.
    """
    out = file or sys.stdout
    record = report.to_json()
    for problem in record["problems"]:
        if taken is not None and not set(problem["correction"]) <= set(taken):
            problem["correction"] = {}
    print(f"{record['source']} ({record['format']})", file=out)
    counts = [f"{record['imported']:,} of {record['rows']:,} objects imported"]
    if record["repaired"]:
        counts.append(f"{record['repaired']:,} of them repaired")
    if record["rejected"]:
        counts.append(f"{record['rejected']:,} rejected")
    print(f"  {', '.join(counts)}; {record['frames_matched']:,} of {record['frames']:,} frames", file=out)
    for severity, title in _TITLES.items():
        problems = [problem for problem in record["problems"] if problem["severity"] == severity]
        if not problems:
            continue
        print(f"\n  {title}", file=out)
        width = max(len(f"{problem['count']:,}") for problem in problems)
        for problem in problems:
            print_problem(problem, file=out, count_width=width, with_flags=with_flags)
    flags = all_flags(record["problems"]) if with_flags else []
    if flags:
        _print_wrapped(f"To mend what the import can mend, add {' '.join(flags)}", "\n  ", "  ", out)


def print_problem(
    problem: Mapping[str, Any], *, file: TextIO | None = None, count_width: int = 0, with_flags: bool = True
) -> None:
    """A finding, as ``Problem.to_json`` gives it: how often, what, where first, and how to mend it.

    Lines are broken to fit a terminal, and left whole where the output goes elsewhere.
    """
    out = file or sys.stdout
    head = f"  {_MARKS[problem['severity']]} {problem['count']:>{count_width},}  "
    indent = " " * len(head)
    _print_wrapped(f"{problem['message']} [{problem['code']}]", head, indent, out)
    shown = problem["examples"][:_MAX_EXAMPLES]
    for example in shown:
        _print_wrapped(example, indent + "e.g. ", indent + "     ", out)
    if len(shown) > 1 and problem["count"] > len(shown):
        print(f"{indent}     and {problem['count'] - len(shown):,} more", file=out)
    flags = flags_of(problem) if with_flags else []
    if flags:
        _print_wrapped(f"add {' '.join(flags)}", indent + "fix: ", indent + "     ", out)
    if problem["fix"]:
        _print_wrapped(problem["fix"], indent + ("or:  " if flags else "fix: "), indent + "     ", out)


def flags_of(problem: Mapping[str, Any]) -> list[str]:
    """The flags that would mend what was found, e.g. ``["--box-format", "xyxy"]``; empty where none would."""
    if not problem.get("correction"):
        return []
    return all_flags([problem])


def all_flags(problems: Sequence[Mapping[str, Any]]) -> list[str]:
    """The flags that would mend several findings at once; where two disagree, what the first says."""
    from predscope.importing.corrections import Corrections

    corrections = Corrections()
    for problem in reversed(problems):
        corrections = corrections.changed(problem.get("correction") or {})
    return corrections.flags()


def report_json(report: ImportReport) -> dict[str, Any]:
    """The report, with the flags that would mend each finding."""
    record = report.to_json()
    for problem in record["problems"]:
        problem["flags"] = flags_of(problem)
    return record


def _print_wrapped(text: str, first: str, rest: str, out: TextIO) -> None:
    width = shutil.get_terminal_size(fallback=(0, 0)).columns
    lines: Sequence[str] = [first + text]
    if width and len(lines[0]) > width:
        width = max(width, _MIN_WIDTH)
        lines = textwrap.wrap(
            text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
        )
    print(*lines, sep="\n", file=out)
