"""Bringing labels and predictions into a project: joined with its frames and classes, judged, published whole.

- ``import_labels``, ``import_predictions``: read and publish.
- ``stage_labels``, ``stage_predictions``: read and prepare; ``StagedImport`` is looked at, then published or discarded.
- ``stage_reading``: the same for a ``Reading`` made by hand.
- ``findings``: every finding that a report can hold.
"""

from predscope.importing.importer import stage_reading
from predscope.importing.sources import import_labels, import_predictions, stage_labels, stage_predictions
from predscope.importing.staged import ImportResult, StagedImport

__all__ = [
    "ImportResult",
    "StagedImport",
    "import_labels",
    "import_predictions",
    "stage_labels",
    "stage_predictions",
    "stage_reading",
]
