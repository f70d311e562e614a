"""The formats that labels and predictions can be written in."""

from __future__ import annotations

from typing import Final

from predscope.errors import InputError
from predscope.export.base import Exporter
from predscope.export.coco import CocoExporter, CocoPredictionsExporter
from predscope.export.kitti import KittiExporter
from predscope.export.tables import CsvExporter, ParquetExporter
from predscope.export.voc import VocExporter
from predscope.export.yolo import YoloExporter
from predscope.schema import Role

_exporters: Final[dict[str, Exporter]] = {}


def register(exporter: Exporter) -> Exporter:
    """Make a format known under its name; a later one of the same name takes its place."""
    _exporters[exporter.name] = exporter
    return exporter


def exporters(role: Role | None = None) -> dict[str, Exporter]:
    """The formats by name; those that can hold labels, or predictions, if a role is given."""
    return {name: exporter for name, exporter in _exporters.items() if role is None or role in exporter.roles}


def find_exporter(name: str, role: Role) -> Exporter:
    """The format of that name.

    Raises:
        InputError: there is none, or it cannot hold that.
    """
    if name not in _exporters:
        raise InputError(f"there is no format {name!r}: expected one of {', '.join(_exporters)}.", where="--format")
    if role not in _exporters[name].roles:
        fitting = ", ".join(exporters(role))
        raise InputError(f"{name} cannot hold {role}: expected one of {fitting}.", where="--format")
    return _exporters[name]


for _exporter in (
    CocoExporter(),
    CocoPredictionsExporter(),
    YoloExporter(),
    VocExporter(),
    KittiExporter(),
    CsvExporter(),
    ParquetExporter(),
):
    register(_exporter)
