"""Intervals of AP, computed beside the page: it stays usable, says how far it is, and shows them when they are there.

Drawing the frames anew, a thousand times, takes a fraction of a second on a small set and many seconds on a large one.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import streamlit as st

from components.performance.options import choose_one
from predscope.evaluation.bootstrap import ApBootstrap
from predscope.exploration.performance import Performance

_KEY: Final = "performance.ap_intervals"
_QUICK: Final = 5_000
"""Objects up to which the intervals are computed without being asked for, and at once."""
_OBJECTS_A_SECOND: Final = 15_000
"""Objects for which a second is needed, roughly; how far it is tells better."""
_LOOK_SECONDS: Final = 0.5
_ON_REQUEST: Final = {"no": "Without intervals of AP", "yes": "With intervals of AP"}


class StoppedError(Exception):
    """Nobody waits for the intervals any more."""


class Computation:
    """Intervals that a thread is computing, or has computed.

    Attributes:
        found: whose intervals.
        done: the share that is done, 0 to 1.
    """

    def __init__(self, found: Performance) -> None:
        self.found = found
        self.done = 0.0
        self._stopped = threading.Event()
        self._since = time.monotonic()
        self._future: Future[ApBootstrap] = _worker.submit(lambda: found.ap_intervals(self._advance))

    @property
    def is_ready(self) -> bool:
        return self._future.done()

    def result(self) -> ApBootstrap:
        """The intervals; waits for them, and raises what the computation raised."""
        return self._future.result()

    def stop(self) -> None:
        """Give it up, at its next step."""
        self._stopped.set()
        self._future.cancel()

    def seconds_left(self) -> float:
        """By how long the part that is done took; before, by how many objects there are."""
        passed = time.monotonic() - self._since
        if self.done < 0.1:
            return max(seconds_needed(self.found) - passed, 1.0)
        return passed * (1 - self.done) / self.done

    def _advance(self, share: float) -> None:
        if self._stopped.is_set():
            raise StoppedError
        if not self.done:
            self._since = time.monotonic()
        self.done = share


_worker: Final = ThreadPoolExecutor(1, thread_name_prefix="predscope-intervals")


def ap_intervals(found: Performance) -> ApBootstrap | None:
    """The intervals of AP; None while they are not asked for or not there yet, which is said where this is called."""
    if len(found.detection.labels) + len(found.detection.predictions) <= _QUICK:
        return found.ap_intervals()
    with st.container(horizontal=True, vertical_alignment="center"):
        is_wanted = choose_one("Intervals", "intervals", _ON_REQUEST) == "yes"
        computation = _computation(found, is_wanted)
        if computation is None:
            words = f"They take about {in_words(seconds_needed(found))}; the page can be used meanwhile."
            st.caption(words, width="content")
        elif not computation.is_ready:
            _watch(computation)
    return computation.result() if computation is not None and computation.is_ready else None


def seconds_needed(found: Performance) -> float:
    """Roughly how long the intervals take."""
    return (len(found.detection.labels) + len(found.detection.predictions)) / _OBJECTS_A_SECOND


def in_words(seconds: float) -> str:
    """A duration that is only roughly known."""
    return f"{max(round(seconds), 1)} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _computation(found: Performance, is_wanted: bool) -> Computation | None:
    """The one of this session, which is stopped when it is no longer wanted."""
    known: Computation | None = st.session_state.get(_KEY)
    if known is not None and not (is_wanted and known.found is found):
        known.stop()
        known = st.session_state[_KEY] = None
    if known is None and is_wanted:
        known = st.session_state[_KEY] = Computation(found)
    return known


@st.fragment(run_every=_LOOK_SECONDS)
def _watch(computation: Computation) -> None:
    """Looks from time to time whether they are there; then the page is drawn again, with them."""
    if computation.is_ready:
        st.rerun()
    left = in_words(computation.seconds_left())
    st.progress(computation.done, f"Drawing the frames anew, 1,000 times: about {left} left", width=420)
