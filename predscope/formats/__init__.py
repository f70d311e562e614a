"""Other people's files -> frames, classes and objects in columns; one small module (or a few) a format.

- ``open_input``: open labels or predictions, the format detected by its content.
- ``detect``, ``readers``, ``register``: the registry; packages add readers by the entry point group
  ``predscope.formats``.
- ``Reader``, ``Reading``, ``ObjectBatch``, ``Detection``: what a reader is and what it hands over (``base``).
- Readers: ``coco`` (labels, results, LVIS), ``yolo`` (detect, segment, pose, oriented boxes), ``voc`` (Pascal VOC XML),
  ``masks`` (class-index PNG), ``classification_csv`` and ``image_folder`` (classes of whole frames).
- ``json_input``: fast reading of big JSON files, for every format that is written in it.
"""

from predscope.formats.base import Detection, ObjectBatch, Reader, Reading, Role
from predscope.formats.classification_csv import ClassificationCsvReader
from predscope.formats.coco import CocoReader
from predscope.formats.image_folder import ImageFolderReader
from predscope.formats.masks import MaskReader
from predscope.formats.registry import detect, open_input, readers, register
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

_BUILT_IN = (CocoReader(), YoloReader(), VocReader(), MaskReader(), ClassificationCsvReader(), ImageFolderReader())
for _reader in _BUILT_IN:
    register(_reader)
