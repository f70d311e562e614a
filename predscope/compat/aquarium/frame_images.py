"""The images of frames: where they are, which folder becomes the images folder of the project, and what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from predscope.compat.aquarium.frames import LabeledFrame
from predscope.compat.aquarium.locations import Locations, is_url, without_query
from predscope.compat.aquarium.values import DEFAULT_SENSOR_ID
from predscope.errors import InputError
from predscope.project.durable import writing_into

LINKS_NAME = "images"


@dataclass(frozen=True, slots=True)
class FrameImage:
    """One frame of the Predscope project: an image of a frame of the script, or a frame without any.

    Attributes:
        key: its frame id in the Predscope project.
        frame: the frame of the script.
        sensor_id: of the image; None without one.
        address: as the script gives it, without a signature; None without an image.
        path: the file; None where there is none.
        size: width and height as the script gives them.
    """

    key: str
    frame: LabeledFrame
    sensor_id: str | None = None
    address: str | None = None
    path: Path | None = None
    size: tuple[int, int] | None = None


@dataclass(slots=True)
class FoundImages:
    """The images of many frames.

    Attributes:
        images: in the order of the frames.
        unmapped: addresses that stand for no folder.
        missing: files that are not there.
    """

    images: list[FrameImage] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def find_images(frames: Iterable[LabeledFrame], locations: Locations) -> FoundImages:
    """Look for the images of frames. A frame with several images becomes one frame for each of its sensors."""
    found = FoundImages()
    for frame in frames:
        images = frame.images
        if not images:
            found.images.append(FrameImage(frame.frame_id, frame))
        for image in images:
            path = locations.find(image.url)
            address = without_query(image.url)
            if path is None:
                found.unmapped.append(address)
            elif not path.is_file():
                found.missing.append(f"{frame.frame_id}: {address}" + (f" ({path})" if is_url(address) else ""))
                path = None
            key = frame.frame_id if len(images) == 1 else sensor_key(frame.frame_id, image.id)
            found.images.append(FrameImage(key, frame, image.id, address, path and path.resolve(), image.size))
    return found


def sensor_key(frame_id: str, sensor_id: str) -> str:
    """The frame id in the Predscope project of one of several images of a frame."""
    return f"{frame_id}/{sensor_id}"


def sensor_attribute(image: FrameImage) -> dict[str, str]:
    """The sensor, as an attribute of the frame, where the script names one."""
    if image.sensor_id in (None, DEFAULT_SENSOR_ID):
        return {}
    return {"sensor": str(image.sensor_id)}


def choose_root(paths: Iterable[Path], known_root: Path | None) -> Path | None:
    """The folder that all images lie in, read in place; None: there is none but the whole file system.

    Args:
        paths: of the images, resolved.
        known_root: the images folder that the project has, which stays inside the new one.
    """
    folders = {path.parent for path in paths}
    if known_root is not None:
        folders.add(known_root)
    if not folders:
        return None
    try:
        root = Path(os.path.commonpath(list(folders)))
    except ValueError:  # different drives
        return None
    return None if root == Path(root.anchor) else root


def linked_into(folder: Path, paths: Iterable[Path]) -> dict[Path, Path]:
    """Images of places that have no folder in common, brought together in one: hard links, or copies across drives.

    Returns:
        For each image its path in the folder.

    Raises:
        ProjectError: the folder cannot be written.
    """
    placed: dict[Path, Path] = {}
    with writing_into(folder.parent):
        for path in paths:
            target = folder.joinpath(*(part.strip(":\\/") or "root" for part in path.parts))
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                try:
                    os.link(path, target)
                except OSError:
                    shutil.copyfile(path, target)
            placed[path] = target
    return placed


def describe_missing(found: FoundImages) -> InputError | None:
    """Why no image at all was found, where frames name some; None: some were, or none is named."""
    named = [image for image in found.images if image.address is not None]
    if not named or any(image.path is not None for image in named):
        return None
    first = named[0].address or ""
    if is_url(first):
        fix = 'Say which folder it stands for: Client(url_map={"http://host/": "folder"}), or PREDSCOPE_URL_MAP.'
    else:
        fix = "Check the paths; relative ones are looked for in the current folder."
    return InputError(f"none of the {len(named):,} images was found, e.g. {first}.", fix=fix)
