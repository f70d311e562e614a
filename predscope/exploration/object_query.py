"""The question that a gallery of objects answers, as a value: which true positives, false alarms or missed labels.

Like a ``FrameQuery`` it travels in the address of a page, and it includes one: that says in which frames, and at which
operating point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import unquote

from predscope.evaluation.confusion import BACKGROUND
from predscope.exploration.filters import active_filters, range_in_words, threshold, without_filters
from predscope.exploration.metric_lookup import METRIC_SORT, Side, usable_ranges, why_not
from predscope.exploration.outcome_kinds import OUTCOME_WORDS, REASON_WORDS
from predscope.exploration.query import (
    FrameQuery,
    Parameters,
    all_values,
    chosen_label_set,
    chosen_sets,
    last_value,
)
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

ERROR_WORDS: Final = {
    "cls": "wrong class",
    "loc": "localisation",
    "both": "wrong class and localisation",
    "dupe": "duplicate",
    "bkg": "background",
    "miss": "missed label",
}
"""Kinds of error as TIDE tells them, by the lower-case name of its ``ErrorType``."""
IGNORED_LABEL: Final = "ignored_label"
OBJECT_OUTCOMES: Final = OUTCOME_WORDS | {IGNORED_LABEL: "ignored labels"}
"""What objects can be asked for, by the name that a link uses, in words."""
_ONE: Final = {
    **{f"outcome:{name}": words.removesuffix("s") for name, words in OBJECT_OUTCOMES.items()},
    **{f"reason:{name}": f"false positive ({words})" for name, words in REASON_WORDS.items()},
    "error:loc": "localisation error",
    "error:bkg": "background error",
    **{f"error:{name}": ERROR_WORDS[name] for name in ("cls", "both", "dupe", "miss")},
    "confused": "confused pair",
}
"""What one of the objects is called that meet a condition, by the key of the condition."""
OBJECT_SORTS: Final = {"confidence": "Confidence", "iou": "IoU", "size": "Size"}
SIDES: Final = ("predictions", "labels")
BY_PLACE: Final = "place"
"""In an address: a matching that does not look at classes."""
OBJECT_PARAMETERS: Final = (
    *("set", "outcome", "reason", "tide", "cell", "match", "class", "confused", "score", "om", "side", "osort"),
)
ConfidenceRange = tuple[float, float | None]
"""Lowest confidence, included, and highest, not included; None: no upper end."""

_NUMBER: Final = r"((?:\d{1,9}(?:\.\d{1,20})?|\.\d{1,20})(?:e-\d{1,3})?)"
_SCORES: Final = re.compile(rf"{_NUMBER}?\.\.{_NUMBER}?")


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """Which outcomes of one prediction set are shown, and in which order.

    An object qualifies when it meets every field that is set. What is counted is a match (TP), a prediction (FP,
    ignored) or a label (FN, ignored label).

    Attributes:
        frames: its filters restrict the frames; its confidence and IoU are the operating point.
        prediction_set: name of the set; its outcomes are meant.
        outcomes: of ``OBJECT_OUTCOMES``; "ignored" are predictions, "ignored_label" the labels that count neither way,
            such as crowds. Empty: all but those labels.
        reasons: of ``REASON_WORDS``; false positives for one of these reasons alone. Empty: for any.
        errors: of ``ERROR_WORDS``: exactly the records that TIDE has of these kinds at the operating point, which are
            predictions and, for "miss", labels. Empty: whatever TIDE says.
        confused: of false positives and false negatives only those that stand for each other, one prediction for one
            label of another class.
        confidence_range: predictions with a confidence in it alone; None: any that counts.
        label_class, predicted_class: row and column of the confusion matrix, ``BACKGROUND`` for its last ones. Together
            they select exactly what ``Confusion.cell`` returns; one of them alone a whole row or column. A pair of two
            classes counts once, as the matrix counts it.
        by_place: what counts as matched: by place alone, whatever the classes, see ``evaluation.class_agnostic``;
            otherwise within classes first.
        klass: class of what is counted: of the label of a false negative, else of the prediction.
        metric_ranges: values that metrics of what is counted must have; of several, all.
        side: what is counted. "labels": labels alone, so that a match is judged by its label; "predictions":
            predictions alone; "": a match by its prediction, and beside the predictions the labels that are missed.
        sort: of ``OBJECT_SORTS``, or ``metric:`` and the name of a metric of what is counted.
        descending: largest value first.
        ignored: what of the parameters could not be understood, in words; no part of the query itself.
    """

    frames: FrameQuery
    prediction_set: str
    outcomes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    confused: bool = False
    confidence_range: ConfidenceRange | None = None
    label_class: str | None = None
    predicted_class: str | None = None
    by_place: bool = False
    klass: str | None = None
    metric_ranges: tuple[MetricRange, ...] = ()
    side: str = ""
    sort: str = "confidence"
    descending: bool = True
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, project: Project, frames: FrameQuery | None = None) -> Self | None:
        """Every outcome of the first chosen prediction set; None where the project has no predictions or labels."""
        frames = FrameQuery.of(project) if frames is None else frames
        names = chosen_sets(project, frames)
        return cls(frames, names[0]) if names and project.set_names("labels") else None

    def with_(self, **changes: Any) -> Self:
        """The same query with other values of the fields named."""
        return replace(self, **changes)

    @property
    def is_cell(self) -> bool:
        """Whether it asks for cells of the confusion matrix."""
        return self.label_class is not None or self.predicted_class is not None

    def judged_sides(self, project: Project) -> tuple[Side, ...]:
        """The sets whose objects can be counted."""
        sides = {
            "predictions": Side("predictions", self.prediction_set),
            "labels": Side("labels", chosen_label_set(project, self.frames)),
        }
        return (sides[self.side],) if self.side else tuple(sides.values())

    def to_params(self) -> dict[str, str | list[str]]:
        """Query parameters of a link; ``from_params`` of them gives an equal query."""
        return self.frames.to_params() | self.own_params()

    def own_params(self) -> dict[str, str | list[str]]:
        """Those of ``to_params`` that are not the frames'; the prediction set is always named."""
        parameters: dict[str, str | list[str]] = {"set": self.prediction_set}
        if self.outcomes:
            parameters["outcome"] = list(self.outcomes)
        if self.reasons:
            parameters["reason"] = list(self.reasons)
        if self.errors:
            parameters["tide"] = list(self.errors)
        if self.confused:
            parameters["confused"] = "1"
        if self.confidence_range is not None:
            parameters["score"] = _range_parameter(self.confidence_range)
        if self.is_cell:
            parameters["cell"] = f"{_quoted(self.label_class)}~{_quoted(self.predicted_class)}"
        if self.by_place:
            parameters["match"] = BY_PLACE
        if self.klass is not None:
            parameters["class"] = self.klass
        if self.metric_ranges:
            parameters["om"] = [one.to_param() for one in self.metric_ranges]
        if self.side:
            parameters["side"] = self.side
        if (self.sort, self.descending) != ("confidence", True):
            parameters["osort"] = ("-" if self.descending else "") + self.sort
        return parameters

    @classmethod
    def from_params(cls, parameters: Parameters, project: Project) -> Self | None:
        """The query of a link; None where the project has no predictions or no labels.

        What makes no sense in this project is dropped and named in ``ignored``, or in that of ``frames``.
        """
        query = cls.of(project, FrameQuery.from_params(parameters, project))
        if query is None:
            return None
        ignored: list[str] = []
        class_names = {object_class.name for object_class in project.classes}

        def known(name: str, is_allowed: Callable[[str], bool], noun: str) -> tuple[str, ...]:
            values = tuple(dict.fromkeys(value for value in all_values(parameters, name) if value))
            ignored.extend(f"{noun} “{value}”" for value in values if not is_allowed(value))
            return tuple(value for value in values if is_allowed(value))

        sets = known("set", project.set_names("predictions").__contains__, "prediction set")
        classes = known("class", class_names.__contains__, "class")
        cell = last_value(parameters, "cell")
        sides: list[str | None] = [unquote(side) or None for side in cell.split("~")] if cell else [None, None]
        if len(sides) != 2 or any(side not in {None, BACKGROUND, *class_names} for side in sides):
            ignored.append(f"cell “{cell}”")
            sides = [None, None]
        confused = last_value(parameters, "confused")
        if confused not in {"", "0", "1"}:
            ignored.append(f"confused “{confused}”")
        match = last_value(parameters, "match")
        if match not in {"", BY_PLACE}:
            ignored.append(f"matching “{match}”")
        score = last_value(parameters, "score")
        confidence_range = parse_confidence_range(score)
        if score and confidence_range is None:
            ignored.append(f"confidences “{score}”")
        query = query.with_(prediction_set=sets[-1] if sets else query.prediction_set)
        side = last_value(parameters, "side")
        if side not in ("", *SIDES):
            ignored.append(f"side “{side}”")
            side = ""
        judged = query.with_(side=side).judged_sides(project)
        metric_ranges, unusable = usable_ranges(project, all_values(parameters, "om"), judged)
        ignored.extend(unusable)
        sort = last_value(parameters, "osort") or "-confidence"
        by = sort.removeprefix("-")
        problem = "" if by in OBJECT_SORTS else f"sort “{sort}”"
        if by.startswith(METRIC_SORT):
            problem = why_not(project, by.removeprefix(METRIC_SORT), judged)
        if problem:
            ignored.append(problem)
            sort = "-confidence"
        return query.with_(
            outcomes=known("outcome", OBJECT_OUTCOMES.__contains__, "outcome"),
            reasons=known("reason", REASON_WORDS.__contains__, "reason"),
            errors=known("tide", ERROR_WORDS.__contains__, "error"),
            confused=confused == "1",
            confidence_range=confidence_range,
            label_class=sides[0],
            predicted_class=sides[1],
            by_place=match == BY_PLACE,
            klass=classes[-1] if classes else None,
            metric_ranges=metric_ranges,
            side=side,
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            ignored=tuple(ignored),
        )


@dataclass(frozen=True, slots=True)
class ActiveObjectFilter:
    """One condition: ``key`` is stable within a query, ``text`` says it in words, ``without`` is the query without."""

    key: str
    text: str
    without: ObjectQuery


def active_object_filters(query: ObjectQuery, project: Project | None = None) -> tuple[ActiveObjectFilter, ...]:
    """Everything that narrows what is shown: the conditions on objects, then those on frames.

    Args:
        project: where metrics have their titles from; None: those of users are called by their names.
    """
    filters: list[ActiveObjectFilter] = []

    def add(key: str, text: str, without: ObjectQuery) -> None:
        filters.append(ActiveObjectFilter(key, text, without))

    for name in query.outcomes:
        rest = tuple(other for other in query.outcomes if other != name)
        add(f"outcome:{name}", OBJECT_OUTCOMES[name], query.with_(outcomes=rest))
    for name in query.reasons:
        rest = tuple(other for other in query.reasons if other != name)
        add(f"reason:{name}", REASON_WORDS[name], query.with_(reasons=rest))
    for name in query.errors:
        rest = tuple(other for other in query.errors if other != name)
        add(f"error:{name}", f"error: {ERROR_WORDS[name]}", query.with_(errors=rest))
    if query.confused:
        add("confused", "confused pairs only", query.with_(confused=False))
    if query.confidence_range is not None:
        add("score", _range_words(query.confidence_range), query.with_(confidence_range=None))
    if query.is_cell:
        sides = [
            f"{noun}: {name}"
            for noun, name in (("label", query.label_class), ("prediction", query.predicted_class))
            if name is not None
        ]
        add("cell", " × ".join(sides), query.with_(label_class=None, predicted_class=None))
    if query.by_place:
        add("match", "matched by place alone", query.with_(by_place=False))
    if query.klass is not None:
        add("class", f"class: {query.klass}", query.with_(klass=None))
    if query.side:
        add("side", f"{query.side} only", query.with_(side=""))
    for one in query.metric_ranges:
        left = tuple(other for other in query.metric_ranges if other != one)
        judged = () if project is None else query.judged_sides(project)
        add(f"metric:{one.to_param()}", range_in_words(one, project, judged), query.with_(metric_ranges=left))
    for active in active_filters(query.frames, project):
        add(f"frames:{active.key}", active.text, query.with_(frames=active.without))
    return tuple(filters)


def kind_in_words(query: ObjectQuery) -> tuple[str, tuple[str, ...]]:
    """What one of the selected objects is called, such as "false positive", and the other conditions on it in words."""
    fields = {"error": query.errors, "reason": query.reasons, "outcome": query.outcomes}
    kinds = [f"{field}:{names[0]}" for field, names in fields.items() if len(names) == 1]
    kind = next(iter(kinds), "confused" if query.confused else "")
    said = {kind, "outcome:fp"} if kind.startswith("reason:") else {kind}
    rest = tuple(active.text for active in active_object_filters(query) if active.key not in said)
    return _ONE.get(kind, "object"), rest


def without_object_filters(query: ObjectQuery) -> ObjectQuery:
    """The same sets in the same order, nothing narrowed."""
    return ObjectQuery(
        without_filters(query.frames), query.prediction_set, sort=query.sort, descending=query.descending
    )


def parse_confidence_range(text: str) -> ConfidenceRange | None:
    """``.3...4`` (.3 <= confidence < .4), ``.3..`` or ``...4``; None for anything else."""
    match = _SCORES.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        return None
    low, high = float(match[1] or 0.0), float(match[2]) if match[2] else None
    return (low, high) if high is None or low < high else None


def _range_parameter(limits: ConfidenceRange) -> str:
    low, high = (None if value is None else f"{value:.12g}".removeprefix("0") or "0" for value in limits)
    return f"{low}..{high or ''}"


def _range_words(limits: ConfidenceRange) -> str:
    low, high = limits
    return f"confidence {threshold(low)} " + ("or more" if high is None else f"to {threshold(high)}")


def _quoted(name: str | None) -> str:
    """A class name as a side of a cell: ``~`` stands between the sides, and per cent signs spell it."""
    return "" if name is None else name.replace("%", "%25").replace("~", "%7E")
