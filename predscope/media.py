"""Image files on disk: which there are, how large they are as displayed, and whether they can be read.

Sizes come from the header of the file itself, never from what labels say of it; pixels are not decoded, unless the end
of a file is missing. Names always are relative to one images folder and "/" separated, and no name leads outside it:
not by ``..``, not by an absolute path, not by a symbolic link.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from PIL import ExifTags, Image

from predscope.end_marks import TAIL_BYTES, end_mark
from predscope.errors import InputError
from predscope.schema import ImageStatus

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".gif", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".tga"}
)
MAX_IMAGES: Final = 2_000_000
MAX_DEPTH: Final = 32

_TRANSPOSED: Final = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_LAST_BYTES: Final = 64
"""Among which the end mark of an image nearly always is."""
_BATCH: Final = 64

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the file says of itself.

    Attributes:
        path: relative to the images folder, "/" separated.
        status: whether its pixels can be shown.
        width, height: pixels as displayed, after the EXIF orientation; None if the header cannot be read.
        orientation: EXIF orientation 1..8; 1 where the file has none.
        file_size: bytes; None if the file is missing.
        modified_ns: modification time in nanoseconds since 1970; None if the file is missing.
        problem: why it is not ``ok``, in words; "" if it is.
    """

    path: str
    status: ImageStatus
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    file_size: int | None = None
    modified_ns: int | None = None
    problem: str = ""

    @property
    def stored_size(self) -> tuple[int, int] | None:
        """Width and height of the pixels as stored, before the EXIF orientation."""
        if self.width is None or self.height is None:
            return None
        return (self.height, self.width) if self.orientation in _TRANSPOSED else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class ImageListing:
    """Files below an images folder.

    Attributes:
        paths: relative names of the images, in natural order ("frame2" before "frame10").
        links_outside: relative names of links that lead outside the folder, which were left out.
        is_truncated: there are more than the limit; the rest was left out.
    """

    paths: list[str]
    links_outside: list[str]
    is_truncated: bool = False


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key that orders digits by their value, folder by folder."""
    return tuple(
        tuple((0, int(piece), piece) if piece.isdecimal() else (1, 0, piece.casefold()) for piece in _pieces(part))
        for part in name.split("/")
    )


def list_images(
    folder: Path, *, exclude: Collection[Path] = (), limit: int = MAX_IMAGES, max_depth: int = MAX_DEPTH
) -> ImageListing:
    """Find the image files below a folder, by their suffix; hidden files and folders are left out.

    Args:
        folder: the images folder.
        exclude: folders that are not entered (a project that lies inside its images folder).
        limit: the most images to list.
        max_depth: the deepest folders to enter. Links to folders are not followed.

    Raises:
        InputError: the folder is missing or is not a folder.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise InputError(f"expected a folder of images, found {found}.", where=folder, fix="Check the path.")
    root = folder.resolve()
    excluded = {path.resolve() for path in exclude}
    paths: list[str] = []
    links_outside: list[str] = []
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
            elif os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES:  # noqa: PTH122 (ten times faster)
                if entry.is_symlink() and resolve_inside(root, name) is None:
                    links_outside.append(name)
                else:
                    paths.append(name)
    paths.sort(key=natural_key)
    return ImageListing(paths[:limit], sorted(links_outside), len(paths) > limit)


def resolve_inside(folder: Path, name: str) -> Path | None:
    """The file that a relative name stands for, or None if there is none, or if it lies outside the folder."""
    if not name or "\0" in name:
        return None
    pure = PurePosixPath(name)
    if pure.is_absolute() or PureWindowsPath(name).drive or ".." in pure.parts:
        return None
    try:
        root = folder.resolve(strict=True)
        path = (root / pure).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return path if path.is_relative_to(root) else None


def read_image_info(folder: Path, name: str) -> ImageInfo:
    """Read the header of one image. Never raises for a bad file: that is its status."""
    path = resolve_inside(folder, name)
    if path is None or not path.is_file():
        return ImageInfo(name, ImageStatus.MISSING, problem="there is no such file in the images folder")
    return _read_file(path, name)


def scan_images(folder: Path, names: Sequence[str], *, progress: Progress | None = None) -> list[ImageInfo]:
    """Read the headers of many images, in the order of ``names`` (from ``list_images``)."""
    root = folder.resolve()
    batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
    infos: list[ImageInfo] = []
    with warnings.catch_warnings():
        # A large image is not an attack here: only its header is read.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        Image.init()
        with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 2)) as pool:
            for batch in pool.map(lambda batch: [read_image_info(root, name) for name in batch], batches):
                infos.extend(batch)
                if progress is not None:
                    progress(len(infos), len(names), "Reading image headers")
    return infos


def _read_file(path: Path, name: str) -> ImageInfo:
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            file_facts = {"file_size": state.st_size, "modified_ns": state.st_mtime_ns}
            if state.st_size == 0:
                return ImageInfo(name, ImageStatus.UNREADABLE, **file_facts, problem="the file is empty")
            with Image.open(file) as image:
                width, height = image.size
                orientation = _orientation(image)
                problem = _missing_end(image, file, state.st_size)
    except Image.UnidentifiedImageError:
        return ImageInfo(name, ImageStatus.UNREADABLE, **file_facts, problem="it is not an image that can be read")
    except Image.DecompressionBombError:
        return ImageInfo(name, ImageStatus.UNREADABLE, **file_facts, problem="it has too many pixels to be decoded")
    except PermissionError:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem="the file may not be read (permission denied)")
    # Pillow's plug-ins raise about anything on damaged headers.
    except Exception as error:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem=f"its header cannot be read ({error})")
    if orientation in _TRANSPOSED and image.format != "TIFF":  # Pillow already gives TIFFs their displayed size
        width, height = height, width
    status = ImageStatus.UNREADABLE if problem else ImageStatus.OK
    return ImageInfo(name, status, width, height, orientation, **file_facts, problem=problem)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation from what the header held; never decodes pixels, as ``getexif`` of a PNG would."""
    exif = image.info.get("exif")
    if exif:
        tags = Image.Exif()
        try:
            tags.load(exif)
            value = tags.get(ExifTags.Base.Orientation, 1)
        except Exception:  # damaged EXIF data says nothing of the orientation
            return 1
    elif image.format == "TIFF":
        value = image.tag_v2.get(ExifTags.Base.Orientation, 1)  # type: ignore[attr-defined]
    else:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _missing_end(image: Image.Image, file, file_size: int) -> str:  # type: ignore[no-untyped-def]
    """Why the pixels cannot be complete; "" if they are. Decodes only files whose end mark is not where it belongs."""
    position = file.tell()
    file.seek(0)
    mark = end_mark(file.read(2))
    if mark is None:
        return ""
    for length in (_LAST_BYTES, TAIL_BYTES):
        file.seek(-min(length, file_size), os.SEEK_END)
        if mark in file.read(length):
            return ""
    file.seek(position)
    try:
        image.load()
    except Exception as error:  # any failure to decode has the same meaning here
        return f"the file is cut off ({error})"
    return ""


def _pieces(text: str) -> list[str]:
    return [piece for piece in re.split(r"(\d+)", text) if piece]
