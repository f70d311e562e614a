"""Class-index masks: folders of PNG files (or NumPy arrays) in which the value of a pixel is its class.

Grey or palette images; of a palette the indices count, not the colours. 0 is the background, 255 is void (the border
between objects in Pascal VOC), unless the list of classes says otherwise. Every 8-connected region of a class is one
object with an exact mask, holes kept. A map of probabilities beside a mask gives its regions their confidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, PixelMap, Reading, Role, text_column
from predscope.formats.folders import frame_names, place_below, sample_files, walk_files
from predscope.formats.masks.classes import find_class_names, is_background, is_void
from predscope.formats.masks.components import MaskRegions, find_regions
from predscope.formats.masks.files import ARRAY_SUFFIXES, UnusableMask, read_array, read_mask
from predscope.formats.masks.probabilities import find_probabilities, is_probability_map, mean_over_regions
from predscope.media.image_info import IMAGE_FAULTS
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry

VOID: Final = 255
_SUFFIXES: Final = frozenset({".png"})
_OTHER_SUFFIXES: Final = (ARRAY_SUFFIXES, frozenset({".tif", ".tiff"}))
"""Looked for where there is no PNG file: the same masks often lie there a second time."""
_SAMPLE: Final = 8
_MAX_CLASSES: Final = 4096
_FLAT_SHARE: Final = 0.85
_INSTANCE_FOLDERS: Final = frozenset({"SegmentationObject", "SegmentationObjectNpy"})
_ARRAY_VOID: Final = -1


class MaskReader:
    """Class-index PNG masks, as labels or as predictions (of confidence 1)."""

    name = "masks"
    title = "Class-index mask PNGs"

    def detect(self, source: Path, head: bytes) -> Detection:
        files = [path for path in _sample(source) if not is_probability_map(path)]
        if not files:
            return Detection(0.0, "")
        fitting, reason = 0, ""
        for path in files:
            try:
                if _is_flat(read_mask(path)):
                    fitting += 1
                else:
                    reason = f"its {path.suffix} files look like photographs"
            except UnusableMask as error:
                reason = f"{path.name}: {error}"
        if fitting < len(files) / 2:
            return Detection(0.0, reason)
        return Detection(0.7 * fitting / len(files), f"{files[0].suffix} files with areas of equal pixel values")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        root = source if source.is_dir() else source.parent
        files = _mask_files(source)
        if any(path.parent.name in _INSTANCE_FOLDERS for path in files):
            kept = [path for path in files if path.parent.name not in _INSTANCE_FOLDERS]
            if not kept:
                raise FileParsingError(
                    f"{files[0].parent.name} holds numbers of instances, not of classes.",
                    where=source,
                    fix="Import it with --format instance_masks, or give the folder SegmentationClass beside it.",
                )
            report.note(
                "instance_masks",
                Severity.WARNING,
                "Masks in SegmentationObject hold numbers of instances, not of classes; they were left out.",
                count=len(files) - len(kept),
                fix="For objects instead of regions, import that folder by itself.",
            )
            files = kept
        sizes = _sizes(files)
        if not sizes:
            raise FileParsingError("has no masks that can be read.", where=source)
        names = frame_names(files, root, keep_suffix=True)
        frames = [
            DeclaredFrame(name, width=size[0], height=size[1]) for name, size in zip(names, sizes, strict=True) if size
        ]
        found = find_class_names(source)
        class_names = found[0] if found else {}
        apart = _Apart.of(files, class_names, report)
        classes = None if found is None else _declared(class_names, apart)
        _note_classes(found, apart, report)
        if role == "predictions":
            _note_confidences(files, report)
        pixel_maps: list[PixelMap] = []
        batches = _read_batches(files, names, root, role, apart, pixel_maps, report)
        return Reading(self.name, role, frames, classes, batches, report, pixel_maps)


def _sample(source: Path) -> list[Path]:
    """The first few files that may be masks: PNG files, else arrays, else TIFF files."""
    for suffixes in (_SUFFIXES, *_OTHER_SUFFIXES):
        if source.is_file() and source.suffix.lower() not in suffixes:
            continue
        files = sample_files(source, suffixes, _SAMPLE)
        if files:
            return files
    return []


def _mask_files(source: Path) -> list[Path]:
    """All masks; maps of probabilities beside them are none."""
    suffix = next((path.suffix.lower() for path in _sample(source)), ".png")
    suffixes = next(kinds for kinds in (_SUFFIXES, *_OTHER_SUFFIXES) if suffix in kinds)
    files = list(walk_files(source, suffixes))
    return [path for path in files if not is_probability_map(path)] or files


def _note_confidences(files: list[Path], report: ImportReport) -> None:
    without = [path for path in files if find_probabilities(path) is None]
    if without:
        report.note(
            "confidence_assumed",
            Severity.WARNING,
            "Masks have no confidence; 1.0 was taken for every region.",
            count=len(without),
            fix="Put a map of probabilities beside each mask: <name>_prob.png or <name>_prob.npy.",
        )
    if len(without) < len(files):
        report.note(
            "confidence_from_maps",
            Severity.INFO,
            "The confidence of a region is the mean over its pixels of the map of probabilities beside its mask.",
            count=len(files) - len(without),
        )


@dataclass(frozen=True, slots=True)
class _FileRegions:
    """The regions of one mask, and what is said of all of them."""

    frame: str
    place: str
    size: tuple[int, int]
    regions: MaskRegions
    confidence: np.ndarray


@dataclass(frozen=True, slots=True)
class _Apart:
    """Pixel values that are no classes.

    Attributes:
        background: of the background.
        void: those of which nothing is said.
    """

    background: frozenset[int]
    void: frozenset[int]

    @classmethod
    def of(cls, files: list[Path], names: dict[int, str], report: ImportReport) -> _Apart:
        """0 and 255, unless they have the name of a class; a 0 that is named unlabelled is void."""
        void = _void_values(files, names, report) | {_ARRAY_VOID}
        if 0 not in names or is_background(names[0]):
            return cls(frozenset({0}), void)
        return cls(frozenset(), void | {0} if is_void(names[0]) else void)

    @property
    def values(self) -> frozenset[int]:
        return self.background | self.void


def _is_flat(mask: np.ndarray) -> bool:
    """Are nearly all neighbours equal, as in a mask and unlike in a photograph?"""
    if mask.shape[1] < 2:
        return True
    return bool((mask[:, 1:] == mask[:, :-1]).mean() > _FLAT_SHARE or mask.size < 4096)


def _sizes(files: list[Path]) -> list[tuple[int, int] | None]:
    sizes: list[tuple[int, int] | None] = []
    for path in counted(files, "Reading the sizes of masks"):
        try:
            if path.suffix.lower() in ARRAY_SUFFIXES:
                height, width = read_array(path).shape
                sizes.append((int(width), int(height)))
                continue
            with Image.open(path) as image:
                sizes.append(image.size)
        except IMAGE_FAULTS:
            sizes.append(None)
    return sizes if any(sizes) else []


def _declared(names: dict[int, str], apart: _Apart) -> list[DeclaredClass]:
    return [DeclaredClass(name, str(value)) for value, name in sorted(names.items()) if value not in apart.values]


def _note_classes(found: tuple[dict[int, str], Path] | None, apart: _Apart, report: ImportReport) -> None:
    if found is None:
        report.note(
            "class_names_missing",
            Severity.WARNING,
            "There is no list of class names beside the masks; only the pixel values of the classes are known.",
            fix="Put a classes.txt beside them (first line: pixel value 1), or give a --class-map.",
        )
        return
    names, path = found
    first = next(((value, name) for value, name in sorted(names.items()) if value not in apart.values), None)
    if first is not None:
        report.note(
            "class_names_file",
            Severity.INFO,
            f"Class names come from {path.name}: pixel value {first[0]} is {first[1]!r}.",
            examples=[str(path)],
        )


def _void_values(files: list[Path], names: dict[int, str], report: ImportReport) -> frozenset[int]:
    """255, unless it is a class: named in the list, or the only value beside the background (black and white masks)."""
    if VOID in names and not is_void(names[VOID]):
        return frozenset()
    values: set[int] = set()
    for path in files[:_SAMPLE]:
        try:
            values.update(np.unique(read_mask(path)).tolist())
        except UnusableMask:
            continue
    if values == {0, VOID} or values == {VOID}:
        report.note(
            "binary_masks",
            Severity.INFO,
            "The masks are black and white; 255 was read as the class.",
        )
        return frozenset()
    return frozenset({VOID})


def _read_batches(
    files: list[Path],
    names: list[str],
    root: Path,
    role: Role,
    apart: _Apart,
    pixel_maps: list[PixelMap],
    report: ImportReport,
) -> Iterator[ObjectBatch]:
    pending: list[_FileRegions] = []
    count = 0
    for path, name in zip(counted(files, "Reading masks"), names, strict=True):
        place = place_below(path, root)
        try:
            mask = read_mask(path)
            values = _values(mask, apart)
        except UnusableMask as error:
            report.note(
                "mask_unusable",
                Severity.ERROR,
                "Files are not class-index masks; nothing was taken from them.",
                examples=[f"{place}: {error}"],
                fix="Write one class index a pixel (grey or palette), or convert the colours to indices.",
            )
            continue
        height, width = mask.shape
        is_unsaid = np.isin(mask, sorted(apart.void))
        unsaid = rle_codec.encode(np.asfortranarray(is_unsaid.astype(np.uint8)))["counts"] if is_unsaid.any() else None
        pixel_maps.append(PixelMap(name, height, width, unsaid))
        if VOID in apart.void and (mask == VOID).any():
            report.note(
                "void_pixels", Severity.INFO, "Pixels of value 255 are void and belong to no object.", examples=[place]
            )
        regions = find_regions(mask, values)
        confidence = _confidence(path, place, regions, (height, width), role, report)
        pending.append(_FileRegions(name, place, (height, width), regions, confidence))
        count += len(regions.counts)
        if count >= BATCH_ROWS:
            yield from _to_batches(pending, role)
            pending, count = [], 0
    yield from _to_batches(pending, role)


def _values(mask: np.ndarray, apart: _Apart) -> list[int]:
    """The classes of a mask."""
    values = [value for value in np.unique(mask).tolist() if value not in apart.values]
    if len(values) > _MAX_CLASSES or (values and min(values) < 0):
        raise UnusableMask(f"it has {len(values):,} different values, as a photograph or a depth map has")
    return values


def _confidence(
    path: Path, place: str, regions: MaskRegions, size: tuple[int, int], role: Role, report: ImportReport
) -> np.ndarray:
    """float64 (regions,): from the map of probabilities beside the mask; 1 where there is none that can be used."""
    probabilities = find_probabilities(path) if role == "predictions" and regions.counts else None
    if probabilities is None:
        return np.ones(len(regions.counts))
    try:
        return mean_over_regions(probabilities, regions, size)
    except UnusableMask as error:
        report.note(
            "probabilities_unusable",
            Severity.ERROR,
            "Maps of probabilities cannot be used; the confidence of their regions is 1.0.",
            examples=[f"{place}: {error}"],
            fix="Write them in the size of the mask, for all classes together or one layer a class.",
        )
        return np.ones(len(regions.counts))


def _to_batches(pending: list[_FileRegions], role: Role) -> Iterator[ObjectBatch]:
    """Batches of at most ``BATCH_ROWS`` regions."""
    pending = [file for file in pending if file.regions.counts]
    if not pending:
        return
    counts = [rle for file in pending for rle in file.regions.counts]
    per_file = [len(file.regions.counts) for file in pending]
    frame_ref = np.repeat(text_column([file.frame for file in pending]), per_file)
    values = np.concatenate([file.regions.values for file in pending])
    places = text_column(
        [f"{file.place}: region {number + 1}" for file in pending for number in range(len(file.regions.counts))]
    )
    boxes = np.concatenate([file.regions.boxes for file in pending])
    areas = np.concatenate([file.regions.areas for file in pending])
    confidence = np.concatenate([file.confidence for file in pending])
    rle_size = np.repeat(np.array([file.size for file in pending], np.int32), per_file, axis=0)
    for start in range(0, len(counts), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        size = len(counts[part])
        yield ObjectBatch(
            frame_ref=frame_ref[part],
            class_ref=values[part],
            frame_ref_is="name",
            class_ref_is="id",
            geometry=np.full(size, Geometry.MASK, object),
            place=places[part],
            box=boxes[part],
            confidence=confidence[part] if role == "predictions" else None,
            rle_counts=list(counts[part]),
            rle_size=rle_size[part],
            area=areas[part],
            attributes=[{"semantic": True} for _ in range(size)],
        )
