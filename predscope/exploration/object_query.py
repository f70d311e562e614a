"""The question that a gallery of objects answers, as a value: which true positives, false alarms or missed labels.

Like a ``FrameQuery`` it travels in the address of a page, and it includes one: that says in which frames, and at which
operating point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import unquote

from predscope.evaluation.confusion import BACKGROUND
from predscope.exploration.filters import active_filters, without_filters
from predscope.exploration.query import FrameQuery, Parameters, all_values, chosen_sets, last_value
from predscope.project import Project

OUTCOME_WORDS: Final = {
    "tp": "true positives",
    "fp": "false positives",
    "fn": "false negatives",
    "ignored": "ignored predictions",
}
"""By the name that a link uses."""
REASON_WORDS: Final = {
    "wrong_class": "wrong class",
    "duplicate": "duplicate",
    "localisation": "poorly placed",
    "both": "poorly placed, wrong class",
    "background": "nothing there",
}
"""Why a prediction is a false positive, by the lower-case name of its ``Reason``."""
OBJECT_SORTS: Final = {"confidence": "Confidence", "iou": "IoU", "size": "Size"}
OBJECT_PARAMETERS: Final = ("set", "outcome", "reason", "cell", "class", "osort")


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """Which outcomes of one prediction set are shown, and in which order.

    An object qualifies when it meets every field that is set. What is counted is a match (TP), a prediction (FP,
    ignored) or a label (FN).

    Attributes:
        frames: its filters restrict the frames; its confidence and IoU are the operating point.
        prediction_set: name of the set; its outcomes are meant.
        outcomes: of "tp", "fp", "fn", "ignored"; empty: all.
        reasons: of ``REASON_WORDS``; false positives for one of these reasons alone. Empty: for any.
        label_class, predicted_class: row and column of the confusion matrix, ``BACKGROUND`` for its last ones. Together
            they select exactly what ``Confusion.cell`` returns; one of them alone a whole row or column. A pair of two
            classes counts once, as the matrix counts it.
        klass: class of what is counted: of the label of a false negative, else of the prediction.
        sort: of ``OBJECT_SORTS``.
        descending: largest value first.
        ignored: what of the parameters could not be understood, in words; no part of the query itself.
    """

    frames: FrameQuery
    prediction_set: str
    outcomes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    label_class: str | None = None
    predicted_class: str | None = None
    klass: str | None = None
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
        if self.is_cell:
            parameters["cell"] = f"{_quoted(self.label_class)}~{_quoted(self.predicted_class)}"
        if self.klass is not None:
            parameters["class"] = self.klass
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
        sort = last_value(parameters, "osort") or "-confidence"
        if sort.removeprefix("-") not in OBJECT_SORTS:
            ignored.append(f"sort “{sort}”")
            sort = "-confidence"
        return query.with_(
            prediction_set=sets[-1] if sets else query.prediction_set,
            outcomes=known("outcome", OUTCOME_WORDS.__contains__, "outcome"),
            reasons=known("reason", REASON_WORDS.__contains__, "reason"),
            label_class=sides[0],
            predicted_class=sides[1],
            klass=classes[-1] if classes else None,
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


def active_object_filters(query: ObjectQuery) -> tuple[ActiveObjectFilter, ...]:
    """Everything that narrows what is shown: the conditions on objects, then those on frames."""
    filters: list[ActiveObjectFilter] = []

    def add(key: str, text: str, without: ObjectQuery) -> None:
        filters.append(ActiveObjectFilter(key, text, without))

    for name in query.outcomes:
        rest = tuple(other for other in query.outcomes if other != name)
        add(f"outcome:{name}", OUTCOME_WORDS[name], query.with_(outcomes=rest))
    for name in query.reasons:
        rest = tuple(other for other in query.reasons if other != name)
        add(f"reason:{name}", REASON_WORDS[name], query.with_(reasons=rest))
    if query.is_cell:
        sides = [
            f"{noun}: {name}"
            for noun, name in (("label", query.label_class), ("prediction", query.predicted_class))
            if name is not None
        ]
        add("cell", " × ".join(sides), query.with_(label_class=None, predicted_class=None))
    if query.klass is not None:
        add("class", f"class: {query.klass}", query.with_(klass=None))
    for active in active_filters(query.frames):
        add(f"frames:{active.key}", active.text, query.with_(frames=active.without))
    return tuple(filters)


def without_object_filters(query: ObjectQuery) -> ObjectQuery:
    """The same sets in the same order, nothing narrowed."""
    return ObjectQuery(
        without_filters(query.frames), query.prediction_set, sort=query.sort, descending=query.descending
    )


def _quoted(name: str | None) -> str:
    """A class name as a side of a cell: ``~`` stands between the sides, and per cent signs spell it."""
    return "" if name is None else name.replace("%", "%25").replace("~", "%7E")
