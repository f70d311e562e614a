"""Frames as files that a browser can show: the image itself, or a JPEG rendered once and kept in the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.media import PixelSource
from predscope.media.decoding import decode_image, is_deep_png
from predscope.media.naming import suffix_of
from predscope.project import Project
from predscope.project.frame_images import frame_file, read_bytes, read_frame, source_version, write_cached

THUMBNAIL_HEIGHT: Final = 256
"""Pixels; tiles are up to 240 px high."""
MAX_THUMBNAIL_WIDTH: Final = 768
CROP_HEIGHT: Final = 360
"""Pixels; crops are up to 240 px high on screen, and looked at closely."""
_JPEG_QUALITY: Final = 82
_HEAD_BYTES: Final = 32
_BROWSER_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"})


def browser_image_file(project: Project, frame_index: int) -> Path | None:
    """A file with the frame in full size that every browser shows; None if the frame has no readable image."""
    source = project.pixel_source(frame_index)
    if source is None:
        return None
    if source.video_frame is not None or _is_for_browsers(source):
        return frame_file(project, frame_index)
    return _rendered(project, frame_index, None)


def _is_for_browsers(source: PixelSource) -> bool:
    """Whether browsers show an image as it is to be shown."""
    if suffix_of(source.member or source.file.name) not in _BROWSER_SUFFIXES:
        return False
    try:
        if source.member is not None:
            return not is_deep_png(read_bytes(source)[:_HEAD_BYTES].tobytes())
        with source.file.open("rb") as file:
            return not is_deep_png(file.read(_HEAD_BYTES))
    except (InputError, OSError):
        return True  # what cannot be read is said by whoever asks for the file


def thumbnail_file(project: Project, frame_index: int) -> Path | None:
    """The path of a frame's thumbnail, rendered now if it is not cached; None if the frame has no readable image."""
    return _rendered(project, frame_index, THUMBNAIL_HEIGHT)


def crop_file(project: Project, frame_index: int, box: tuple[int, int, int, int]) -> Path | None:
    """The path of a JPEG of a part of a frame, rendered now if it is not cached; None if nothing of it can be read.

    It is at most ``CROP_HEIGHT`` high, and never enlarged.

    Args:
        box: left, top, width and height in pixels of the frame; what lies beyond the frame is cut off.
    """
    return _rendered(project, frame_index, CROP_HEIGHT, box)


def _rendered(
    project: Project, frame_index: int, height: int | None, box: tuple[int, int, int, int] | None = None
) -> Path | None:
    """A JPEG in the cache, of at most ``height``, of the frame or of a part; its name changes with the image file."""
    source = project.pixel_source(frame_index)
    version = None if source is None else source_version(source)
    if version is None:
        return None
    apply_exif = project.frames["apply_exif"].iloc[frame_index]
    identity = f"{version}|{bool(pd.isna(apply_exif) or apply_exif)}|{height}|{box or ''}"
    key = hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()
    path = project.cache_dir / "thumbnails" / key[:2] / f"{key}.jpg"
    if not path.exists():
        try:
            image = read_frame(project, frame_index, min_height=None if box else height)
        except InputError:
            return None
        if box is not None:
            left, top, width, depth = box
            image = image[max(top, 0) : max(top + depth, 0), max(left, 0) : max(left + width, 0)]
            if not image.size:
                return None
        write_cached(path, encode_jpeg(image if height is None else shrink(image, height, MAX_THUMBNAIL_WIDTH)))
    return path


def read_image(path: Path, *, apply_exif: bool = True, min_height: int | None = None) -> np.ndarray:
    """Decode an image file; see ``predscope.media.decoding.decode_image``.

    Raises:
        InputError: the file cannot be decoded.
    """
    data = read_bytes(PixelSource(path))
    return decode_image(data, path, apply_exif=apply_exif, min_height=min_height)


def shrink(image: np.ndarray, height: int, max_width: int) -> np.ndarray:
    """Scale an image down to a height, or less where it would be wider than ``max_width``; never up."""
    scale = min(height / image.shape[0], max_width / image.shape[1], 1.0)
    if scale == 1.0:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def encode_jpeg(image: np.ndarray) -> bytes:
    """JPEG bytes of a uint8 BGR image."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
