"""A line on a terminal that says how far long work is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

QUIET_SECONDS: Final = 2.0
"""What is done sooner needs no line."""
_REDRAW_SECONDS: Final = 0.1


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
        self._stream.write(f"\r\x1b[K{what}: {self._text(done, total, now)}")
        self._stream.flush()

    def close(self) -> None:
        """Remove the line; it may be drawn again."""
        if self._is_drawn:
            self._is_drawn = False
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _text(self, done: int, total: int, now: float) -> str:
        text = f"{done:,} of {total:,}" if total else f"{done:,}"
        seconds = now - self._step_started
        if seconds > 1 and done > self._first:
            text += f" ({(done - self._first) / seconds:,.0f} a second)"
        return text


@contextmanager
def progress_line() -> Iterator[ProgressLine]:
    """A line on stderr, removed in the end."""
    line = ProgressLine()
    try:
        yield line
    finally:
        line.close()
