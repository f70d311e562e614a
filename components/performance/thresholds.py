"""Which confidence threshold to use, each suggestion one click away, and all of them as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import streamlit as st

from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import share
from components.performance.options import choose_rate
from predscope.evaluation.operating_point import ConfidenceCurve
from predscope.evaluation.thresholds import Threshold, best_f1, thresholds_yaml, with_precision, with_recall
from predscope.exploration.performance import Performance

_WIDTHS: Final = (1.7, 1.1, 4.6, 1.6)
_RULES: Final = {"f1": "Highest F1", "precision": "Precision of at least", "recall": "Recall of at least"}
_WANTED: Final = 0.9


def thresholds(
    found: Performance, confidence: float, iou: float, set_name: str, on_use: Callable[[float], None]
) -> None:
    """Three rules, what each gives, and a button to use it.

    Args:
        found: the numbers.
        confidence, iou: the operating point.
        set_name: of the prediction set; names the file.
        on_use: called with the confidence chosen.
    """
    heading("Which threshold to use", "thresholds")
    lines = found.curves(iou)
    with st.container(gap="xsmall", key="threshold_advice"):
        for rule, title in _RULES.items():
            label, control, words, button = st.columns(_WIDTHS, vertical_alignment="center")
            label.markdown(title)
            wanted = 0.0
            if rule != "f1":
                with control:
                    wanted = choose_rate(title, rule, _WANTED)
            advice = choose_threshold(lines.pooled, rule, wanted)
            words.markdown(advice_in_words(found, advice, lines.pooled, rule))
            if advice is not None:
                readable = found.readable_threshold(advice.confidence)
                is_used = readable == confidence
                button.button(
                    "In use" if is_used else "Use this",
                    key=f"performance.use.{rule}",
                    disabled=is_used,
                    on_click=on_use,
                    args=(readable,),
                )
    best = [entry for entry in (best_f1(lines.pooled), *lines.best) if entry is not None]
    if best:
        st.download_button(
            "Thresholds of all classes (YAML)",
            partial(thresholds_yaml, best, found.detection.classes, iou_threshold=iou),  # written when asked for
            file_name=f"thresholds-{set_name}.yaml",
            mime="application/yaml",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )


def choose_threshold(curve: ConfidenceCurve, rule: str, wanted: float) -> Threshold | None:
    """The threshold of a rule; None where it cannot be reached."""
    if rule == "f1":
        return best_f1(curve)
    return with_precision(curve, wanted) if rule == "precision" else with_recall(curve, wanted)


def advice_in_words(found: Performance, advice: Threshold | None, curve: ConfidenceCurve, rule: str) -> str:
    """A threshold and what it gives; or, out of reach, how far one comes."""
    if advice is None:
        if rule == "f1" or not len(curve.confidence) or not curve.label_count:
            return "There is nothing to choose by."
        values = getattr(curve, rule)
        best = int(np.argmax(values))
        at = number(found.readable_threshold(float(curve.confidence[best])))
        return f"Out of reach: the highest {rule} is {share(float(values[best]))}, at confidence {at}."
    counts = advice.counts
    words = (
        f"**confidence ≥ {number(found.readable_threshold(advice.confidence))}**: precision {share(counts.precision)}, "
        f"recall {share(counts.recall)}, F1 {share(counts.f1)}"
    )
    if advice.plateau is not None:
        low, high = (found.readable_threshold(end) for end in advice.plateau)
        if high - low > 0.005:
            words += f"; from {number(low)} to {number(high)} is as good"
    return f"{words}."
