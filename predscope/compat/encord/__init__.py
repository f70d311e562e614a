"""What scripts written for Encord Active's importers import, on a project on disk: change the import lines, no more.

    from predscope.compat.encord import Prediction, BoundingBox, Format, ObjectDetection, PredictionWriter

- ``Prediction``, ``BoundingBox``, ``Format``, ``ObjectDetection``, ``FrameClassification``: predictions to be pickled
  for ``predscope import predictions FILE.pkl``, or given to a writer (``predictions``).
- ``PredictionWriter``: a prediction loop straight into a project (``writer``).
- ``import_KITTI_labels``, ``import_mask_predictions``: text files and PNG masks (``kitti_import``, ``mask_import``).
- ``load_project``, ``EncordUserClient``, ``write_project_meta``: the project (``project``, ``client``).
- ``run_metrics``, ``PredictionIterator`` (``measuring``).

``docs/encord.md`` goes through it.
"""

from predscope.compat.encord.client import EncordUserClient
from predscope.compat.encord.kitti_import import import_KITTI_labels
from predscope.compat.encord.mask_import import import_mask_predictions
from predscope.compat.encord.measuring import PredictionIterator, run_metrics
from predscope.compat.encord.predictions import (
    BoundingBox,
    Format,
    FrameClassification,
    InvalidPredictionError,
    ObjectDetection,
    Prediction,
)
from predscope.compat.encord.project import EncordProject, load_project
from predscope.compat.encord.project_meta import write_project_meta
from predscope.compat.encord.writer import PredictionWriter

__all__ = [
    "BoundingBox",
    "EncordProject",
    "EncordUserClient",
    "Format",
    "FrameClassification",
    "InvalidPredictionError",
    "ObjectDetection",
    "Prediction",
    "PredictionIterator",
    "PredictionWriter",
    "import_KITTI_labels",
    "import_mask_predictions",
    "load_project",
    "run_metrics",
    "write_project_meta",
]
