"""What an image says of itself: its size as displayed, and whether it can be read.

Sizes come from the header of the file itself, never from what labels say of it; pixels are not decoded, unless the end
of a file is missing.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import ExifTags, Image

from predscope.end_marks import TAIL_BYTES, end_mark
from predscope.schema import ImageStatus

_TRANSPOSED: Final = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_MOST_PIXELS: Final = 1 << 30
"""OpenCV decodes no more."""
_TOO_MANY_PIXELS: Final = "it has too many pixels to be decoded"
_LAST_BYTES: Final = 64
"""Among which the end mark of an image nearly always is."""

IMAGE_FAULTS: Final[tuple[type[Exception], ...]] = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, AssertionError),
    *(ArithmeticError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow raises for damaged images: its own errors, and whatever its plug-ins stumble over."""


def describe_fault(error: Exception) -> str:
    """In a few words why an image could not be read."""
    if isinstance(error, MemoryError):
        return "it claims to be larger than memory"
    return str(error)[:200] or type(error).__name__


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the file says of itself.

    Attributes:
        path: relative to the images folder, see ``predscope.media.naming``.
        status: whether its pixels can be shown.
        width, height: pixels as displayed, after the EXIF orientation; None if the header cannot be read.
        orientation: EXIF orientation 1..8; 1 where the file has none.
        file_size: bytes; of a frame of a video, those of the video; None if the file is missing.
        modified_ns: modification time in nanoseconds since 1970; None if the file is missing.
        problem: why it is not ``ok``, in words; "" if it is.
        sequence, sequence_index: of a frame of a video: the video, and its place there from 0.
        frames_a_second: of a frame of a video.
        remark: what else is worth saying of it, in words.
    """

    path: str
    status: ImageStatus
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    file_size: int | None = None
    modified_ns: int | None = None
    problem: str = ""
    sequence: str | None = None
    sequence_index: int | None = None
    frames_a_second: float | None = None
    remark: str = ""

    @property
    def stored_size(self) -> tuple[int, int] | None:
        """Width and height of the pixels as stored, before the EXIF orientation."""
        if self.width is None or self.height is None:
            return None
        return (self.height, self.width) if self.orientation in _TRANSPOSED else (self.width, self.height)


def read_image_file(path: Path, name: str) -> ImageInfo:
    """Read the header of an image file. Never raises for a bad file: that is its status."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            return read_header(file, name, state.st_size, state.st_mtime_ns)
    except PermissionError:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem="the file may not be read (permission denied)")
    except OSError as error:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem=f"the file cannot be read ({error.strerror or error})")


def read_header(file: BinaryIO, name: str, size: int, modified_ns: int) -> ImageInfo:
    """Read the header of an image that is ``size`` bytes long. Never raises for bad content: that is its status."""
    facts: dict[str, Any] = {"file_size": size, "modified_ns": modified_ns}
    if size == 0:
        return ImageInfo(name, ImageStatus.UNREADABLE, **facts, problem="the file is empty")
    try:
        with _opened(file) as image:
            width, height = image.size
            orientation = _orientation(image)
            problem = _missing_end(image, file, size) if width * height <= _MOST_PIXELS else _TOO_MANY_PIXELS
    except Image.UnidentifiedImageError:
        return ImageInfo(name, ImageStatus.UNREADABLE, **facts, problem="it is not an image that can be read")
    except Image.DecompressionBombError:
        return ImageInfo(name, ImageStatus.UNREADABLE, **facts, problem=_TOO_MANY_PIXELS)
    # Pillow's plug-ins raise about anything on damaged headers.
    except Exception as error:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem=f"its header cannot be read ({error})")
    if orientation in _TRANSPOSED and image.format != "TIFF":  # Pillow already gives TIFFs their displayed size
        width, height = height, width
    status = ImageStatus.UNREADABLE if problem else ImageStatus.OK
    return ImageInfo(name, status, width, height, orientation, **facts, problem=problem)


def _opened(file: BinaryIO) -> Image.Image:
    """The header of an image. Pillow refuses images of more than 179 million pixels, as satellites take them."""
    try:
        return Image.open(file)
    except Image.DecompressionBombError:
        file.seek(0)
        start = file.read(16)
        for name in Image.ID:  # as Image.open does, but for that refusal: only the header is wanted
            factory, accepts = Image.OPEN[name]
            if accepts is not None and accepts(start) is True:
                file.seek(0)
                return factory(file, "")
        raise


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


def _missing_end(image: Image.Image, file: BinaryIO, file_size: int) -> str:
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
