"""Frames that a file names by their data_hash, or by that of their video and a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from predscope.importing.findings import note
from predscope.importing.frames.names import UNKNOWN
from predscope.project.frames import FrameDraft
from predscope.project.hashes import FrameHashes, split_frame_reference
from predscope.report import ImportReport


class HashedFrames:
    """Finds frames by references as ``hashes.split_frame_reference`` reads them.

    A still image has no number; where files give it one all the same it is passed over, as long as it is always the
    same: several numbers are several frames of a video, of which none is this image.

    Args:
        draft: the project's frames.
        references: the references seen so far.
    """

    def __init__(self, draft: FrameDraft, references: Sequence[str] = ()) -> None:
        self._draft = draft
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        self._stills: dict[str, int] = {}
        for text in references:
            reference = split_frame_reference(text)
            if reference is not None and reference[1] is not None:
                self._numbers[reference[0]].add(reference[1])
        self.are_likely = any(split_frame_reference(text) is not None for text in references)

    def find(self, text: str) -> int:
        """Frame index; ``UNKNOWN``, or ``AMBIGUOUS`` where a video is named without the number of a frame."""
        reference = split_frame_reference(text)
        if reference is None:
            return UNKNOWN
        data_hash, number = reference
        index = self._hashes.find(data_hash, number)
        if index != UNKNOWN or number is None or not text.endswith(f"#{number}"):
            return index
        index = self._hashes.find_still(data_hash)
        if index >= 0:
            self._numbers[data_hash].add(number)
            if len(self._numbers[data_hash]) > 1:
                return UNKNOWN
            if number:
                self._stills[text] = index
        return index

    def look_again(self) -> None:
        """The draft has got frames."""
        self.__dict__.pop("_hashes", None)

    def report_stills(self, report: ImportReport) -> None:
        """Say which numbers were passed over."""
        if self._stills:
            note(report, "frame_number_unused", count=len(self._stills), examples=list(self._stills)[:5])

    @cached_property
    def _hashes(self) -> FrameHashes:
        columns = ("frame_id", "file_name", "sequence", "sequence_index")
        return FrameHashes(*(self._draft.column(name) for name in columns))
