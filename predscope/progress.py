"""A line on a terminal that says how far long work is, with a bar, per cent and the time left where that is known."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Final, TextIO

QUIET_SECONDS: Final = 2.0
"""What is done sooner needs no line."""
_REDRAW_SECONDS: Final = 0.1
_BAR_WIDTH: Final = 24
_LEAST_SHARE: Final = 0.02
"""Done of a step, and ``_LEAST_SECONDS`` gone, before the time left is guessed."""
_LEAST_SECONDS: Final = 2.0


class ProgressLine:
    """Draws, and draws again, one line on stderr; silent where that is no terminal. Fits ``media.Progress``.

    Args:
        stream: another place to draw it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream is not None and self._stream.isatty()
        self._started = self._step_started = time.monotonic()
        self._last_drawn = 0.0
        self._is_drawn = False
        self._what = ""
        self._first = 0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Say how much is done.

        Args:
            done: of ``total`` (0: not known).
            what: the step, in words: "Importing predictions".
        """
        if not self._is_shown:
            return
        now = time.monotonic()
        if what != self._what:
            self._what, self._step_started, self._first = what, now, done
        if now - self._started < QUIET_SECONDS or now - self._last_drawn < _REDRAW_SECONDS:
            return
        self._last_drawn, self._is_drawn = now, True
        columns = shutil.get_terminal_size().columns
        # A line that is wider than the terminal would stay there when the next one is drawn.
        self._stream.write(f"\r\x1b[K{self._text(done, total, now)[: columns - 1]}")
        self._stream.flush()

    def close(self) -> None:
        """Remove the line; it may be drawn again."""
        if self._is_drawn:
            self._is_drawn = False
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _text(self, done: int, total: int, now: float) -> str:
        seconds = now - self._step_started
        if total:
            text = f"{self._what}: {self._bar(done / total)} {share_in_words(done, total)}, {done:,} of {total:,}"
            left = time_left(done - self._first, total - self._first, seconds)
            return text if left is None else f"{text}, {duration_in_words(left)} left"
        text = f"{self._what}: {done:,}"
        if seconds > 1 and done > self._first:
            text += f" ({(done - self._first) / seconds:,.0f} a second)"
        return text

    def _bar(self, share: float) -> str:
        full = round(min(share, 1.0) * _BAR_WIDTH)
        try:
            "█░".encode(self._stream.encoding or "ascii")
        except (LookupError, UnicodeEncodeError):
            return f"[{'#' * full}{'-' * (_BAR_WIDTH - full)}]"
        return "█" * full + "░" * (_BAR_WIDTH - full)


def share_in_words(done: int, total: int) -> str:
    """``45%``; 100% only when all is done."""
    return f"{100 * min(done, total) // max(total, 1)}%"


def time_left(done: int, total: int, seconds: float) -> float | None:
    """Seconds until the rest is done, at the pace until now; None: it is too early to tell."""
    if seconds < _LEAST_SECONDS or total <= 0 or done < _LEAST_SHARE * total:
        return None
    return seconds * max(total - done, 0) / done


def duration_in_words(seconds: float) -> str:
    """``8 s``, ``2 min 5 s``, ``1 h 10 min``."""
    whole = max(round(seconds), 1)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def progress_line(*, is_wanted: bool = True) -> Iterator[ProgressLine]:
    """A line on stderr, removed in the end; none at all where it is not wanted."""
    line = ProgressLine() if is_wanted else ProgressLine(StringIO())
    try:
        yield line
    finally:
        line.close()
