"""Images beside exported labels: copied or linked, where that is asked for."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from predscope.export.frames import ExportFrame
from predscope.export.report import ExportReport
from predscope.media.naming import is_video_name
from predscope.project import Project

ImageMode = Literal["none", "copy", "link"]
IMAGE_MODES: Final[tuple[ImageMode, ...]] = ("none", "copy", "link")


class Images:
    """Adds the images of frames to an export.

    Args:
        mode: whether to copy them, to link to where they are, or to leave them where they are.
    """

    def __init__(self, project: Project, mode: ImageMode, report: ExportReport) -> None:
        self._project = project
        self._mode = mode
        self._report = report

    @property
    def are_wanted(self) -> bool:
        return self._mode != "none"

    def add(self, frame: ExportFrame, folder: Path, name: str) -> str | None:
        """Put the image of a frame into a folder.

        Args:
            name: of the image without its ending, "/" separated.

        Returns:
            Its name with the ending; None: images are not wanted, or this one is missing.
        """
        if not self.are_wanted:
            return None
        source = self._project.image_file(frame.index)
        if source is None or not source.is_file() or is_video_name(source.name):  # a video that cannot be read
            self._report.lose("images_missing", 1, frame.file_name)
            return None
        whole = name + source.suffix
        target = folder / PurePosixPath(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        place = self._project.pixel_source(frame.index)
        # A file of a frame of a video, or of an image in an archive, is in a cache and does not stay.
        stays = place is not None and place.is_image_file
        if self._mode == "copy" or not stays or not _link(source.resolve(), target):
            shutil.copyfile(source, target)
        self._report.images += 1
        return whole


def _link(source: Path, target: Path) -> bool:
    """A second name for the same file, or else a link to it: a second name reads as a file anywhere."""
    for link in (target.hardlink_to, target.symlink_to):
        try:
            link(source)
        except OSError:  # another file system, or a user that may not make links
            continue
        return True
    return False
