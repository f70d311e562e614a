"""What a format of an export is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from predscope.export.frames import ExportFrame
from predscope.export.images import Images
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.schema import Role


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an export is written, and what it tells.

    Attributes:
        path: the file or folder to write; it exists if it is a folder.
        images: adds images, where they are asked for.
        report: gets what was written, and what could not be.
    """

    path: Path
    images: Images
    report: ExportReport


class Kept(StrEnum):
    """What a format may hold beside the objects."""

    UNUSED_CLASSES = "unused_classes"
    """Classes that have no object."""
    CLASS_DETAILS = "class_details"
    """Groups of classes, names of keypoints and skeletons."""
    FRAME_METADATA = "frame_metadata"
    """Metadata of frames."""


class Exporter(Protocol):
    """One format. Register an instance with ``registry.register``."""

    name: str
    """As given to ``--format``."""
    title: str
    """As shown to people."""
    suffix: str
    """Of the file that it writes; "" for a folder."""
    roles: tuple[Role, ...]
    """What it can hold."""
    keeps: frozenset[Kept]
    """What it holds of labels beside their objects."""

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        """Write the selection; called once with a path at which nothing is, or an empty folder."""


def class_numbers(selection: ExportSelection) -> Mapping[int, int]:
    """Class id -> number from 0, for formats that count the classes they have."""
    return {one.class_id: number for number, one in enumerate(selection.classes)}


def describe(frame: ExportFrame) -> str:
    """A frame in messages."""
    return frame.file_name
