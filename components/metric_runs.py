"""Metrics are measured by themselves while the app is open: a thin line in the sidebar says how far, and can stop it.

One process of low priority measures a project; this module starts it once a revision, after the page has been drawn,
and asks a small file how far it is. ``PREDSCOPE_MEASURE=0`` switches that off; ``predscope metrics run`` does the same
work by hand.
"""

from __future__ import annotations

import html
import os
import shlex
import subprocess
import threading
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.fresh_fragment import fresh_fragment
from predscope.metrics import run_state, start_run, stop_run
from predscope.metrics.background import RunState
from predscope.project import Project
from predscope.project.version_names import OpenedVersion

MEASURE_VARIABLE: Final = "PREDSCOPE_MEASURE"
"""0: nothing is measured unless somebody asks for it."""
POLL_SECONDS: Final = 1.0
_WORKERS: Final = 2
_DRAWN: Final = "metric_runs.drawn"

_STYLE: Final = """<style>
[data-testid="stLayoutWrapper"]:has(.st-key-metric_progress) {
  position: sticky; bottom: 0; z-index: 2; }
.st-key-metric_progress { gap: 0; padding: 8px 0 10px; background: light-dark(LIGHT, DARK);
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.st-key-metric_progress p { font-size: 13px; margin: 0; font-variant-numeric: tabular-nums; }
.st-key-metric_progress button { min-height: 24px; padding: 0; flex: none; }
.st-key-metric_progress > * { max-width: 360px; }
.st-key-metric_line { flex-wrap: nowrap; align-items: center; min-height: 28px; }
.st-key-metric_line [data-testid="stMarkdownContainer"] { margin: 0; }
.metric-run { height: 2px; background:
  linear-gradient(#4a90d9 0 0) 0 0 / var(--share) 100% no-repeat,
  color-mix(in srgb, currentColor 16%, transparent); }
</style>"""


@dataclass(slots=True)
class _Run:
    """What this process has done about the metrics of a project.

    Attributes:
        revision: of the project that was measured last.
        versions: old versions of sets that were measured at that revision, or would have been.
        process: that measures; None: not yet, or over.
        is_stopped: the reader has stopped it, and begins it again if they want.
        is_failed: it could not be done.
    """

    revision: str = ""
    versions: frozenset[OpenedVersion] = frozenset()
    process: subprocess.Popen[bytes] | None = None
    is_stopped: bool = False
    is_failed: bool = False

    def is_about(self, project: Project) -> bool:
        """Whether what the project shows was measured last."""
        return self.revision == project.published.revision and self.versions.issuperset(project.opened)

    def begin(self, project: Project) -> None:
        self.note(project)
        self.is_stopped = self.is_failed = False
        try:
            self.process = start_run(project, _WORKERS, is_quiet=True)
        except OSError:
            self.is_failed = True

    def note(self, project: Project) -> None:
        """From now on it is about what the project shows."""
        before = self.versions if self.revision == project.published.revision else frozenset()
        self.revision, self.versions = project.published.revision, before.union(project.opened)

    def look(self) -> None:
        """Notice that the process has ended."""
        if self.process is not None and (code := self.process.poll()) is not None:
            self.process = None
            self.is_failed = code != 0 and not self.is_stopped


_runs: dict[str, _Run] = {}
_lock: Final = threading.Lock()


def is_measuring_allowed() -> bool:
    """Whether runs begin by themselves."""
    return os.environ.get(MEASURE_VARIABLE, "1") != "0"


def measuring_command(project: Project) -> str:
    """What computes the metrics that are missing, Markdown; "" where that is done anyway."""
    if is_measuring_allowed():
        return ""
    versions = (f" --version {shlex.quote(one.name)}" for one in project.opened)
    return f"`predscope metrics run{''.join(versions)}`"


def show_metric_progress(project: Project, *, in_sidebar: bool = True) -> None:
    """At the lower end of the sidebar: how far the run is, what was not finished; nothing once all is measured.

    Call it last on a page. A run begins a moment after the page is drawn, and when it ends the page is drawn once more.

    Args:
        in_sidebar: False for a page without a sidebar: then it is at the lower end of the window.
    """
    if not is_measuring_allowed() or project.images_root is None or not len(project.frames_table):
        return
    with _lock:
        run = _runs.setdefault(str(project.path), _Run())
        run.look()
        is_over = run.is_about(project) and run.process is None
    st.session_state[_DRAWN] = False
    with st.sidebar if in_sidebar else st.container():
        if not is_over or run_state(project) is not None:
            fresh_fragment(_follow, run_every=POLL_SECONDS)(project, in_sidebar)
        elif run.is_stopped or run.is_failed:
            _show_unfinished(project, run, in_sidebar)


def _follow(project: Project, in_sidebar: bool) -> None:
    """Runs with the page, and then again and again until there is nothing left to follow."""
    is_first = not st.session_state.get(_DRAWN, False)
    st.session_state[_DRAWN] = True
    with _lock:
        run = _runs[str(project.path)]
        run.look()
        state = run_state(project)
        if not is_first and state is None and run.process is None:
            if run.is_about(project):
                st.rerun()
            run.begin(project)
    if state is not None and state.total:  # none where nothing was left to measure
        _show_progress(project, run, state, in_sidebar)


def _show_progress(project: Project, run: _Run, state: RunState, in_sidebar: bool) -> None:
    share = min(state.done / state.total, 1.0)
    words = f"{state.what}: {state.done:,} of {state.total:,}"
    st.html(_style(in_sidebar))
    with st.container(key="metric_progress"):
        with _line():
            st.markdown(words)
            st.button("Cancel", key="metric_runs.cancel", type="tertiary", on_click=_stop, args=(project, run))
        st.html(
            f'<div class="metric-run" role="progressbar" aria-label="{html.escape(words)}" aria-valuemin="0" '
            f'aria-valuemax="{state.total}" aria-valuenow="{state.done}" style="--share:{share:.1%}"></div>'
        )


def _show_unfinished(project: Project, run: _Run, in_sidebar: bool) -> None:
    st.html(_style(in_sidebar))
    words = "Some metrics could not be measured." if run.is_failed else "Some metrics are not measured."
    hint = "`predscope metrics run` measures them, too, and says what is wrong." if run.is_failed else None
    with st.container(key="metric_progress"), _line():
        st.markdown(words, help=hint)
        st.button("Measure", key="metric_runs.measure", type="tertiary", on_click=_resume, args=(project, run))


def _style(in_sidebar: bool) -> str:
    """It lies over the end of what is above it, in the colour of what is behind that."""
    place = ".sidebar" if in_sidebar else ""
    light, dark = (str(st.get_option(f"theme.{base}{place}.backgroundColor")) for base in ("light", "dark"))
    return _STYLE.replace("LIGHT", light).replace("DARK", dark)


def _line() -> DeltaGenerator:
    """Words on the left, a button on the right."""
    return st.container(
        key="metric_line", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    )


def _stop(project: Project, run: _Run) -> None:
    with _lock:
        run.note(project)
        run.is_stopped = True
    stop_run(project)


def _resume(project: Project, run: _Run) -> None:
    with _lock:
        run.begin(project)
