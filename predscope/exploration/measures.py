"""What every frame holds under a query's sets and threshold, and which frames meet each of its conditions.

Arrays run over all frames of the project, in its order.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from predscope.exploration.columns import FrameColumns, ObjectColumns, frame_columns, object_columns
from predscope.exploration.kind_counts import KindCounts
from predscope.exploration.metric_columns import column_of
from predscope.exploration.outcomes import FrameOutcomes, evaluated_set, frame_outcomes, match_table
from predscope.exploration.query import CountRange, FrameQuery, chosen_label_set, chosen_sets
from predscope.metrics.column import MetricColumn
from predscope.metrics.ranges import MetricRange
from predscope.project import Project


class Measures:
    """Counts and sizes of every frame under a query's sets and threshold."""

    def __init__(self, project: Project, query: FrameQuery) -> None:
        self.n_frames = len(project.frames)
        self.threshold = query.confidence
        self._project, self._query = project, query
        self.evaluated = evaluated_set(project, query)
        self.frames: FrameColumns = frame_columns(project)
        label_set = chosen_label_set(project, query)
        self.labels: ObjectColumns | None = None if label_set is None else object_columns(project, "labels", label_set)
        self.predictions: dict[str, ObjectColumns] = {
            name: object_columns(project, "predictions", name) for name in chosen_sets(project, query)
        }
        self.label_counts = (
            np.zeros(self.n_frames, dtype=np.int64) if self.labels is None else self._count_rows(self.labels)
        )
        self.prediction_counts = {name: self._count_rows(columns) for name, columns in self.predictions.items()}

    def _count_rows(self, columns: ObjectColumns) -> np.ndarray:
        return np.bincount(columns.frame_index[columns.counting(self.threshold)], minlength=self.n_frames)

    @cached_property
    def prediction_total(self) -> np.ndarray:
        """Predictions of all chosen sets, as many as are drawn."""
        return sum(self.prediction_counts.values(), np.zeros(self.n_frames, dtype=np.int64))

    @cached_property
    def outcomes(self) -> FrameOutcomes | None:
        """Outcomes at the operating point, of the first chosen prediction set; None: there is nothing to compare."""
        query = self._query
        if self.evaluated is None:
            return None
        label_set = chosen_label_set(self._project, query)
        return frame_outcomes(
            self._project, self.evaluated, query.confidence, query.iou, label_set=label_set, by=query.by
        )

    @cached_property
    def kinds(self) -> KindCounts | None:
        """Objects of each kind of outcome by frame; None: there is nothing to compare."""
        query = self._query
        if self.evaluated is None:
            return None
        label_set = chosen_label_set(self._project, query)
        table = match_table(
            self._project, self.evaluated, query.confidence, query.iou, label_set=label_set, by=query.by
        )
        return KindCounts.of(table, self.n_frames)

    @property
    def missed_counts(self) -> np.ndarray:
        """int64: labels a frame that the prediction set misses."""
        return np.zeros(self.n_frames, dtype=np.int64) if self.outcomes is None else self.outcomes.fn

    @property
    def false_counts(self) -> np.ndarray:
        """int64: false positives a frame."""
        return np.zeros(self.n_frames, dtype=np.int64) if self.outcomes is None else self.outcomes.fp

    def precision(self) -> np.ndarray:
        """float64: precision of each frame; NaN where no prediction counts."""
        return np.full(self.n_frames, np.nan) if self.outcomes is None else self.outcomes.precision

    def recall(self) -> np.ndarray:
        """float64: recall of each frame; NaN where there are no labels."""
        return np.full(self.n_frames, np.nan) if self.outcomes is None else self.outcomes.recall

    def f1(self) -> np.ndarray:
        """float64: F1 of each frame; NaN where there are neither labels nor predictions."""
        return np.full(self.n_frames, np.nan) if self.outcomes is None else self.outcomes.f1

    def metric(self, name: str) -> MetricColumn | None:
        """A metric of frames; None if there is no such metric, or it has not been computed."""
        return column_of(self._project, name, None, None, self._query)

    def has_class(self, columns: ObjectColumns | None, class_ids: np.ndarray) -> np.ndarray:
        """bool: whether a frame has an object that counts of one of the classes."""
        found = np.zeros(self.n_frames, dtype=bool)
        if columns is not None and len(class_ids):
            counting = columns.counting_pairs(self.threshold)
            frames = columns.pair_frame[counting]
            found[frames[np.isin(columns.pair_class[counting], class_ids)]] = True
        return found

    def confidence(self, reduce: np.ufunc | None) -> np.ndarray:
        totals = np.zeros(self.n_frames)
        extremes = np.full(self.n_frames, np.nan)
        for columns in self.predictions.values():
            if columns.confidence is None:
                continue
            counting = columns.counting(self.threshold)
            frames, confidence = columns.frame_index[counting], columns.confidence[counting]
            if reduce is None:
                totals += np.bincount(frames, weights=confidence, minlength=self.n_frames)
            else:
                reduce.at(extremes, frames, confidence)
        if reduce is not None:
            return extremes
        counts = self.prediction_total
        return np.divide(totals, counts, out=extremes, where=counts > 0)

    def box_area(self, reduce: np.ufunc) -> np.ndarray:
        extremes = np.full(self.n_frames, np.nan)
        for columns in self.sets():
            counting = columns.counting(self.threshold)
            reduce.at(extremes, columns.frame_index[counting], columns.box_area[counting])
        return extremes

    def frame_area(self) -> np.ndarray:
        return self.frames.area

    def class_counts(self) -> np.ndarray:
        pairs = [
            (columns.pair_frame[counting].astype(np.int64) << 32) | columns.pair_class[counting]
            for columns in self.sets()
            for counting in (columns.counting_pairs(self.threshold),)
        ]
        if not pairs:
            return np.zeros(self.n_frames, dtype=np.int64)
        return np.bincount(np.unique(np.concatenate(pairs)) >> 32, minlength=self.n_frames)

    def sets(self) -> list[ObjectColumns]:
        """The label set, if there is one, and the prediction sets chosen."""
        return ([] if self.labels is None else [self.labels]) + list(self.predictions.values())


def frame_masks(measures: Measures, query: FrameQuery, class_names: list[str]) -> dict[str, np.ndarray]:
    """bool (number of frames,) for each condition of a query, by its name; ``attribute:<key>``, ``metric:<name>``."""
    masks: dict[str, np.ndarray] = {}
    id_of = {name: class_id for class_id, name in enumerate(class_names)}
    if query.label_classes:
        wanted = np.array([id_of[name] for name in query.label_classes if name in id_of], dtype=np.int32)
        masks["label_classes"] = measures.has_class(measures.labels, wanted)
    if query.predicted_classes:
        wanted = np.array([id_of[name] for name in query.predicted_classes if name in id_of], dtype=np.int32)
        masks["predicted_classes"] = np.zeros(measures.n_frames, dtype=bool)
        for columns in measures.predictions.values():
            masks["predicted_classes"] |= measures.has_class(columns, wanted)
    if query.text:
        masks["text"] = _text_mask(measures, query.text, class_names)
    if query.label_count is not None:
        masks["label_count"] = _within(measures.label_counts, query.label_count)
    if query.prediction_count is not None:
        masks["prediction_count"] = _within(measures.prediction_total, query.prediction_count)
    if query.missed_count is not None:
        masks["missed_count"] = _within(measures.missed_counts, query.missed_count)
    if query.false_count is not None:
        masks["false_count"] = _within(measures.false_counts, query.false_count)
    if query.kinds and measures.kinds is not None:
        counts = measures.kinds
        masks["kinds"] = np.any([counts[kind] > 0 for kind in query.kinds], axis=0)
    if query.image:
        masks["image"] = measures.frames.image_status == query.image
    if query.has == "no_labels":
        masks["has"] = measures.label_counts == 0
    elif query.has == "no_predictions":
        masks["has"] = measures.prediction_total == 0
    for key, value in query.attributes:
        name = f"attribute:{key}"
        masks[name] = masks.get(name, False) | _attribute_mask(measures, key, value)
    for one in query.metric_ranges:
        name = f"metric:{one.name}"
        masks[name] = masks.get(name, True) & held_in_range(one, measures.metric(one.name), measures.n_frames)
    return masks


def combine(masks: Mapping[str, np.ndarray], n_frames: int, without: str | None = None) -> np.ndarray:
    """The frames that meet every condition, or every one but ``without``."""
    combined = np.ones(n_frames, dtype=bool)
    for name, mask in masks.items():
        if name != without:
            combined &= mask
    return combined


def held_in_range(one: MetricRange, column: MetricColumn | None, count: int) -> np.ndarray:
    """bool (count,): which values are in a range; none where they are not known."""
    return np.zeros(count, dtype=bool) if column is None else one.holds(column)


def _attribute_mask(measures: Measures, key: str, value: str) -> np.ndarray:
    column = measures.frames.attributes.get(key)
    if column is None or value not in column.values:
        return np.zeros(measures.n_frames, dtype=bool)
    return column.codes == column.values.index(value)


def _text_mask(measures: Measures, text: str, class_names: list[str]) -> np.ndarray:
    mask = np.ones(measures.n_frames, dtype=bool)
    folded_names = [name.casefold() for name in class_names]
    for word in text.casefold().split():
        found = np.fromiter((word in place for place in measures.frames.text), bool, measures.n_frames)
        classes = np.array([index for index, name in enumerate(folded_names) if word in name], dtype=np.int32)
        for columns in measures.sets():
            found |= measures.has_class(columns, classes)
        mask &= found
    return mask


def _within(counts: np.ndarray, limits: CountRange) -> np.ndarray:
    low, high = limits
    return counts >= low if high is None else (counts >= low) & (counts <= high)
