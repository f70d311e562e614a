"""A query's conditions one by one, in words, each with the query that is left when it is removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from predscope.exploration.comparison import COMPARISON_WORDS
from predscope.exploration.metric_lookup import FRAMES, Side, metric_named
from predscope.exploration.outcome_kinds import KIND_WORDS
from predscope.exploration.query import AUTOMATIC, CountRange, FrameQuery
from predscope.exploration.selection import select_frames
from predscope.exploration.sorting import rate
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from predscope.metrics.registry import all_metrics
from predscope.project import Project


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One condition.

    Attributes:
        key: stable within a query, e.g. ``label:car``.
        text: in words, e.g. ``label: car``.
        without: the query without it.
    """

    key: str
    text: str
    without: FrameQuery


def active_filters(query: FrameQuery, project: Project | None = None) -> tuple[ActiveFilter, ...]:
    """Everything that narrows what is shown, in a fixed order; the order of frames and the label set do not.

    Args:
        project: where metrics have their titles from; None: those of users are called by their names.
    """
    filters: list[ActiveFilter] = []

    def add(key: str, text: str, without: FrameQuery) -> None:
        filters.append(ActiveFilter(key, text, without))

    if query.text:
        add("text", f"“{query.text}”", query.with_(text=""))
    for name in query.prediction_sets:
        rest = tuple(other for other in query.prediction_sets if other != name)
        add(f"model:{name}", f"model: {name}", query.with_(prediction_sets=rest))
    if query.confidence != query.default_confidence:
        text = f"confidence ≥ {threshold(query.confidence)}" if query.confidence else "any confidence"
        add("confidence", text, query.with_(confidence=query.default_confidence))
    if query.iou != query.default_iou:
        likeness = "OKS" if query.by == "keypoints" else "IoU"
        add("iou", f"{likeness} ≥ {threshold(query.iou)}", query.with_(iou=query.default_iou))
    if query.by:
        add("by", f"compared by {COMPARISON_WORDS[query.by]}", query.with_(by=AUTOMATIC))
    for name in query.label_classes:
        rest = tuple(other for other in query.label_classes if other != name)
        add(f"label:{name}", f"label: {name}", query.with_(label_classes=rest))
    for name in query.predicted_classes:
        rest = tuple(other for other in query.predicted_classes if other != name)
        add(f"prediction:{name}", f"prediction: {name}", query.with_(predicted_classes=rest))
    if query.label_count is not None:
        add("label_count", _range_in_words(query.label_count, "label"), query.with_(label_count=None))
    if query.prediction_count is not None:
        add(
            "prediction_count",
            _range_in_words(query.prediction_count, "prediction"),
            query.with_(prediction_count=None),
        )
    if query.missed_count is not None:
        add("missed_count", _range_in_words(query.missed_count, "missed label"), query.with_(missed_count=None))
    if query.false_count is not None:
        add("false_count", _range_in_words(query.false_count, "false alarm"), query.with_(false_count=None))
    for name in query.kinds:
        rest = tuple(other for other in query.kinds if other != name)
        add(f"kind:{name}", f"with {KIND_WORDS[name]}", query.with_(kinds=rest))
    if query.image:
        words = {"ok": "image readable", "missing": "image missing", "unreadable": "image unreadable"}
        add("image", words[query.image], query.with_(image=""))
    if query.has:
        add("has", query.has.replace("_", " "), query.with_(has=""))
    for pair in query.attributes:
        left = tuple(other for other in query.attributes if other != pair)
        add(f"meta:{pair[0]}:{pair[1]}", f"{pair[0]}: {pair[1]}", query.with_(attributes=left))
    for one in query.metric_ranges:
        others = tuple(other for other in query.metric_ranges if other != one)
        add(f"metric:{one.to_param()}", range_in_words(one, project, (FRAMES,)), query.with_(metric_ranges=others))
    return tuple(filters)


def without_filters(query: FrameQuery) -> FrameQuery:
    """The same sets in the same order, nothing narrowed."""
    return FrameQuery(
        label_set=query.label_set,
        confidence=query.default_confidence,
        iou=query.default_iou,
        default_confidence=query.default_confidence,
        default_iou=query.default_iou,
        sort=query.sort,
        descending=query.descending,
    )


def relaxations(project: Project, query: FrameQuery) -> list[tuple[ActiveFilter, int]]:
    """For a query that selects nothing: its filters whose removal alone selects something, most frames first."""
    found = [(active, len(select_frames(project, active.without))) for active in active_filters(query, project)]
    return sorted(((active, frames) for active, frames in found if frames), key=lambda entry: -entry[1])


def range_in_words(one: MetricRange, project: Project | None = None, sides: Sequence[Side] = ()) -> str:
    """A range of a metric as a chip says it: "brightness below .25"."""
    named = (metric_named(project, one.name, side) for side in sides) if project is not None else ()
    metric = next((found for found in named if found is not None), None) or all_metrics().get(one.name)
    return one.text(metric or Metric(one.name, one.name.replace("_", " "), MeasuredOn.FRAME))


def threshold(value: float) -> str:
    """A threshold with as many digits as it has, at least two: ``.50``, ``.4321``."""
    return rate(value) if round(value, 2) == value else f"{value:.6g}".removeprefix("0")


def _range_in_words(limits: CountRange, noun: str) -> str:
    low, high = limits
    if high is None:
        return f"{low} or more {noun}s"
    if low == high:
        return f"{low} {noun}" if low == 1 else f"{low} {noun}s"
    return f"{low} to {high} {noun}s" if low else f"at most {high} {noun}s"
