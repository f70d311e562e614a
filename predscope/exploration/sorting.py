"""The orders that frames can be shown in, each with its name, its measure and its value in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

Values = np.ndarray
"""float64 (number of frames,); NaN where a frame has no value: those come last in either direction."""


class Measurable(Protocol):
    """What a sort may look at; arrays run over all frames of the project, in its order.

    Attributes:
        label_counts: labels a frame.
        prediction_counts: per chosen prediction set, predictions a frame at the threshold or above.
        missed_counts, false_counts: labels missed and false positives a frame, at the operating point.
    """

    label_counts: np.ndarray
    prediction_counts: dict[str, np.ndarray]

    @property
    def missed_counts(self) -> np.ndarray: ...

    @property
    def false_counts(self) -> np.ndarray: ...

    def precision(self) -> Values:
        """Precision of each frame, at the operating point."""

    def recall(self) -> Values:
        """Recall of each frame, at the operating point."""

    def f1(self) -> Values:
        """F1 of each frame, at the operating point."""

    def confidence(self, reduce: np.ufunc | None) -> Values:
        """Lowest (``np.fmin``), highest (``np.fmax``) or mean (None) confidence of a frame's predictions that count."""

    def box_area(self, reduce: np.ufunc) -> Values:
        """Smallest or largest box of a frame's objects that count, pixels^2."""

    def frame_area(self) -> Values:
        """Pixels of a frame; NaN where unknown."""

    def class_counts(self) -> np.ndarray:
        """Distinct classes a frame shows."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One order.

    Attributes:
        title: as offered to people.
        unit: of the value; "" where it has none.
        measure: the value of every frame; None: the project's own order.
        in_words: the value as a tile says it.
        descending_first: whether people expect the largest value first.
        ranked_by_size: order by the absolute value.
    """

    title: str
    unit: str
    measure: Callable[[Measurable], Values] | None
    in_words: Callable[[float], str]
    descending_first: bool = True
    ranked_by_size: bool = False


def counted(number: float, noun: str) -> str:
    """``1 label``, ``1,204 labels``; ``class`` becomes ``classes``."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{int(number):,} {noun if number == 1 else plural}"


def rate(value: float) -> str:
    """A number from 0 to 1 with two decimals and no leading zero: ``.42``, ``1.00``."""
    return f"{value:.2f}".removeprefix("0")


def _difference(measures: Measurable) -> Values:
    """Predictions minus labels; of several prediction sets the one furthest from the labels."""
    furthest = np.zeros(len(measures.label_counts))
    for counts in measures.prediction_counts.values():
        difference = (counts - measures.label_counts).astype(np.float64)
        furthest = np.where(np.abs(difference) > np.abs(furthest), difference, furthest)
    return furthest


def _difference_in_words(value: float) -> str:
    if value == 0:
        return "as many as labels"
    return counted(abs(value), "more prediction" if value > 0 else "fewer prediction")


def _largest_share(measures: Measurable) -> Values:
    return np.minimum(measures.box_area(np.fmax) / measures.frame_area(), 1.0)


NEED_OUTCOMES: Final = frozenset({"missed", "false", "precision", "recall", "f1"})
"""Sorts that compare predictions with labels."""

SORTS: Final[dict[str, Sort]] = {
    "frame": Sort("Frame order", "", None, lambda value: "", descending_first=False),
    "labels": Sort(
        "Number of labels",
        "labels",
        lambda measures: measures.label_counts.astype(np.float64),
        lambda value: counted(value, "label"),
    ),
    "predictions": Sort(
        "Number of predictions",
        "predictions",
        lambda measures: sum(measures.prediction_counts.values(), np.zeros(len(measures.label_counts))),
        lambda value: counted(value, "prediction"),
    ),
    "missed": Sort(
        "Missed labels",
        "labels",
        lambda measures: measures.missed_counts.astype(np.float64),
        lambda value: f"{int(value):,} missed",
    ),
    "false": Sort(
        "False alarms",
        "predictions",
        lambda measures: measures.false_counts.astype(np.float64),
        lambda value: counted(value, "false alarm"),
    ),
    "precision": Sort(
        "Precision of the frame",
        "0 to 1",
        lambda measures: measures.precision(),
        lambda value: f"precision {rate(value)}",
        descending_first=False,
    ),
    "recall": Sort(
        "Recall of the frame",
        "0 to 1",
        lambda measures: measures.recall(),
        lambda value: f"recall {rate(value)}",
        descending_first=False,
    ),
    "f1": Sort(
        "F1 of the frame",
        "0 to 1",
        lambda measures: measures.f1(),
        lambda value: f"F1 {rate(value)}",
        descending_first=False,
    ),
    "difference": Sort("Predictions minus labels", "objects", _difference, _difference_in_words, ranked_by_size=True),
    "confidence_mean": Sort(
        "Mean confidence",
        "0 to 1",
        lambda measures: measures.confidence(None),
        lambda value: f"mean confidence {rate(value)}",
        descending_first=False,
    ),
    "confidence_min": Sort(
        "Lowest confidence",
        "0 to 1",
        lambda measures: measures.confidence(np.fmin),
        lambda value: f"lowest confidence {rate(value)}",
        descending_first=False,
    ),
    "confidence_max": Sort(
        "Highest confidence",
        "0 to 1",
        lambda measures: measures.confidence(np.fmax),
        lambda value: f"highest confidence {rate(value)}",
    ),
    "largest": Sort(
        "Largest object",
        "share of the frame",
        _largest_share,
        lambda value: f"largest {value:.0%} of the frame" if value >= 0.01 else "largest under 1% of the frame",
    ),
    "smallest": Sort(
        "Smallest object",
        "pixels, side of the square of the same area",
        lambda measures: np.sqrt(measures.box_area(np.fmin)),
        lambda value: f"smallest {value:,.0f} px",
        descending_first=False,
    ),
    "classes": Sort(
        "Number of classes",
        "classes",
        lambda measures: measures.class_counts().astype(np.float64),
        lambda value: counted(value, "class"),
    ),
}
"""By the name that a link uses."""
