"""Computing the metrics of a project: only what is not kept yet, with progress, to be stopped and resumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.errors import PredscopeError
from predscope.metrics.background import only_run
from predscope.metrics.derived import compute_derived, derived_file, is_complete
from predscope.metrics.described import describe_users_metrics
from predscope.metrics.features import FEATURES
from predscope.metrics.image_plan import plan_images
from predscope.metrics.looking import ImageFiles, Progress
from predscope.metrics.measuring import (
    ImageBatch,
    Measured,
    MeasuredImages,
    MeasuredObjects,
    ObjectBatch,
    measure_images,
    measure_objects,
)
from predscope.metrics.metric import Metric
from predscope.metrics.object_plan import SetPlan, object_batches, plan_derived, plan_sets
from predscope.metrics.parts import sweep_unfinished
from predscope.metrics.pool import Workers
from predscope.metrics.reading import project_metrics
from predscope.metrics.registry import all_metrics, is_builtin, load_metric_file, unknown_metric
from predscope.metrics.report import MetricsReport
from predscope.metrics.selection import Selection, current_sets
from predscope.metrics.settled import read_settled, settle
from predscope.metrics.store import Store
from predscope.metrics.workspace import Workspace, write_derived
from predscope.metrics.writer import Writer
from predscope.project import Project
from predscope.project.durable import writing_into
from predscope.report import Severity

DEFAULT_WORKERS: Final = 2
_INLINE_IMAGES: Final = 40
_INLINE_OBJECTS: Final = 50_000
"""Work that is done before worker processes would have started."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a run would compute.

    Attributes:
        images: to be decoded.
        objects: to be measured without their pixels, over all sets.
        derived: metrics that depend on everything.
    """

    images: int
    objects: int
    derived: int

    @property
    def is_empty(self) -> bool:
        return not (self.images or self.objects or self.derived)


def pending(project: Project, only: Sequence[str] | None = None) -> Pending:
    """What is not computed yet; opens no image, except to hash those that have changed since.

    A metric whose function failed, or lacked images, in the last run of this revision is not waited for, although a run
    tries it again.
    """
    workspace = Workspace(project)
    failed = read_settled(workspace).failed
    selection = Selection.of([metric for metric in _asked_for(project, only) if metric.key not in failed])
    return Pending(
        images=plan_images(workspace, selection).count,
        objects=sum(plan.count for plan in plan_sets(workspace, selection)),
        derived=len(plan_derived(workspace, selection)),
    )


def run_metrics(
    project: Project,
    only: Sequence[str] | None = None,
    *,
    workers: int = DEFAULT_WORKERS,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    files: Sequence[Path | str] = (),
) -> MetricsReport:
    """Compute and keep every metric that is kept and not up to date.

    Each image is decoded once, for all metrics of frames and crops. What is done is on disk within a second, so that a
    run that was stopped, or killed, goes on where it was. A second process waits for the first, and finds its work
    done.

    Args:
        only: names of metrics; None: all.
        workers: processes; 0: none but this one. Little work is done here in any case.
        progress: called with what is done, what there is to do, and what it is, in words.
        cancel: asked several times a second; when it says so, the run stops and keeps what it has.
        files: Python files with the user's own metrics; they are run.

    Raises:
        InputError: there is no such metric, or a file cannot be used.
        ProjectError: the project cannot be written.
    """
    started = time.perf_counter()
    paths = tuple(str(Path(path).expanduser().resolve()) for path in files)
    for path in paths:
        load_metric_file(Path(path))
    metrics = _asked_for(project, only)
    report = MetricsReport()
    show, is_cancelled = progress or _show_nothing, cancel or _never
    with writing_into(project.path), only_run(project, show, is_cancelled) as record:
        if record is None:
            report.is_cancelled = True
        else:

            def both(done: int, total: int, what: str) -> None:
                record.show(done, total, what)
                show(done, total, what)

            run = _Run(project, metrics, report, both, lambda: is_cancelled() or record.is_stop_asked())
            run.do(workers, paths)
    report.seconds = time.perf_counter() - started
    return report


class _Run:
    """One run, with the lock of the project held."""

    def __init__(
        self,
        project: Project,
        metrics: Sequence[Metric],
        report: MetricsReport,
        progress: Progress,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self.workspace = Workspace(project)
        self.selection = Selection.of(metrics)
        self.report = report
        self.progress = progress
        self.is_cancelled = is_cancelled
        self.writer = Writer(self.workspace)
        self.failed: set[str] = set()

    def do(self, workers: int, files: Sequence[str]) -> None:
        workspace = self.workspace
        for folder in (workspace.frames.folder, workspace.crops.folder, workspace.images.folder):
            sweep_unfinished(folder)
        describe_users_metrics(workspace, self.selection.metrics)
        self.progress(0, 0, "Looking for what has changed")
        plan = plan_images(workspace, self.selection, self.progress)
        sets = plan_sets(workspace, self.selection)
        self.writer.records += plan.files.records
        self._note_images(plan.files)
        objects = sum(part.count for part in sets)
        is_little = plan.count <= _INLINE_IMAGES and objects <= _INLINE_OBJECTS
        with Workers[Any, Any](0 if is_little else workers, files) as pool:
            try:
                self._measure_images(pool, plan.batches, plan.count, plan.files)
                self._measure_sets(pool, sets, objects)
            finally:
                self.writer.flush()
        if not self.is_cancelled():
            self._compute_derived()
        self.report.is_cancelled = self.is_cancelled()
        if not self.report.is_cancelled:
            settle(workspace, self.selection.metrics, self.failed)
        self._tidy()

    def _measure_images(self, pool: Workers, batches: list[ImageBatch], total: int, files: ImageFiles) -> None:
        if not batches:
            return
        self.progress(0, total, "Measuring images")
        for batch, result in pool.run(measure_images, batches, split=_halves, is_cancelled=self.is_cancelled):
            found = _deadly(batch) if result is None else result
            self._keep_images(found, files, batch)
            self.report.images += len(batch.tasks)
            self.progress(self.report.images, total, "Measuring images")

    def _keep_images(self, found: MeasuredImages, files: ImageFiles, batch: ImageBatch) -> None:
        for frame, content, problem in zip(found.frames, found.contents, found.problems, strict=True):
            if content:
                self.writer.records.append(files.stamps[frame].record(content, problem))
            if problem:
                files.problems[frame] = problem
                self._note_unreadable(frame, problem)
        self._keep(self.workspace.frames, found.of_frames)
        self._keep(self.workspace.crops, found.of_crops)
        self._keep(self.workspace.crops, found.of_feature_crops)

    def _measure_sets(self, pool: Workers, sets: list[SetPlan], total: int) -> None:
        done = 0
        for plan in sets:
            rows, frames = self.workspace.rows_of(plan.objects), self.workspace.frames_of(plan.objects)
            self.progress(done, total, "Measuring objects")
            batches = object_batches(self.workspace, plan)
            for batch, result in pool.run(measure_objects, batches, split=_itself, is_cancelled=self.is_cancelled):
                if result is not None:
                    self._keep_objects(rows, frames, result)
                else:
                    self.failed.update(batch.metrics)
                    self.report.note(
                        "objects_failed",
                        Severity.ERROR,
                        "Objects could not be measured: the worker process died of them.",
                        count=len(batch.table),
                        examples=[f"{plan.objects.role} {plan.objects.name!r}, from frame {batch.first_frame}"],
                        fix="Look for objects of extreme size, or give the machine more memory.",
                    )
                done += len(batch.table)
                self.progress(done, total, "Measuring objects")

    def _keep_objects(self, rows: Store, frames: Store, found: MeasuredObjects) -> None:
        self._keep(rows, found.of_objects)
        self._keep(frames, found.of_frames)

    def _keep(self, store: Store, found: Measured) -> None:
        self.writer.add(store, found)
        for column, values in found.columns.items():
            name = column.rpartition("@")[0]
            if name not in FEATURES:
                self.report.count(name, int(np.isfinite(values).sum() + np.isnan(values).sum()))
        for name, (count, message) in found.failures.items():
            self._note_failure(name, count, message)

    def _compute_derived(self) -> None:
        todo = plan_derived(self.workspace, self.selection)
        for place, (metric, objects) in enumerate(todo):
            if self.is_cancelled():
                return
            self.progress(place, len(todo), f"Comparing: {metric.phrase}")
            try:
                values = compute_derived(self.workspace, metric, objects)
            except PredscopeError as error:
                self._note_failure(metric.name, 1, str(error))
            except Exception as error:  # noqa: BLE001, RUF100 - a user's function may raise anything
                self._note_failure(metric.name, 1, f"{type(error).__name__}: {error}")
            else:
                if not is_complete(self.workspace, metric, objects):
                    self.failed.add(metric.name)  # once the images are back it is another thing
                    continue
                write_derived(derived_file(self.workspace, metric, objects), values)
                self.report.count(metric.name, len(values))

    def _tidy(self) -> None:
        """Make few parts of many, without columns of earlier versions of the metrics that were computed."""
        current = {metric.name: metric.key for metric in self.selection.metrics}
        current |= {name: feature.key for name, feature in FEATURES.items()}
        stores = [self.workspace.frames, self.workspace.crops]
        for objects in current_sets(self.workspace.project):
            stores += [self.workspace.rows_of(objects), self.workspace.frames_of(objects)]
        for store in stores:
            names = store.column_names()
            store.compact(drop=[c for c in names if current.get(c.rpartition("@")[0], c) != c])
        self.workspace.images.compact()
        self.workspace.remove_outdated()

    def _note_images(self, files: ImageFiles) -> None:
        project = self.workspace.project
        if project.images_root is not None and self.selection.is_of_pixels:
            self.report.missing = len(project.frames_table) - len(files.stamps)
        for frame, problem in files.problems.items():
            self._note_unreadable(frame, problem)

    def _note_unreadable(self, frame: int, problem: str) -> None:
        frame_id = self.workspace.project.frames_table["frame_id"][frame].as_py()
        self.report.unreadable += 1
        self.report.note(
            "unreadable_image",
            Severity.WARNING,
            "Images cannot be decoded; they have no values.",
            examples=[f"{frame_id}: {problem}"],
            fix="Replace the files; they are measured at the next run.",
        )

    def _note_failure(self, name: str, count: int, message: str) -> None:
        self.failed.add(name)
        self.report.note(
            f"metric_failed:{name}",
            Severity.ERROR,
            f"The function of metric {name} failed; there it has no value.",
            count=count,
            examples=[message],
            fix="It comes with the program; nothing else is affected."
            if is_builtin(name)
            else "Mend it and run again.",
        )


def _asked_for(project: Project, only: Sequence[str] | None) -> list[Metric]:
    """Metrics by name, those of the project's own data included.

    Raises:
        InputError: there is none of a name.
    """
    known = all_metrics()
    if only is None:
        return list(known.values())
    everything = {**{metric.name: metric for metric in project_metrics(project)}, **known}
    for name in only:
        if name not in everything:
            raise unknown_metric(name, everything)
    return [everything[name] for name in dict.fromkeys(only)]


def _halves(batch: ImageBatch) -> list[ImageBatch]:
    if len(batch.tasks) == 1:
        return [batch]
    middle = len(batch.tasks) // 2
    return [replace(batch, tasks=tasks) for tasks in (batch.tasks[:middle], batch.tasks[middle:])]


def _itself(batch: ObjectBatch) -> list[ObjectBatch]:
    return [batch]


def _deadly(batch: ImageBatch) -> MeasuredImages:
    """The result of an image that makes the process die: nothing to remember, so that it is tried again."""
    nothing = Measured(np.zeros(0, np.uint64), {})
    problem = "decoding or measuring it made the process die"
    frames = [task.frame for task in batch.tasks]
    return MeasuredImages(frames, [0] * len(frames), [problem] * len(frames), nothing, nothing, nothing)


def _show_nothing(done: int, total: int, what: str) -> None:
    return None


def _never() -> bool:
    return False
