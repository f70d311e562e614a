"""Images that came into the images folder of a project since it was last looked at, and their frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from predscope.importing.findings import note
from predscope.media import ImageInfo
from predscope.project.frames import FrameDraft
from predscope.report import ImportReport


def add_new_images(draft: FrameDraft, infos: Sequence[ImageInfo], root: Path | None, report: ImportReport) -> None:
    """Append a frame for each of the images, and say so.

    Args:
        draft: the project's frames.
        infos: of the new images, and of the new frames of videos that have grown.
        root: the images folder.
        report: gets the note.
    """
    if infos:
        draft.add_images(infos)
        draft.find_sequences(root.stem if root is not None else "")
        note(report, "new_images", count=len(infos), examples=[info.path for info in infos[:5]])
