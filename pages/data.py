"""Data: how every metric is distributed, what lies far out, what is there twice, which labels deserve a second look."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.data.objects import asked_ranges, show_objects
from components.data.views import asked_side, choose_view, is_measuring, show_view
from components.metric_runs import show_metric_progress
from components.performance.explanations import STYLE
from components.session import current_project
from components.state import note_visit
from predscope.exploration import FrameQuery
from predscope.project import Project


def show_data(project: Project) -> None:
    query = FrameQuery.of(project)
    side = asked_side(project)
    ranges, ignored = asked_ranges(project, side)
    if ignored:
        names = ", ".join(map(escape_markdown, ignored))
        st.warning(f"The link names what this project does not have: {names}.")
    if ranges and side.role is not None:
        show_objects(project, side, ranges, query)
    else:
        show_view(project, choose_view(project), query)
    if is_measuring(project, query):
        show_metric_progress(project, in_sidebar=False)


project = current_project()
note_visit(urls.DATA_PATH)
st.html(STYLE)
if len(project.frames):
    show_data(project)
else:
    st.info(
        "This project has no frames yet. Import labels together with their images: "
        "`predscope import labels PATH --images DIR`."
    )
