"""Which confidence threshold to use: by F1, by a precision or recall to be reached, or by what errors cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import yaml

from predscope.errors import InputError
from predscope.evaluation.operating_point import ConfidenceCurve, Counts
from predscope.schema import ObjectClass

PLATEAU_SHARE: Final = 0.995
"""Thresholds whose F1 is at least this share of the best are as good as the best."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A confidence threshold, and what it gives.

    Attributes:
        class_id: of the class; None: all classes pooled.
        rule: by which it was chosen, in words.
        confidence: predictions at or above it are kept.
        counts: with them precision, recall and F1.
        plateau: for the best F1, lowest and highest confidence around it that are as good (``PLATEAU_SHARE``).
    """

    class_id: int | None
    rule: str
    confidence: float
    counts: Counts
    plateau: tuple[float, float] | None = None


def best_f1(curve: ConfidenceCurve) -> Threshold | None:
    """The highest F1; of equals the highest confidence. None without predictions or labels."""
    if not len(curve.confidence) or not curve.label_count:
        return None
    f1 = curve.f1
    best = int(np.argmax(f1))
    is_good = f1 >= PLATEAU_SHARE * f1[best]
    bad_before, bad_after = np.flatnonzero(~is_good[:best]), np.flatnonzero(~is_good[best:])
    first = int(bad_before[-1]) + 1 if len(bad_before) else 0
    last = best + int(bad_after[0]) - 1 if len(bad_after) else len(f1) - 1
    plateau = (float(curve.confidence[last]), float(curve.confidence[first]))
    return _threshold(curve, best, "highest F1", plateau)


def with_precision(curve: ConfidenceCurve, precision: float) -> Threshold | None:
    """The most recall with at least this precision; of equals the highest confidence. None: it is never reached."""
    _check_share("precision", precision)
    return _most(curve, curve.precision >= precision, curve.tp, f"precision of at least {precision:g}")


def with_recall(curve: ConfidenceCurve, recall: float) -> Threshold | None:
    """The most precision with at least this recall; of equals the highest confidence. None: it is never reached."""
    _check_share("recall", recall)
    if not curve.label_count:
        return None
    return _most(curve, curve.recall >= recall, curve.precision, f"recall of at least {recall:g}")


def with_costs(curve: ConfidenceCurve, *, false_positive: float, false_negative: float) -> Threshold | None:
    """The lowest sum of costs; of equals the highest confidence. None without predictions."""
    if min(false_positive, false_negative) < 0:
        raise InputError(f"costs must not be negative, got {false_positive:g} and {false_negative:g}.")
    costs = false_positive * curve.fp + false_negative * curve.fn
    rule = f"lowest cost, {false_positive:g} a false positive and {false_negative:g} a false negative"
    return _most(curve, np.ones(len(costs), bool), -costs, rule)


def thresholds_yaml(thresholds: Sequence[Threshold], classes: Sequence[ObjectClass], *, iou_threshold: float) -> str:
    """Thresholds as YAML, class by class, for the program that uses the model."""
    names = {entry.class_id: entry.name for entry in classes}
    content: dict[str, Any] = {"iou_threshold": iou_threshold}
    per_class = {}
    for entry in thresholds:
        record: dict[str, Any] = {
            "confidence": round(entry.confidence, 6),
            "rule": entry.rule,
            **{name: _rounded(getattr(entry.counts, name)) for name in ("precision", "recall", "f1")},
        }
        if entry.plateau is not None:
            record["plateau"] = [round(end, 6) for end in entry.plateau]
        if entry.class_id is None:
            content["all_classes"] = record
        else:
            per_class[names[entry.class_id]] = record
    if per_class:
        content["classes"] = per_class
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _most(curve: ConfidenceCurve, allowed: np.ndarray, value: np.ndarray, rule: str) -> Threshold | None:
    positions = np.flatnonzero(allowed)
    if not len(positions):
        return None
    return _threshold(curve, int(positions[np.argmax(value[positions])]), rule)


def _threshold(
    curve: ConfidenceCurve, position: int, rule: str, plateau: tuple[float, float] | None = None
) -> Threshold:
    tp, fp = int(curve.tp[position]), int(curve.fp[position])
    counts = Counts(tp, fp, curve.label_count - tp)
    return Threshold(curve.class_id, rule, float(curve.confidence[position]), counts, plateau)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"{name} must be between 0 and 1, got {value:g}.")
