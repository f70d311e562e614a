"""Which metrics matter, counted beside the page: it takes a second or two on large sets, and a slider must not wait."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from predscope.analysis import MetricImportance
from predscope.exploration import FrameQuery
from predscope.exploration.metric_performance import importance, known_columns
from predscope.project import Project

__all__ = ["importance_soon"]

_MOST_KEPT: Final = 8
_worker: Final = ThreadPoolExecutor(1, thread_name_prefix="importance")
_asked: dict[Hashable, Future[list[MetricImportance]]] = {}
_lock: Final = threading.Lock()


def importance_soon(project: Project, query: FrameQuery, prediction_set: str) -> Future[list[MetricImportance]]:
    """``importance``, to come; of several questions that wait, only the newest is answered."""
    labels, predictions = known_columns(project, query, prediction_set)
    key = (str(project.path), project.revision, query, prediction_set, *labels, None, *predictions)
    with _lock:
        future = _asked.get(key)
        if future is None or future.cancelled():
            for other in _asked.values():
                other.cancel()  # those that have not begun
            future = _asked[key] = _worker.submit(importance, project, query, prediction_set)
            for old in [one for one, other in _asked.items() if other.done()][:-_MOST_KEPT]:
                del _asked[old]
    return future
