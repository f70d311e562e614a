"""Class-index masks: folders of PNG files in which the value of a pixel is its class.

Grey or palette images; of a palette the indices count, not the colours. 0 is the background, 255 is void (the border
between objects in Pascal VOC), unless the list of classes says otherwise. Every 8-connected region of a class is one
object with an exact mask, holes kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from hotcoco import mask as rle_codec
from PIL import Image, UnidentifiedImageError

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, PixelMap, Reading, Role, text_column
from predscope.formats.folders import frame_names, place_below, sample_files, walk_files
from predscope.formats.mask_classes import find_class_names, is_background, is_void
from predscope.formats.mask_components import MaskRegions, find_regions
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry

VOID: Final = 255
_SUFFIXES: Final = frozenset({".png"})
_SAMPLE: Final = 8
_MAX_CLASSES: Final = 4096
_FLAT_SHARE: Final = 0.85
_INSTANCE_FOLDER: Final = "SegmentationObject"
_PNG_GREY: Final = 0


class UnusableMask(ValueError):  # noqa: N818 - the outcome of one file, not a fault
    """A PNG file that is not a class-index mask; the message says why."""


def read_mask(path: Path) -> np.ndarray:
    """Pixel values of a mask (h, w), exact: palette indices, and grey of 1, 2, 4, 8 or 16 bits.

    Raises:
        UnusableMask: it cannot be read, or it has colours.
    """
    try:
        with Image.open(path) as image:
            mode, pixels = image.mode, np.asarray(image)
    except Image.DecompressionBombError:
        raise UnusableMask("it is too large") from None
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
        raise UnusableMask(f"it cannot be read ({error})") from None
    if mode in ("RGB", "RGBA"):
        if (pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any():
            raise UnusableMask("it has colours, expected one class index a pixel")
        return np.ascontiguousarray(pixels[..., 0])
    if mode == "LA":
        return np.ascontiguousarray(pixels[..., 0])
    if mode not in ("1", "L", "P", "I", "I;16", "I;16B") or pixels.ndim != 2:
        raise UnusableMask(f"its pixels are {mode}, expected grey or a palette")
    if mode == "1":
        return pixels.astype(np.uint8)
    # Grey values of 2 or 4 bits come scaled up to 0..255; the file's own are wanted.
    return pixels // _grey_step(path) if mode == "L" else pixels


def _grey_step(path: Path) -> int:
    """By what grey values were multiplied when the image was opened, from the bit depth in the PNG header."""
    with path.open("rb") as file:
        header = file.read(26)
    is_grey = len(header) == 26 and header[25] == _PNG_GREY
    return 255 // (2 ** header[24] - 1) if is_grey and header[24] < 8 else 1


class MaskReader:
    """Class-index PNG masks, as labels or as predictions (of confidence 1)."""

    name = "masks"
    title = "Class-index mask PNGs"

    def detect(self, source: Path, head: bytes) -> Detection:
        files = sample_files(source, _SUFFIXES, _SAMPLE)
        if source.is_file() and source.suffix.lower() not in _SUFFIXES:
            return Detection(0.0, "")
        if not files:
            return Detection(0.0, "")
        fitting, reason = 0, ""
        for path in files:
            try:
                if _is_flat(read_mask(path)):
                    fitting += 1
                else:
                    reason = "its .png files look like photographs"
            except UnusableMask as error:
                reason = f"{path.name}: {error}"
        if fitting < len(files) / 2:
            return Detection(0.0, reason)
        return Detection(0.7 * fitting / len(files), "PNG files with areas of equal pixel values", "labels")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        root = source if source.is_dir() else source.parent
        files = list(walk_files(source, _SUFFIXES))
        if any(path.parent.name == _INSTANCE_FOLDER for path in files):
            kept = [path for path in files if path.parent.name != _INSTANCE_FOLDER]
            if not kept:
                raise FileParsingError(
                    f"{_INSTANCE_FOLDER} holds numbers of instances, not of classes.",
                    where=source,
                    fix="Give the folder SegmentationClass beside it.",
                )
            report.note(
                "instance_masks",
                Severity.WARNING,
                f"Masks in {_INSTANCE_FOLDER} hold numbers of instances, not of classes; they were left out.",
                count=len(files) - len(kept),
            )
            files = kept
        sizes = _sizes(files)
        if not sizes:
            raise FileParsingError("has no PNG masks that can be read.", where=source)
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
            report.note(
                "confidence_assumed",
                Severity.WARNING,
                "Masks have no confidence; 1.0 was taken for every region.",
                fix="Rankings and curves need confidences: COCO results with masks have them.",
            )
        pixel_maps: list[PixelMap] = []
        batches = _read_batches(files, names, root, role, apart, pixel_maps, report)
        return Reading(self.name, role, frames, classes, batches, report, pixel_maps)


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
        void = _void_values(files, names, report)
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
    for path in files:
        try:
            with Image.open(path) as image:
                sizes.append(image.size)
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
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
    pending: list[tuple[str, str, tuple[int, int], MaskRegions]] = []
    count = 0
    for path, name in zip(files, names, strict=True):
        place = place_below(path, root)
        try:
            mask = read_mask(path)
            values = _values(mask, apart)
        except UnusableMask as error:
            report.note(
                "mask_unusable",
                Severity.ERROR,
                "PNG files are not class-index masks; nothing was taken from them.",
                examples=[f"{place}: {error}"],
                fix="Write one class index a pixel (grey or palette), or convert the colours to indices.",
            )
            continue
        height, width = mask.shape
        is_unsaid = np.isin(mask, list(apart.void))
        unsaid = rle_codec.encode(np.asfortranarray(is_unsaid.astype(np.uint8)))["counts"] if is_unsaid.any() else None
        pixel_maps.append(PixelMap(name, height, width, unsaid))
        if VOID in apart.void and (mask == VOID).any():
            report.note(
                "void_pixels", Severity.INFO, "Pixels of value 255 are void and belong to no object.", examples=[place]
            )
        regions = find_regions(mask, values)
        pending.append((name, place, (height, width), regions))
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


def _to_batches(pending: list[tuple[str, str, tuple[int, int], MaskRegions]], role: Role) -> Iterator[ObjectBatch]:
    """Batches of at most ``BATCH_ROWS`` regions."""
    pending = [entry for entry in pending if entry[3].counts]
    if not pending:
        return
    counts = [rle for *_, regions in pending for rle in regions.counts]
    per_file = [len(regions.counts) for *_, regions in pending]
    frame_ref = np.repeat(text_column([name for name, *_ in pending]), per_file)
    values = np.concatenate([regions.values for *_, regions in pending])
    places = text_column(
        [f"{place}: region {number}" for _, place, _, regions in pending for number, _ in enumerate(regions.counts, 1)]
    )
    boxes = np.concatenate([regions.boxes for *_, regions in pending])
    areas = np.concatenate([regions.areas for *_, regions in pending])
    rle_size = np.repeat(np.array([size for _, _, size, _ in pending], np.int32), per_file, axis=0)
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
            confidence=np.ones(size) if role == "predictions" else None,
            rle_counts=list(counts[part]),
            rle_size=rle_size[part],
            area=areas[part],
            attributes=[{"semantic": True} for _ in range(size)],
        )
