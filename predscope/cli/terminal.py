"""What is shown on a terminal while work goes on, and questions asked there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_REDRAW_SECONDS: Final = 0.1


@contextmanager
def progress_line() -> Iterator[Callable[[int, int, str], None]]:
    """A line on stderr that says how far the work is; silent where stderr is no terminal."""
    is_terminal = sys.stderr.isatty()
    last_drawn = 0.0
    drawn = False

    def show(done: int, total: int, what: str) -> None:
        nonlocal last_drawn, drawn
        now = time.monotonic()
        if not is_terminal or now - last_drawn < _REDRAW_SECONDS:
            return
        last_drawn, drawn = now, True
        part = f"{done:,} of {total:,}" if total else f"{done:,}"
        sys.stderr.write(f"\r\x1b[K{what}: {part}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        if drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask_yes_no(question: str) -> bool:
    """Ask until the answer is yes or no; end of input is no."""
    while True:
        sys.stderr.write(f"{question} [y/n] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            return False
        if answer.strip().lower() in ("y", "yes"):
            return True
        if answer.strip().lower() in ("n", "no"):
            return False
