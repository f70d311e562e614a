"""Image sequences: folders whose images are numbered as the frames of a video are.

A wrong guess would draw tracks through photos that have nothing to do with each other, so the naming must be clear: at
least three images, in a folder of their own, of one size, with the same name but for a number that goes up by the same
step. In folders that only say that images are in them (``images``, ``train``), and in the images folder itself, numbers
say nothing, unless the names call themselves frames. Numbers of a camera's memory card (``IMG_0001``) never do.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from predscope.media.naming import IMAGE_SUFFIXES, suffix_of

FEWEST_IMAGES: Final = 3
_MOST_GAPS: Final = 0.05
"""Share of places that may be empty: frames are lost, now and then."""
_MOST_DIGITS: Final = 18

_NUMBERED: Final = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.[^.]+)", re.DOTALL)
_GENERIC_FOLDER: Final = re.compile(
    r"(train|val|valid|validation|test|trainval|images?|image_\d+|imgs?|jpe?gs?|jpe?gimages|pngs?|photos?|pictures?|data"
    r"|dataset|samples?)[\d_-]*",
    re.IGNORECASE,
)
_CAMERA: Final = re.compile(
    r"(img|dsc[nf]?|dji|pxl|mvimg|gopr|p|pict|photo|hpim|sam|cimg|kic|screenshot)[-_ ]*", re.IGNORECASE
)
_FRAME: Final = re.compile(r"(.*[^a-z])?(frames?|frm|fr)[-_ ]*", re.IGNORECASE | re.DOTALL)


class Place(NamedTuple):
    """Where an image stands: in which sequence, and which place there, from 0."""

    sequence: str
    position: int


def find_sequences(
    images: Iterable[tuple[str, int | None, int | None]], *, root_name: str = "sequence"
) -> dict[str, Place]:
    """The images that belong to sequences.

    Args:
        images: name, width and height of every image; all of a folder, for it is the folder that is judged.
        root_name: what a sequence is called that lies in the images folder itself.

    Returns:
        Name -> place. The sequence is named after its folder.
    """
    folders: dict[str, list[tuple[str, int | None, int | None]]] = defaultdict(list)
    for name, width, height in images:
        if suffix_of(name) in IMAGE_SUFFIXES:
            folders[name.rpartition("/")[0]].append((name, width, height))
    found: dict[str, Place] = {}
    for folder, members in folders.items():
        if len(members) >= FEWEST_IMAGES and len({member[1:] for member in members}) == 1:
            title = folder or root_name
            for position, name in enumerate(_in_order(folder, [member[0] for member in members])):
                found[name] = Place(title, position)
    return found


def _in_order(folder: str, names: list[str]) -> list[str]:
    """The names by their numbers; empty if they are no sequence."""
    numbers: dict[int, str] = {}
    frames: set[tuple[str, str]] = set()
    for name in names:
        match = _NUMBERED.fullmatch(name.rpartition("/")[2])
        if match is None or len(match["number"]) > _MOST_DIGITS:
            return []
        frames.add((match["prefix"], match["suffix"].lower()))
        number = int(match["number"])
        if len(frames) > 1 or number in numbers:
            return []
        numbers[number] = name
    prefix = next(iter(frames))[0]
    if _CAMERA.fullmatch(prefix):
        return []
    is_generic = not folder or _GENERIC_FOLDER.fullmatch(folder.rpartition("/")[2])
    if is_generic and not _FRAME.fullmatch(prefix):
        return []
    ordered = sorted(numbers)
    steps = [after - before for before, after in itertools.pairwise(ordered)]
    step = min(steps)
    places = (ordered[-1] - ordered[0]) // step + 1
    if any(gap % step for gap in steps) or places - len(ordered) > _MOST_GAPS * places:
        return []
    return [numbers[number] for number in ordered]
