"""Which metrics make sense for a project: no polygon complexity without polygons, no flicker without video."""

from __future__ import annotations

from typing import Final

import pyarrow.compute as pc

from predscope.metrics.metric import Metric
from predscope.metrics.workspace import Workspace
from predscope.project import ObjectSet
from predscope.recently_used import RecentlyUsed
from predscope.schema import Geometry

_OUTLINED: Final = frozenset({str(Geometry.POLYGON), str(Geometry.MASK)})
_GEOMETRIES: Final = {
    "vertices": frozenset({str(Geometry.POLYGON)}),
    "convexity": _OUTLINED,
    "solidity": _OUTLINED,
    "shape_outlier": _OUTLINED,
}
_CLASS_SCORES: Final = ("class_entropy", "least_confidence", "confusion_margin", "class_variance")

_facts: Final[RecentlyUsed[tuple[frozenset[str], bool]]] = RecentlyUsed(12)


def is_applicable(metric: Metric, workspace: Workspace, objects: ObjectSet | None) -> bool:
    """Whether a metric can have any value for the frames of a project, or for the objects of a set.

    Args:
        objects: the set that is asked about; for a metric of frames that looks at objects, the set it would look at.
    """
    project = workspace.project
    if metric.needs == "pixels" or metric.name == "copies":
        return project.images_root is not None
    if metric.needs == "sequence":
        return project.frames_table["sequence"].null_count < len(project.frames_table)
    if metric.needs == "outcomes":
        names = project.set_names("predictions")
        return bool(project.set_names("labels")) and len(names) > (1 if metric.name == "agreement" else 0)
    if metric.needs == "embeddings" and "hu_moments" not in metric.features:
        has_own = any(name.startswith("metrics:") for name in project.settings)
        if project.images_root is None and not has_own:
            return False
    if objects is None:
        return metric.of_role is None
    geometries, has_scores = _facts_of(workspace, objects)
    wanted = _GEOMETRIES.get(metric.name)
    if wanted is not None:
        return bool(wanted & geometries)
    return has_scores if metric.name.removeprefix("frame_") in _CLASS_SCORES else True


def _facts_of(workspace: Workspace, objects: ObjectSet) -> tuple[frozenset[str], bool]:
    """The geometries that occur in a set, and whether any object has class scores."""

    def read() -> tuple[frozenset[str], bool]:
        geometries = frozenset(pc.unique(workspace.object_block(objects).table["geometry"]).to_pylist())
        scores = objects.table(["class_scores"])["class_scores"]
        return geometries, scores.null_count < len(scores)

    project = workspace.project
    key = (str(project.path), project.revision, objects.role, objects.name, objects.version)
    return _facts.get(key, read)
