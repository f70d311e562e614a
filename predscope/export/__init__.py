"""Labels and predictions of a project, or some of them, as files that other programs read.

- ``export_objects``: write a set, or what filters leave of it, in a format; ``exporting``.
- ``select``, ``Filters``, ``ExportSelection``: which frames and objects; ``selection``.
- ``exporters``, ``register``: the formats; one module each (``coco``, ``yolo``, ``voc``, ``kitti``, ``tables``).
- ``ExportReport``: what was written, and what the format could not hold; ``report``.
"""

from predscope.export.exporting import export_download, export_objects, write_selection
from predscope.export.registry import exporters, register
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection, Filters, select

__all__ = [
    "ExportReport",
    "ExportSelection",
    "Filters",
    "export_download",
    "export_objects",
    "exporters",
    "register",
    "select",
    "write_selection",
]
