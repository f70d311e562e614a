"""Metrics: measurements of frames, labels and predictions that performance can be looked at against.

- ``metric``, ``column``, ``ranges``: what a metric, its values, and a range of them are. Pure.
- ``registry``, ``builtin``: the metrics there are, and the hook to add one.
- ``reading``: ``available_metrics``, ``frame_column``, ``object_column``. ``running``: ``run_metrics``, ``pending``.
- ``joining``, ``sources``, ``metadata``: values that others have measured, embeddings, what labels files say.
- ``pixels``, ``blocks``, ``features``: what the functions of metrics are given.
- ``measuring``, ``pool``, ``image_plan``, ``object_plan``, ``looking``: what is to be computed, and the work of a
  worker process. ``store``, ``image_index``, ``workspace``: where results are kept. ``background``: runs seen from
  other processes.

``docs/metrics.md`` defines every metric in words.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from predscope.metrics.registry import metric  # at once: there is a module of that name, too

if TYPE_CHECKING:
    from predscope.metrics.background import run_state, start_run, stop_run
    from predscope.metrics.column import MetricColumn
    from predscope.metrics.joining import join_values
    from predscope.metrics.metric import MeasuredOn, Metric
    from predscope.metrics.ranges import MetricRange
    from predscope.metrics.reading import MetricsMissing, available_metrics, frame_column, object_column
    from predscope.metrics.report import MetricsReport
    from predscope.metrics.running import Pending, pending, run_metrics

_HOMES = {
    "MeasuredOn": "metric",
    "Metric": "metric",
    "MetricColumn": "column",
    "MetricRange": "ranges",
    "MetricsMissing": "reading",
    "MetricsReport": "report",
    "Pending": "running",
    "available_metrics": "reading",
    "frame_column": "reading",
    "join_values": "joining",
    "object_column": "reading",
    "pending": "running",
    "run_metrics": "running",
    "run_state": "background",
    "start_run": "background",
    "stop_run": "background",
}

__all__ = [
    "MeasuredOn",
    "Metric",
    "MetricColumn",
    "MetricRange",
    "MetricsMissing",
    "MetricsReport",
    "Pending",
    "available_metrics",
    "frame_column",
    "join_values",
    "metric",
    "object_column",
    "pending",
    "run_metrics",
    "run_state",
    "start_run",
    "stop_run",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: a worker process needs few of the modules."""
    if name in _HOMES:
        return getattr(import_module(f"predscope.metrics.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'predscope.metrics' has no attribute {name!r}")
