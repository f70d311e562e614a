"""Frames that whoever makes an import knows already: found by their exact frame ids, never by likeness of names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from predscope.formats.base import Reference
from predscope.importing.frames.names import UNKNOWN
from predscope.importing.references import distinct, spread
from predscope.project.frames import FrameDraft
from predscope.report import ImportReport


class KnownFrames:
    """The frames of an import, by ``frame_id``.

    Args:
        draft: the project's frames, with those that the import adds and what it changes; see ``FrameDraft``.
        report: of the import.
        images_root: the images folder that ``image_path`` of the frames is relative to, where the import makes it the
            project's; None: it stays as it is.
    """

    def __init__(self, draft: FrameDraft, report: ImportReport, *, images_root: Path | None = None) -> None:
        self.draft = draft
        self.images_root = images_root
        self._report = report
        self._index = {frame_id: index for index, frame_id in enumerate(draft.column("frame_id"))}
        self._seen: dict[str, int] = {}

    @property
    def indices(self) -> set[int]:
        """Frames that the input speaks of."""
        return {index for index in self._seen.values() if index >= 0}

    def resolve(self, references: np.ndarray, kind: Reference) -> np.ndarray:
        """int32 (n,): frame index of each reference; ``UNKNOWN`` where there is no such frame."""
        codes, texts = distinct(references)
        positions = [self._index.get(text, UNKNOWN) for text in texts]
        self._seen.update(zip(texts, positions, strict=True))
        return spread(codes, positions, UNKNOWN)

    def finish(self) -> None:
        """Count the frames in the report."""
        self._report.frames = len(self._seen)
        self._report.frames_matched = len(self.indices)
