"""Which metrics have to do with whether a model is right: mutual information and rank correlation.

The mutual information of a metric (in bins) and an outcome is divided by the entropy of the outcome: the share of what
is uncertain about the outcome that goes away when the metric is known (Theil's uncertainty coefficient), 0 to 1.

Few objects in many bins look informative by chance. So every number stands beside what chance gives: tables with the
same margins, drawn at random as if the metric were shuffled over the objects. Objects of a frame are not independent,
and tell less than as many single ones: the tables are drawn with the counts divided by the mean design effect of the
bins (as Rao and Scott, 1981, scale chi-square).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from predscope.analysis.clustering import clusters_of
from predscope.analysis.counted import CountedObjects, counted_objects, covers
from predscope.analysis.significance import false_discovery_adjusted
from predscope.evaluation.match_table import MatchTable
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import Metric
from predscope.schema import Role

Target = Literal["correct", "iou"]

DEFAULT_SHUFFLES: Final = 200
_BINS: Final = 10
_IOU_EDGES: Final = np.linspace(0, 1, 11)[1:-1]
_FEWEST: Final = 20


@dataclass(frozen=True, eq=False)
class MetricImportance:
    """How much one metric tells of an outcome on one side.

    Attributes:
        metric: which.
        role: "labels": whether they are found; "predictions": whether they are right.
        target: "correct": that; "iou": the IoU with the match, or with the nearest where there is none.
        count: objects with a value; the others are left out, not given one.
        missing: objects without.
        information: mutual information over the entropy of the target, 0 to 1.
        by_chance: its mean when the metric has nothing to do with the target.
        threshold: what chance exceeds in one case of twenty.
        p_value: how often chance gives as much; never below 1 / (shuffles + 1).
        q_value: among all metrics of the side and target (Benjamini-Hochberg).
        correlation: Spearman's, -1 to 1, ties by mean ranks; NaN for categories and constants.
    """

    metric: Metric
    role: Role
    target: Target
    count: int
    missing: int
    information: float
    by_chance: float
    threshold: float
    p_value: float
    q_value: float
    correlation: float

    @property
    def beyond_chance(self) -> float:
        """Information less what chance gives, never below 0: what a chart is sorted by."""
        return max(self.information - self.by_chance, 0.0)


def metric_importance(
    table: MatchTable,
    label_columns: Sequence[MetricColumn],
    prediction_columns: Sequence[MetricColumn],
    *,
    class_id: int | None = None,
    groups: np.ndarray | None = None,
    shuffles: int = DEFAULT_SHUFFLES,
    seed: int = 0,
) -> list[MetricImportance]:
    """Every metric against correctness and against IoU, on each side that has it; the most important first.

    Args:
        label_columns: of labels and of frames; those that do not reach labels are skipped, and so are metrics that are
            computed from the outcomes themselves.
        prediction_columns: the same for predictions.
        class_id: only objects of this class; None: all.
        groups: int (frames,): frames that belong together (video, scene); None: frames are independent.
        shuffles: how many tables chance is judged by.
        seed: equal seeds give equal numbers.
    """
    rng = np.random.default_rng(seed)
    sides: tuple[tuple[Role, Sequence[MetricColumn]], ...] = (
        ("labels", label_columns),
        ("predictions", prediction_columns),
    )
    found: list[MetricImportance] = []
    for role, columns in sides:
        objects = counted_objects(table, role, class_id)
        usable = [column for column in columns if covers(column, role) and column.metric.needs != "outcomes"]
        if len(objects) >= _FEWEST:
            found += _side(objects, [objects.measured(column) for column in usable], groups, shuffles, rng)
    return sorted(found, key=lambda one: -one.beyond_chance)


def importance_to_pandas(found: Sequence[MetricImportance]) -> pd.DataFrame:
    """One row a metric, side and target: ``metric`` (name), ``title`` and the attributes of ``MetricImportance``."""
    names = [
        *("role", "target", "count", "missing", "information", "by_chance", "threshold", "beyond_chance"),
        *("p_value", "q_value", "correlation"),
    ]
    return pd.DataFrame(
        [
            {"metric": one.metric.name, "title": one.metric.title} | {name: getattr(one, name) for name in names}
            for one in found
        ],
        columns=["metric", "title", *names],
    )


@dataclass(frozen=True, eq=False)
class _Target:
    """What is to be explained: its level of each object, and it as a number."""

    name: Target
    level: np.ndarray
    value: np.ndarray


def _side(
    objects: CountedObjects,
    columns: Sequence[MetricColumn],
    groups: np.ndarray | None,
    shuffles: int,
    rng: np.random.Generator,
) -> list[MetricImportance]:
    cluster = clusters_of(objects.frame, groups)
    targets = (
        _Target("correct", objects.is_right.astype(np.int64), objects.is_right.astype(np.float64)),
        _Target("iou", np.searchsorted(_IOU_EDGES, objects.iou, side="right"), _mean_ranks(objects.iou)),
    )
    found: list[tuple[Metric, Target, int, float, np.ndarray, float]] = []
    for column in columns:
        known = np.flatnonzero(~column.is_missing)
        if len(known) < _FEWEST:
            continue
        codes, ranks = _levels(column, known)
        for target in targets:
            level, value = target.level[known], target.value[known]
            counts = np.bincount(
                codes * _levels_of(target) + level, minlength=(int(codes.max()) + 1) * _levels_of(target)
            )
            counts = counts.reshape(-1, _levels_of(target))
            counts = counts[counts.any(axis=1)][:, counts.any(axis=0)]
            effect = _mean_design_effect(codes, value, cluster[known])
            chance = _uncertainty_explained(_shuffled(*_effective_margins(counts, effect), shuffles, rng))
            information = float(_uncertainty_explained(counts[None])[0])
            correlation = np.nan if ranks is None else _correlation(ranks, value)
            found.append((column.metric, target.name, len(known), information, chance, correlation))
    result = []
    for target in targets:
        own = [one for one in found if one[1] == target.name]
        p_values = np.array(
            [(1 + (chance >= information).sum()) / (len(chance) + 1) for *_, information, chance, _ in own]
        )
        q_values = false_discovery_adjusted(p_values)
        for (metric, name, count, information, chance, correlation), p_value, q_value in zip(
            own, p_values.tolist(), q_values.tolist(), strict=True
        ):
            result.append(
                MetricImportance(
                    metric=metric,
                    role=objects.role,
                    target=name,
                    count=count,
                    missing=len(objects) - count,
                    information=information,
                    by_chance=float(chance.mean()),
                    threshold=float(np.quantile(chance, 0.95)),
                    p_value=p_value,
                    q_value=q_value,
                    correlation=correlation,
                )
            )
    return result


def _levels_of(target: _Target) -> int:
    return 2 if target.name == "correct" else len(_IOU_EDGES) + 1


def _levels(column: MetricColumn, known: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The bin of each known value, and its rank (None for categories), from one sort."""
    if column.codes is not None:
        return column.codes[known].astype(np.int64), None
    values = column.values[known]
    order = np.argsort(values)
    ordered = values[order]
    is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(ordered))
    level = np.cumsum(is_first) - 1
    # equal values are in one bin: that of the middle of their places
    bin_of_level = ((starts + ends - 1) // 2) * _BINS // len(ordered) if len(starts) > _BINS else np.arange(len(starts))
    codes, ranks = np.empty(len(values), np.int64), np.empty(len(values))
    codes[order] = bin_of_level[level]
    ranks[order] = ((starts + ends - 1) / 2)[level]
    return codes, ranks


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    """float64 (n,): ranks from 0; equal values have the mean of theirs."""
    _, level, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[level]


def _uncertainty_explained(tables: np.ndarray) -> np.ndarray:
    """float64 (tables,): mutual information over the entropy of the columns, of (tables, bins, levels) counts."""
    total = tables[0].sum()

    def sum_of_logs(counts: np.ndarray) -> np.ndarray:
        numbers = counts.astype(np.float64)
        return (numbers * np.log(np.maximum(numbers, 1))).sum(axis=tuple(range(1, counts.ndim)))

    rows, columns = sum_of_logs(tables.sum(axis=2)), sum_of_logs(tables.sum(axis=1))
    whole = total * np.log(total)
    information = sum_of_logs(tables) - rows - columns + whole
    entropy = whole - columns
    return np.divide(np.maximum(information, 0), entropy, out=np.zeros(len(tables)), where=entropy > 1e-12 * whole)


def _shuffled(rows: np.ndarray, columns: np.ndarray, shuffles: int, rng: np.random.Generator) -> np.ndarray:
    """int64 (shuffles, bins, levels): tables of these totals, as if the bins were shuffled over the objects.

    Level by level, bin by bin, the number in a cell is hypergeometric given what is left of its row and column.
    """
    tables = np.empty((shuffles, len(rows), len(columns)), np.int64)
    left = np.broadcast_to(rows, (shuffles, len(rows))).copy()
    for level, wanted in enumerate(columns[:-1].tolist()):
        need = np.full(shuffles, wanted)
        behind = left.sum(axis=1)
        for place in range(len(rows)):
            behind = behind - left[:, place]
            drawn = rng.hypergeometric(left[:, place], behind, need)
            tables[:, place, level] = drawn
            need = need - drawn
        left -= tables[:, :, level]
    tables[:, :, -1] = left
    return tables


def _effective_margins(counts: np.ndarray, effect: float) -> tuple[np.ndarray, np.ndarray]:
    """int64 (bins,) and (levels,): totals of a table, divided by the design effect."""
    rows, columns = (np.maximum(np.rint(counts.sum(axis=axis) / effect), 1).astype(np.int64) for axis in (1, 0))
    # rounding must not leave two different totals: the largest of the smaller side makes up for it
    smaller, difference = (
        (columns, rows.sum() - columns.sum()) if rows.sum() > columns.sum() else (rows, columns.sum() - rows.sum())
    )
    smaller[smaller.argmax()] += difference
    return rows, columns


def _mean_design_effect(codes: np.ndarray, value: np.ndarray, cluster: np.ndarray) -> float:
    """How much more the sums of bins vary than if objects were independent; the mean over the bins, at least 1."""
    counts = np.bincount(codes)
    means = np.bincount(codes, value) / np.maximum(counts, 1)
    residual = value - means[codes]
    width = len(counts)
    sums = np.bincount(cluster * width + codes, residual)
    bin_of_sum = np.arange(len(sums)) % width
    clusters = np.bincount(bin_of_sum[np.bincount(cluster * width + codes) > 0], minlength=width)
    clustered = np.bincount(bin_of_sum, sums**2, minlength=width) * clusters / np.maximum(clusters - 1, 1)
    alone = np.bincount(codes, residual**2, minlength=width)
    used = alone > 0
    return max(1.0, float((clustered[used] / alone[used]).mean())) if used.any() else 1.0


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's, of ranks; NaN where one does not vary."""
    one, other = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / scale) if scale > 0 else np.nan
