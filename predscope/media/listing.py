"""Which image files, videos and archives lie in an images folder."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from predscope.errors import FileParsingError, InputError
from predscope.media.archives import list_members
from predscope.media.locating import is_archive, resolve_inside
from predscope.media.naming import (
    ARCHIVE_SUFFIXES,
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    is_video_name,
    natural_key,
    suffix_of,
)

MAX_IMAGES: Final = 2_000_000
MAX_DEPTH: Final = 32
_LISTED: Final = IMAGE_SUFFIXES | VIDEO_SUFFIXES
_IMAGES_FOLDER: Final = re.compile(r"(jpeg|input_)?images?(_\d)?|imgs?|rgb|leftimg8bit", re.IGNORECASE)
_DRAWN_FOLDER: Final = re.compile(
    r"annotations?(visuali[sz]ation)?|visuali[sz]ations?|segmentations?|segmentation(class|object)\w*|panoptic\w*"
    r"|((instance|semantic|class)_?)?masks?|instance|semantic(_rgb)?|labels?|gts?|gt(fine|coarse)|ground_?truths?",
    re.IGNORECASE,
)
"""Folders that, beside one of images, hold masks or drawings of the labels, as Pascal VOC and DAVIS have them."""


@dataclass(frozen=True, slots=True)
class ImageListing:
    """Files below an images folder, or in an archive.

    Attributes:
        paths: relative names of the images and videos, in natural order ("frame2" before "frame10").
        links_outside: relative names of links that lead outside the folder, which were left out.
        is_truncated: there are more than the limit; the rest was left out.
        refused: members of archives, and archives, that are not read: name -> why, in words.
        masks_left_out: folders of masks that lie beside the images they are of: name -> how many files.
        names_not_text: names, with escapes, of files that were left out since their names are not UTF-8.
    """

    paths: list[str]
    links_outside: list[str]
    is_truncated: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    masks_left_out: dict[str, int] = field(default_factory=dict)
    names_not_text: list[str] = field(default_factory=list)


def list_images(
    folder: Path, *, exclude: Collection[Path] = (), limit: int = MAX_IMAGES, max_depth: int = MAX_DEPTH
) -> ImageListing:
    """Find the images and videos below a folder, by their suffix; hidden files and folders are left out.

    Archives inside a folder are looked into only if the folder holds nothing else to show: beside images, an archive
    most often is the very thing that they were unpacked from. Of a whole data set, folders of masks and of drawn
    labels (``Annotations``, ``SegmentationClass``) that lie beside the folder of the images are no images.

    Args:
        folder: the images folder, or a zip archive.
        exclude: folders that are not entered (a project that lies inside its images folder).
        limit: the most images to list.
        max_depth: the deepest folders to enter. Links to folders are not followed.

    Raises:
        InputError: the folder is missing or is not a folder, or the archive cannot be read.
    """
    if is_archive(folder):
        names, not_read = _images_in(folder)
        return ImageListing(names[:limit], [], len(names) > limit, not_read)
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise InputError(
            f"expected a folder of images, found {found}.", where=folder, fix="Give a folder, or a zip archive."
        )
    root = folder.resolve()
    excluded = {path.resolve() for path in exclude}
    paths: list[str] = []
    archives: list[str] = []
    links_outside: list[str] = []
    not_text: list[str] = []
    pending = [(root, "", 0)]
    while pending:
        current, prefix, depth = pending.pop()
        try:
            entries = list(os.scandir(current))
        except OSError:
            continue  # a folder that may not be read holds no images for this user
        for entry in entries:
            if entry.name.startswith((".", "__MACOSX")):
                continue
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth < max_depth and (not excluded or Path(entry.path) not in excluded):
                    pending.append((Path(entry.path), name + "/", depth + 1))
                continue
            suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 (ten times faster)
            if suffix in _LISTED or suffix in ARCHIVE_SUFFIXES:
                if not _is_text(name):
                    not_text.append(os.fsencode(name).decode("utf-8", "backslashreplace"))
                elif entry.is_symlink() and resolve_inside(root, name) is None:
                    links_outside.append(name)
                else:
                    (paths if suffix in _LISTED else archives).append(name)
    refused: dict[str, str] = {}
    if not paths:
        for archive in sorted(archives, key=natural_key):
            try:
                names, not_read = _images_in(root / archive)
            except FileParsingError as error:
                refused[archive] = error.what
                continue
            paths += [f"{archive}/{name}" for name in names]
            refused |= {f"{archive}/{name}": why for name, why in not_read.items()}
    paths, masks = _without_masks(paths)
    paths.sort(key=natural_key)
    return ImageListing(paths[:limit], sorted(links_outside), len(paths) > limit, refused, masks, sorted(not_text))


def _is_text(name: str) -> bool:
    """Whether a name on disk is UTF-8, so that tables, addresses and reports can hold it."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_masks(paths: list[str]) -> tuple[list[str], dict[str, int]]:
    """The images, and the folders beside those of images that hold masks, with the number of files in them."""
    folders = {path.rpartition("/")[0] for path in paths}
    holding = {"/".join(parts[:end]) for parts in (f.split("/") for f in folders) for end in range(1, len(parts) + 1)}
    beside = {parent for parent, _, name in (f.rpartition("/") for f in holding) if _IMAGES_FOLDER.fullmatch(name)}
    masks = {
        folder: 0
        for folder in sorted(holding)
        if _DRAWN_FOLDER.fullmatch(folder.rpartition("/")[2]) and folder.rpartition("/")[0] in beside
    }
    if not masks:
        return paths, {}
    kept = []
    for path in paths:
        ends = [place for place, sign in enumerate(path) if sign == "/"]
        left_out = next((path[:end] for end in ends if path[:end] in masks), None)
        if left_out is None:
            kept.append(path)
        else:
            masks[left_out] += 1
    return kept, {folder: count for folder, count in masks.items() if count}


def _images_in(archive: Path) -> tuple[list[str], dict[str, str]]:
    """Names of the images in an archive, in natural order, and what is not read of it."""
    members = list_members(archive)
    names = sorted((name for name in members.names if suffix_of(name) in IMAGE_SUFFIXES), key=natural_key)
    refused = {name: why for name, why in members.refused.items() if suffix_of(name) in _LISTED}
    refused |= {name: "it is a video inside an archive; unpack it" for name in members.names if is_video_name(name)}
    return names, refused
