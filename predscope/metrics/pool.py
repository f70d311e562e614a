"""Worker processes: batches go out, results come back in any order, and a worker that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for_any
from types import ModuleType, TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import cv2

from predscope.errors import PredscopeError
from predscope.metrics.measuring import prepare_worker

Batch = TypeVar("Batch")
Result = TypeVar("Result")

_AHEAD: Final = 2
"""Batches that wait for each worker, so that none idles and little is lost when the work is stopped."""
_POLL_SECONDS: Final = 0.25
_MOST_BREAKS: Final = 12
"""Crashes without any result between them: it takes fewer to find the one image among a batch that is to blame."""


class Workers(Generic[Batch, Result]):
    """Runs a function on batches, in processes or, with ``count`` 0, right here.

    Args:
        count: processes.
        files: files of the user's metrics, which each process runs first.
    """

    def __init__(self, count: int, files: Sequence[str] = ()) -> None:
        self._count = count
        self._files = tuple(files)
        self._executor: ProcessPoolExecutor | None = None
        self._breaks_in_a_row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def run(
        self,
        function: Callable[[Batch], Result],
        batches: Iterable[Batch],
        *,
        split: Callable[[Batch], list[Batch]],
        is_cancelled: Callable[[], bool],
    ) -> Iterator[tuple[Batch, Result | None]]:
        """Yield each batch with its result, as they are done; None: it makes the process die, whatever is tried.

        Args:
            function: importable by name; given to each batch.
            batches: pulled when there is room for them.
            split: a batch in smaller ones, or itself alone: after a crash, to find the one that is to blame.
            is_cancelled: asked now and then; when it says so, nothing more is started, and what runs is left.
        """
        if self._count <= 0:
            for batch in batches:
                if is_cancelled():
                    return
                yield batch, function(batch)
            return
        source = iter(batches)
        suspects: list[Batch] = []
        running: dict[Future[Result], Batch] = {}
        while True:
            if is_cancelled():
                return
            room = self._count * (1 + _AHEAD) - len(running)
            # After a crash, the batches that were out are run one at a time: only so it is known whose fault it is.
            while suspects and not running:
                batch = suspects.pop()
                self._submit(function, batch, running)
            while not suspects and room > 0 and (batch_or_none := next(source, None)) is not None:
                room -= 1
                self._submit(function, batch_or_none, running)
            if not running:
                return
            done, _ = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            broken: list[Batch] = []
            for future in done:
                batch = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    broken.append(batch)
                else:
                    self._breaks_in_a_row = 0
                    yield batch, result
            if broken:
                self._breaks_in_a_row += 1
                if self._breaks_in_a_row > _MOST_BREAKS:
                    raise PredscopeError(
                        "The worker processes end as soon as they are started. Check memory and limits of this "
                        "machine, or measure without them: predscope metrics run --workers 0"
                    )
                broken += running.values()
                running.clear()
                self._close()
                parts = split(broken[0]) if len(broken) == 1 else broken
                if len(parts) == 1:
                    yield parts[0], None
                else:
                    suspects += parts

    def _submit(self, function: Callable[[Batch], Result], batch: Batch, running: dict[Future[Result], Batch]) -> None:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._files,),
            )
        with _main_left_out():
            running[self._executor.submit(function, batch)] = batch

    def _close(self) -> None:
        if self._executor is not None:
            processes: Any = list((self._executor._processes or {}).values())
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
            for process in processes:
                process.terminate()


@contextmanager
def _main_left_out() -> Iterator[None]:
    """Start processes that do not run the caller's script again.

    A spawned process imports the main module of its parent: a script without ``if __name__ == "__main__"``, or the
    page of an app. No worker needs it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _begin(files: tuple[str, ...]) -> None:
    """What each process does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    cv2.setNumThreads(1)  # the processes are as many as there should be
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare_worker(files)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_any([parent.sentinel])
        os._exit(1)
