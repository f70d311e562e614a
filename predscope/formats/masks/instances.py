"""Masks of instances: image files (or NumPy arrays) in which the value of a pixel is the number of an object.

What class an object is of is told by what lies beside the masks: Pascal VOC's pairs ``SegmentationObject`` and
``SegmentationClass``; Cityscapes' ``*_instanceIds.png``; the videos of DAVIS (https://davischallenge.org) and
YouTube-VOS; a JSON file; or the number itself (class * 1000 + instance). 0 is the background. Values of 16 and 32 bits
are read exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, PixelMap, Reading, Role
from predscope.formats.folders import frame_names, place_below
from predscope.formats.json_files.values import UnusableShape
from predscope.formats.masks.components import MaskRegions, find_instances
from predscope.formats.masks.files import ARRAY_SUFFIXES, UnusableMask, read_array
from predscope.formats.masks.instance_classes import (
    ClassSource,
    Instance,
    ListedClasses,
    NumberedClasses,
    PairedClasses,
    is_below_annotations,
    read_sidecar,
)
from predscope.formats.masks.instance_files import (
    CITYSCAPES_ENDING,
    InstanceKind,
    instance_files,
    is_cityscapes,
    is_voc,
    looks_encoded,
    read_numbers,
    sample_of,
)
from predscope.formats.masks.placed import PlacedMask
from predscope.formats.masks.probabilities import find_probabilities, mean_over_regions
from predscope.formats.shape_rows import RowCollector, ShapeRow, mask_shape
from predscope.media.image_info import IMAGE_FAULTS
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame

_MAX_INSTANCES: Final = 20_000
_SCORES: Final[dict[InstanceKind, tuple[float, str]]] = {
    "voc": (0.9, "masks of instances in SegmentationObject"),
    "cityscapes": (0.95, "Cityscapes' masks of instances (*_instanceIds.png)"),
    "davis": (0.9, "masks of objects, a folder for each video"),
    "sidecar": (0.85, "masks with a JSON file each that says what their numbers are"),
    "encoded": (0.8, "masks whose values are class * 1000 + instance"),
}


class InstanceMaskReader:
    """Masks whose pixels are numbers of objects, as labels or predictions."""

    name = "instance_masks"
    title = "Instance masks"

    def detect(self, source: Path, head: bytes) -> Detection:
        try:
            kind = _judge(source, sample_of(source))
        except OSError:
            return Detection(0.0, "")
        score, reason = _SCORES.get(kind, (0.0, ""))
        return Detection(score, reason)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        kind = _judge(source, sample_of(source))
        files = instance_files(source)
        if kind == "cityscapes":
            files = [path for path in files if is_cityscapes(path)]
        elif kind == "voc":
            files = [path for path in files if is_voc(path)]
        if not files:
            raise FileParsingError("has no masks: expected PNG, TIFF or .npy files.", where=source)
        names = _name_frames(files, source, kind)
        frames = [
            DeclaredFrame(name, width=size[0], height=size[1])
            for name, path in zip(names, counted(files, "Reading the sizes of masks"), strict=True)
            if (size := _size_of(path)) is not None
        ]
        if not frames:
            raise FileParsingError("has no masks that can be read.", where=source)
        told_by = _class_source(kind, source)
        if kind == "plain":
            report.note(
                "classes_not_told",
                Severity.WARNING,
                "Nothing beside the masks tells the classes of their objects; all are of one class, 'object'.",
                fix="Put a JSON file beside each mask, with the class of each number.",
            )
        pixel_maps: list[PixelMap] | None = [] if kind in ("cityscapes", "encoded") else None
        root = source if source.is_dir() else source.parent
        masks = [_Mask(path, name, place_below(path, root)) for path, name in zip(files, names, strict=True)]
        batches = _read_batches(masks, told_by, role, pixel_maps, report)
        return Reading(self.name, role, frames, told_by.classes, batches, report, pixel_maps)


@dataclass(frozen=True, slots=True)
class _Mask:
    path: Path
    frame: str
    place: str


def _judge(source: Path, files: list[Path]) -> InstanceKind:
    """How the classes of these masks are told, by a look at the first few files."""
    if not files:
        return "plain"
    if any(map(is_cityscapes, files)):
        return "cityscapes"
    if all(map(is_voc, files)):
        return "voc"
    if ListedClasses(source).is_of_videos or is_below_annotations(source, files):
        return "davis"
    if any(read_sidecar(path) for path in files):
        return "sidecar"
    if sum(map(looks_encoded, files)) > len(files) / 2:
        return "encoded"
    return "plain"


def _class_source(kind: InstanceKind, source: Path) -> ClassSource:
    if kind == "voc":
        return PairedClasses(source)
    if kind in ("cityscapes", "encoded"):
        return NumberedClasses(source, cityscapes=kind == "cityscapes")
    return ListedClasses(source)


def _name_frames(files: list[Path], source: Path, kind: InstanceKind) -> list[str]:
    if kind == "cityscapes":
        stems = [path.stem.removesuffix(CITYSCAPES_ENDING) for path in files]
        return [stem.rsplit("_gt", 1)[0] + "_leftImg8bit.png" for stem in stems]
    if kind == "davis":
        return [f"{path.absolute().parent.name}/{path.name}" for path in files]
    return frame_names(files, source if source.is_dir() else source.parent, keep_suffix=True)


def _size_of(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels; None where the file cannot be read."""
    try:
        if path.suffix.lower() in ARRAY_SUFFIXES:
            height, width = read_array(path).shape
            return int(width), int(height)
        with Image.open(path) as image:
            return image.size
    except IMAGE_FAULTS:
        return None


def _read_batches(
    masks: list[_Mask], told_by: ClassSource, role: Role, pixel_maps: list[PixelMap] | None, report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    for mask in counted(masks, "Reading masks"):
        try:
            numbers, _ = read_numbers(mask.path)
            values = [value for value in np.unique(numbers).tolist() if value not in told_by.without()]
            if len(values) > _MAX_INSTANCES:
                raise UnusableMask(f"it has {len(values):,} different values, as a photograph or a depth map has")
            regions = find_instances(numbers, told_by.without())
            described = told_by.describe(mask.path, numbers, regions.values.tolist())
            confidence = _confidence(mask.path, regions, numbers, role)
        except UnusableMask as error:
            report.note(
                "mask_unusable",
                Severity.ERROR,
                "Files are not masks of instances; nothing was taken from them.",
                examples=[f"{mask.place}: {error}"],
                fix="Write the number of an object into each pixel, 0 for the background.",
            )
            continue
        if pixel_maps is not None:
            pixel_maps.append(_pixel_map(mask.frame, numbers, told_by.without()))
        _add_rows(mask, regions, described, confidence, (numbers.shape[0], numbers.shape[1]), role, collector, report)
        yield from collector.full()
    yield from collector.rest()


def _confidence(path: Path, regions: MaskRegions, numbers: np.ndarray, role: Role) -> np.ndarray | None:
    probabilities = find_probabilities(path) if role == "predictions" and regions.counts else None
    if probabilities is None:
        return None
    return mean_over_regions(probabilities, regions, (numbers.shape[0], numbers.shape[1]))


def _pixel_map(frame: str, numbers: np.ndarray, without: tuple[int, ...]) -> PixelMap:
    is_void = np.isin(numbers, without)
    void = rle_codec.encode(np.asfortranarray(is_void.astype(np.uint8)))["counts"] if is_void.any() else None
    return PixelMap(frame, numbers.shape[0], numbers.shape[1], void)


def _add_rows(
    mask: _Mask,
    regions: MaskRegions,
    described: list[Instance | UnusableShape],
    confidence: np.ndarray | None,
    size: tuple[int, int],
    role: Role,
    collector: RowCollector,
    report: ImportReport,
) -> None:
    for row, (value, instance) in enumerate(zip(regions.values.tolist(), described, strict=True)):
        place = f"{mask.place}: instance {value}"
        if isinstance(instance, UnusableShape):
            collector.reject(place, instance)
            continue
        score = instance.confidence
        if role == "predictions" and math.isnan(score):
            score = 1.0 if confidence is None else float(confidence[row])
            if confidence is None:
                report.note(
                    "confidence_assumed",
                    Severity.WARNING,
                    "Masks of instances have no confidence; 1.0 was taken.",
                    fix="Write a score for each number into the JSON file beside the mask.",
                )
        placed = PlacedMask(regions.counts[row], size, regions.boxes[row].tolist(), float(regions.areas[row]))
        collector.add(
            ShapeRow(
                mask.frame,
                instance.class_name,
                place,
                mask_shape(placed),
                score,
                is_crowd=instance.is_crowd,
                track_id=instance.track_id,
                source_id=f"{mask.frame}:{value}",  # numbers are those of a frame
                attributes=dict(instance.attributes),
            )
        )
