"""What is shown when there is nothing to show: the commands that load something."""

from __future__ import annotations

import streamlit as st

from components.session import describe_error
from predscope.errors import ProjectError


def no_project(error: ProjectError) -> None:
    """The reason, and three ways on."""
    st.markdown("#### No project is open")
    st.warning(describe_error(error))
    st.markdown("Look at the sample project:")
    st.code("predscope demo", language="console")
    st.markdown("Look at files of your own:")
    st.code("predscope view --images photos/ --labels instances.json --predictions results.json", language="console")
    st.markdown("Make a project, which keeps named sets and their versions:")
    st.code("predscope init my-project --images photos/ --labels instances.json", language="console")
