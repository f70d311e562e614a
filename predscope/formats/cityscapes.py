"""Polygons of Cityscapes, ``*_gtFine_polygons.json``: one file a frame, with ``imgHeight``, ``imgWidth``, ``objects``.

Defined by https://github.com/mcordts/cityscapesScripts, ``helpers/annotation.py`` and, for groups and what is deleted,
``preparation/json2instanceImg.py``. The boxes of CityPersons (``*_gtBboxCityPersons.json``) are files of the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.folders import frame_names, walk_files
from predscope.formats.json_files.document import JsonDocument
from predscope.formats.json_files.frames import (
    FIRST_LOOK,
    FrameFile,
    detect_frame_files,
    frame_files,
    note_damaged,
    open_frame_files,
)
from predscope.formats.json_files.peek import JsonPeek
from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_list,
    as_object,
    as_size,
    as_text,
    class_missing,
    flat_points_of,
    invalid_shape,
    points_of,
    scalars,
    shown,
)
from predscope.formats.masks.instance_classes import CITYSCAPES_CLASSES, NumberedClasses
from predscope.formats.masks.instance_files import CITYSCAPES_ENDING
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    box_shape,
    check_role,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame

_TITLE: Final = "Cityscapes"
_NAMED: Final = re.compile(r"(?P<frame>.+_\d+_\d+)_gt[A-Z][A-Za-z]*(_polygons)?")
"""``<city>_<sequence>_<frame>_<type>``: the image is the same with ``leftImg8bit``."""
_IMAGE_ENDING: Final = "_leftImg8bit.png"
_GROUP: Final = "group"
_IGNORED: Final = ("unlabeled", "ego vehicle", "rectification border", "out of roi", "license plate")
"""Classes besides those of ``NumberedClasses`` that take no part in any evaluation."""
_KNOWN: Final = frozenset({*CITYSCAPES_CLASSES, *_IGNORED})
_SCORE_KEYS: Final = ("score", "confidence")
_OBJECT_KEYS: Final = frozenset({"label", "polygon", "bbox", "bboxVis", "deleted", "draw", "id", *_SCORE_KEYS})
_SAMPLE_FRAMES: Final = 200
_SECOND_CHOICE: Final = 0.2
"""Too low to be taken unasked."""


class CityscapesReader:
    """Cityscapes' polygons, a file a frame."""

    name = "cityscapes"
    title = "Cityscapes polygons"

    def detect(self, source: Path, head: bytes) -> Detection:
        found = detect_frame_files(source, head, _is_cityscapes, "JSON files with imgHeight, imgWidth and objects")
        if found.score and source.is_dir() and _has_instance_masks(source):
            # The same objects pixel by pixel, as they are evaluated; the polygons are read where they are asked for.
            return Detection(_SECOND_CHOICE, f"{found.reason}, beside *{CITYSCAPES_ENDING}.png files")
        return found

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = frame_files(source)
        named = dict(zip([file.place for file in files], _names_of(files, source), strict=True))
        frames: list[DeclaredFrame] = []
        scored = total = 0
        for file, document in open_frame_files(files, report, _fits, _TITLE, FIRST_LOOK):
            size = as_size(document.members.get("imgWidth")), as_size(document.members.get("imgHeight"))
            frames.append(DeclaredFrame(named[file.place], width=size[0], height=size[1]))
            if len(frames) <= _SAMPLE_FRAMES:
                try:
                    objects = as_list(document.member("objects"))
                except FileParsingError as error:
                    if len(files) == 1:
                        raise
                    note_damaged(file, error.what, report)
                    continue
                total += len(objects)
                scored += sum(_score(as_object(entry)) is not None for entry in objects)
        if not frames:
            raise FileParsingError(
                "has no file with imgHeight, imgWidth and objects, as Cityscapes has them.",
                where=source,
                fix=report.first_examples,
            )
        check_role(source, role, scored=scored, total=total, hint="a score into each object")
        classes = _classes(source) if any(_NAMED.fullmatch(Path(file.place).stem) for file in files) else None
        return Reading(self.name, role, frames, classes, _read_batches(files, named, role, report), report)


@dataclass(frozen=True, slots=True)
class _Label:
    """What the label of an object means.

    Attributes:
        class_name: without ``group``.
        is_group: several of the class that nobody told apart.
    """

    class_name: str
    is_group: bool


def _is_cityscapes(peek: JsonPeek) -> bool:
    return peek.kind == "object" and {"imgHeight", "imgWidth"} <= {*peek.keys} and "objects" in peek.keys


def _fits(document: JsonDocument) -> bool:
    has_size = {"imgHeight", "imgWidth"} <= document.members.keys()
    return has_size and document.is_array_at(document.members.get("objects"))


def _has_instance_masks(source: Path) -> bool:
    files = walk_files(source, frozenset({".png"}))
    return next((True for path in files if path.stem.endswith(CITYSCAPES_ENDING)), False)


def _names_of(files: list[FrameFile], source: Path) -> list[str]:
    """The image of each file; of files with other names than Cityscapes', the name without its ending."""
    root = source if source.is_dir() else source.parent
    plain = [file.path.with_name(f"{file.path.stem.removesuffix('_polygons')}.json") for file in files]
    names = frame_names(plain, root)
    found = [_NAMED.fullmatch(file.path.stem) for file in files]
    return [name if match is None else match["frame"] + _IMAGE_ENDING for name, match in zip(names, found, strict=True)]


def _classes(source: Path) -> list[DeclaredClass]:
    """Cityscapes' own classes, as its masks of instances have them, so that the two are compared."""
    evaluated = NumberedClasses(source, cityscapes=True).classes or []
    return [*evaluated, *(DeclaredClass(name, is_ignored=True) for name in _IGNORED)]


def _read_batches(
    files: list[FrameFile], named: dict[str, str], role: Role, report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    for file, document in open_frame_files(files, ImportReport(), _fits, _TITLE):
        try:
            for first, objects in document.records(document.members["objects"]):
                for number, entry in enumerate(objects, first):
                    place = f"{file.place}: objects[{number}]"
                    if as_flag(as_object(entry).get("deleted")):
                        report.note(
                            "object_deleted",
                            Severity.INFO,
                            "Objects are marked as deleted by those who drew them; they were left out.",
                            examples=[place],
                        )
                        continue
                    try:
                        collector.add(_read_object(entry, named[file.place], place))
                    except UnusableShape as reason:
                        collector.reject(place, reason)
                yield from collector.full()
        except InputError as error:
            if len(files) == 1:
                raise
            note_damaged(file, error.what, report)
    yield from collector.rest()


def _read_object(entry: Any, frame: str, place: str) -> ShapeRow:
    if not isinstance(entry, dict):
        raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(entry)}")
    text = as_text(entry.get("label"))
    if text is None:
        raise class_missing()
    label = _read_label(text)
    return ShapeRow(
        frame,
        label.class_name,
        place,
        _read_shape(entry),
        read_confidence(_score(entry)),
        is_crowd=label.is_group,
        is_ignored=label.class_name == "ignore",
        attributes=scalars(entry, without=_OBJECT_KEYS),
    )


def _read_label(text: str) -> _Label:
    """``cargroup`` is a group of ``car``; ``polegroup`` is a class of its own."""
    name = text.removesuffix(_GROUP).rstrip()
    is_group = text not in _KNOWN and text.endswith(_GROUP) and bool(name)
    return _Label(name if is_group else text, is_group)


def _read_shape(entry: dict[str, Any]) -> Shape:
    if entry.get("polygon") is None and entry.get("bbox") is not None:
        numbers = flat_points_of(entry["bbox"], least=2)
        if len(numbers) != 4:
            raise invalid_shape(f"bbox is {shown(entry['bbox'])}, expected x, y, width, height")
        return box_shape(*numbers)
    return polygon_shape([points_of(entry.get("polygon"), least=3)])


def _score(entry: dict[str, Any]) -> Any:
    return next((entry[key] for key in _SCORE_KEYS if entry.get(key) is not None), None)
