"""The Python client of Aquarium, on disk: scripts run with another import line::

    import predscope.compat.aquarium as al

Projects are folders below the current one, or below ``PREDSCOPE_HOME``; each data set in them is a Predscope project
that ``predscope view`` opens. ``docs/aquarium.md`` says what becomes of everything that a script hands over.

- ``client``, with its parts ``projects`` and ``looking``; ``store``: the state on disk.
- ``datasets``, ``frames``, ``frame_facts``, ``label_set``, ``sensor_data``: what scripts make.
- ``labels``, ``inferences``: the same as objects, of the later generation of the client.
- ``unlabeled``: data sets without labels; ``serialized``, ``serialized_labels``: frames in files that the client wrote.
- ``class_map``, ``class_plan``, ``binary_scores``: classes, roll-up, what evaluations leave out, and one class of two.
- ``uploading``, with ``frame_images``, ``frame_plan``, ``object_rows``, ``mask_rows``, ``carrying``, ``measured``:
  imports.

Signatures are those of the client as it was published (https://legacy-docs.aquariumlearning.com), never narrower.
"""

from predscope.compat.aquarium import inferences, labels
from predscope.compat.aquarium.class_map import (
    ClassMapEntry,
    ClassMapUpdateEntry,
    LabelClassMap,
    orig_label_color_list,
    tableau_colors,
)
from predscope.compat.aquarium.client import Client
from predscope.compat.aquarium.datasets import Inferences, InferenceSet, LabeledDataset
from predscope.compat.aquarium.frame_facts import GeoData, UserMetadataEntry
from predscope.compat.aquarium.frames import InferenceFrame, InferencesFrame, LabeledFrame
from predscope.compat.aquarium.inferences import (
    Bbox2DInference,
    Classification2DInference,
    Classification3DInference,
    Cuboid3DInference,
    InstanceSeg2DInference,
    Keypoint2DInference,
    LineSegment2DInference,
    PolygonList2DInference,
    Semseg2DInference,
    TextTokenInference,
)
from predscope.compat.aquarium.labels import (
    Bbox2DLabel,
    Classification2DLabel,
    Classification3DLabel,
    Cuboid3DLabel,
    InstanceSeg2DLabel,
    InstanceSegInstance,
    Keypoint2DLabel,
    LineSegment2DLabel,
    PolygonList2DLabel,
    Semseg2DLabel,
    TextTokenLabel,
)
from predscope.compat.aquarium.sensor_data import (
    Audio,
    Image,
    ImageOverlay,
    Obj,
    PointCloudBins,
    PointCloudPCD,
    Text,
    Video,
)
from predscope.compat.aquarium.tasks import CustomMetricsDefinition, PrimaryTaskTypes, StratifiedMetricsDefinition
from predscope.compat.aquarium.unlabeled import UnlabeledDataset, UnlabeledFrame

__all__ = [
    "Audio",
    "Bbox2DInference",
    "Bbox2DLabel",
    "ClassMapEntry",
    "ClassMapUpdateEntry",
    "Classification2DInference",
    "Classification2DLabel",
    "Classification3DInference",
    "Classification3DLabel",
    "Client",
    "Cuboid3DInference",
    "Cuboid3DLabel",
    "CustomMetricsDefinition",
    "GeoData",
    "Image",
    "ImageOverlay",
    "InferenceFrame",
    "InferenceSet",
    "Inferences",
    "InferencesFrame",
    "InstanceSeg2DInference",
    "InstanceSeg2DLabel",
    "InstanceSegInstance",
    "Keypoint2DInference",
    "Keypoint2DLabel",
    "LabelClassMap",
    "LabeledDataset",
    "LabeledFrame",
    "LineSegment2DInference",
    "LineSegment2DLabel",
    "Obj",
    "PointCloudBins",
    "PointCloudPCD",
    "PolygonList2DInference",
    "PolygonList2DLabel",
    "PrimaryTaskTypes",
    "Semseg2DInference",
    "Semseg2DLabel",
    "StratifiedMetricsDefinition",
    "Text",
    "TextTokenInference",
    "TextTokenLabel",
    "UnlabeledDataset",
    "UnlabeledFrame",
    "UserMetadataEntry",
    "Video",
    "inferences",
    "labels",
    "orig_label_color_list",
    "tableau_colors",
]
