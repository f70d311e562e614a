"""What the writers have in common: collecting, importing, publishing, and leaving nothing behind."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from predscope.errors import InputError
from predscope.formats.base import BoxFormat, Reading
from predscope.importing import ImportResult
from predscope.importing.corrections import Corrections, Units
from predscope.importing.importer import Import
from predscope.media import Progress
from predscope.progress import ProgressLine
from predscope.project import Project
from predscope.report import ImportReport
from predscope.schema import DeclaredClass, DeclaredFrame, Role
from predscope.writing.batching import WrittenObjects
from predscope.writing.calls import Many, One, Stated

ClassMap = Mapping[Any, Any] | Sequence[str]


class ObjectWriter:
    """What both writers do: collect, import, publish. See ``PredictionWriter``."""

    def __init__(
        self,
        role: Role,
        project: Project | Path | str,
        name: str,
        box_format: BoxFormat | None,
        units: Units | None,
        class_map: ClassMap | None,
        corrections: Corrections | None,
        strict: bool,
        progress: bool | Progress,
        source: str,
    ) -> None:
        if corrections is not None and (corrections.box_format or corrections.units):
            raise InputError(
                "a writer is told the box format and the units by its own arguments.",
                fix="Give box_format and units to the writer, or to add and add_batch, not in corrections.",
            )
        opened = project if isinstance(project, Project) else Project.open(project)
        listed = _listed_classes(class_map)
        is_whole = listed is not None and set(listed) == set(range(len(listed)))
        names = [listed[index] for index in range(len(listed))] if listed is not None and is_whole else None
        self._stated = Stated(box_format, units, len(opened.classes if names is None else names) or None)
        self._line = ProgressLine() if progress is True else None
        report = ImportReport(source=source or type(self).__name__, format="writer")
        self._import = Import(
            opened,
            Reading("writer", role, None, _declared(listed), iter(()), report),
            name=name,
            class_map=class_map if isinstance(class_map, Mapping) and listed is None else None,
            corrections=corrections,
            strict=strict,
            progress=self._line if isinstance(progress, bool) else progress,
        )
        self._objects = WrittenObjects(self._import.add, names)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._has_ended = False
        self._result: ImportResult | None = None
        self._last_frame: int | str | None = None
        self._index = 0
        weakref.finalize(self, _discard_own, self._import, self._process)

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None or self._has_ended:
            self.discard()
        else:
            self.publish()

    @property
    def result(self) -> ImportResult:
        """The published import: its report, its version, its objects.

        Raises:
            InputError: it is not published.
        """
        if self._result is None:
            raise InputError("nothing is published yet.", fix="Leave the with block, or call publish(), before.")
        return self._result

    def publish(self) -> ImportResult:
        """Make what was written the newest version of the set; the end of a ``with`` block does it too.

        Raises:
            InputError: the objects do not belong to this project, none can be used, or ``strict`` was not satisfied.
                Nothing is published then, and nothing left behind.
            ProjectError: the project cannot be written. It stays as it was.
        """
        with self._lock:
            self._check_open()
            try:
                self._objects.flush()
                with self._import.finish() as staged:
                    self._result = staged.publish()
            finally:
                self.discard()
        return self._result

    def discard(self) -> None:
        """Leave nothing behind of what was written and is not published; may be called again."""
        with self._lock:
            self._has_ended = True
            self._objects.clear()
            if os.getpid() == self._process:
                self._import.discard()
            if self._line is not None:
                self._line.close()

    def _add(self, one: One, stated: Stated) -> None:
        kind, row = one.columns(stated)
        with self._lock:
            self._check_open()
            self._index = self._index + 1 if row["frame_ref"] == self._last_frame else 0
            self._last_frame = row["frame_ref"]
            row["place"] = self._index
            self._objects.add(kind, row)

    def _add_batch(self, many: Many, stated: Stated) -> None:
        kind, batch = many.columns(stated)
        with self._lock:
            self._check_open()
            if len(batch):
                self._objects.add_batch(kind, batch)

    def _declare(self, frame: DeclaredFrame) -> None:
        with self._lock:
            self._check_open()
            self._import.declare(frame)

    def _check_open(self) -> None:
        if self._has_ended:
            raise InputError("this writer has ended.", fix="Make another one: each writes one version.")
        if os.getpid() != self._process:
            raise InputError(
                "this writer belongs to another process.",
                fix="Write in the process that made it, not in the workers of a data loader.",
            )


def _listed_classes(class_map: ClassMap | None) -> dict[int, str] | None:
    """The model's own classes by number, where the map is a list of them; None: it is another map, or none."""
    if class_map is None:
        return None
    if not isinstance(class_map, Mapping):
        return {index: str(name) for index, name in enumerate(class_map)}
    is_list = all(isinstance(key, int) and isinstance(name, str) for key, name in class_map.items())
    return dict(class_map) if is_list else None


def _declared(listed: dict[int, str] | None) -> list[DeclaredClass] | None:
    return None if listed is None else [DeclaredClass(name, str(number)) for number, name in listed.items()]


def _discard_own(importing: Import, process: int) -> None:
    """At the end of a writer that nobody ended; a forked process leaves alone what is its parent's."""
    if os.getpid() == process:
        importing.discard()
