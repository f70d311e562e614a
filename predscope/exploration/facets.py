"""What is in a selection by class, metadata, count and confidence: the numbers beside the filters.

Every number tells what choosing it would give: a facet is counted under all conditions but its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.exploration.columns import ObjectColumns
from predscope.exploration.measures import Measures, combine
from predscope.exploration.metric_facets import MetricFacet, metric_facet
from predscope.exploration.outcome_kinds import KIND_WORDS
from predscope.exploration.query import ABSENCES, IMAGE_STATES, FrameQuery

MAX_ATTRIBUTE_VALUES: Final = 40
"""A key with more distinct values is no facet; text search finds those."""
CONFIDENCE_BINS: Final = 20
MAX_COUNT_BINS: Final = 24


@dataclass(frozen=True, slots=True)
class ClassFacet:
    """A class that objects of the project have.

    Attributes:
        class_id, name: the class.
        frames: frames that choosing it would leave, by itself.
        objects: its objects in them.
        total: its objects in the whole project, whatever their confidence.
        chosen: whether the query names it.
    """

    class_id: int
    name: str
    frames: int
    objects: int
    total: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ValueFacet:
    """A value that a query may ask for, the frames that it would leave, and whether it is asked for."""

    value: str
    frames: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in bins ``edges[i] <= value < edges[i + 1]`` (the last one closed)."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """All facets of a selection.

    Attributes:
        label_classes, predicted_classes: classes with objects of that role, by class id.
        attributes: metadata with few distinct values, by key.
        image: frames by state of the image; only states that occur.
        has: frames without labels or without predictions.
        label_count, prediction_count: frames by number of objects.
        missed_count, false_count: frames by number of missed labels and of false positives; None where there is
            nothing to compare.
        kinds: frames by the kinds of outcomes that they have (``KIND_WORDS``); empty where there is nothing to
            compare.
        metrics: those that the query has ranges of, in its order.
        confidence: predictions of the selected frames by confidence, whatever the threshold.
    """

    label_classes: tuple[ClassFacet, ...]
    predicted_classes: tuple[ClassFacet, ...]
    attributes: dict[str, tuple[ValueFacet, ...]]
    image: tuple[ValueFacet, ...]
    has: tuple[ValueFacet, ...]
    label_count: Histogram
    prediction_count: Histogram
    missed_count: Histogram | None
    false_count: Histogram | None
    kinds: tuple[ValueFacet, ...]
    metrics: tuple[MetricFacet, ...]
    confidence: Histogram


def count_facets(
    measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery, class_names: list[str]
) -> Facets:
    """Count every facet under all conditions but its own."""
    label_sets = [] if measures.labels is None else [measures.labels]
    return Facets(
        label_classes=_class_facets(
            measures, label_sets, combine(masks, measures.n_frames, "label_classes"), class_names, query.label_classes
        ),
        predicted_classes=_class_facets(
            measures,
            list(measures.predictions.values()),
            combine(masks, measures.n_frames, "predicted_classes"),
            class_names,
            query.predicted_classes,
        ),
        attributes={
            key: _attribute_facet(measures, masks, query, key)
            for key, column in measures.frames.attributes.items()
            if 1 < len(column.values) <= MAX_ATTRIBUTE_VALUES or any(key == chosen for chosen, _ in query.attributes)
        },
        image=_image_facet(measures, masks, query),
        has=_absence_facet(measures, masks, query),
        label_count=_count_histogram(measures.label_counts, combine(masks, measures.n_frames, "label_count")),
        prediction_count=_count_histogram(
            measures.prediction_total, combine(masks, measures.n_frames, "prediction_count")
        ),
        missed_count=_outcome_histogram(measures, masks, "missed_count"),
        false_count=_outcome_histogram(measures, masks, "false_count"),
        kinds=_kind_facet(measures, masks, query),
        metrics=_metric_facets(measures, masks, query),
        confidence=_confidence_histogram(measures, combine(masks, measures.n_frames)),
    )


def _class_facets(
    measures: Measures,
    sets: list[ObjectColumns],
    frames: np.ndarray,
    class_names: list[str],
    chosen: tuple[str, ...],
) -> tuple[ClassFacet, ...]:
    n_classes = len(class_names)
    objects = np.zeros(n_classes, dtype=np.int64)
    totals = np.zeros(n_classes, dtype=np.int64)
    pairs = []
    for columns in sets:
        counting = columns.counting(measures.threshold)
        classes = columns.class_id[counting]
        totals += np.bincount(columns.class_id, minlength=n_classes)
        objects += np.bincount(classes[frames[columns.frame_index[counting]]], minlength=n_classes)
        counting_pairs = columns.counting_pairs(measures.threshold)
        pair_frame, pair_class = columns.pair_frame[counting_pairs], columns.pair_class[counting_pairs]
        within = frames[pair_frame]
        pairs.append((pair_frame[within], pair_class[within]))
    if len(pairs) > 1:  # a frame counts once, in however many sets the class is found
        keys = np.unique(np.concatenate([frame.astype(np.int64) * n_classes + class_id for frame, class_id in pairs]))
        frame_counts = np.bincount(keys % n_classes, minlength=n_classes)
    else:
        frame_counts = np.bincount(pairs[0][1], minlength=n_classes) if pairs else np.zeros(n_classes, dtype=np.int64)
    return tuple(
        ClassFacet(class_id, name, int(frame_counts[class_id]), int(objects[class_id]), int(total), name in chosen)
        for class_id, (name, total) in enumerate(zip(class_names, totals, strict=True))
        if total or name in chosen
    )


def _attribute_facet(
    measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery, key: str
) -> tuple[ValueFacet, ...]:
    column = measures.frames.attributes[key]
    codes = column.codes[combine(masks, measures.n_frames, f"attribute:{key}")]
    counts = np.bincount(codes[codes >= 0], minlength=len(column.values))
    facets = (
        ValueFacet(value, int(count), (key, value) in query.attributes)
        for value, count in zip(column.values, counts, strict=True)
    )
    if len(column.values) > MAX_ATTRIBUTE_VALUES:
        return tuple(facet for facet in facets if facet.chosen)
    return tuple(facets)


def _image_facet(measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery) -> tuple[ValueFacet, ...]:
    states = measures.frames.image_status
    within = states[combine(masks, measures.n_frames, "image")]
    return tuple(
        ValueFacet(state, int(np.count_nonzero(within == state)), state == query.image)
        for state in IMAGE_STATES
        if state == query.image or np.any(states == state)
    )


def _absence_facet(measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery) -> tuple[ValueFacet, ...]:
    within = combine(masks, measures.n_frames, "has")
    empty = {"no_labels": measures.label_counts == 0, "no_predictions": measures.prediction_total == 0}
    return tuple(ValueFacet(name, int(np.count_nonzero(empty[name] & within)), name == query.has) for name in ABSENCES)


def _kind_facet(measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery) -> tuple[ValueFacet, ...]:
    counts = measures.kinds
    if counts is None:
        return ()
    within = combine(masks, measures.n_frames, "kinds")
    return tuple(
        ValueFacet(kind, int(np.count_nonzero((counts[kind] > 0) & within)), kind in query.kinds) for kind in KIND_WORDS
    )


def _metric_facets(measures: Measures, masks: Mapping[str, np.ndarray], query: FrameQuery) -> tuple[MetricFacet, ...]:
    columns = {one.name: measures.metric(one.name) for one in query.metric_ranges}
    return tuple(
        metric_facet([(column, np.flatnonzero(combine(masks, measures.n_frames, f"metric:{name}")))])
        for name, column in columns.items()
        if column is not None
    )


def _outcome_histogram(measures: Measures, masks: Mapping[str, np.ndarray], name: str) -> Histogram | None:
    if measures.outcomes is None:
        return None
    counts = measures.missed_counts if name == "missed_count" else measures.false_counts
    return _count_histogram(counts, combine(masks, measures.n_frames, name))


def _count_histogram(counts: np.ndarray, frames: np.ndarray) -> Histogram:
    """Bins are whole numbers wide and span all frames, so that they stay put while other filters change."""
    highest = int(counts.max(initial=0))
    width = max(1, -(-(highest + 1) // MAX_COUNT_BINS))
    bins = highest // width + 1
    return Histogram(
        edges=tuple(float(edge) for edge in np.arange(bins + 1) * width),
        counts=tuple(np.bincount(counts[frames] // width, minlength=bins).tolist()),
    )


def _confidence_histogram(measures: Measures, frames: np.ndarray) -> Histogram:
    counts = np.zeros(CONFIDENCE_BINS, dtype=np.int64)
    for columns in measures.predictions.values():
        if columns.confidence is not None:
            within = columns.confidence[frames[columns.frame_index]]
            bins = np.clip((within * CONFIDENCE_BINS).astype(np.int64), 0, CONFIDENCE_BINS - 1)
            counts += np.bincount(bins, minlength=CONFIDENCE_BINS)
    return Histogram(tuple((np.arange(CONFIDENCE_BINS + 1) / CONFIDENCE_BINS).tolist()), tuple(counts.tolist()))
