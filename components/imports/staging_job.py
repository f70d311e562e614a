"""Reading an input in a thread: with progress, to be cancelled at any time, and gone without a trace when dropped."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from predscope.errors import PredscopeError
from predscope.importing import ImportResult, StagedImport, stage_labels, stage_predictions
from predscope.importing.corrections import Corrections
from predscope.progress import time_left
from predscope.project import Project
from predscope.schema import Role

_logger: Final = logging.getLogger("predscope")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read, and how. Another request is another reading.

    Attributes:
        path: file or folder.
        role: what it is taken for.
        format: name of a reader, or "auto".
        images: folder of the images; None: the project's.
        class_map: what stands in the file -> class of the project, where the reader of the page chose it.
        corrections: how rows are taken.
    """

    path: Path
    role: Role
    format: str = "auto"
    images: Path | None = None
    class_map: tuple[tuple[str, str], ...] = ()
    corrections: Corrections = field(default_factory=Corrections)


class JobState(StrEnum):
    READING = "reading"
    READY = "ready"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: ``total`` 0 means that nobody knows; ``seconds`` since it began.

    ``seconds_left``: of what is being done; None: it is too early to tell.
    """

    done: int
    total: int
    words: str
    seconds: float
    seconds_left: float | None = None


class _CancelledError(Exception):
    """Raised inside the reading, at its next report of progress."""


class StagingJob:
    """One reading under way, and then the staged import that it ends in.

    May be looked at from any thread. When nobody holds it any more, and at the end of the process, it is discarded.
    """

    def __init__(self, project: Project, request: Request, name: str) -> None:
        self.request = request
        self._work = _Work(project, request, name)
        self._thread = threading.Thread(target=self._work.read, name="predscope-import", daemon=True)
        self._finalizer = weakref.finalize(self, _Work.abandon, self._work)
        self._thread.start()

    @property
    def state(self) -> JobState:
        return self._work.state

    @property
    def progress(self) -> Progress:
        work, now = self._work, time.monotonic()
        done, total, words = work.progress
        left = time_left(done - work.step_first, total - work.step_first, now - work.step_started) if total else None
        return Progress(done, total, words, now - work.started, left)

    @property
    def problem(self) -> str:
        """Why it failed."""
        return self._work.problem

    @property
    def error(self) -> PredscopeError | None:
        """Why it failed, where that was no fault of the program."""
        return self._work.error

    @property
    def staged(self) -> StagedImport | None:
        """What would be imported, once it is ready."""
        return self._work.staged

    @property
    def geometries(self) -> Mapping[str, int]:
        """Objects by their kind of shape, once it is ready."""
        return self._work.geometries

    @property
    def result(self) -> ImportResult | None:
        """What was published."""
        return self._work.result

    def wait(self, seconds: float) -> JobState:
        """Wait for the reading or publishing to end, but not longer than that."""
        self._thread.join(seconds)
        return self.state

    def cancel(self) -> None:
        """End the reading; what it has prepared goes."""
        self._work.abandon()

    def publish(self, name: str) -> None:
        """Publish what is ready, under a name; in a thread, as another process may be publishing."""
        if self._work.begin_to_publish():
            self._thread = threading.Thread(target=self._work.publish, args=(name,), name="predscope-publish")
            self._thread.start()


class _Work:
    """What the thread and the session share."""

    def __init__(self, project: Project, request: Request, name: str) -> None:
        self._project = project
        self._request = request
        self._name = name
        self._lock = threading.Lock()
        self._is_cancelled = False
        self.state = JobState.READING
        self.progress = (0, 0, f"Opening {request.path.name}")
        self.problem = ""
        self.error: PredscopeError | None = None
        self.started = self.step_started = time.monotonic()
        self.step_first = 0
        self.staged: StagedImport | None = None
        self.geometries: dict[str, int] = {}
        self.result: ImportResult | None = None

    def abandon(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self.state in (JobState.READING, JobState.READY):
                self.state = JobState.CANCELLED
                if self.staged is not None:
                    self.staged.discard()

    def read(self) -> None:
        try:
            staged = self._stage()
            geometries = pc.value_counts(staged.objects.table(["geometry"])["geometry"].combine_chunks())
        except _CancelledError:
            return
        except PredscopeError as error:
            self.error = error
            self._fail(str(error))
            return
        except Exception as error:  # a fault of the program is said on the page, too
            _logger.error("an import failed", exc_info=error)
            self._fail(
                f"The reading failed because of a fault in the program ({type(error).__name__}: {error}). The project "
                "was not changed. The terminal in which the app was started has the details."
            )
            return
        with self._lock:
            if self._is_cancelled:
                staged.discard()
                return
            self.staged = staged
            self.geometries = {entry["values"]: entry["counts"] for entry in geometries.to_pylist()}
            self.state = JobState.READY

    def begin_to_publish(self) -> bool:
        with self._lock:
            if self.state is not JobState.READY:
                return False
            self.state = JobState.PUBLISHING
            return True

    def publish(self, name: str) -> None:
        assert self.staged is not None  # noqa: S101 - ``begin_to_publish`` was true
        try:
            self.staged.rename(name)
            self.result = self.staged.publish()
        except PredscopeError as error:
            self.staged.discard()
            self._fail(str(error))
        else:
            self.state = JobState.PUBLISHED

    def _fail(self, problem: str) -> None:
        with self._lock:
            if not self._is_cancelled:
                self.problem = problem
                self.state = JobState.FAILED

    def _stage(self) -> StagedImport:
        request = self._request
        class_map: dict[str, list[str]] = {}
        for reference, class_name in request.class_map:
            class_map.setdefault(class_name, []).append(reference)
        if request.role == "labels":
            return stage_labels(
                self._project,
                request.path,
                format=request.format,
                name=self._name,
                images=request.images,
                class_map=class_map or None,
                corrections=request.corrections,
                progress=self._report,
            )
        return stage_predictions(
            self._project,
            request.path,
            format=request.format,
            name=self._name,
            class_map=class_map or None,
            corrections=request.corrections,
            progress=self._report,
        )

    def _report(self, done: int, total: int, words: str) -> None:
        if self._is_cancelled:
            raise _CancelledError
        if words != self.progress[2]:
            self.step_started, self.step_first = time.monotonic(), done
        self.progress = (done, total, words)
