"""Other people's files -> frames, classes and objects in columns; one small module (or a few) a format.

- ``open_input``: open labels or predictions, the format detected by its content.
- ``detect``, ``readers``, ``register``: the registry; packages add readers by the entry point group
  ``predscope.formats``.
- ``Reader``, ``Reading``, ``ObjectBatch``, ``Detection``: what a reader is and what it hands over (``base``).
- Readers, a module or a package each: ``coco`` (labels, results, LVIS, panoptic, YouTube-VIS), ``yolo``,
  ``voc``, ``text`` (KITTI, plain detections), ``tables`` (CSV and Parquet: objects, classes, scores, Open Images),
  ``masks`` (of classes and of instances), ``image_folder``, ``labelme``, ``cvat``, ``label_studio``, ``supervisely``,
  ``bdd100k``, ``datumaro``, ``via``, ``cityscapes``, ``encord`` (pickled predictions, read as data).
- ``data_sets``: folders that are whole data sets: which of what they hold is the input. ``archives``: zip files.
- ``json_files``: fast reading of big JSON files; ``shape_rows``: rows of any shapes, collected to batches.
"""

from predscope.formats.base import Detection, ObjectBatch, Reader, Reading, Role
from predscope.formats.bdd100k import Bdd100kReader
from predscope.formats.cityscapes import CityscapesReader
from predscope.formats.coco.panoptic import CocoPanopticReader
from predscope.formats.coco.reader import CocoReader
from predscope.formats.coco.videos import YouTubeVisReader
from predscope.formats.cvat.reader import CvatReader
from predscope.formats.datumaro import DatumaroReader
from predscope.formats.encord.reader import EncordPickleReader
from predscope.formats.image_folder import ImageFolderReader
from predscope.formats.label_studio.reader import LabelStudioReader
from predscope.formats.labelme import LabelMeReader
from predscope.formats.masks.instances import InstanceMaskReader
from predscope.formats.masks.reader import MaskReader
from predscope.formats.registry import detect, open_input, readers, register
from predscope.formats.supervisely import SuperviselyReader
from predscope.formats.tables.class_scores import ClassScoresReader
from predscope.formats.tables.classification import ClassificationCsvReader
from predscope.formats.tables.open_images import OpenImagesReader
from predscope.formats.tables.reader import TableReader
from predscope.formats.text.detections import DetectionTextReader
from predscope.formats.text.kitti import KittiReader
from predscope.formats.via.reader import ViaReader
from predscope.formats.voc import VocReader
from predscope.formats.yolo.reader import YoloReader

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
    YouTubeVisReader(),
    CityscapesReader(),
    LabelStudioReader(),
    DetectionTextReader(),
    OpenImagesReader(),
    TableReader(),
)
for _reader in _BUILT_IN:
    register(_reader)
