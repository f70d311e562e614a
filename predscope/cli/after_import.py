"""What an import is followed by: scripts for Encord Active expect its predictions to be measured at once."""

from __future__ import annotations

import sys
from typing import Any, Final

from predscope.errors import PredscopeError
from predscope.progress import progress_line
from predscope.project import Project

MEASURED_FORMATS: Final = frozenset({"encord_pickle"})
"""Formats whose imports are followed by all metrics."""


def measure_imported(project: Project) -> dict[str, Any] | None:
    """Compute all metrics of a project; returns the report as JSON, or None if that has failed or was stopped.

    The predictions are published by then, so a failure is only said.
    """
    from predscope.metrics import run_metrics

    try:
        with progress_line() as progress:
            report = run_metrics(project, progress=progress)
    except KeyboardInterrupt:
        print("predscope: the metrics were stopped; go on with: predscope metrics run", file=sys.stderr)
        return None
    except PredscopeError as error:
        print(f"predscope: the predictions are published, but the metrics failed: {error}", file=sys.stderr)
        return None
    return report.to_json()


def describe_measured(measured: dict[str, Any]) -> str:
    """One line for the terminal."""
    values = sum(measured["values"].values())
    return f"Metrics: {len(measured['values'])} computed, {values:,} values, in {measured['seconds']:.1f} s."
