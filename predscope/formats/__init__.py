"""Other people's files -> frames, classes and objects in columns; one small module (or a few) a format.

- ``open_input``: open labels or predictions, the format detected by its content.
- ``detect``, ``readers``, ``register``: the registry; packages add readers by the entry point group
  ``predscope.formats``.
- ``Reader``, ``Reading``, ``ObjectBatch``, ``Detection``: what a reader is and what it hands over (``base``).
- Readers: ``coco`` (labels, results, LVIS), ``yolo`` (detect, segment, pose, oriented boxes), ``voc`` (Pascal VOC XML),
  ``masks`` (class-index PNG), ``classification_csv``, ``class_scores`` and ``image_folder`` (classes of whole frames);
  ``kitti``, ``open_images``, ``detection_txt`` and ``table`` (rows of text, CSV and Parquet); ``labelme``,
  ``cvat``, ``label_studio``, ``supervisely``, ``bdd100k``, ``datumaro`` and ``via`` (files of annotation tools);
  ``coco_panoptic`` and ``instance_masks`` (an object for each number of a pixel);
  ``encord_pickle`` (pickled predictions, read as data by ``pickle_stream``).
- ``data_sets``: folders that are whole data sets: which of what they hold is the input.
- ``json_input``: fast reading of big JSON files, for every format that is written in it.
"""

from predscope.formats.base import Detection, ObjectBatch, Reader, Reading, Role
from predscope.formats.bdd100k import Bdd100kReader
from predscope.formats.class_scores import ClassScoresReader
from predscope.formats.classification_csv import ClassificationCsvReader
from predscope.formats.coco import CocoReader
from predscope.formats.coco_panoptic import CocoPanopticReader
from predscope.formats.cvat import CvatReader
from predscope.formats.datumaro import DatumaroReader
from predscope.formats.detection_txt import DetectionTextReader
from predscope.formats.encord_pickle import EncordPickleReader
from predscope.formats.image_folder import ImageFolderReader
from predscope.formats.instance_masks import InstanceMaskReader
from predscope.formats.kitti import KittiReader
from predscope.formats.label_studio import LabelStudioReader
from predscope.formats.labelme import LabelMeReader
from predscope.formats.masks import MaskReader
from predscope.formats.open_images import OpenImagesReader
from predscope.formats.registry import detect, open_input, readers, register
from predscope.formats.supervisely import SuperviselyReader
from predscope.formats.table import TableReader
from predscope.formats.via import ViaReader
from predscope.formats.voc import VocReader
from predscope.formats.yolo import YoloReader

__all__ = [
    "Detection",
    "ObjectBatch",
    "Reader",
    "Reading",
    "Role",
    "detect",
    "open_input",
    "readers",
    "register",
]

_BUILT_IN = (
    CocoReader(),
    YoloReader(),
    VocReader(),
    MaskReader(),
    ClassificationCsvReader(),
    ClassScoresReader(),
    ImageFolderReader(),
    KittiReader(),
    EncordPickleReader(),
    LabelMeReader(),
    CvatReader(),
    Bdd100kReader(),
    DatumaroReader(),
    SuperviselyReader(),
    ViaReader(),
    InstanceMaskReader(),
    CocoPanopticReader(),
    LabelStudioReader(),
    DetectionTextReader(),
    OpenImagesReader(),
    TableReader(),
)
for _reader in _BUILT_IN:
    register(_reader)
