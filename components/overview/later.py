"""What takes a moment to compute comes after the first paint: the photos are there, then the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.fresh_fragment import fresh_fragment
from predscope.errors import PredscopeError
from predscope.project import Project

_DELAY_SECONDS: Final = 0.6
_WAITING: Final = "overview.waiting"
_computed: Final[set[tuple[str, str]]] = set()
"""Projects and revisions that this process has the numbers of."""
_failures: Final[dict[tuple[str, str], str]] = {}
"""Those that cannot be computed, and why."""


def is_computed(project: Project) -> bool:
    """Whether the numbers of this revision are there, so that they can be shown at once."""
    return _name(project) in _computed


def compute_later(project: Project, compute: Callable[[], None], words: str, height: int) -> None:
    """Compute after the page has been drawn, then draw it once more.

    To be called at the same place when everything is computed, too: the browser may have asked already for what was
    waiting there, and is answered with nothing.

    Args:
        compute: fills the caches that the page reads from.
        words: what is being done, shown meanwhile.
        height: pixels that are kept free meanwhile, so that what is below hardly moves.
    """
    failure = _failures.get(_name(project))
    is_waiting = failure is None and not is_computed(project)
    st.session_state[_WAITING] = is_waiting

    def wait() -> None:
        if failure is not None:
            st.caption(escape_markdown(failure))
        if not is_waiting:
            return
        st.caption(words)
        if st.session_state.pop(_WAITING, False):  # this is still the run that draws the page
            return
        try:
            compute()
        except PredscopeError as error:  # said in this place; the rest of the page is right
            _failures[_name(project)] = str(error)
        else:
            _computed.add(_name(project))
        st.rerun()

    with st.container(height=height if is_waiting else "content", border=False):
        fresh_fragment(wait, run_every=_DELAY_SECONDS if is_waiting else None)()


def _name(project: Project) -> tuple[str, str]:
    return str(project.path), project.revision
