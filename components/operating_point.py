"""The operating point in the sidebar: which prediction set, from which confidence on, matched by what at which IoU.

The widgets show what the address says and write what the user chooses into it; they hold nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from components.widget_values import on_choice, put
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery, chosen_label_set, chosen_sets
from predscope.exploration.comparison import COMPARISON_WORDS, comparison, comparisons
from predscope.exploration.filters import threshold as number
from predscope.exploration.outcome_words import sentence
from predscope.exploration.query import AUTOMATIC, LOWEST_IOU
from predscope.project import Project

_SET: Final = "operating_point.set"
_CONFIDENCE: Final = "operating_point.confidence"
_IOU: Final = "operating_point.iou"
_BY: Final = "operating_point.by"
_SLIDER_DIGITS: Final = 2
_IOU_HELP: Final = {
    IouType.BBOX: "How much a prediction and a label must overlap (intersection over union) to be a match.",
    IouType.SEGM: "How much the masks of a prediction and a label must overlap (intersection over union) to be a "
    "match.",
    IouType.BOUNDARY: "How much the masks of a prediction and a label, and a band along their outlines, must overlap "
    "(intersection over union; the lower of the two counts) to be a match.",
    IouType.KEYPOINTS: "How near the keypoints of a prediction must be to those of a label to be a match: object "
    "keypoint similarity, from 0 to 1.",
    IouType.ORIENTED: "How much the rotated boxes of a prediction and a label must overlap (intersection over union) "
    "to be a match.",
}


def operating_point(project: Project, query: FrameQuery, on_change: Callable[[dict[str, Any]], None]) -> None:
    """Show the prediction set, the confidence threshold, the IoU threshold and the comparison of a query.

    Args:
        project: whose prediction sets are offered, where there are several; so are the comparisons.
        query: what is shown; of several chosen sets the first.
        on_change: called with the fields of the query that the user changed.
    """
    names, shown = project.set_names("predictions"), chosen_sets(project, query)[0]
    if len(names) > 1:
        put(_SET, shown)
        st.radio(
            "Predictions",
            names,
            key=_SET,
            on_change=on_choice(_SET, lambda name: on_change({"prediction_sets": (name,)})),
        )
    put(_CONFIDENCE, query.confidence)
    st.slider(
        _label("Confidence", query.confidence),
        min_value=0.0,
        max_value=1.0,
        step=0.01,
        format="%.2f",
        key=_CONFIDENCE,
        on_change=on_choice(_CONFIDENCE, lambda value: on_change({"confidence": round(value, _SLIDER_DIGITS)})),
        help="Predictions with a lower confidence count nowhere.",
    )
    label_set = chosen_label_set(project, query)
    offered = [] if label_set is None else comparisons(project, label_set, shown)
    if len(offered) > 1:
        put(_BY, comparison(project, label_set, shown, query.by))
        st.selectbox(
            "Compared by",
            offered,
            key=_BY,
            format_func=lambda iou_type: sentence(COMPARISON_WORDS[iou_type]),
            on_change=on_choice(_BY, lambda chosen: on_change({"by": _asked_for(project, label_set, shown, chosen)})),
            help="What of a prediction and a label must be alike for them to be a match.",
        )
    compared_by = comparison(project, label_set, shown, query.by) if offered else IouType.BBOX
    if compared_by is not IouType.FRAME:
        name = "OKS" if compared_by is IouType.KEYPOINTS else "IoU"
        put(_IOU, query.iou)
        st.slider(
            _label(name, query.iou),
            min_value=LOWEST_IOU,
            max_value=1.0,
            step=0.05,
            format="%.2f",
            key=_IOU,
            on_change=on_choice(_IOU, lambda value: on_change({"iou": round(value, _SLIDER_DIGITS)})),
            help=_IOU_HELP[compared_by],
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


def _asked_for(project: Project, label_set: str | None, prediction_set: str, chosen: IouType) -> str:
    """The comparison chosen, as a query has it: the one that comes by itself is not asked for."""
    return AUTOMATIC if IouType(chosen) is comparison(project, label_set, prediction_set) else str(chosen)


def _label(name: str, value: float) -> str:
    """The exact value, where the slider shows a rounded one."""
    return f"{name} ≥" if round(value, _SLIDER_DIGITS) == value else f"{name} ≥ {number(value)}"
