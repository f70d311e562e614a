"""The numbers beside a gallery of objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.evaluation.tide import ErrorType
from predscope.exploration.metric_facets import MetricFacet, metric_facet
from predscope.exploration.object_conditions import OUTCOME_NAMES, Outcomes
from predscope.exploration.object_query import ERROR_WORDS, IGNORED_LABEL, ObjectQuery
from predscope.exploration.selection import Count


@dataclass(frozen=True, slots=True)
class ObjectCounters:
    """What a selection holds beside what the operating point has.

    Attributes:
        objects: selected of all items of the outcomes asked for, or of all.
        predictions: predictions among the selected (with their matches) of the predictions at the confidence or above.
        labels: missed labels among the selected, of the labels that count; with the ignored ones where the query asks
            for them.
        frames: frames that they lie in, of all.
    """

    objects: Count
    predictions: Count
    labels: Count
    frames: Count


@dataclass(frozen=True, slots=True)
class ObjectFacets:
    """Objects by outcome, reason of a false positive, kind of error (TIDE's) and class of what is counted, by name.

    And the values of the metrics that the query has ranges of, in its order.
    """

    outcomes: dict[str, int]
    reasons: dict[str, int]
    errors: dict[str, int]
    classes: dict[str, int]
    metrics: tuple[MetricFacet, ...]


def count_objects(
    table: MatchTable, query: ObjectQuery, frame_index: np.ndarray, is_label: np.ndarray, frame_count: int
) -> ObjectCounters:
    """The counters of a selection.

    Args:
        frame_index, is_label: int64 and bool (n,): of the selected.
        frame_count: frames of the project.
    """
    count, missed = len(is_label), int(np.count_nonzero(is_label))
    ignored = int(np.count_nonzero(table.labels.is_out)) if IGNORED_LABEL in query.outcomes else 0
    all_missed = int(np.count_nonzero(table.label_outcome == Outcome.FALSE_NEGATIVE))
    total = int(np.count_nonzero(table.outcome != Outcome.LEFT_OUT))
    return ObjectCounters(
        objects=Count(count, total + all_missed + ignored),
        predictions=Count(count - missed, total),
        labels=Count(missed, int(np.count_nonzero(~table.labels.is_out)) + ignored),
        frames=Count(len(np.unique(frame_index)), frame_count),
    )


def count_facets(outcomes: Outcomes, query: ObjectQuery) -> ObjectFacets:
    """What each further choice would give; each counted under all conditions but its own."""
    table = outcomes.table
    prediction, label = outcomes.chosen(query.with_(outcomes=(), reasons=()))
    by_outcome = np.bincount(table.outcome[prediction], minlength=len(Outcome))
    by_outcome += np.bincount(table.label_outcome[label], minlength=len(Outcome))
    if query.is_cell:
        by_outcome[Outcome.FALSE_NEGATIVE] += np.count_nonzero(table.is_confused[prediction])
    _, ignored = outcomes.chosen(query.with_(outcomes=(IGNORED_LABEL,), reasons=()))
    wrong, _ = outcomes.chosen(query.with_(outcomes=("fp",), reasons=()))
    by_reason = np.bincount(table.reason[wrong], minlength=len(Reason))
    wrong, label = outcomes.chosen(query.with_(errors=tuple(ERROR_WORDS)))
    by_error = np.bincount(outcomes.tide.error[wrong], minlength=len(ErrorType))
    by_error[ErrorType.MISS] = len(label)
    prediction, label = outcomes.chosen(query.with_(klass=None))
    classes = len(outcomes.class_names)
    by_class = np.bincount(table.predictions.class_id[prediction], minlength=classes)
    by_class += np.bincount(table.labels.class_id[label], minlength=classes)
    return ObjectFacets(
        {name: int(by_outcome[code]) for code, name in OUTCOME_NAMES.items()} | {IGNORED_LABEL: len(ignored)},
        {reason.name.lower(): int(by_reason[reason]) for reason in Reason if reason is not Reason.NONE},
        {name: int(by_error[ErrorType[name.upper()]]) for name in ERROR_WORDS},
        {name: int(number) for name, number in zip(outcomes.class_names, by_class, strict=True)},
        _metric_facets(outcomes, query),
    )


def _metric_facets(outcomes: Outcomes, query: ObjectQuery) -> tuple[MetricFacet, ...]:
    table = outcomes.table
    found = []
    for name in dict.fromkeys(one.name for one in query.metric_ranges):
        others = tuple(one for one in query.metric_ranges if one.name != name)
        prediction, label = outcomes.chosen(query.with_(metric_ranges=others))
        if query.side == "labels":
            prediction, label = prediction[:0], np.concatenate([table.label[prediction], label])
        sides = zip(outcomes.metric(name), (table.predictions.row[prediction], table.labels.row[label]), strict=True)
        parts = [(column, rows) for column, rows in sides if column is not None]
        if parts:
            found.append(metric_facet(parts))
    return tuple(found)
