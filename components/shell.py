"""The Streamlit script: page configuration and navigation. Everything else is in ``pages/`` and beside this file."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components import urls
from components.doors import follow_door
from components.version_bar import show_opened_versions

st.set_page_config(
    page_title="Predscope",
    page_icon=str(Path(__file__).with_name("favicon.png")),
    layout="wide",
    initial_sidebar_state="auto",
)

st.html(Path(__file__).with_name("shell.css"))

page = st.navigation(
    [
        st.Page(urls.OVERVIEW_PAGE, title="Overview", default=True),
        st.Page(urls.EXPLORE_PAGE, title="Explore", url_path=urls.EXPLORE_PATH),
        st.Page(urls.OBJECTS_PAGE, title="Objects", url_path=urls.OBJECTS_PATH),
        st.Page(urls.FRAME_PAGE, title="Frame", url_path=urls.FRAME_PATH),
        st.Page(urls.PERFORMANCE_PAGE, title="Performance", url_path=urls.PERFORMANCE_PATH),
        st.Page(urls.BY_METRIC_PAGE, title="By metric", url_path=urls.BY_METRIC_PATH),
        st.Page(urls.ERRORS_PAGE, title="Errors", url_path=urls.ERRORS_PATH),
        st.Page(urls.DATA_PAGE, title="Data", url_path=urls.DATA_PATH),
        st.Page(urls.IMPORT_PAGE, title="Import", url_path=urls.IMPORT_PATH),
    ],
    position="top",
)
follow_door()  # of a callback
if page.url_path != urls.IMPORT_PATH:  # where every version is listed
    show_opened_versions()
page.run()
follow_door()  # of the page itself
