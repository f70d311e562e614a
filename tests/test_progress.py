"""The line on a terminal that says how far long work is."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from predscope import progress
from predscope.progress import ProgressLine, progress_line


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_has_a_line_with_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now, terminal = 100.0, Terminal()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    line = ProgressLine(terminal)
    line(1000, 0, "Importing")
    assert terminal.getvalue() == "", "short work needs no line"
    now = 104.0
    line(9000, 0, "Importing")
    assert terminal.getvalue().endswith("Importing: 9,000 (2,000 a second)")
    line(9500, 0, "Importing")
    assert "9,500" not in terminal.getvalue(), "it is not drawn more often than somebody can read"
    now = 105.0
    line(10, 50, "Writing")
    assert terminal.getvalue().endswith("Writing: 10 of 50")
    line.close()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    for stream in (StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_line() as line:
            line(1, 2, "Importing")
        assert bool(stream.getvalue()) == stream.isatty()
