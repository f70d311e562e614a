"""What the reader of the Import page has chosen, and the reading that follows from it; kept in the session.

The choices are the truth: whenever they ask for another reading than the one that is under way or ready, that one is
dropped and another begins. Nothing here comes from the address, so that no link can make the app read a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.imports.looking_job import LookingJob
from components.imports.staging_job import JobState, Request, StagingJob
from components.imports.uploads import Upload
from predscope.importing import ImportResult
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.corrections import Corrections
from predscope.importing.inspection import Inspection
from predscope.project import Project
from predscope.schema import Role

_FLOW: Final = "imports.flow"
_MOMENT_SECONDS: Final = 0.5
"""A reading that takes no longer needs no progress."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for one input.

    Attributes:
        inspection: the input.
        role, name, format, images, corrections: see ``Request``.
        classes: what stands in the file -> class of the project, as far as the reader of the page chose it.
        upload: holds the files, where they were uploaded.
    """

    inspection: Inspection
    role: Role
    name: str
    format: str = "auto"
    images: Path | None = None
    classes: tuple[tuple[str, str], ...] = ()
    corrections: Corrections = field(default_factory=Corrections)
    upload: Upload | None = None

    @property
    def request(self) -> Request:
        return Request(self.inspection.path, self.role, self.format, self.images, self.classes, self.corrections)


@dataclass(slots=True)
class Flow:
    """One import, from the choice of a file to its end.

    Attributes:
        choices: None: nothing is chosen yet.
        job: the reading; None: none was begun.
        known_classes: classes of the last reading that was ready, shown while the next one goes on.
        result: of the last import that was published.
        problem: why what was chosen cannot be used.
        looking: the first look at what is being chosen; ``looking_upload`` holds its files, if they were uploaded.
        replaced, outdated: readings that others have taken the place of: in this run of the page, and in the one
            before. The browser may still be fetching pictures of the former.
    """

    choices: Choices | None = None
    job: StagingJob | None = None
    known_classes: tuple[JoinedClass, ...] = ()
    result: ImportResult | None = None
    problem: str = ""
    looking: LookingJob | None = None
    looking_upload: Upload | None = None
    replaced: list[StagingJob] = field(default_factory=list)
    outdated: list[StagingJob] = field(default_factory=list)

    def choose(self, choices: Choices | None) -> None:
        """Other choices: what was read for the former ones is dropped, unless only the name differs."""
        is_other = choices is None or self.choices is None or choices.inspection != self.choices.inspection
        if is_other or (choices is not None and self.choices is not None and choices.role != self.choices.role):
            self.known_classes = ()
        if is_other:
            self.result = None
        self.choices = choices
        self.problem = ""
        self.looking = self.looking_upload = None
        if self.job is not None and (choices is None or self.job.request != choices.request):
            self._drop()

    def change(self, **changes: Any) -> None:
        """Other values of some fields of the choices."""
        if self.choices is not None:
            self.choose(replace(self.choices, **changes))

    def follow(self, project: Project) -> JobState | None:
        """Begin to read what the choices ask for, if that has not begun; wait a moment for it. Once a run."""
        for job in self.outdated:
            job.cancel()
        self.outdated, self.replaced = self.replaced, []
        if self.choices is None:
            return None
        if self.job is None:
            self.job = StagingJob(project, self.choices.request, self.choices.name)
        state = self.job.wait(_MOMENT_SECONDS)
        if state is JobState.READY and self.job.staged is not None:
            self.known_classes = self.job.staged.classes
        return state

    def read_again(self) -> None:
        """After a reading that was cancelled, or failed."""
        if self.job is not None:
            self._drop()

    def finish(self) -> None:
        """The import is published: keep its result, and begin anew."""
        if self.job is not None and self.job.result is not None:
            result = self.job.result
            self.choose(None)
            self.job, self.result = None, result

    def _drop(self) -> None:
        if self.job is not None and self.job.state is JobState.READY:
            self.replaced.append(self.job)
        elif self.job is not None:
            self.job.cancel()
        self.job = None


def current_flow() -> Flow:
    """The one of this session."""
    flow: Flow = st.session_state.setdefault(_FLOW, Flow())
    return flow
