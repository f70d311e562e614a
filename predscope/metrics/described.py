"""What users' metrics are, beside their values: so that the app shows them without running anybody's code.

A project never runs code. A file of metrics is run by whoever gives it on the command line; what stays is a description
of each metric, and its values. Where values are missing later on, the file has to be given again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson

from predscope.errors import InputError
from predscope.metrics.metric import Metric
from predscope.metrics.registry import is_builtin
from predscope.metrics.workspace import Workspace
from predscope.project.durable import replace_whole

_NAME: Final = "described.json"


def describe_users_metrics(workspace: Workspace, metrics: Iterable[Metric]) -> None:
    """Remember the metrics among these that do not come with the program. The caller is the only one that measures."""
    found = {metric.name: metric.to_json() for metric in metrics if not is_builtin(metric.name)}
    if not found:
        return
    known = {metric.name: metric.to_json() for metric in described_metrics(workspace)}
    if known | found != known:
        workspace.folder.mkdir(exist_ok=True)
        replace_whole(workspace.folder / _NAME, orjson.dumps(known | found, option=orjson.OPT_INDENT_2))


def described_metrics(workspace: Workspace) -> list[Metric]:
    """Users' metrics of which values may be kept."""
    try:
        records = orjson.loads((workspace.folder / _NAME).read_bytes())
        return [Metric.from_json(record) for record in records.values()]
    except (OSError, ValueError, TypeError, AttributeError, InputError):
        return []
