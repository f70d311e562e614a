"""Frames as files that a browser can show: the image itself, or a JPEG rendered once and kept in the project's cache.

Decoding asks the JPEG decoder for a half, quarter or eighth of the size where that suffices, which is several times
faster than decoding in full.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.project import Project

THUMBNAIL_HEIGHT: Final = 256
"""Pixels; tiles are up to 240 px high."""
MAX_THUMBNAIL_WIDTH: Final = 768
CROP_HEIGHT: Final = 360
"""Pixels; crops are up to 240 px high on screen, and looked at closely."""
_JPEG_QUALITY: Final = 82
_BROWSER_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"})


def browser_image_file(project: Project, frame_index: int) -> Path | None:
    """A file with the frame in full size that every browser shows; None if the frame has no readable image."""
    image_file = project.image_file(frame_index)
    if image_file is None or image_file.suffix.lower() in _BROWSER_SUFFIXES:
        return image_file
    return _rendered(project, frame_index, image_file, None)


def thumbnail_file(project: Project, frame_index: int) -> Path | None:
    """The path of a frame's thumbnail, rendered now if it is not cached; None if the frame has no readable image."""
    image_file = project.image_file(frame_index)
    return None if image_file is None else _rendered(project, frame_index, image_file, THUMBNAIL_HEIGHT)


def crop_file(project: Project, frame_index: int, box: tuple[int, int, int, int]) -> Path | None:
    """The path of a JPEG of a part of a frame, rendered now if it is not cached; None if nothing of it can be read.

    It is at most ``CROP_HEIGHT`` high, and never enlarged.

    Args:
        box: left, top, width and height in pixels of the frame; what lies beyond the frame is cut off.
    """
    image_file = project.image_file(frame_index)
    return None if image_file is None else _rendered(project, frame_index, image_file, CROP_HEIGHT, box)


def _rendered(
    project: Project,
    frame_index: int,
    image_file: Path,
    height: int | None,
    box: tuple[int, int, int, int] | None = None,
) -> Path | None:
    """A JPEG in the cache, of at most ``height``, of the frame or of a part; its name changes with the image file."""
    apply_exif = project.frames["apply_exif"].iloc[frame_index]
    apply_exif = bool(pd.isna(apply_exif) or apply_exif)
    try:
        state = image_file.stat()
    except OSError:
        return None
    identity = f"{image_file}|{state.st_size}|{state.st_mtime_ns}|{apply_exif}|{height}|{box or ''}"
    key = hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()
    path = project.cache_dir / "thumbnails" / key[:2] / f"{key}.jpg"
    if not path.exists():
        try:
            image = read_image(image_file, apply_exif=apply_exif, min_height=None if box else height)
        except InputError:
            return None
        if box is not None:
            left, top, width, depth = box
            image = image[max(top, 0) : max(top + depth, 0), max(left, 0) : max(left + width, 0)]
            if not image.size:
                return None
        _write_whole(path, encode_jpeg(image if height is None else shrink(image, height, MAX_THUMBNAIL_WIDTH)))
    return path


def read_image(path: Path, *, apply_exif: bool = True, min_height: int | None = None) -> np.ndarray:
    """Decode an image file.

    Args:
        path: the file; any format that OpenCV reads.
        apply_exif: rotate by the file's EXIF orientation.
        min_height: where given, a smaller version of at least this height may be returned.

    Returns:
        uint8 (height, width, 3), blue-green-red.

    Raises:
        InputError: the file cannot be decoded.
    """
    orientation = 0 if apply_exif else cv2.IMREAD_IGNORE_ORIENTATION
    data = np.fromfile(path, dtype=np.uint8)  # cv2.imread cannot open every path that Python can
    reduction = _reduction(data, min_height)
    try:
        image = cv2.imdecode(data, reduction | orientation) if data.size else None
    except cv2.error:
        image = None
    if image is None:
        raise InputError("this image cannot be decoded.", where=path, fix="Open it in an image viewer, or replace it.")
    return image


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


def _reduction(data: np.ndarray, min_height: int | None) -> int:
    """The strongest of OpenCV's reduced decodings that keeps both sides at ``min_height`` or above."""
    if min_height is None or data[:2].tobytes() != b"\xff\xd8":
        return cv2.IMREAD_COLOR
    shortest = _jpeg_shortest_side(data)
    for factor, flag in (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    ):
        if shortest // factor >= min_height:
            return flag
    return cv2.IMREAD_COLOR


def _jpeg_shortest_side(data: np.ndarray) -> int:
    """The smaller of width and height in a JPEG's frame header; 0 where there is none."""
    raw = data[: 1 << 18].tobytes()
    position = 2
    while position + 9 < len(raw) and raw[position] == 0xFF:
        marker = raw[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(raw[position + 5 : position + 7])
            width = int.from_bytes(raw[position + 7 : position + 9])
            return min(height, width)
        position += 2 + int.from_bytes(raw[position + 2 : position + 4])
    return 0


def _write_whole(path: Path, data: bytes) -> None:
    """Write a cache file so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)
