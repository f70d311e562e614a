"""An import that is ready: what it would change, looked at before it is published."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import orjson

from predscope.errors import InputError, ProjectError
from predscope.formats.base import Role
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.corrections import Corrections
from predscope.project import ObjectSet, Project
from predscope.project.durable import writing_into
from predscope.project.manifest import check_set_name
from predscope.project.publishing import Change, StagedSet, publish, rename_staged_record
from predscope.project.staging import StagingArea
from predscope.project.tables import REPORT_NAME
from predscope.report import ImportReport, Severity


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A published import.

    Attributes:
        project: the project at the revision that the import made.
        objects: the new version.
        report: what became of every row.
        first_frame: index of the first frame with objects, preferably one whose image can be shown.
    """

    project: Project
    objects: ObjectSet
    report: ImportReport
    first_frame: int

    @property
    def role(self) -> Role:
        return self.objects.role

    @property
    def name(self) -> str:
        return self.objects.name

    @property
    def version(self) -> int:
        return self.objects.version


class StagedImport:
    """An import that is complete but not published: to be looked at, then published or discarded.

    Also a context manager: what is not published by its end is discarded. Other processes see it with
    ``Project.open_staged(staged_id)``.

    Attributes:
        project: the project as it would be: with the frames and classes that the import brings.
        role, name: of the set that would get a new version.
        report: what became of every row.
        objects: the objects, version 0.
        first_frame: index of the first frame with objects, preferably one whose image can be shown.
        classes: what became of each class of the file, those with the most objects first.
    """

    def __init__(
        self,
        project: Project,
        area: StagingArea,
        change: Change,
        staged: StagedSet,
        objects: ObjectSet,
        first: int,
        classes: Sequence[JoinedClass] = (),
    ) -> None:
        self.project = project
        self.classes = tuple(classes)
        self.role: Role = staged.role
        self.name = staged.name
        self.report = staged.report
        self.objects = objects
        self.first_frame = first
        self._area = area
        self._change = change
        self._staged = staged

    def __enter__(self) -> StagedImport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @property
    def staged_id(self) -> str:
        """Names this staged import for other processes."""
        return self._area.staged_id

    @property
    def is_in_project(self) -> bool:
        """Whether it can be published; False for a dry run on a project that cannot be written."""
        return self._area.is_in_project

    @property
    def report_folder(self) -> Path:
        """A folder in the project's cache that holds the report, also after publishing or discarding.

        Where the project cannot be written, it is one among temporary files.
        """
        if not self.is_in_project:
            folder = Path(tempfile.gettempdir()) / f"predscope-import-{self.staged_id}"
        else:
            folder = self.project.cache_dir / "imports" / self.staged_id
        with writing_into(self.project.path):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / REPORT_NAME).write_bytes(orjson.dumps(self.report.to_json(), option=orjson.OPT_INDENT_2))
        return folder

    def rename(self, name: str) -> None:
        """Give the set that would get a new version another name.

        Raises:
            InputError: the name cannot be used.
            ProjectError: the import was published or discarded, or the project cannot be written.
        """
        name = check_set_name(name)
        if name == self.name:
            return
        with writing_into(self.project.path):
            rename_staged_record(self._area, name)
        self.name = self.objects.name = name
        self._staged = replace(self._staged, name=name)

    def publish(self) -> ImportResult:
        """Make it the newest version of its set, in one step.

        Raises:
            InputError: not one object could be used.
            ProjectError: it was discarded, it was a dry run, or the project cannot be written. The project stays as it
                was.
        """
        if self.report.rows and not self.report.imported:
            raise InputError(
                f"none of the {self.report.rows:,} objects can be used: {describe_rejections(self.report)}",
                where=self.report.source or None,
            )
        if not self.is_in_project:
            raise ProjectError(f"{self.project.path}: the project cannot be written, so that this remains a dry run.")
        manifest = publish(self.project.path, self._area, self._change, self._staged)
        self._area.close()
        project = Project(self.project.path, manifest)
        version = manifest.sets[self.role][self.name][-1].version
        return ImportResult(project, project.objects(self.role, self.name, version), self.report, self.first_frame)

    def discard(self) -> None:
        """Remove what was prepared; nothing happens if it was published or discarded before."""
        self._area.close()


def describe_rejections(report: ImportReport) -> str:
    """Why rows were rejected, in one line: the most frequent reasons with an example each."""
    errors = [problem for problem in report.problems.values() if problem.severity is Severity.ERROR]
    errors.sort(key=lambda problem: -problem.count)
    reasons = []
    for problem in errors[:5]:
        example = f" e.g. {problem.examples[0]}." if problem.examples else ""
        flags = Corrections().changed(problem.correction).flags()
        fix = f"Add {' '.join(flags)}. {problem.fix}" if flags else problem.fix
        reasons.append(f"{problem.code} ({problem.count:,}): {problem.message}{example} {fix}".strip())
    return " ".join(reasons)
