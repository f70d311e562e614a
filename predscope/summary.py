"""What a project holds, in small tables: the overview of the app, and of a notebook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.payload import Layer
from predscope.project import Project
from predscope.report import Problem, Severity


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """Frames of a project by what can be shown of them."""

    total: int
    missing: int
    unreadable: int
    without_labels: int | None
    """None: the project has no labels."""


def count_frames(project: Project) -> FrameCounts:
    """How many frames there are, and how many lack their image or labels."""
    status = project.frames["image_status"]
    names = project.set_names("labels")
    unlabelled = int((np.diff(project.objects("labels", names[0]).offsets) == 0).sum()) if names else None
    return FrameCounts(len(status), int((status == "missing").sum()), int((status == "unreadable").sum()), unlabelled)


def summarize_sets(project: Project) -> pd.DataFrame:
    """One row a set at its newest version.

    Columns: ``set``, ``role``, ``version``, ``format``, ``source``, ``created`` (ISO 8601), ``objects``, ``frames``
    (with at least one object), ``mean_confidence`` (NaN for labels), ``rejected``, ``repaired``, ``warnings``.
    """
    rows = []
    for role in ("labels", "predictions"):
        for name in project.set_names(role):
            objects = project.objects(role, name)
            version = project.versions(role, name)[-1]
            report = objects.report
            confidence = objects.table(["confidence"])["confidence"].to_numpy() if role == "predictions" else []
            rows.append(
                {
                    "set": name,
                    "role": role,
                    "version": version.version,
                    "format": version.format,
                    "source": version.source,
                    "created": version.created,
                    "objects": objects.count,
                    "frames": int((np.diff(objects.offsets) > 0).sum()),
                    "mean_confidence": float(np.mean(confidence)) if len(confidence) else np.nan,
                    "rejected": report.rejected,
                    "repaired": report.repaired,
                    "warnings": sum(problem.severity is not Severity.INFO for problem in report.problems.values()),
                }
            )
    return pd.DataFrame(rows)


def class_counts(project: Project, layers: list[Layer]) -> pd.DataFrame:
    """Objects by class (index: class name) and layer (columns: layer names); classes without objects are left out."""
    names = [object_class.name for object_class in project.classes]
    columns = {
        layer.name: np.bincount(layer.objects.table(["class_id"])["class_id"].to_numpy(), minlength=len(names))
        for layer in layers
    }
    counts = pd.DataFrame(columns, index=pd.Index(names, name="class"))
    return counts.loc[counts.sum(axis=1) > 0]


def import_problems(project: Project) -> list[tuple[str, str, Problem]]:
    """Role, set name and finding, of the newest version of every set; errors first."""
    found = [
        (role, name, problem)
        for role in ("labels", "predictions")
        for name in project.set_names(role)
        for problem in project.objects(role, name).report.problems.values()
    ]
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return sorted(found, key=lambda entry: rank[entry[2].severity])
