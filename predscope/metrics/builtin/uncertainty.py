"""How sure a model is of the class, from one score a class: acquisition functions of active learning.

Scores are scaled to sum to 1. Predictions without ``class_scores`` (one number a class, as the model gives them) have
no value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from predscope.metrics.blocks import ObjectBlock
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric

_ON_FRAME: Final = " Mean over the predictions of the frame."


def _entropy(shares: np.ndarray) -> np.ndarray:
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logarithms).sum(axis=1) / np.log(shares.shape[1])


def _least_confidence(shares: np.ndarray) -> np.ndarray:
    return 1 - shares.max(axis=1)


def _margin(shares: np.ndarray) -> np.ndarray:
    highest = np.partition(shares, -2, axis=1)[:, -2:]
    return highest[:, 1] - highest[:, 0]


def _variance(shares: np.ndarray) -> np.ndarray:
    return shares.var(axis=1)


_MEASURES: Final[tuple[tuple[str, str, str, tuple[float, float], Callable[[np.ndarray], np.ndarray]], ...]] = (
    (
        "class_entropy",
        "Class entropy",
        "Entropy of the class scores / log of the number of classes: 1 is a pure guess.",
        (0, 1),
        _entropy,
    ),
    (
        "least_confidence",
        "Least confidence",
        "1 - the highest class score: high is uncertain.",
        (0, 1),
        _least_confidence,
    ),
    (
        "confusion_margin",
        "Confusion margin",
        "Highest class score - the second highest: 0 is torn between two classes.",
        (0, 1),
        _margin,
    ),
    (
        "class_variance",
        "Class score variance",
        "Variance of the class scores: 0 is a pure guess.",
        (0, 0.25),
        _variance,
    ),
)


def _of_objects(measure: Callable[[np.ndarray], np.ndarray]) -> Callable[[ObjectBlock], np.ndarray]:
    def compute(objects: ObjectBlock) -> np.ndarray:
        shares = objects.class_shares
        return np.full(len(objects), np.nan) if shares is None else measure(shares)

    return compute


def _of_frames(measure: Callable[[np.ndarray], np.ndarray]) -> Callable[[ObjectBlock], np.ndarray]:
    of_objects = _of_objects(measure)

    def compute(objects: ObjectBlock) -> np.ndarray:
        return objects.frame_mean(of_objects(objects))

    return compute


for _name, _title, _definition, _range, _measure in _MEASURES:
    _shared: dict[str, Any] = {"range": _range, "version": 1, "needs": "objects"}
    metric(_name, title=_title, measured_on=MeasuredOn.PREDICTION, definition=_definition, **_shared)(
        _of_objects(_measure)
    )
    metric(
        f"frame_{_name}",
        title=f"{_title} of the frame",
        measured_on=MeasuredOn.FRAME,
        of_role="predictions",
        definition=_definition + _ON_FRAME,
        **_shared,
    )(_of_frames(_measure))
