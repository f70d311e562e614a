"""Methods of frames that pass on to their label set, under other names and with the same arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from predscope.compat.aquarium import values
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.values import place_of

Method = Callable[..., None]


def passed_on(method: Method, *, without: Collection[str] = (), needs_confidence: bool = False) -> Method:
    """A method for a class with a ``label_set`` that calls ``method`` of ``LabelSet``.

    Args:
        without: arguments that it does not take.
        needs_confidence: whether the confidence must be given.
    """
    whole = inspect.signature(method)
    parameters = [entry for name, entry in whole.parameters.items() if name not in without]
    if needs_confidence:
        parameters = [
            entry.replace(default=inspect.Parameter.empty) if entry.name == "confidence" else entry
            for entry in parameters
        ]
    signature = whole.replace(parameters=parameters)

    def add(self: Any, *given: Any, **label: Any) -> None:
        signature.bind(self, *given, **label)  # TypeError for an argument that is missing, or that there is not
        labels: LabelSet = self.label_set
        if needs_confidence:
            where = place_of(labels.frame_id, str(label["label_id"]))
            label["confidence"] = values.confidence(label["confidence"], where, required=True)
        method(labels, **label)

    add.__signature__ = signature  # type: ignore[attr-defined]
    add.__doc__ = method.__doc__
    return add


def not_shown(kind: str) -> Method:
    """A method that accepts a label of a kind that nothing can be drawn of."""

    def add(self: Any, *, label_id: str, **label: Any) -> None:
        self.label_set.note_not_shown(kind, label_id)

    add.__doc__ = f"Accepted, not shown: {kind}."
    return add
