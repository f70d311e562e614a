"""Where the pixels of a frame lie: which file, and what of it. No name leads outside the images folder.

Not by ``..``, not by an absolute path, not by a symbolic link.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from predscope.media.naming import ARCHIVE_SUFFIXES, split_archive_member, split_video_frame


@dataclass(frozen=True, slots=True)
class PixelSource:
    """A place that pixels can be read from.

    Attributes:
        file: the file on disk, absolute: an image, a video or an archive.
        video_frame: which frame of the video, from 0; None: it is no video.
        member: name inside the archive; None: it is no archive.
    """

    file: Path
    video_frame: int | None = None
    member: str | None = None

    @property
    def is_image_file(self) -> bool:
        """Whether ``file`` itself is the image."""
        return self.video_frame is None and self.member is None


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


def is_archive(path: Path) -> bool:
    """Whether a path is a zip archive, by its name; a folder may have such a name, too."""
    return path.suffix.lower() in ARCHIVE_SUFFIXES and path.is_file()


def is_images_root(path: Path) -> bool:
    """Whether images can be listed there: a folder, or an archive."""
    return path.is_dir() or is_archive(path)


def locate(root: Path, name: str) -> PixelSource | None:
    """Where the pixels of a name are; None if there is no such file. Whether they can be read is not looked at.

    Args:
        root: the images folder, or an archive of images.
        name: see ``predscope.media.naming``.
    """
    if root.suffix.lower() in ARCHIVE_SUFFIXES and root.is_file():
        return PixelSource(root, member=name)
    frame = split_video_frame(name)
    if frame is not None:
        file = resolve_inside(root, frame[0])
        return None if file is None or not file.is_file() else PixelSource(file, video_frame=frame[1])
    file = resolve_inside(root, name)
    if file is not None:  # no folder, and no pipe, which would be waited for without an end
        return PixelSource(file) if file.is_file() else None
    inside = split_archive_member(name)
    if inside is not None:
        file = resolve_inside(root, inside[0])
        if file is not None and file.is_file():
            return PixelSource(file, member=inside[1])
    return None
