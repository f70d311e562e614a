"""Whether there is anything to measure, and what to do where there is not."""

from __future__ import annotations

import streamlit as st

from components.chips import escape_markdown
from components.import_links import import_links
from predscope.exploration import FrameQuery, chosen_label_set
from predscope.exploration.performance import Performance
from predscope.project import Project


def show_missing_sets(project: Project, query: FrameQuery) -> bool:
    """Say that labels or predictions are missing, and how to add them; False: both are there."""
    missing = []
    if chosen_label_set(project, query) is None:
        missing.append(("labels", f"predscope import labels instances.json --project {project.path}"))
    if not project.set_names("predictions"):
        missing.append(("predictions", f"predscope import predictions results.json --project {project.path}"))
    if missing:
        nouns = " and ".join(noun for noun, _ in missing)
        st.info(f"There are no {nouns} yet. Predictions are compared with labels here. Add them:")
        import_links([role for role, _ in missing])
        for _, command in missing:
            st.code(command, language="console")
    return bool(missing)


def show_nothing_to_compare(found: Performance, set_name: str, has_filters: bool) -> bool:
    """Say why no object can be compared; False: there are labels and predictions."""
    labels, predictions = len(found.detection.labels), len(found.detection.predictions)
    name = escape_markdown(set_name)
    if labels or predictions:
        return False
    if has_filters:
        st.info("On the frames that meet the filters there is neither a label nor a prediction. Remove one.")
    else:
        st.info(
            f"The labels and the predictions of {name} say what whole frames show, and hold no objects. This page "
            "compares objects: boxes, masks, keypoints."
        )
    return True
