"""Files of instance masks: the numbers of their pixels, exact, and which of them belong together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

import numpy as np
from PIL import Image

from predscope.formats.folders import sample_files, walk_files
from predscope.formats.masks.files import ARRAY_SUFFIXES, UnusableMask, read_mask
from predscope.formats.masks.probabilities import is_probability_map
from predscope.media.image_info import IMAGE_FAULTS, describe_fault

InstanceKind = Literal["voc", "cityscapes", "davis", "sidecar", "encoded", "plain"]
"""How a file's numbers tell the class: by the class mask of the same name, by label id * 1000, by the video's
``meta.json``, by a JSON file of the same name, by class * 1000, or not at all."""

VOC_INSTANCES: Final = "SegmentationObject"
CITYSCAPES_ENDING: Final = "_instanceIds"
IDS_PER_CLASS: Final = 1000
_SUFFIXES: Final = (frozenset({".png"}), ARRAY_SUFFIXES, frozenset({".tif", ".tiff"}))
_SAMPLE: Final = 8
_MOST_INSTANCES: Final = 200
_MAX_CLASS: Final = 255
_FLAT_SHARE: Final = 0.8
_PANOPTIC_FOLDER: Final = re.compile(r"panoptic_(train|val|test)")


def instance_files(source: Path, *, most: int | None = None) -> list[Path]:
    """Files that may be masks of instances: PNG files, else arrays, else TIFF files; of all, or of the first few."""
    for suffixes in _SUFFIXES:
        if source.is_file() and source.suffix.lower() not in suffixes:
            continue
        walk = walk_files(source, suffixes) if most is None else sample_files(source, suffixes, most)
        files = [path for path in walk if not is_probability_map(path)]
        if files:
            return files
    return []


def sample_of(source: Path) -> list[Path]:
    return instance_files(source, most=_SAMPLE)


def is_voc(path: Path) -> bool:
    return path.parent.name.startswith(VOC_INSTANCES) and not path.parent.name.endswith("Visualization")


def is_cityscapes(path: Path) -> bool:
    return path.stem.endswith(CITYSCAPES_ENDING)


def read_numbers(path: Path) -> tuple[np.ndarray, bool]:
    """int64 (h, w): the numbers of the pixels of a file; and whether they are class * 1000 + instance by its kind.

    Grey or palette images of up to 32 bits, arrays of whole numbers, and colour images whose red channel is a class and
    whose green channel the number of an instance (the two-channel form of https://github.com/cocodataset/panopticapi).

    Raises:
        UnusableMask: it cannot be read, or is none of those.
    """
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return read_mask(path).astype(np.int64), False
    try:
        with Image.open(path) as image:
            mode = image.mode
            pixels = np.asarray(image) if mode in ("RGB", "RGBA", "F") else np.zeros(0)
    except Image.DecompressionBombError:
        raise UnusableMask("it is too large") from None
    except IMAGE_FAULTS as error:
        raise UnusableMask(f"it cannot be read ({describe_fault(error)})") from None
    if mode == "F":
        if not np.isfinite(pixels).all() or (pixels != np.floor(pixels)).any() or np.abs(pixels).max(initial=0) > 2**31:
            raise UnusableMask("its pixels are fractions, expected whole numbers")
        return pixels.astype(np.int64), False
    if mode in ("RGB", "RGBA") and not _is_grey(pixels):
        if pixels[..., 2].any():
            raise UnusableMask("it has colours, expected numbers of instances")
        return IDS_PER_CLASS * pixels[..., 0].astype(np.int64) + pixels[..., 1], True
    return read_mask(path).astype(np.int64), False


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def _is_called_panoptic(path: Path) -> bool:
    """Whether colours are rather ids of panoptic segments, R + 256 G + 65536 B: COCO's and Cityscapes' own names."""
    return path.stem.endswith("_panoptic") or _PANOPTIC_FOLDER.search(path.parent.name) is not None


def looks_encoded(path: Path) -> bool:
    """Whether the numbers of a file look like class * 1000 + instance, in areas of equal numbers. Never raises."""
    try:
        numbers, by_channels = read_numbers(path)
    except UnusableMask:
        return False
    if by_channels and _is_called_panoptic(path):
        return False
    if numbers.shape[1] > 1 and (numbers[:, 1:] == numbers[:, :-1]).mean() < _FLAT_SHARE:
        return False
    values = np.unique(numbers)
    if values[0] < 0 or values[-1] < IDS_PER_CLASS or len(values) > IDS_PER_CLASS:
        return False
    instances = values[values >= IDS_PER_CLASS]
    few = bool((instances % IDS_PER_CLASS < _MOST_INSTANCES).all())
    classes = np.where(values >= IDS_PER_CLASS, values // IDS_PER_CLASS, values)
    return by_channels or (few and bool((classes <= _MAX_CLASS).all()))
