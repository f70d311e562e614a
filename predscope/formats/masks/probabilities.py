"""Confidences of predicted masks from maps of probabilities that lie beside them.

``<stem>_prob.png`` holds a probability a pixel as grey, 0 to 255 or 65535; ``<stem>_prob.npy`` as numbers, for all
classes together (height, width) or for each (classes, height, width) or (height, width, classes). The confidence of a
region is the mean over its pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from predscope.formats.masks.components import MaskRegions
from predscope.formats.masks.files import ARRAY_SUFFIXES, UnusableMask, read_array, read_mask
from predscope.run_lengths import mask_spans

_ENDING: Final = "_prob"


def is_probability_map(path: Path) -> bool:
    """Whether a file is a map of probabilities by its name, and no mask."""
    return path.stem.endswith(_ENDING)


def find_probabilities(mask: Path) -> Path | None:
    """The map that lies beside a mask, if any."""
    for suffix in (".npy", ".png"):
        path = mask.with_name(f"{mask.stem}{_ENDING}{suffix}")
        if path.is_file():
            return path
    return None


def mean_over_regions(path: Path, regions: MaskRegions, size: tuple[int, int]) -> np.ndarray:
    """float64 (regions,): the mean probability of each region's pixels; of its own class where the map has all.

    Args:
        path: of the map.
        regions: of the mask, with the pixel value of the class of each.
        size: height, width of the mask.

    Raises:
        UnusableMask: the map cannot be read, or is of another size.
    """
    found = read_array(path) if path.suffix.lower() in ARRAY_SUFFIXES else read_mask(path)
    if found.dtype.kind not in "iufb":
        raise UnusableMask(f"it is {found.dtype}, expected numbers")
    scale = float(np.iinfo(found.dtype).max) if found.dtype.kind in "iu" else 1.0
    if found.ndim == 2 and found.shape == size:
        channels = found[None]
    elif found.ndim == 3 and found.shape[1:] == size:
        channels = found
    elif found.ndim == 3 and found.shape[:2] == size:
        channels = np.moveaxis(found, 2, 0)
    else:
        raise UnusableMask(f"it is of shape {found.shape}, the mask is {size}")
    owner, starts, stops = mask_spans(regions.counts)
    sums = np.zeros(len(regions.counts))
    for value in np.unique(regions.values).tolist():
        channel = 0 if len(channels) == 1 else value
        if channel >= len(channels):
            raise UnusableMask(f"it has {len(channels)} classes, the mask has the class {value}")
        running = np.concatenate([[0.0], np.cumsum(channels[channel].ravel(order="F"), dtype=np.float64)])
        chosen = regions.values[owner] == value
        np.add.at(sums, owner[chosen], running[stops[chosen]] - running[starts[chosen]])
    return sums / np.maximum(regions.areas, 1) / scale
