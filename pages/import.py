"""Import: files become a new version of labels or predictions, looked at before; the versions that there are."""

from __future__ import annotations

import os

import streamlit as st

from components import urls
from components.imports.classes_view import classes_ask_first, classes_view
from components.imports.first_frame import first_frame
from components.imports.flow import Flow, current_flow
from components.imports.found_view import found_view, show_reading, show_stopped
from components.imports.publish_view import publish_view, result_view
from components.imports.report_view import report_view
from components.imports.source_view import source_view
from components.imports.staging_job import JobState
from components.imports.style import style
from components.imports.versions_view import versions_view
from components.session import note_drawn, published_project
from components.state import note_visit
from predscope.project import Project


def why_read_only(project: Project) -> str:
    """Why nothing can be imported or changed; "" where it can."""
    if os.access(project.path, os.W_OK):
        return ""
    return f"{project.path} cannot be written by this user: a copy of the project in a folder of your own can."


def show_flow(project: Project, flow: Flow) -> None:
    state = flow.follow(project)
    if state is JobState.PUBLISHED:
        flow.finish()
        st.rerun()
    result_view(project, flow)
    source_view(project, flow)
    if flow.looking is not None:
        return
    if state in (JobState.READING, JobState.PUBLISHING):
        reading = st.container()
        classes_view(project, flow)
        with reading:  # it asks how far it is as soon as it is drawn, and would bring back what boxes showed before
            show_reading(flow)
    elif state in (JobState.CANCELLED, JobState.FAILED):
        show_stopped(flow)
        classes_view(project, flow)
    elif state is JobState.READY:
        found_view(flow)
        asks_first = classes_ask_first(project, flow)
        if asks_first:
            classes_view(project, flow)
        first_frame(flow)
        if not asks_first:
            classes_view(project, flow)
        report_view(flow)
        publish_view(project, flow)


project = published_project()
note_drawn(project)
note_visit(urls.IMPORT_PATH)
st.html(style())
st.markdown("#### Import")
why_not = why_read_only(project)
if why_not:
    st.warning(why_not)
else:
    with st.container(key="imports_flow"):
        show_flow(project, current_flow())
versions_view(project, why_not)
