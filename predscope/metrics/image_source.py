"""Where metrics get pixels from: image files, images in archives, frames of videos; each decoded once, in full.

Contents are told apart by a number made from the bytes. Those of a video are too many to be read for each frame: it is
the video that has such a number, out of its size and of samples spread over it, and the frame its place.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.end_marks import TAIL_BYTES, end_mark
from predscope.errors import InputError
from predscope.media.decoding import decode_image
from predscope.media.locating import PixelSource
from predscope.media.naming import is_video_name
from predscope.media.video_index import FileKey, file_key, video_index
from predscope.media.video_reader import VideoReader
from predscope.metrics.pixels import Pixels
from predscope.project.frame_images import read_bytes

_WHOLE_VIDEO: Final = 64 << 20
"""Bytes: videos up to this size are read in full to tell them apart."""
_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image as it was found.

    Attributes:
        content: of the bytes, see ``content_key``; 0 for a file that cannot be read.
        pixels: None if it cannot be decoded.
        problem: why not, in words; "" if it was.
    """

    content: int
    pixels: Pixels | None
    problem: str


def content_key(data: Any, *, apply_exif: bool) -> int:
    """A number of 64 bits, above 0, that stands for the bytes of an image file and how it is turned."""
    person = b"exif" if apply_exif else b"as stored"
    return int.from_bytes(hashlib.blake2b(data, digest_size=8, person=person).digest()) or 1


def source_content_key(source: PixelSource, *, apply_exif: bool) -> int:
    """``content_key`` of the image at a place; 0 if it cannot be read."""
    try:
        if source.video_frame is not None or is_video_name(source.file.name):
            return _video_frame_key(source.file, source.video_frame or 0)
        return content_key(read_bytes(source), apply_exif=apply_exif)
    except (InputError, OSError):
        return 0


def decode(source: PixelSource, *, apply_exif: bool = True, index_folder: Path | None = None) -> Decoded:
    """Read and decode an image. Never raises for a bad file: that is its ``problem``.

    Frames of a video that are asked for in their order are decoded in one pass.

    Args:
        index_folder: where the indexes of videos are kept.
    """
    if source.video_frame is not None or is_video_name(source.file.name):
        return _decode_video_frame(source.file, source.video_frame or 0, index_folder)
    try:
        data = read_bytes(source)
    except InputError as error:
        return Decoded(0, None, error.what.rstrip("."))
    content = content_key(data, apply_exif=apply_exif)
    problem = _visible_damage(data)
    if problem:
        return Decoded(content, None, problem)
    try:
        image = decode_image(data, source.file, apply_exif=apply_exif)
    except InputError:
        return Decoded(content, None, "it is not an image that can be decoded")
    except MemoryError as error:
        return Decoded(content, None, f"it cannot be decoded ({str(error).strip() or type(error).__name__})")
    return Decoded(content, Pixels(image), "")


def _visible_damage(data: np.ndarray) -> str:
    """What is wrong with a file that a decoder would fill with grey; "" if nothing is."""
    if not data.size:
        return "the file is empty"
    mark = end_mark(data[:2].tobytes())
    if mark is not None and mark not in data[-TAIL_BYTES:].tobytes():
        return "the file is cut off"
    return ""


class _OpenVideo(threading.local):
    """The video that this thread read from last, open where it was left."""

    key: FileKey | None = None
    reader: VideoReader | None = None

    def at(self, path: Path, index_folder: Path | None) -> VideoReader:
        key = file_key(path)
        if self.reader is None or self.key != key:
            if self.reader is not None:
                self.reader.close()
            self.reader, self.key = None, None
            self.reader, self.key = VideoReader(path, video_index(path, index_folder), threads=1), key
        return self.reader


_open_video: Final = _OpenVideo()


def _decode_video_frame(path: Path, frame: int, index_folder: Path | None) -> Decoded:
    content = 0
    try:
        content = _video_frame_key(path, frame)
        return Decoded(content, Pixels(_open_video.at(path, index_folder).read(frame)), "")
    except InputError as error:
        return Decoded(content, None, error.what.rstrip("."))
    except (OSError, MemoryError) as error:
        return Decoded(content, None, f"it cannot be decoded ({str(error).strip() or type(error).__name__})")


def _video_frame_key(path: Path, frame: int) -> int:
    return content_key(_video_key(*file_key(path)) + frame.to_bytes(8), apply_exif=True)


@lru_cache(maxsize=256)
def _video_key(path: str, size: int, modified_ns: int) -> bytes:
    """Stands for the bytes of a video file."""
    digest = hashlib.blake2b(size.to_bytes(8), digest_size=16, person=b"video")
    with Path(path).open("rb") as file:
        if size <= _WHOLE_VIDEO:
            digest.update(file.read())
        else:
            for sample in range(_SAMPLES):
                file.seek((size - _SAMPLE_BYTES) * sample // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.digest()
