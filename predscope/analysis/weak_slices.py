"""Weak slices: parts of the data, each with a readable rule, on which a model does worse than elsewhere.

Every condition on a metric, a category or the class, and every two of them on different metrics, is a candidate
(subgroup discovery to depth 2). What is reported has stood four tests:

- *significance*: so many wrong objects are not to be expected in a part of the data that was chosen blindly. Objects
  of a frame are not independent: counts are divided by a design effect first. The p value is a binomial tail.
- *multiplicity*: the false discovery rate over all candidates is held (Benjamini and Hochberg, 1995); and nothing at
  all is reported unless the whole search is significant at 5 % (Simes, 1986).
- *its parents*: two conditions together are worse than each of them alone.
- *its rivals*: what a stronger slice explains is not repeated; see ``slice_ranking``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from predscope.analysis.clustering import clusters_of, intra_cluster_correlation
from predscope.analysis.counted import CountedObjects, counted_objects, covers
from predscope.analysis.significance import false_discovery_adjusted
from predscope.analysis.slice_conditions import CLASS_NAME, class_column, conditions_on, may_explain
from predscope.analysis.slice_ranking import Candidates, rank
from predscope.analysis.slice_search import condition_masks, count_slices, examine, weighted_p_values, worth_a_look
from predscope.analysis.slice_sentences import sentence
from predscope.evaluation.intervals import wilson
from predscope.evaluation.match_table import MatchTable
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.schema import ObjectClass, Role

FALSE_DISCOVERY_RATE: Final = 0.1
SEARCH_LEVEL: Final = 0.05
"""How often a search over data without any weak slice may report one."""
DEFAULT_SUPPORT: Final = 20
DEFAULT_CLUSTERS: Final = 8
DEFAULT_DEFICIT: Final = 0.05
"""A smaller one may be certain in large data, and is still not worth anybody's time."""
DEFAULT_LIMIT: Final = 20


@dataclass(frozen=True)
class WeakSlice:
    """A part of the data on which a model does worse.

    Attributes:
        role: "labels": the share is recall; "predictions": it is precision.
        rule: one or two ranges that hold together; ``class`` is the name of the class.
        count: objects in the slice.
        right: of them found, or true positives.
        frames: that they are on.
        value: share of the right ones.
        low, high: 95 % interval (Wilson, on the effective counts).
        overall: the share over all objects of the side.
        deficit: overall - value.
        deficit_low: overall - high: what it is at least.
        excess_errors: deficit_low times count: errors more than elsewhere, at least.
        new_excess_errors: the same without the objects of the slices that come before: slices are ordered by it.
        p_value: one-sided, against a part of the data chosen blindly.
        q_value: the same among all candidates (Benjamini-Hochberg).
        same_as: other rules that pick nearly the same objects.
        sentence: all of it for people.
    """

    role: Role
    rule: tuple[MetricRange, ...]
    count: int
    right: int
    frames: int
    value: float
    low: float
    high: float
    overall: float
    deficit: float
    deficit_low: float
    excess_errors: float
    new_excess_errors: float
    p_value: float
    q_value: float
    same_as: tuple[tuple[MetricRange, ...], ...]
    sentence: str


def find_weak_slices(
    table: MatchTable,
    label_columns: Sequence[MetricColumn],
    prediction_columns: Sequence[MetricColumn],
    classes: Sequence[ObjectClass] = (),
    *,
    groups: np.ndarray | None = None,
    depth: int = 2,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
    minimum_count: int = DEFAULT_SUPPORT,
    minimum_clusters: int = DEFAULT_CLUSTERS,
    minimum_deficit: float = DEFAULT_DEFICIT,
    limit: int = DEFAULT_LIMIT,
) -> list[WeakSlice]:
    """The weak slices of both sides, strongest first: those of recall and of precision in one list.

    Args:
        label_columns: metrics of the labels, and of frames, to make conditions of; those that do not reach labels, and
            those that explain nothing (``may_explain``), are skipped.
        prediction_columns: the same for predictions.
        classes: by class id, for conditions on the class; empty: none.
        groups: int (frames,): frames that belong together (video, scene); None: frames are independent.
        depth: 1 or 2 conditions.
        minimum_count, minimum_clusters: smaller slices are not looked at: objects, and frames (or groups).
        minimum_deficit: how far the share has to be below that of all objects.
        limit: at most so many a side.
    """
    sides: tuple[tuple[Role, Sequence[MetricColumn]], ...] = (
        ("labels", label_columns),
        ("predictions", prediction_columns),
    )
    found: list[WeakSlice] = []
    for role, columns in sides:
        objects = counted_objects(table, role)
        usable = [column for column in columns if covers(column, role) and may_explain(column.metric, role)]
        measured = [objects.measured(column) for column in usable]
        if classes and all(column.metric.name != CLASS_NAME for column in measured):
            measured.append(class_column(objects, classes))
        found += search_side(
            objects,
            measured,
            groups=groups,
            depth=depth,
            false_discovery_rate=false_discovery_rate,
            minimum_count=minimum_count,
            minimum_clusters=minimum_clusters,
            minimum_deficit=minimum_deficit,
            limit=limit,
        )
    return sorted(found, key=lambda one: -one.new_excess_errors)


def search_side(
    objects: CountedObjects,
    columns: Sequence[MetricColumn],
    *,
    groups: np.ndarray | None = None,
    depth: int = 2,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
    minimum_count: int = DEFAULT_SUPPORT,
    minimum_clusters: int = DEFAULT_CLUSTERS,
    minimum_deficit: float = DEFAULT_DEFICIT,
    limit: int = DEFAULT_LIMIT,
) -> list[WeakSlice]:
    """The weak slices of one side; see ``find_weak_slices``.

    Args:
        columns: a value for each of the objects.
    """
    if len(objects) < 2 * minimum_count or objects.is_right.all() or not objects.is_right.any():
        return []
    cluster = clusters_of(objects.frame, groups)
    if (np.diff(cluster) < 0).any():
        order = np.argsort(cluster, kind="stable")
        objects, columns, cluster = objects.take(order), [column.take(order) for column in columns], cluster[order]
    conditions = [one for one in map(conditions_on, columns) if one is not None]
    if not conditions:
        return []
    counts = count_slices(objects.is_right, conditions, depth, minimum_count)
    chosen = worth_a_look(counts, len(objects), int(objects.is_right.sum()), minimum_deficit)
    correlation = intra_cluster_correlation(cluster, objects.is_right)
    masks = condition_masks(conditions, np.union1d(counts.first[chosen], counts.second[chosen]))
    candidates = examine(counts, chosen, masks, objects.is_right, cluster, correlation, minimum_clusters)
    weighted, tests = weighted_p_values(counts, chosen, candidates.p_value)
    q_values = false_discovery_adjusted(weighted, tests)
    if not len(q_values) or q_values.min() > min(SEARCH_LEVEL, false_discovery_rate):
        return []
    kept = candidates.take(np.flatnonzero(q_values <= false_discovery_rate))
    ranges = [(one.metric, wanted) for one in conditions for wanted in one.ranges]
    return _described(objects, kept, q_values[q_values <= false_discovery_rate], masks, ranges, limit)


def _described(
    objects: CountedObjects,
    candidates: Candidates,
    q_values: np.ndarray,
    masks: dict[int, np.ndarray],
    ranges: list[tuple[Metric, MetricRange]],
    limit: int,
) -> list[WeakSlice]:
    overall = float(objects.is_right.mean())
    number_of = {name: number for number, name in enumerate(dict.fromkeys(metric.name for metric, _ in ranges))}
    metric_of = np.array([number_of[metric.name] for metric, _ in ranges])

    def rule(place: int) -> list[tuple[Metric, MetricRange]]:
        wanted = dict.fromkeys((int(candidates.first[place]), int(candidates.second[place])))
        return [ranges[condition] for condition in wanted]

    found = []
    for place, score, same_as in rank(candidates, masks, metric_of, objects.is_right, limit):
        count, right, effect = (
            int(candidates.count[place]),
            int(candidates.right[place]),
            float(candidates.design_effect[place]),
        )
        low, high = (float(end) for end in wilson(right / effect, count / effect))
        mask = masks[int(candidates.first[place])] & masks[int(candidates.second[place])]
        found.append(
            WeakSlice(
                role=objects.role,
                rule=tuple(wanted for _, wanted in rule(place)),
                count=count,
                right=right,
                frames=len(np.unique(objects.frame[mask])),
                value=right / count,
                low=low,
                high=high,
                overall=overall,
                deficit=overall - right / count,
                deficit_low=overall - high,
                excess_errors=(overall - high) * count,
                new_excess_errors=score,
                p_value=float(candidates.p_value[place]),
                q_value=float(q_values[place]),
                same_as=tuple(tuple(wanted for _, wanted in rule(other)) for other in same_as),
                sentence=sentence(objects.role, rule(place), right / count, low, high, count, overall),
            )
        )
    return found


def slices_to_pandas(found: Sequence[WeakSlice]) -> pd.DataFrame:
    """One row a slice: its attributes, with ``rule`` as the text that addresses spell it."""
    names = [
        *("role", "count", "right", "frames", "value", "low", "high", "overall", "deficit", "deficit_low"),
        *("excess_errors", "new_excess_errors", "p_value", "q_value", "sentence"),
    ]
    return pd.DataFrame(
        [
            {"rule": " ".join(wanted.to_param() for wanted in one.rule)} | {name: getattr(one, name) for name in names}
            for one in found
        ],
        columns=["rule", *names],
    )
