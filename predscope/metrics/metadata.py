"""What labels and predictions files say of frames and objects beside their shape, as metrics: weather, camera, site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import orjson

from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MAX_NAME_LENGTH, MeasuredOn, Metric
from predscope.metrics.registry import is_builtin
from predscope.project import ObjectSet, Project
from predscope.recently_used import RecentlyUsed

MOST_CATEGORIES: Final = 200
FEW_CATEGORIES: Final = 20
"""So many different texts are categories, also if nearly every frame has its own."""
SEQUENCE: Final = "sequence"

_columns: Final[RecentlyUsed[dict[str, MetricColumn]]] = RecentlyUsed(12)


def frame_metadata(project: Project) -> dict[str, MetricColumn]:
    """Metadata of the frames, by the name of the metric.

    A key whose values are all numbers is numeric; any other is categorical. One whose texts are nearly all different
    (addresses, times, names) tells nothing and is left out. A name that a built-in metric has becomes "frame.NAME".
    """

    def read() -> dict[str, MetricColumn]:
        table = project.frames_table
        found = _read(table["attributes"].to_pylist(), MeasuredOn.FRAME)
        sequence = table["sequence"].to_pylist()
        if SEQUENCE not in found and any(name is not None for name in sequence):
            metric = Metric(
                SEQUENCE, "Sequence", MeasuredOn.FRAME, definition="The video of the frame.", is_categorical=True
            )
            found[SEQUENCE] = MetricColumn.from_names(metric, sequence)
        return found

    return _columns.get((str(project.path), project.revision), read)


def object_metadata(project: Project, objects: ObjectSet) -> dict[str, MetricColumn]:
    """Metadata of the objects of a set, in the same way; a name that frames have too becomes "object.NAME"."""

    def read() -> dict[str, MetricColumn]:
        column = objects.table(["attributes"])["attributes"]
        if column.null_count == len(column):
            return {}
        on = MeasuredOn.LABEL if objects.role == "labels" else MeasuredOn.PREDICTION
        return _read(column.to_pylist(), on, taken=frame_metadata(project))

    return _columns.get((str(project.path), project.revision, objects.role, objects.name, objects.version), read)


def _read(
    records: Sequence[str | None], on: MeasuredOn, taken: dict[str, Any] | None = None
) -> dict[str, MetricColumn]:
    values: dict[str, list[Any]] = {}
    for place, text in enumerate(records):
        if text:
            for key, value in orjson.loads(text).items():
                if value is not None:
                    values.setdefault(key, [None] * len(records))[place] = value
    found: dict[str, MetricColumn] = {}
    for key, column in values.items():
        name = key if not is_builtin(key) and key not in (taken or {}) else f"{_noun(on)}.{key}"
        if not name.isprintable() or len(name) > MAX_NAME_LENGTH or not key.strip():
            continue
        made = _column(name, key, column, on)
        if made is not None:
            found[name] = made
    return found


def _column(name: str, key: str, values: list[Any], on: MeasuredOn) -> MetricColumn | None:
    given = [value for value in values if value is not None]
    is_numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
    metric = Metric(
        name=name,
        title=key.replace("_", " ").strip().capitalize(),
        measured_on=on,
        definition=f"Metadata of the {_noun(on)}: {key}.",
        is_categorical=not is_numeric,
        is_integer=is_numeric and all(float(value).is_integer() for value in given),
    )
    if is_numeric:
        return MetricColumn.numeric(metric, [np.nan if value is None else value for value in values])
    if any(isinstance(value, dict | list) for value in given):
        return None
    names = [
        None if value is None else value if isinstance(value, str) else orjson.dumps(value).decode() for value in values
    ]
    different = len(set(names) - {None})
    if different > FEW_CATEGORIES and (different > MOST_CATEGORIES or 2 * different > len(given)):
        return None
    return MetricColumn.from_names(metric, names)


def _noun(on: MeasuredOn) -> str:
    return "frame" if on is MeasuredOn.FRAME else "object"
