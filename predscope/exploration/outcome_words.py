"""Outcomes in words: what a prediction is held to be, and why.

The sentences name what a person sees on the picture (classes, confidences, overlaps), never a row or an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import ErrorType, Tide
from predscope.exploration.comparison import LIKENESS_WORDS
from predscope.exploration.sorting import rate
from predscope.schema import ObjectClass

OUTCOME_TITLES: Final = {
    Outcome.TRUE_POSITIVE: "True positive",
    Outcome.FALSE_POSITIVE: "False positive",
    Outcome.FALSE_NEGATIVE: "False negative",
    Outcome.IGNORED: "Ignored",
    Outcome.LEFT_OUT: "Below the confidence threshold",
}


@dataclass(frozen=True)
class OutcomeWords:
    """Sentences about the objects of an operating point; positions count the objects of ``table``.

    Attributes:
        table: the outcomes.
        matching: the matches of all predictions at its IoU threshold.
        lowest_iou: overlaps below it are not known.
        classes: by class id.
        iou_type: by which likeness they were compared.
    """

    table: MatchTable
    matching: Matching
    lowest_iou: float
    classes: Sequence[ObjectClass]
    iou_type: IouType

    @classmethod
    def of(cls, detection: Detection, table: MatchTable) -> OutcomeWords:
        matching = detection.matching(table.iou_threshold, class_agnostic=table.class_agnostic)
        lowest = min(detection.pairs.lowest_iou, table.iou_threshold)
        of = FrameWords if detection.iou_type is IouType.FRAME else cls
        return of(table, matching, lowest, detection.classes, detection.iou_type)

    def of_prediction(self, position: int) -> str:
        """Why a prediction is what it is; "" for one below the threshold."""
        outcome = self.table.outcome[position]
        if outcome == Outcome.LEFT_OUT:
            return ""
        if outcome == Outcome.TRUE_POSITIVE:
            return f"{self._likeness} {rate(self.table.iou[position])} with its label"
        if outcome == Outcome.IGNORED:
            return self._ignored(position)
        return self._false_positive(position)

    def of_label(self, position: int) -> str:
        """How a label was found, or why not."""
        outcome = self.table.label_outcome[position]
        if outcome == Outcome.IGNORED:
            crowd = self.table.labels.is_crowd[position]
            return "stands for a crowd: counts neither way" if crowd else "counts neither way"
        prediction = int(self.table.label_prediction[position])
        if outcome == Outcome.TRUE_POSITIVE:
            return f"found by {self._prediction(prediction)}, {self._likeness} {rate(self.table.label_iou[position])}"
        return self._false_negative(position, prediction)

    def of_error(self, tide: Tide, position: int) -> str:
        """What TIDE holds against a prediction, beside the kind of error; "" where it holds nothing."""
        kind, label = tide.error[position], int(tide.label[position])
        if kind == ErrorType.NONE:
            return ""
        if label < 0:
            return self._nothing_near()
        iou, name = rate(tide.iou[position]), self._name(tide.labels.class_id[label])
        taken, needs = self._taken(label), rate(tide.iou_threshold)
        if kind == ErrorType.DUPE:
            return f"{self._likeness} {iou} with a {name}{taken}"
        if kind == ErrorType.CLS:
            return f"{self._likeness} {iou} with a label of another class, {name}{taken}"
        if kind == ErrorType.LOC:
            return f"{self._likeness} {iou} with {f'a {name}{taken}' if taken else f'this {name}'}, needs {needs}"
        return f"{self._likeness} {iou} with a label of another class, {name}, needs {needs}"

    def _false_positive(self, position: int) -> str:
        table = self.table
        label, needs = int(table.label[position]), rate(table.iou_threshold)
        if label < 0:
            return self._nothing_near()
        iou, name = rate(table.iou[position]), self._name(table.labels.class_id[label])
        taken = self._taken(label)
        reason = table.reason[position]
        if table.is_confused[position]:
            return f"{self._likeness} {iou} with a label of another class, {name}"
        if reason == Reason.DUPLICATE:
            return f"duplicate, {self._likeness} {iou} with a {name}{taken}"
        if reason == Reason.WRONG_CLASS:
            return f"{self._likeness} {iou} with a label of another class, {name}{taken}"
        if reason == Reason.LOCALISATION and taken:
            return f"{self._best} {iou} with a {name}{taken}"
        if reason == Reason.LOCALISATION:
            return f"{self._likeness} {iou} with this {name}, needs {needs}"
        if taken:
            return f"{self._best} {iou} with a label of another class, {name}{taken}"
        return f"{self._likeness} {iou} with a label of another class, {name}, needs {needs}"

    def _false_negative(self, position: int, prediction: int) -> str:
        if later := self._found_later(position):
            return f"{later} ({self._likeness} {rate(self.matching.iou[self.matching.prediction[position]])})"
        table = self.table
        if prediction < 0:
            return f"no prediction overlaps it by {rate(self.lowest_iou)} or more{self._measured}"
        iou, needs = table.label_iou[position], rate(table.iou_threshold)
        text = self._prediction(prediction)
        if table.is_confused[prediction] and table.label[prediction] == position:
            return f"predicted as {text}, {self._likeness} {rate(iou)}"
        if table.outcome[prediction] == Outcome.TRUE_POSITIVE:
            return f"{self._best} {rate(iou)} with {text}, which matches another label"
        if iou >= table.iou_threshold:
            return f"{self._best} {rate(iou)} with {text}, which stands for another label"
        return f"{self._best} {rate(iou)} with {text}, needs {needs}"

    def _found_later(self, position: int) -> str:
        """Which prediction below the confidence threshold would find a label; "" where none would."""
        later = int(self.matching.prediction[position])
        if later < 0 or self.table.outcome[later] != Outcome.LEFT_OUT:
            return ""
        threshold = rate(self.table.confidence)
        return f"found only by {self._prediction(later)}, below the confidence threshold {threshold}"

    def _nothing_near(self) -> str:
        return f"no label overlaps it by {rate(self.lowest_iou)} or more{self._measured}"

    @property
    def _likeness(self) -> str:
        return LIKENESS_WORDS[self.iou_type]

    @property
    def _best(self) -> str:
        return "best overlap" if self.iou_type is IouType.BBOX else f"best {self._likeness}"

    @property
    def _measured(self) -> str:
        """How overlap is measured, where it is not by boxes."""
        return "" if self.iou_type is IouType.BBOX else f" ({self._likeness})"

    def _ignored(self, position: int) -> str:
        label = int(self.table.label[position])
        if label < 0:
            return "counts neither way"
        kind = "crowd" if self.table.labels.is_crowd[label] else "ignored label"
        return f"lies on a {kind} of class {self._name(self.table.labels.class_id[label])}: counts neither way"

    def _taken(self, label: int) -> str:
        """Which prediction has a label already, as the end of a sentence; "" where none has."""
        table = self.table
        prediction = int(table.label_prediction[label])
        if prediction < 0:
            return ""
        if table.label_outcome[label] == Outcome.TRUE_POSITIVE:
            return f" that {rate(table.predictions.confidence[prediction])} already matched"
        if table.is_confused[prediction] and table.label[prediction] == label:
            return f" that {self._prediction(prediction)} already stands for"
        return ""

    def _prediction(self, position: int) -> str:
        predictions = self.table.predictions
        return f"{self._name(predictions.class_id[position])} {rate(predictions.confidence[position])}"

    def _name(self, class_id: int) -> str:
        return self.classes[int(class_id)].name


class FrameWords(OutcomeWords):
    """Sentences about classifications of whole frames, which do not overlap more or less."""

    def of_prediction(self, position: int) -> str:
        if self.table.outcome[position] == Outcome.TRUE_POSITIVE:
            return "as the frame is labelled"
        return super().of_prediction(position)

    def of_label(self, position: int) -> str:
        if self.table.label_outcome[position] == Outcome.TRUE_POSITIVE:
            return f"found by {self._prediction(int(self.table.label_prediction[position]))}"
        return super().of_label(position)

    def of_error(self, tide: Tide, position: int) -> str:
        label = int(tide.label[position])
        return self._beside(label) if tide.error[position] != ErrorType.NONE else ""

    def _false_positive(self, position: int) -> str:
        return self._beside(int(self.table.label[position]))

    def _beside(self, label: int) -> str:
        if label < 0:
            return "the frame has no label"
        return f"the frame is labelled {self._name(self.table.labels.class_id[label])}"

    def _false_negative(self, position: int, prediction: int) -> str:
        if later := self._found_later(position):
            return later
        if prediction < 0:
            return "nothing is predicted of the frame"
        return f"predicted as {self._prediction(prediction)}"


def sentence(text: str) -> str:
    """A text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
