"""Binary classification: inferences are of the positive class, and say how probable it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predscope.compat.aquarium.class_plan import ClassPlan
from predscope.compat.aquarium.tasks import PrimaryTaskTypes


@dataclass(frozen=True, slots=True)
class BinaryScores:
    """Completes the probability of one of two classes.

    Attributes:
        positive, negative: names of the classes.
        classes: names of all classes of the Predscope project, in its order.
    """

    positive: str
    negative: str
    classes: tuple[str, ...]

    @classmethod
    def of(cls, state: Mapping[str, Any], plan: ClassPlan, classes: Sequence[str]) -> BinaryScores | None:
        """For a project of which ``create_project`` has said that it is for binary classification; else None."""
        negative = state.get("binary_classification_negative_class")
        if state.get("primary_task") != PrimaryTaskTypes.BinaryClassification.value or negative is None:
            return None
        names = dict.fromkeys(plan.counted_name(name) for name in plan.entries)
        others = [name for name in names if name != plan.counted_name(negative)]
        return cls(others[0], plan.counted_name(negative), tuple(classes)) if len(others) == 1 else None

    def complete(self, name: str, confidence: float) -> tuple[str, float, list[float]] | None:
        """The more probable of the two classes, its probability, and the probability of every class of the project.

        Args:
            name: the class that the inference is of; None is returned for one that is neither.
            confidence: its probability, 0 to 1.
        """
        if name not in (self.positive, self.negative):
            return None
        confidence = min(confidence, 1.0)
        positive = confidence if name == self.positive else 1 - confidence
        shares = {self.positive: positive, self.negative: 1 - positive}
        best = self.positive if positive >= 0.5 else self.negative
        return best, shares[best], [shares.get(entry, 0.0) for entry in self.classes]
