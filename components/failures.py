"""What is shown when a page cannot be: the reason in words, and a way on; never a bare traceback."""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.session import has_changed
from predscope.errors import PredscopeError, ProjectError

_COMMANDS: Final = (
    ("Look at the sample project:", "predscope demo"),
    (
        "Look at files of your own:",
        "predscope view --images photos/ --labels instances.json --predictions results.json",
    ),
    (
        "Make a project, which keeps named sets and their versions:",
        "predscope init my-project --images photos/ --labels instances.json",
    ),
)
_logger = logging.getLogger("predscope")


def show_failure(error: Exception) -> bool:
    """Show an error that ended a page; True: Streamlit need not show it too."""
    if _has_changed():  # what was being read may be gone, or have another name
        st.info("The project has changed since this page was drawn: a set was imported, restored, renamed or deleted.")
        st.button("Show it as it is now", key="show_again")
    elif isinstance(error, ProjectError):
        st.warning(escape_markdown(str(error)))
        for purpose, command in _COMMANDS:
            st.markdown(purpose)
            st.code(command, language="console")
    elif isinstance(error, PredscopeError):
        st.error(escape_markdown(str(error)))
    else:
        _logger.error("a page failed", exc_info=error)
        st.error(
            f"This page failed because of a fault in the program ({type(error).__name__}). The project was not "
            "changed. The terminal in which the app was started has the details."
        )
    return True


def _has_changed() -> bool:
    try:
        return has_changed()
    except PredscopeError:  # the project cannot be opened at all, and the error says so
        return False
