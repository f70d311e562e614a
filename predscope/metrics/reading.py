"""The values of metrics, as columns: kept ones from the cache, the others computed when asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from predscope.errors import InputError, PredscopeError
from predscope.metrics.agreement import agreement_of
from predscope.metrics.applicability import is_applicable
from predscope.metrics.blocks import Outcomes
from predscope.metrics.column import MetricColumn
from predscope.metrics.derived import derived_file
from predscope.metrics.described import described_metrics
from predscope.metrics.metadata import frame_metadata, object_metadata
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.registry import all_metrics, unknown_metric
from predscope.metrics.selection import current_sets
from predscope.metrics.settled import read_settled
from predscope.metrics.sources import Source, metrics_of_sources, rows_of_source, source_table
from predscope.metrics.store import Store
from predscope.metrics.workspace import Workspace, read_derived
from predscope.project import ObjectSet, Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import Role

if TYPE_CHECKING:
    from predscope.evaluation.match_table import MatchTable

_columns: Final[RecentlyUsed[MetricColumn]] = RecentlyUsed(128)


class MetricsMissing(PredscopeError):  # noqa: N818 - it reads as what it says
    """Values that are kept once they have been computed, and have not been."""


def available_metrics(project: Project, role: Role | None = None, set_name: str | None = None) -> list[Metric]:
    """What can be known of frames (``role`` None), or of the objects of a set: computed already or not.

    Built-in metrics that cannot have a value here are left out: outlines without polygons and masks, tracks without
    sequences, pixels without images. Then come users' metrics, joined columns and metadata.

    Args:
        set_name: None: the first set of the role.

    Raises:
        ProjectError: there is no such set.
    """
    workspace = Workspace(project)
    if role is not None:
        objects = project.objects(role, set_name)
        return [
            metric
            for metric in _known(workspace, objects).values()
            if metric.measured_on.covers(role) and is_applicable(metric, workspace, objects)
        ]
    found = []
    for metric in _known(workspace, None).values():
        if metric.measured_on is not MeasuredOn.FRAME:
            continue
        sets: list[ObjectSet | None] = [None]
        if metric.of_role is not None:
            sets = [objects for objects in current_sets(project) if objects.role == metric.of_role]
        if any(is_applicable(metric, workspace, objects) for objects in sets):
            found.append(metric)
    return found


def project_metrics(project: Project) -> list[Metric]:
    """Everything that can be known in a project, of frames and of the objects of any set; each name once."""
    found = {metric.name: metric for metric in available_metrics(project)}
    for objects in current_sets(project):
        for metric in available_metrics(project, objects.role, objects.name):
            known = found.setdefault(metric.name, metric)
            if known.measured_on is not metric.measured_on and known.measured_on is not MeasuredOn.FRAME:
                found[metric.name] = _on_objects(known)
    return list(found.values())


def frame_column(
    project: Project,
    name: str,
    *,
    label_set: str | None = None,
    prediction_set: str | None = None,
    table: MatchTable | None = None,
) -> MetricColumn:
    """A metric of frames, by frame index.

    Args:
        name: of the metric.
        label_set, prediction_set: which objects are counted, where the metric looks at objects; None: the first set.
        table: outcomes at the operating point, for metrics that need them.

    Raises:
        InputError: there is no such metric of frames, or it needs outcomes.
        MetricsMissing: it has not been computed.
    """
    workspace = Workspace(project)
    known = _known(workspace, None)
    metric = known.get(name)
    if metric is None or metric.measured_on is not MeasuredOn.FRAME:
        raise unknown_metric(name, [entry.name for entry in known.values() if entry.measured_on is MeasuredOn.FRAME])
    count = len(project.frames_table)
    if metric.needs == "outcomes":
        outcomes = Outcomes(_table(metric, table), count, None, count)
        return _computed(metric, outcomes, count)
    if metric.of_role is not None:
        objects = project.objects(metric.of_role, label_set if metric.of_role == "labels" else prediction_set)
        if metric.needs == "values":
            return _kept(
                project, metric, objects, (), lambda: _computed(metric, workspace.object_block(objects), count)
            )
        keys = np.arange(count, dtype=np.uint64)
        return _from_store(workspace, metric, objects, workspace.frames_of(objects), lambda: keys)
    if metric.compute is None and metric.needs == "values":
        return _given(workspace, metric, None)
    if metric.needs == "values":
        parts = workspace.images.parts()
        return _kept(project, metric, None, parts, lambda: _computed(metric, workspace.frame_block(), count))
    if metric.needs == "pixels":
        return _from_store(workspace, metric, None, workspace.frames, workspace.contents, workspace.images.parts())
    return _from_derived(workspace, metric, None)


def object_column(
    project: Project,
    name: str,
    role: Role,
    set_name: str | None = None,
    *,
    table: MatchTable | None = None,
    label_set: str | None = None,
    prediction_set: str | None = None,
) -> MetricColumn:
    """A metric of the objects of a set, by row; a metric of frames gives each object the value of its frame.

    Args:
        name: of the metric.
        role, set_name: of the set; None: the first of the role.
        table: outcomes at the operating point, for metrics that need them; of that very set.
        label_set, prediction_set: for metrics of frames that look at objects, see ``frame_column``.

    Raises:
        InputError: there is no such metric, or it needs outcomes.
        ProjectError: there is no such set.
        MetricsMissing: it has not been computed.
    """
    workspace = Workspace(project)
    objects = project.objects(role, set_name)
    known = _known(workspace, objects)
    metric = known.get(name)
    if metric is not None and metric.measured_on is MeasuredOn.FRAME:
        mine = {"labels": label_set, "predictions": prediction_set, role: objects.name}
        column = frame_column(project, name, label_set=mine["labels"], prediction_set=mine["predictions"], table=table)
        return column.take(workspace.object_block(objects).frame)
    if metric is None or not metric.measured_on.covers(role):
        raise unknown_metric(name, [entry.name for entry in known.values() if entry.measured_on.covers(role)])
    if metric.needs == "outcomes":
        match_table = _table(metric, table)
        others = [other for other in project.set_names("predictions") if other != objects.name]
        agreement = (lambda: agreement_of(workspace, objects, others, match_table)) if others else None
        outcomes = Outcomes(match_table, len(project.frames_table), role, objects.count, agreement)
        return _computed(metric, outcomes, objects.count)
    if metric.compute is None and metric.needs == "values":
        return _given(workspace, metric, objects)
    if metric.needs == "values":
        block = workspace.object_block
        return _kept(project, metric, objects, (), lambda: _computed(metric, block(objects), objects.count))
    if metric.needs == "pixels":
        parts = workspace.images.parts()
        return _from_store(workspace, metric, objects, workspace.crops, lambda: workspace.crop_keys_of(objects), parts)
    if metric.needs == "objects":
        rows = np.arange(objects.count, dtype=np.uint64)
        return _from_store(workspace, metric, objects, workspace.rows_of(objects), lambda: rows)
    return _from_derived(workspace, metric, objects)


def is_computed(project: Project, metric: Metric) -> bool | None:
    """Whether the values of a metric are kept, of frames or of all sets that it is for; None: they never are."""
    if metric.needs in ("values", "outcomes"):
        return None
    workspace = Workspace(project)
    try:
        if metric.measured_on is MeasuredOn.FRAME and metric.of_role is None:
            frame_column(project, metric.name)
            return True
        for objects in current_sets(project):
            if not is_applicable(metric, workspace, objects):
                continue
            if metric.of_role == "labels" == objects.role:
                frame_column(project, metric.name, label_set=objects.name)
            elif metric.of_role == "predictions" == objects.role:
                frame_column(project, metric.name, prediction_set=objects.name)
            elif metric.of_role is None and metric.measured_on.covers(objects.role):
                object_column(project, metric.name, objects.role, objects.name)
    except MetricsMissing:
        return False
    return True


def _known(workspace: Workspace, objects: ObjectSet | None) -> dict[str, Metric]:
    """All metrics of frames and, where a set is given, of its objects, by name."""
    project = workspace.project
    found = dict(all_metrics())
    for metric in described_metrics(workspace):
        found.setdefault(metric.name, metric)
    builtin = dict(found)
    for name, column in frame_metadata(project).items():
        found.setdefault(name, column.metric)
    joined = {name: metric for name, (metric, _) in metrics_of_sources(project, None).items()}
    if objects is not None:
        for name, column in object_metadata(project, objects).items():
            found.setdefault(name, column.metric)
        joined |= {name: metric for name, (metric, _) in metrics_of_sources(project, objects).items()}
    return found | joined | builtin


def _given(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> MetricColumn:
    """A joined column, or metadata."""
    project = workspace.project
    joined = metrics_of_sources(project, objects).get(metric.name)
    if joined is not None:
        source = joined[1]
        key = (*_key(project, metric, objects), source.source_id)
        return _columns.get(key, lambda: _joined(project, metric, source, objects))
    metadata = frame_metadata(project) if objects is None else object_metadata(project, objects)
    return metadata[metric.name]


def _joined(project: Project, metric: Metric, source: Source, objects: ObjectSet | None) -> MetricColumn:
    column = source_table(project, source)[metric.name]
    rows = rows_of_source(project, source, objects)
    if metric.is_categorical:
        names = [*column.to_pylist(), None]
        return MetricColumn.from_names(metric, [names[row] for row in rows.tolist()])
    values = np.append(column.cast(pa.float64()).to_numpy(), np.nan)
    return MetricColumn.numeric(metric, values[rows])


def _computed(metric: Metric, given: Any, count: int) -> MetricColumn:
    """What the function gives; nothing but nulls where it fails: no page is lost for that."""
    try:
        values = metric.compute(given)  # type: ignore[misc]
        column = (
            MetricColumn.categorical(metric, *values) if metric.is_categorical else MetricColumn.numeric(metric, values)
        )
        problem = "" if len(column) == count else f"expected {count:,} values, got {len(column):,}"
    except PredscopeError:
        raise
    except Exception as error:  # noqa: BLE001, RUF100 - a user's function may raise anything
        problem = f"{type(error).__name__}: {error}"
    if not problem:
        return column
    warnings.warn(f"The function of metric {metric.name} failed; it has no value ({problem}).", stacklevel=2)
    return _nulls(metric, count)


def _nulls(metric: Metric, count: int) -> MetricColumn:
    if metric.is_categorical:
        return MetricColumn.categorical(metric, np.full(count, -1, np.int32), ())
    return MetricColumn.numeric(metric, np.full(count, np.nan))


def _kept(
    project: Project, metric: Metric, objects: ObjectSet | None, parts: Hashable, compute: Callable[[], MetricColumn]
) -> MetricColumn:
    """A column that is computed when asked for, and then kept in memory."""
    return _columns.get((*_key(project, metric, objects), parts), compute)


def _from_store(
    workspace: Workspace,
    metric: Metric,
    objects: ObjectSet | None,
    store: Store,
    keys: Callable[[], np.ndarray],
    parts: Hashable = (),
) -> MetricColumn:
    def column() -> MetricColumn:
        kept, wanted = store.read([metric.key]), keys()
        if len(wanted) and not kept.is_known(metric.key, wanted).any():
            raise _missing(metric)
        return MetricColumn.numeric(metric, kept.numbers(metric.key, wanted))

    key = (*_key(workspace.project, metric, objects), store.parts(), parts)
    return _or_nulls(workspace, metric, objects, lambda: _columns.get(key, column), lambda: len(keys()))


def _from_derived(workspace: Workspace, metric: Metric, objects: ObjectSet | None) -> MetricColumn:
    path = derived_file(workspace, metric, objects)

    def column() -> MetricColumn:
        values = read_derived(path)
        if values is None:
            raise _missing(metric)
        return MetricColumn.numeric(metric, values)

    key = (*_key(workspace.project, metric, objects), str(path))
    count = len(workspace.project.frames_table) if objects is None else objects.count
    return _or_nulls(workspace, metric, objects, lambda: _columns.get(key, column), lambda: count)


def _or_nulls(
    workspace: Workspace,
    metric: Metric,
    objects: ObjectSet | None,
    read: Callable[[], MetricColumn],
    count: Callable[[], int],
) -> MetricColumn:
    """What is kept; nothing but nulls where nothing is although a run has been through it.

    So it is where no object has pixels, and where the function of the metric fails.
    """
    try:
        return read()
    except MetricsMissing:
        if not read_settled(workspace).is_through(metric, objects, workspace.project):
            raise
    return _nulls(metric, count())


def _key(project: Project, metric: Metric, objects: ObjectSet | None) -> tuple[Hashable, ...]:
    of = () if objects is None else (objects.role, objects.name, objects.version)
    return (str(project.path), project.revision, metric.key, *of)


def _table(metric: Metric, table: MatchTable | None) -> MatchTable:
    if table is None:
        raise InputError(
            f"{metric.title} is known at an operating point only.",
            fix="Give the match table of the two sets: table=...",
        )
    return table


def _missing(metric: Metric) -> MetricsMissing:
    return MetricsMissing(f"{metric.title} has not been computed yet. Run: predscope metrics run")


def _on_objects(metric: Metric) -> Metric:
    """A metric of the same name on labels and on predictions is one of objects."""
    return Metric.from_json({**metric.to_json(), "measured_on": str(MeasuredOn.OBJECT)})
