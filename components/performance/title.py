"""What is compared with what: the first lines of the pages of numbers."""

from __future__ import annotations

import streamlit as st

from components.chips import escape_markdown
from predscope.exploration import FrameQuery, chosen_label_set
from predscope.exploration.comparison import COMPARISON_WORDS
from predscope.exploration.performance import Performance
from predscope.project import Project


def show_title(project: Project, query: FrameQuery, found: Performance, set_name: str) -> None:
    """The sets, the frames, and by what the objects are compared."""
    label_set = escape_markdown(chosen_label_set(project, query) or "")
    frames, total = len(found.frames), len(project.frames)
    of_frames = f"{total:,} frames" if query.is_unfiltered else f"{frames:,} of {total:,} frames, those that are shown"
    with st.container(gap=None, key="page_title"):
        st.markdown(f"#### {escape_markdown(set_name)} against {label_set}")
        st.caption(f"{of_frames}; objects are compared by their {COMPARISON_WORDS[found.detection.iou_type]}")
