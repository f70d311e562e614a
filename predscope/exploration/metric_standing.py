"""Where the values of one frame or object stand among all: what a reader asks of a number that they do not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.analysis.outliers import Severity, find_outliers
from predscope.exploration.metric_columns import choices, column_of
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.query import FrameQuery
from predscope.metrics.column import MetricColumn
from predscope.metrics.metadata import frame_metadata
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import short
from predscope.project import Project

_MEANINGLESS: Final = frozenset({"random", "object_random", "class"})
"""They have values, but no more or less of anything; or are said elsewhere."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One value and its place.

    Attributes:
        metric: of which.
        value: in words, with its unit.
        place: in words: "higher than 83% of frames"; "" where that says nothing.
        is_outlier: more than 1.5 interquartile ranges beyond the quartiles.
    """

    metric: Metric
    value: str
    place: str
    is_outlier: bool


def standings(project: Project, query: FrameQuery, index: int, side: Side = FRAMES) -> list[Standing]:
    """The metrics that are known of a frame, or of an object of a set, each with its place among all.

    Args:
        query: which sets count, and the operating point of outcomes.
        index: of the frame, or the row of the object.
    """
    noun = "frames" if side.role is None else side.role
    said_elsewhere = set(frame_metadata(project)) if side.role is None else set()
    found = []
    for metric in choices(project, side.role, side.set_name):
        column = column_of(project, metric.name, side.role, side.set_name, query)
        if column is None or metric.name in _MEANINGLESS | said_elsewhere or np.isnan(column.values[index]):
            continue
        found.append(_standing(column, index, noun))
    return found


def _standing(column: MetricColumn, index: int, noun: str) -> Standing:
    metric, value = column.metric, float(column.values[index])
    name = column.name_of(index)
    if name is not None:
        return Standing(metric, name, "", is_outlier=False)
    if metric.is_integer and metric.range == (0, 1):
        return Standing(metric, "yes" if value else "no", "", is_outlier=False)
    text = f"{f'{value:,.0f}' if metric.is_integer else short(value)} {metric.unit}".rstrip()
    is_outlier = bool(find_outliers(column).severity[index] > Severity.NONE)
    return Standing(metric, text, place_in_words(column.values, value, noun), is_outlier)


def place_in_words(values: np.ndarray, value: float, noun: str) -> str:
    """ "higher than 83% of frames", "lowest of 128 frames"; "" where all are alike.

    Args:
        values: float64 (n,); NaN are left out.
    """
    known = values[~np.isnan(values)]
    below, above = int(np.count_nonzero(known < value)), int(np.count_nonzero(known > value))
    if not below and not above:
        return ""
    if not above:
        return _extreme("highest", len(known), len(known) - below, noun)
    if not below:
        return _extreme("lowest", len(known), len(known) - above, noun)
    if below >= above:
        return f"higher than {_percent(below / len(known))} of {noun}"
    return f"lower than {_percent(above / len(known))} of {noun}"


def _extreme(word: str, count: int, alike: int, noun: str) -> str:
    return f"{word} of {count:,} {noun}" if alike == 1 else f"{word}, as {alike:,} of {count:,} {noun}"


def _percent(share: float) -> str:
    """Whole, but never 0% or 100% of what is neither none nor all."""
    return f"{min(max(round(share * 100), 1), 99)}%"
