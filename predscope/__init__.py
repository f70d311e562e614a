"""Predscope: see labels and predictions on the images, and learn where a vision model fails.

Everything the app shows can be had from here, in a notebook or a script::

    from predscope import Project, import_labels, import_predictions

    project = Project.create("my-project", images="images/")
    import_labels(project, "instances.json")
    import_predictions(project, "results.json", name="model_a")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from predscope.errors import InputError, PredscopeError, ProjectError
    from predscope.export import export_objects
    from predscope.importing import import_labels, import_predictions, stage_labels, stage_predictions
    from predscope.preview import preview_first_frame
    from predscope.project import ObjectSet, Project
    from predscope.quick import quick_project
    from predscope.writing import LabelWriter, PredictionWriter

__version__ = "0.1.0"

_HOMES = {
    "InputError": "predscope.errors",
    "LabelWriter": "predscope.writing",
    "ObjectSet": "predscope.project",
    "PredictionWriter": "predscope.writing",
    "PredscopeError": "predscope.errors",
    "Project": "predscope.project",
    "ProjectError": "predscope.errors",
    "export_objects": "predscope.export",
    "import_labels": "predscope.importing",
    "import_predictions": "predscope.importing",
    "preview_first_frame": "predscope.preview",
    "quick_project": "predscope.quick",
    "stage_labels": "predscope.importing",
    "stage_predictions": "predscope.importing",
}

__all__ = [
    "InputError",
    "LabelWriter",
    "ObjectSet",
    "PredictionWriter",
    "PredscopeError",
    "Project",
    "ProjectError",
    "export_objects",
    "import_labels",
    "import_predictions",
    "preview_first_frame",
    "quick_project",
    "stage_labels",
    "stage_predictions",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the command line starts without pandas and OpenCV."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'predscope' has no attribute {name!r}")
