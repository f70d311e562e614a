"""Bringing labels and predictions into a project: joined with its frames and classes, judged, published whole.

- ``import_labels``, ``import_predictions``: read and publish.
- ``stage_labels``, ``stage_predictions``: read and prepare; ``StagedImport`` is looked at, then published or discarded.
- ``stage_reading``: the same for a ``Reading`` made by hand.
- ``define_classes``: classes apart from any file: colours, and which take no part in evaluations.
- ``Corrections``: what the user says of files that do not say it, or say it wrongly.
- ``findings``: every finding that a report can hold.

Inside: ``frames`` and ``classes`` (what the references of a file mean), ``rows`` (objects taken, judged, repaired),
``doctor`` (what is likely wrong with an input as a whole), ``importer`` (all of it, batch by batch).
"""

from predscope.importing.classes.definitions import define_classes
from predscope.importing.corrections import Corrections
from predscope.importing.readings import stage_reading
from predscope.importing.sources import import_labels, import_predictions, stage_labels, stage_predictions
from predscope.importing.staged import ImportResult, StagedImport

__all__ = [
    "Corrections",
    "ImportResult",
    "StagedImport",
    "define_classes",
    "import_labels",
    "import_predictions",
    "stage_labels",
    "stage_predictions",
    "stage_reading",
]
