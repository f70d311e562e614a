"""The question that the gallery answers, as a value: which frames, in which order.

A ``FrameQuery`` travels in the address of a page, so its parameters are short, stable and readable, name classes and
sets by their names, and leave out whatever stands at its default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import quote, unquote

from predscope.evaluation.objects import IouType
from predscope.exploration.metric_lookup import FRAMES, METRIC_SORT, usable_ranges, why_not
from predscope.exploration.outcome_kinds import KIND_WORDS
from predscope.exploration.sorting import NEED_OUTCOMES, SORTS
from predscope.metrics.ranges import MetricRange
from predscope.project import Project
from predscope.schema import ImageStatus

Parameters = Mapping[str, str | Sequence[str]]
CountRange = tuple[int, int | None]
"""Lowest and highest count, both included; None: no upper end."""

IMAGE_STATES: Final = tuple(str(status) for status in ImageStatus)
ABSENCES: Final = ("no_labels", "no_predictions")
DEFAULT_SORT: Final = "frame"
CONFIDENCE_SETTING: Final = "confidence"
"""The project setting that holds its default confidence threshold, 0..1."""
IOU_SETTING: Final = "iou"
"""The project setting that holds its default IoU threshold."""
DEFAULT_IOU: Final = 0.5
LOWEST_IOU: Final = 0.1
"""Below it, candidate pairs are not kept."""
AUTOMATIC: Final = ""
"""The comparison that suits what the two sets hold, see ``predscope.exploration.comparison``."""
COMPARISONS: Final = (AUTOMATIC, *(str(iou_type) for iou_type in IouType))

_MAX_TEXT: Final = 200
_RANGE: Final = re.compile(r"(\d{1,9})?(\.\.)?(\d{1,9})?")


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """Which frames are shown, what of their objects counts, and in which order.

    A frame qualifies when it meets every field that is set; within ``label_classes``, ``predicted_classes`` and the
    values of one attribute, any one suffices. ``FrameQuery.of(project)`` is the query that shows everything.

    Attributes:
        label_set: name of the label set; None: the project's first.
        prediction_sets: names of the prediction sets that count; empty: all, in the project's order.
        confidence: 0..1; predictions below it count nowhere.
        iou: 0.1..1; lowest IoU of a match. With the confidence it is the operating point.
        by: of ``COMPARISONS``: by which likeness objects are compared, the value of an ``IouType``; ``AUTOMATIC``: as
            suits them. It belongs to the operating point.
        label_classes: class names; the frame has a label of one of them.
        predicted_classes: class names; the frame has a prediction of one of them at ``confidence`` or above.
        text: words, each of which must occur (in any case) in the frame's id, file name, attribute values or in the
            name of a class that it shows.
        label_count, prediction_count: how many labels / predictions at ``confidence`` or above, over all sets chosen.
        missed_count, false_count: how many labels are missed / predictions are false alarms at the operating point;
            of several prediction sets the first chosen one is meant (``outcomes.evaluated_set``).
        kinds: of ``KIND_WORDS``; the frame has an object of one of these kinds at the operating point.
        image: "" or a value of ``ImageStatus``.
        has: "", "no_labels" or "no_predictions".
        attributes: (key, value) pairs of frame metadata.
        metric_ranges: values that metrics of frames must have; of several, all. Metrics that look at predictions look
            at the first chosen set.
        sort: name of a sort in ``SORTS``, or ``metric:`` and the name of a metric of frames.
        descending: largest value first.
        default_confidence, default_iou: the project's own operating point, which is left out of the parameters.
        ignored: what of the parameters could not be understood, in words; no part of the query itself.
    """

    label_set: str | None = None
    prediction_sets: tuple[str, ...] = ()
    confidence: float = 0.0
    iou: float = DEFAULT_IOU
    by: str = AUTOMATIC
    label_classes: tuple[str, ...] = ()
    predicted_classes: tuple[str, ...] = ()
    text: str = ""
    label_count: CountRange | None = None
    prediction_count: CountRange | None = None
    missed_count: CountRange | None = None
    false_count: CountRange | None = None
    image: str = ""
    has: str = ""
    kinds: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    metric_ranges: tuple[MetricRange, ...] = ()
    sort: str = DEFAULT_SORT
    descending: bool = False
    default_confidence: float = field(default=0.0, compare=False, repr=False)
    default_iou: float = field(default=DEFAULT_IOU, compare=False, repr=False)
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, project: Project) -> Self:
        """Every frame of the project, at its default operating point."""
        settings = project.settings
        confidence = _confidence(settings.get(CONFIDENCE_SETTING, 0.0)) or 0.0
        iou = _iou(settings.get(IOU_SETTING, DEFAULT_IOU)) or DEFAULT_IOU
        return cls(confidence=confidence, iou=iou, default_confidence=confidence, default_iou=iou)

    def with_(self, **changes: Any) -> Self:
        """The same query with other values of the fields named."""
        return replace(self, **changes)

    @property
    def is_unfiltered(self) -> bool:
        """Whether every frame qualifies."""
        return not (
            self.label_classes
            or self.predicted_classes
            or self.text
            or self.label_count
            or self.prediction_count
            or self.missed_count
            or self.false_count
            or self.kinds
            or self.image
            or self.has
            or self.attributes
            or self.metric_ranges
        )

    @property
    def needs_outcomes(self) -> bool:
        """Whether frames are chosen or sorted by what became of their objects."""
        return bool(self.missed_count or self.false_count or self.kinds) or self.sort in NEED_OUTCOMES

    def to_params(self) -> dict[str, str | list[str]]:
        """Query parameters of a link; ``from_params`` of them gives an equal query."""
        parameters: dict[str, str | list[str]] = {}
        if self.label_set is not None:
            parameters["labels"] = self.label_set
        if self.prediction_sets:
            parameters["model"] = list(self.prediction_sets)
        if self.confidence != self.default_confidence:
            parameters["conf"] = f"{self.confidence:.12g}"
        if self.iou != self.default_iou:
            parameters["iou"] = f"{self.iou:.12g}"
        if self.by:
            parameters["by"] = self.by
        if self.label_classes:
            parameters["label"] = list(self.label_classes)
        if self.predicted_classes:
            parameters["pred"] = list(self.predicted_classes)
        if self.text:
            parameters["q"] = self.text
        if self.label_count is not None:
            parameters["n_labels"] = _range_text(self.label_count)
        if self.prediction_count is not None:
            parameters["n_preds"] = _range_text(self.prediction_count)
        if self.missed_count is not None:
            parameters["n_missed"] = _range_text(self.missed_count)
        if self.false_count is not None:
            parameters["n_false"] = _range_text(self.false_count)
        if self.kinds:
            parameters["kind"] = list(self.kinds)
        if self.image:
            parameters["image"] = self.image
        if self.has:
            parameters["has"] = self.has
        if self.attributes:
            parameters["meta"] = [attribute_parameter(key, value) for key, value in self.attributes]
        if self.metric_ranges:
            parameters["m"] = [one.to_param() for one in self.metric_ranges]
        if self.sort != DEFAULT_SORT or self.descending:
            parameters["sort"] = ("-" if self.descending else "") + self.sort
        return parameters

    @classmethod
    def from_params(cls, parameters: Parameters, project: Project) -> Self:
        """The query of a link. Never raises: what makes no sense in this project is dropped and named in ``ignored``.

        Parameters that belong to others (``frame``, ``page``, ...) are passed over.
        """
        query = cls.of(project)
        ignored: list[str] = []
        class_names = {object_class.name for object_class in project.classes}

        def known(name: str, allowed: set[str] | Sequence[str], noun: str) -> tuple[str, ...]:
            values = tuple(dict.fromkeys(all_values(parameters, name)))
            ignored.extend(f"{noun} “{value}”" for value in values if value not in allowed)
            return tuple(value for value in values if value in allowed)

        def parsed(name: str, parse: Any, noun: str, default: Any) -> Any:
            text = last_value(parameters, name)
            if not text:
                return default
            value = parse(text)
            if value is None:
                ignored.append(f"{noun} “{text}”")
                return default
            return value

        label_sets = known("labels", project.set_names("labels"), "label set")
        attributes = []
        for text in dict.fromkeys(all_values(parameters, "meta")):
            key, colon, value = text.partition(":")
            if colon and key:
                attributes.append((unquote(key), value))
            elif text:
                ignored.append(f"metadata filter “{text}”")
        prediction_sets = known("model", project.set_names("predictions"), "prediction set")
        query = query.with_(label_set=label_sets[-1] if label_sets else None, prediction_sets=prediction_sets)
        looked_at = {
            "label_set": chosen_label_set(project, query),
            "prediction_set": next(iter(chosen_sets(project, query)), None),
        }
        metric_ranges, unusable = usable_ranges(project, all_values(parameters, "m"), (FRAMES,), **looked_at)
        ignored.extend(unusable)
        sort = last_value(parameters, "sort") or DEFAULT_SORT
        by = sort.removeprefix("-")
        problem = "" if by in SORTS else f"sort “{sort}”"
        if by.startswith(METRIC_SORT):
            problem = why_not(project, by.removeprefix(METRIC_SORT), (FRAMES,), **looked_at)
        if problem:
            ignored.append(problem)
            sort = DEFAULT_SORT
        return query.with_(
            confidence=parsed("conf", _confidence, "confidence", query.confidence),
            iou=parsed("iou", _iou, "IoU", query.iou),
            by=parsed("by", lambda text: text if text in COMPARISONS else None, "comparison", AUTOMATIC),
            label_classes=known("label", class_names, "label class"),
            predicted_classes=known("pred", class_names, "predicted class"),
            text=clean_text(last_value(parameters, "q")),
            label_count=parsed("n_labels", parse_range, "number of labels", None),
            prediction_count=parsed("n_preds", parse_range, "number of predictions", None),
            missed_count=parsed("n_missed", parse_range, "number of missed labels", None),
            false_count=parsed("n_false", parse_range, "number of false alarms", None),
            kinds=known("kind", tuple(KIND_WORDS), "kind of outcome"),
            image=parsed("image", lambda text: text if text in IMAGE_STATES else None, "image state", ""),
            has=parsed("has", lambda text: text if text in ABSENCES else None, "filter", ""),
            attributes=tuple(attributes),
            metric_ranges=metric_ranges,
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            ignored=tuple(ignored),
        )


def chosen_sets(project: Project, query: FrameQuery) -> list[str]:
    """Names of the prediction sets that count, in the project's order."""
    names = project.set_names("predictions")
    return [name for name in names if name in query.prediction_sets] if query.prediction_sets else names


def chosen_label_set(project: Project, query: FrameQuery) -> str | None:
    """Name of the label set that counts; None where the project has none."""
    names = project.set_names("labels")
    if query.label_set in names:
        return query.label_set
    return names[0] if names else None


def clean_text(text: str) -> str:
    """Free text as a query keeps it: single spaces, at most 200 characters."""
    return " ".join(text.split())[:_MAX_TEXT]


def attribute_parameter(key: str, value: str) -> str:
    """``weather:rain``: a metadata filter as a link spells it."""
    return f"{quote(key, safe=' ')}:{value}"


def parse_range(text: str) -> CountRange | None:
    """``2..10``, ``2..``, ``..10`` or ``2``; None for anything else."""
    match = _RANGE.fullmatch(text)
    if match is None or not (match[1] or match[3]):
        return None
    low = int(match[1] or 0)
    high = int(match[3]) if match[3] else (None if match[2] else low)
    return (low, high) if high is None or low <= high else None


def _range_text(limits: CountRange) -> str:
    low, high = limits
    if low == high:
        return str(low)
    return f"{low}..{'' if high is None else high}"


def _confidence(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and 0.0 <= number <= 1.0 else None


def _iou(value: Any) -> float | None:
    number = _confidence(value)
    return number if number is not None and number >= LOWEST_IOU else None


def all_values(parameters: Parameters, name: str) -> list[str]:
    """The values of a parameter that may occur repeatedly."""
    value = parameters.get(name, ())
    return [value] if isinstance(value, str) else [str(part) for part in value]


def last_value(parameters: Parameters, name: str) -> str:
    """The value of a parameter, the last one where there are several; "" without."""
    values = all_values(parameters, name)
    return values[-1] if values else ""
