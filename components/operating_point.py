"""The operating point in the sidebar: which prediction set, from which confidence on, matched at which IoU.

The widgets show what the address says and write what the user chooses into it; they hold nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.query import LOWEST_IOU
from predscope.exploration.sorting import rate
from predscope.project import Project

_SET: Final = "operating_point.set"
_CONFIDENCE: Final = "operating_point.confidence"
_IOU: Final = "operating_point.iou"
_SLIDER_DIGITS: Final = 2


def operating_point(project: Project, query: FrameQuery, on_change: Callable[[dict[str, Any]], None]) -> None:
    """Show the prediction set, the confidence threshold and the IoU threshold of a query.

    Args:
        project: whose prediction sets are offered, where there are several.
        query: what is shown; of several chosen sets the first.
        on_change: called with the fields of the query that the user changed.
    """
    names = project.set_names("predictions")
    if len(names) > 1:
        _show(_SET, chosen_sets(project, query)[0])
        st.radio("Predictions", names, key=_SET, on_change=lambda: on_change({"prediction_sets": (_chosen(_SET),)}))
    _show(_CONFIDENCE, query.confidence)
    st.slider(
        _label("Confidence", query.confidence),
        min_value=0.0,
        max_value=1.0,
        step=0.01,
        format="%.2f",
        key=_CONFIDENCE,
        on_change=lambda: on_change({"confidence": round(_chosen(_CONFIDENCE), _SLIDER_DIGITS)}),
        help="Predictions with a lower confidence count nowhere.",
    )
    _show(_IOU, query.iou)
    st.slider(
        _label("IoU", query.iou),
        min_value=LOWEST_IOU,
        max_value=1.0,
        step=0.05,
        format="%.2f",
        key=_IOU,
        on_change=lambda: on_change({"iou": round(_chosen(_IOU), _SLIDER_DIGITS)}),
        help="How much a prediction and a label must overlap (intersection over union) to be a match.",
    )
    default = {"confidence": query.default_confidence, "iou": query.default_iou}
    if (query.confidence, query.iou) != (query.default_confidence, query.default_iou):
        st.button(
            f"Back to {number(query.default_confidence)} and {number(query.default_iou)}",
            type="tertiary",
            help="The operating point of the project",
            on_click=on_change,
            args=(default,),
        )


def number(value: float) -> str:
    """A threshold with as many digits as it has, at least two: ``.50``, ``.4321``."""
    return rate(value) if round(value, _SLIDER_DIGITS) == value else f"{value:.6g}".removeprefix("0")


def _label(name: str, value: float) -> str:
    """The exact value, where the slider shows a rounded one."""
    return f"{name} ≥" if round(value, _SLIDER_DIGITS) == value else f"{name} ≥ {number(value)}"


def _show(key: str, value: Any) -> None:
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _chosen(key: str) -> Any:
    return st.session_state[key]
