"""What a project is for, and metrics that scripts announce."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from predscope.errors import InputError


class PrimaryTaskTypes(Enum):
    """What a project is for. Predscope tells it by the labels; the value is kept for scripts that read it."""

    ObjectDetection = "2D_OBJECT_DETECTION"
    Classification = "CLASSIFICATION"
    MultiLabelClassification = "MULTI_LABEL_CLASSIFICATION"
    BinaryClassification = "BINARY_CLASSIFICATION"
    SemSeg = "2D_SEMSEG"
    InstanceSegmentation = "2D_INSTANCE_SEGMENTATION"
    ClassificationWithGeometry = "CLASSIFICATION_WITH_GEOMETRY"
    Null = None


OLD_NAMES: Final = {"OBJECT_DETECTION": "2D_OBJECT_DETECTION", "SEMSEG": "2D_SEMSEG"}


def task_value(task: Any) -> str | None:
    """The value of a task, given as such or as a member of ``PrimaryTaskTypes``.

    Raises:
        InputError: there is no such task.
    """
    if isinstance(task, PrimaryTaskTypes):
        return task.value
    try:
        return PrimaryTaskTypes(OLD_NAMES.get(task, task)).value
    except (ValueError, TypeError):
        known = ", ".join(str(member.value) for member in PrimaryTaskTypes if member.value)
        raise InputError(f"primary_task must be one of {known}, got {task!r}.", where="create_project") from None


class CustomMetricsDefinition:
    """A metric that inferences will bring with ``add_custom_metric``.

    Args:
        name: of the metric.
        metrics_type: ``OBJECTIVE`` (a number) or ``CONFUSION_MATRIX``.
    """

    OBJECTIVE: Final = "objective"
    CONFUSION_MATRIX: Final = "confusion_matrix"

    def __init__(self, name: str, metrics_type: str) -> None:
        if metrics_type not in (self.OBJECTIVE, self.CONFUSION_MATRIX):
            raise InputError(
                f"metrics_type must be {self.OBJECTIVE!r} or {self.CONFUSION_MATRIX!r}, got {metrics_type!r}.",
                where=f"custom metric {name!r}",
            )
        self.name = name
        self.metrics_type = metrics_type

    def to_dict(self) -> dict[str, str]:
        return {"name": self.name, "metrics_type": self.metrics_type}


class StratifiedMetricsDefinition:
    """An attribute of objects by whose values metrics are to be told apart.

    Args:
        name: of the attribute.
        ordered_values: its values, in order.
    """

    def __init__(self, name: str, ordered_values: Iterable[str]) -> None:
        self.name = name
        self.ordered_values = list(ordered_values)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "ordered_values": self.ordered_values}
