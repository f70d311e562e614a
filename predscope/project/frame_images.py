"""The pixels of a project's frames, wherever they lie: image files, videos, archives.

Image files are read where they are. A frame of a video, or an image in an archive, is made a file of its own in the
project's cache when somebody asks for a file; the cache is kept below a bound by removing what was not used for the
longest time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from predscope.errors import FileParsingError, InputError
from predscope.media.archives import read_member
from predscope.media.locating import PixelSource, resolve_inside
from predscope.media.naming import split_video_frame, suffix_of

if TYPE_CHECKING:
    from predscope.project.project import Project

CACHE_BOUND_VARIABLE: Final = "PREDSCOPE_FRAME_CACHE_GB"
"""Environment variable: the most that frames of videos and archives may take on disk, in GB (10^9 bytes)."""
_DEFAULT_BOUND_GB: Final = 4.0
_SHARE_OF_FREE: Final = 0.5
"""Of the space that is free on the disk, at most this is taken."""
_FRAMES: Final = "frames"
_VIDEOS: Final = "videos"
_JPEG_QUALITY: Final = 92
_TOUCH_AFTER_SECONDS: Final = 60.0
_SWEEP_SHARE: Final = 0.05
"""Of the bound: written before the cache is looked through again."""


def read_frame(project: Project, frame_index: int, *, min_height: int | None = None) -> np.ndarray:
    """Decode a frame.

    Args:
        min_height: where given, a smaller version of at least this height may be returned.

    Returns:
        uint8 (height, width, 3), blue-green-red, as displayed; the caller's own.

    Raises:
        InputError: its image is missing, or cannot be decoded.
        IndexError: there is no such frame.
    """
    from predscope.media.decoding import decode_image  # decoders are slow to import

    source = project.pixel_source(frame_index)
    if source is None:
        raise InputError(
            "the image of this frame is missing.", where=project.frames_table["file_name"][frame_index].as_py()
        )
    if source.video_frame is not None:
        return _video_frame(project, source).copy()
    apply_exif = project.frames_table["apply_exif"][frame_index].as_py() is not False
    return decode_image(read_bytes(source), source.file, apply_exif=apply_exif, min_height=min_height)


def read_bytes(source: PixelSource) -> np.ndarray:
    """uint8 (n,): the bytes of an image file, or of an image in an archive.

    Raises:
        InputError: it cannot be read.
    """
    if source.member is not None:
        return np.frombuffer(read_member(source.file, source.member), np.uint8)
    try:
        return np.fromfile(source.file, dtype=np.uint8)  # cv2.imread cannot open every path that Python can
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror or error}).", where=source.file) from None


def source_version(source: PixelSource) -> str | None:
    """Names the pixels: changes when the file does. None if the file is gone."""
    try:
        state = source.file.stat()
    except OSError:
        return None
    return f"{source.file}|{state.st_size}|{state.st_mtime_ns}|{source.video_frame}|{source.member}"


def frame_file(project: Project, frame_index: int) -> Path | None:
    """A file with the frame in full size: its image file, or one in the cache; None if the frame cannot be read.

    An image of an archive is unpacked as it is; a frame of a video becomes a JPEG.
    """
    source = project.pixel_source(frame_index)
    if source is None or source.is_image_file:
        return None if source is None else source.file
    version = source_version(source)
    if version is None:
        return None
    key = hashlib.blake2b(version.encode(), digest_size=16).hexdigest()
    suffix = suffix_of(source.member) if source.member is not None else ".jpg"
    path = project.cache_dir / _FRAMES / key[:2] / f"{key}{suffix}"
    if _touch(path):
        return path
    try:
        data = _jpeg(_video_frame(project, source)) if source.member is None else read_bytes(source).tobytes()
    except InputError:
        return None
    write_cached(path, data)
    _bounds.written(project.cache_dir / _FRAMES, len(data))
    return path


def index_folder(project: Project) -> Path:
    """Where the indexes of the project's videos are kept; may be deleted at any time."""
    return project.cache_dir / _VIDEOS


def keep_video_indexes(project: Project) -> None:
    """Keep the indexes of videos that this process has made, where the project has videos."""
    names = (split_video_frame(name) for name in project.frames_table["image_path"].to_pylist() if name is not None)
    videos = {frame[0] for frame in names if frame is not None}
    if videos and project.images_root is not None:
        from predscope.media.video_index import keep_indexes

        found = (resolve_inside(project.images_root, name) for name in videos)
        keep_indexes(index_folder(project), {path for path in found if path is not None})


def write_cached(path: Path, data: bytes) -> None:
    """Write a cache file so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)


def _video_frame(project: Project, source: PixelSource) -> np.ndarray:
    from predscope.media.video_pool import VIDEOS

    if source.video_frame is None:
        raise FileParsingError("it is not a frame of a video.", where=source.file)
    return VIDEOS.read(source.file, source.video_frame, index_folder(project))


def _jpeg(image: np.ndarray) -> bytes:
    import cv2

    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _touch(path: Path) -> bool:
    """Whether a cache file is there; notes that it is used."""
    try:
        if time.time() - path.stat().st_mtime > _TOUCH_AFTER_SECONDS:
            os.utime(path)
    except OSError:
        return False
    return True


class _Bounds:
    """Keeps the folders of cached frames below their bound."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unswept: dict[Path, float] = {}

    def written(self, folder: Path, size: int) -> None:
        """Count what was written, and look through the folder when it may have grown too large."""
        bound = _bound(folder)
        with self._lock:
            # A process does not know what others have left: it looks at its first file, too.
            self._unswept[folder] = self._unswept.get(folder, bound) + size
            if self._unswept[folder] < _SWEEP_SHARE * bound:
                return
            self._unswept[folder] = 0
        sweep(folder, bound)


def sweep(folder: Path, bound: float) -> None:
    """Remove the files used least recently until the others take less than a bound, in bytes."""
    files = []
    for path in folder.glob("??/*"):
        try:
            state = path.stat()
        except OSError:
            continue
        files.append((state.st_mtime, state.st_size, path))
    total = sum(size for _, size, _ in files)
    if total <= bound:
        return
    for _, size, path in sorted(files, key=lambda entry: entry[0]):
        path.unlink(missing_ok=True)
        total -= size
        if total <= (1 - 2 * _SWEEP_SHARE) * bound:
            return


def _bound(folder: Path) -> float:
    try:
        wanted = float(os.environ.get(CACHE_BOUND_VARIABLE, "")) * 1e9
    except ValueError:
        wanted = _DEFAULT_BOUND_GB * 1e9
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return wanted
    return max(min(wanted, _SHARE_OF_FREE * free), 0.0)


_bounds = _Bounds()
