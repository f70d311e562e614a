"""How far a reading is: readers say it where they go through files, bytes or rows, to whoever watches.

Who watches may end the reading there by raising, so a reader says something at least every second: ``pulse`` where
there is nothing to count. Where nobody watches, as in detection, all of it does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

Progress = Callable[[int, int, str], None]
"""Called with what is done, of how much (0: not known), and what is being done, in words."""

_PAUSE_SECONDS: Final = 0.05
_MEGABYTE: Final = 10**6
_LARGE_BYTES: Final = 8 * _MEGABYTE
_Item = TypeVar("_Item")


class _Watch:
    """One who watches.

    Attributes:
        is_counted: the reader counts; else its watcher knows no more than the rows that have come.
        error: what ``progress`` has raised. It is raised again and again: a reader that takes it for a fault of one of
            its files does not go on.
    """

    def __init__(self, progress: Progress, what: str, *, is_muted: bool) -> None:
        self.is_counted = False
        self.error: BaseException | None = None
        self._progress = progress
        self._is_muted = is_muted
        self._latest = (0, 0, what)
        self._last_told = 0.0

    def say(self, done: int, total: int, what: str) -> None:
        """As the import says it: always passed on."""
        self._latest = (done, total, what)
        self._tell()

    def hear(self, done: int, total: int, what: str) -> None:
        """As a reader says it: passed on now and then, as what was said before where the import has a better count."""
        if not self._is_muted:
            self.is_counted = True
            self._latest = (done, total, what)
        self.pulse()

    def pulse(self) -> None:
        if self.error is not None or time.monotonic() - self._last_told >= _PAUSE_SECONDS:
            self._tell()

    def _tell(self) -> None:
        if self.error is not None:
            raise self.error
        self._last_told = time.monotonic()
        try:
            self._progress(*self._latest)
        except BaseException as error:
            self.error = error
            raise


_watch: ContextVar[_Watch | None] = ContextVar("predscope_reading_watch", default=None)


@contextmanager
def watched(progress: Progress | None, what: str, *, by_rows: bool = False) -> Iterator[Progress | None]:
    """Let the readers tell ``progress`` how far they are, in this thread, until this ends.

    Args:
        progress: None: nobody watches.
        what: is being done at first, in words.
        by_rows: whoever watches is told rows of rows by the import itself; what a reader counts is left out.

    Yields:
        what the import tells of itself; what was said last is said again where there is nothing to count.
    """
    watch = None if progress is None else _Watch(progress, what, is_muted=by_rows)
    token = _watch.set(watch)
    try:
        yield None if watch is None else watch.say
        if watch is not None and watch.error is not None:
            raise watch.error
    finally:
        _watch.reset(token)


def is_counted() -> bool:
    """Whether the reader says how far it is."""
    watch = _watch.get()
    return watch is not None and watch.is_counted


def tell(done: int, total: int, what: str) -> None:
    """Say how far it is; may be called as often as one likes."""
    watch = _watch.get()
    if watch is not None:
        watch.hear(done, total, what)


def pulse() -> None:
    """Say that it goes on."""
    watch = _watch.get()
    if watch is not None:
        watch.pulse()


def tell_bytes(done: int, total: int, what: str) -> None:
    """Say how many megabytes of a file are done; of a small file, which may be one of many, that it goes on."""
    if total < _LARGE_BYTES:
        pulse()
    else:
        tell(min(done, total) // _MEGABYTE, total // _MEGABYTE, f"{what}, MB")


def pulsed(items: Iterable[_Item]) -> Iterator[_Item]:
    """The items, saying before each that it goes on."""
    for item in items:
        pulse()
        yield item


def counted(items: Sequence[_Item], what: str = "Reading files") -> Iterator[_Item]:
    """The items, saying before each how many are done; of a single one, that it goes on."""
    total = len(items)
    for done, item in enumerate(items):
        if total > 1:
            tell(done, total, what)
        else:
            pulse()
        yield item
    if total > 1:
        tell(total, total, what)
