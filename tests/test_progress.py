"""The line on a terminal that says how far long work is."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from predscope import progress
from predscope.progress import ProgressLine, duration_in_words, progress_line, share_in_words, time_left


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
    assert terminal.getvalue().endswith(f"Writing: [{'#' * 5}{'-' * 19}] 20%, 10 of 50")
    now = 115.0
    line(30, 50, "Writing")
    assert terminal.getvalue().endswith("60%, 30 of 50, 10 s left"), "20 took 10 s, and 20 are left"
    line.close()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_the_line_is_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    ProgressLine(terminal)(1, 3, "Reading a file of a very long name.json, MB")
    assert len(terminal.getvalue().removeprefix("\r\x1b[K")) < 40


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59.4, "59 s"), (125, "2 min 5 s"), (4200, "1 h 10 min")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


def test_the_time_left_is_told_when_there_is_a_pace() -> None:
    assert time_left(0, 100, 60) is None
    assert time_left(1, 100, 60) is None, "one of a hundred may be an odd one"
    assert time_left(50, 100, 1) is None, "too early"
    assert time_left(25, 100, 10) == 30
    assert share_in_words(999, 1000) == "99%", "all is said when it is all"
    assert share_in_words(1200, 1000) == "100%"


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    for stream in (StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_line() as line:
            line(1, 2, "Importing")
        assert bool(stream.getvalue()) == stream.isatty()
