"""Videos that annotations speak of in seconds: found beside the annotations, or among the images of the import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.formats.folders import walk_files
from predscope.formats.json_files.values import UnusableShape
from predscope.media.locating import resolve_inside
from predscope.media.naming import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from predscope.media.video_index import VideoIndex

_MOST_FOLDERS: Final = 200
_ROUNDING_MS: Final = 1.0
"""Times are written with three digits behind the point, so a frame may seem to begin a little later."""
_BEHIND_END_MS: Final = 1000.0
"""How long the last frame may be on screen."""

_images: ContextVar[Path | None] = ContextVar("predscope_images_of_import", default=None)


@contextmanager
def images_in(folder: Path | None) -> Iterator[None]:
    """Let readers look for videos in the images folder of an import, in this thread, until this ends."""
    token = _images.set(folder)
    try:
        yield
    finally:
        _images.reset(token)


class VideoTimes:
    """Tells which frame of a video is on screen at a time.

    Args:
        source: the file of annotations.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._found: dict[str, VideoIndex | UnusableShape] = {}

    def frame_at(self, video: str, seconds: float) -> int:
        """The place of the frame in the video, from 0.

        Raises:
            UnusableShape: the video is not there, cannot be read, or is over by then.
        """
        if video not in self._found:
            self._found[video] = self._read(video)
        index = self._found[video]
        if isinstance(index, UnusableShape):
            raise index
        times = index.times - index.times[0]
        if not 0 <= seconds * 1000 <= times[-1] + _BEHIND_END_MS:
            raise UnusableShape(
                "time_outside_video",
                "A time is not within the video.",
                f"{seconds:g} s, where {video[:80]} is {times[-1] / 1000:.3f} s long",
            )
        return max(int(np.searchsorted(times, seconds * 1000 + _ROUNDING_MS, side="right")) - 1, 0)

    def _read(self, video: str) -> VideoIndex | UnusableShape:
        from predscope.media.video_index import video_index  # the decoder is slow to import, and few files need it

        path = find_video(self._source, video)
        why = "it was not found"
        if path is not None:
            try:
                return video_index(path)
            except FileParsingError as error:
                why = error.what.rstrip(".")
            except OSError as error:
                why = f"it cannot be read ({error.strerror or error})"
        return UnusableShape(
            "video_times_unknown",
            "Objects of videos are placed by seconds; which frames those are only the video tells.",
            f"{video[:80]}: {why}",
            "Give the folder of the videos with --images, or put them beside the file.",
        )


def find_video(source: Path, name: str) -> Path | None:
    """The video of that name (or path) among the images of the import, beside a file, or in a folder next to it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    endings = ["/".join(parts[start:]) for start in range(len(parts))]
    parent = source.absolute().parent
    folders = [parent, *_folders_in(parent), *_folders_in(parent.parent)]
    images = _images.get()
    for folder in [images, *folders] if images is not None else folders:
        for ending in endings:
            path = resolve_inside(folder, ending)
            if path is not None and path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES:
                return path
    if images is None or not images.is_dir() or not parts:
        return None
    found = [path for path in walk_files(images, VIDEO_SUFFIXES) if path.name == parts[-1]]
    return found[0] if len(found) == 1 else None


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in islice(folder.iterdir(), _MOST_FOLDERS) if entry.is_dir())
    except OSError:
        return []
