"""Locks between processes that the operating system releases when their holder dies, however it dies."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from predscope.errors import ProjectError

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


LOCK_TIMEOUT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.02


class FileLock:
    """An exclusive lock on a file of its own, held until ``release`` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it. The holder may be in this very process."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if _try_lock(descriptor):
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)  # closing releases
            self._descriptor = None

    def __del__(self) -> None:
        self.release()


@contextmanager
def hold_lock(path: Path, *, timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Hold the lock of a file, waiting for another holder to finish.

    Raises:
        ProjectError: somebody else holds it for longer than the timeout.
    """
    lock = FileLock(path)
    give_up = time.monotonic() + timeout_seconds
    while not lock.try_acquire():
        if time.monotonic() > give_up:
            raise ProjectError(
                f"{path.parent}: another process has been publishing into this project for {timeout_seconds:.0f} s. "
                "Wait for it, or end it, and try again."
            )
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()
