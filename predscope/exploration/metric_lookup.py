"""Whether a metric exists in a project, and whether its values are there: what a link that names one has to be asked.

Importing this module loads no metrics; the first question does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from predscope import metrics
from predscope.errors import PredscopeError
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project
from predscope.schema import Role

METRIC_SORT: Final = "metric:"
"""In front of the name of a metric where a link names an order."""


@dataclass(frozen=True, slots=True)
class Side:
    """Whose values are meant: those of frames (``role`` None), or of the objects of a set.

    Attributes:
        role: None: of frames.
        set_name: of the objects; None: the first set of the role.
    """

    role: Role | None = None
    set_name: str | None = None


FRAMES: Final = Side()


def choices(project: Project, role: Role | None = None, set_name: str | None = None) -> list[Metric]:
    """The metrics that frames (``role`` None) or the objects of a set can have here, computed already or not."""
    try:
        return metrics.available_metrics(project, role, set_name)
    except PredscopeError:  # no such set
        return []


def metric_named(project: Project, name: str, side: Side) -> Metric | None:
    """The metric of that name on one side; objects also have the metrics of the frames that they are on."""
    own = (metric for metric in choices(project, side.role, side.set_name) if metric.name == name)
    found = next(own, None)
    return metric_named(project, name, FRAMES) if found is None and side.role is not None else found


def is_ready(
    project: Project, name: str, side: Side, *, label_set: str | None = None, prediction_set: str | None = None
) -> bool:
    """Whether a metric that exists has its values: computed ahead, or whenever they are asked for.

    Args:
        label_set, prediction_set: whose objects count, where a metric of frames looks at objects.
    """
    metric = metric_named(project, name, side)
    if metric is None:
        return False
    if metric.needs == "outcomes":
        return True
    try:
        if side.role is None:
            metrics.frame_column(project, name, label_set=label_set, prediction_set=prediction_set)
        else:
            metrics.object_column(
                project, name, side.role, side.set_name, label_set=label_set, prediction_set=prediction_set
            )
    except PredscopeError:
        return False
    return True


def usable_ranges(
    project: Project,
    texts: list[str],
    sides: tuple[Side, ...],
    *,
    label_set: str | None = None,
    prediction_set: str | None = None,
) -> tuple[tuple[MetricRange, ...], list[str]]:
    """The ranges that a link names, and what of them makes no sense here, in words.

    Args:
        texts: as ``MetricRange.to_param`` writes them.
        sides: a metric has to exist on one of them.
    """
    found: list[MetricRange] = []
    ignored = []
    for text in dict.fromkeys(filter(None, texts)):
        wanted = MetricRange.from_param(text)
        if wanted is None:
            ignored.append(f"range “{text}”")
            continue
        problem = why_not(project, wanted.name, sides, label_set=label_set, prediction_set=prediction_set)
        if problem:
            ignored.append(problem)
        else:
            found.append(wanted)
    return tuple(dict.fromkeys(found)), ignored


def why_not(
    project: Project,
    name: str,
    sides: tuple[Side, ...],
    *,
    label_set: str | None = None,
    prediction_set: str | None = None,
) -> str:
    """Why a metric cannot be used, such as "metric “age”"; "" if it can, on one of some sides."""
    named = [side for side in sides if metric_named(project, name, side) is not None]
    if not named:
        return f"metric “{name}”"
    if not any(is_ready(project, name, side, label_set=label_set, prediction_set=prediction_set) for side in named):
        return f"metric “{name}” (not computed yet)"
    return ""
