"""Meeting predictions with the frames of the project: by one kind of reference for all of them, never by guessing.

A join that is wrong but looks right is the worst that an import can do. So the kind of reference (data_hashes, the
labels' ids, frame ids, file names, numbers in file names) is chosen once, by how many of the references it explains; an
import that none explains is stopped, with examples of both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from predscope.errors import InputError
from predscope.formats.base import Reference
from predscope.importing.findings import note
from predscope.importing.frames.hashed import HashedFrames
from predscope.importing.frames.names import AMBIGUOUS, UNKNOWN, NameIndex, is_foreign, number_of
from predscope.importing.frames.new_images import add_new_images
from predscope.importing.references import distinct, listed, share, spread
from predscope.media import ImageInfo
from predscope.project.frames import FrameDraft
from predscope.report import ImportReport
from predscope.schema import DeclaredFrame

ENOUGH_IDS: Final = 0.5
"""Share of ids that must be known for ids to be trusted."""
ENOUGH_NAMES: Final = 0.9
"""Share of names that must be known for names to be preferred to ids."""

FIRST_FRAME: Final = "#0"
"""Behind the name of a video or image, where every reference has the number of a frame."""

Lookup = Callable[[str], int]
_Key = TypeVar("_Key", str, int)


class PredictionFrames:
    """Frames of a predictions import.

    Args:
        draft: the project's frames; gets those of new images.
        declared: frames that the file lists, which give names to its ids; None: it lists none.
        references: distinct references of the rows seen so far, on which the choice rests.
        kind: whether those are ids or names.
        images_root: the images folder.
        find_new_images: reads the headers of images that came into the folder since it was last looked at; asked once,
            when a frame is not known. They become frames if one of them is meant.

    Raises:
        InputError: the predictions do not belong to the frames of this project, or it has none.
    """

    def __init__(
        self,
        draft: FrameDraft,
        declared: Sequence[DeclaredFrame] | None,
        references: Sequence[str],
        kind: Reference,
        report: ImportReport,
        *,
        images_root: Path | None = None,
        find_new_images: Callable[[], list[ImageInfo]] | None = None,
    ) -> None:
        self._report = report
        self._draft = draft
        self._images_root = images_root
        self._find_new_images = find_new_images
        self._hashed = HashedFrames(draft, references)
        self._look_at_frames()
        self._declared_names = {
            frame.source_id: frame.file_name for frame in declared or () if frame.source_id is not None
        }
        self._declared_names = self._declared_names if kind == "id" else {}
        self._seen: dict[str, int] = {}
        if not self._frame_count and not self._take_new_images(references):
            raise InputError(
                "the project has no frames yet, so these predictions have no place.",
                where=report.source or None,
                fix="Import the images or the labels first.",
            )
        self._lookup = self._choose(list(references), kind)

    def resolve(self, references: np.ndarray, kind: Reference) -> np.ndarray:
        """int32 (n,): frame index of each reference; ``UNKNOWN`` or ``AMBIGUOUS`` where there is not exactly one."""
        codes, texts = distinct(references)
        fresh = [text for text in texts if text not in self._seen]
        self._seen.update((text, self._lookup(text)) for text in fresh)
        unknown = [text for text in fresh if self._seen[text] == UNKNOWN]
        if unknown and self._take_new_images(unknown):
            self._seen.update((text, self._lookup(text)) for text in unknown)
        return spread(codes, [self._seen[text] for text in texts], UNKNOWN)

    @property
    def indices(self) -> set[int]:
        """Frames that the input speaks of and the project has."""
        return {index for index in self._seen.values() if index >= 0}

    def finish(self) -> None:
        """Report what can only be said of all references together.

        Raises:
            InputError: the references that came later are not known either.
        """
        report, references = self._report, list(self._seen)
        hits = len(self.indices)
        report.frames, report.frames_matched = len(references), hits
        if references and not hits:
            self._stop(references, [])
        if references and hits < ENOUGH_IDS * len(references):
            examples = [text for text, index in self._seen.items() if index < 0]
            note(report, "few_frames_matched", count=len(references) - hits, examples=examples[:5])
        if self._lookup == self._by_name:
            foreign = [name for text in references if is_foreign(name := self._declared_names.get(text, text))]
            if foreign:
                note(report, "foreign_file_names", count=len(foreign), examples=foreign[:5])
        if self._lookup == self._hashed.find:
            note(report, "joined_by_data_hash", count=len(references), examples=references[:1])
            self._hashed.report_stills(report)
        if self._lookup == self._by_source_id:
            shift = shift_of(references, self._source_ids)
            if shift:
                example = f"all {len(references):,} ids are known after {'adding' if shift > 0 else 'taking off'} 1"
                note(report, "frame_ids_shifted", examples=[example])

    def _look_at_frames(self) -> None:
        draft = self._draft
        self._frame_count = len(draft)
        self._file_names = draft.column("file_name")
        self._source_ids = _index_of(draft.column("source_id"))
        self._frame_ids = _index_of(draft.column("frame_id"))
        self._names = NameIndex(self._file_names)
        self._numbers = _index_of([number_of(name) for name in self._file_names])

    def _take_new_images(self, unknown: Sequence[str]) -> bool:
        """Make frames of the images that came into the folder, if one of those references means one of them."""
        if self._find_new_images is None:
            return False
        infos, self._find_new_images = self._find_new_images(), None
        names = NameIndex([info.path for info in infos])
        if not any(names.find(_of_still(self._declared_names.get(text, text))).index >= 0 for text in unknown):
            return False
        add_new_images(self._draft, infos, self._images_root, self._report)
        self._hashed.look_again()
        self._look_at_frames()
        return True

    def _choose(self, references: list[str], kind: Reference) -> Lookup:
        if not references:
            return self._by_source_id if kind == "id" else self._by_name
        smaller = min(len(references), self._frame_count)
        shares: list[tuple[str, float]] = []

        def share_of(title: str, lookup: Lookup) -> float:
            hits = len({index for index in map(lookup, references) if index >= 0})
            shares.append((title, hits / smaller))
            return hits / smaller

        by_name = share_of("file name", self._by_name)
        by_hash = share_of("data_hash", self._hashed.find) if self._hashed.are_likely else 0.0
        if by_hash >= ENOUGH_IDS and by_hash >= by_name:
            return self._hashed.find
        if kind == "name" and by_name >= ENOUGH_IDS:
            return self._by_name
        by_source_id = share_of("id in the labels", self._by_source_id)
        if self._declared_names and by_name >= ENOUGH_NAMES:
            self._report_contradictions(references, by_source_id)
            return self._by_name
        if by_source_id >= ENOUGH_IDS:
            return self._by_source_id
        if share_of("frame id", self._by_frame_id) >= ENOUGH_IDS:
            return self._by_frame_id
        if by_name >= ENOUGH_NAMES:
            self._report_join_by_name(by_source_id, references)
            return self._by_name
        if share_of("number in the file name", self._by_number) >= ENOUGH_NAMES:
            self._report_join_by_name(by_source_id, references)
            return self._by_number
        if kind == "name" and by_name > 0 and by_source_id == 0:
            return self._by_name  # names of which few are known are still names; the rest is reported
        if by_hash > 0:
            return self._hashed.find  # nothing is by accident the UUID of a frame
        if self._take_new_images(references):
            return self._choose(references, kind)
        self._stop(references, [f"by {title} {100 * part:.0f} %" for title, part in shares])
        raise AssertionError("unreachable")

    def _report_contradictions(self, references: list[str], by_source_id: float) -> None:
        if not by_source_id:
            return
        both = [(text, self._by_source_id(text), self._by_name(text)) for text in references]
        differ = [(text, by_id, by_name) for text, by_id, by_name in both if by_id >= 0 <= by_name != by_id]
        if differ:
            examples = [
                f"id {text}: {self._declared_names.get(text, text)} here, {self._file_names[by_id]} in the project"
                for text, by_id, _ in differ[:5]
            ]
            note(self._report, "ids_contradict_names", count=len(differ), examples=examples)

    def _report_join_by_name(self, by_source_id: float, references: list[str]) -> None:
        example = f"{100 * by_source_id:.0f} % of the ids are known from labels; {listed(references, 3)} are file names"
        note(self._report, "joined_by_name", count=len(references), examples=[example])

    def _stop(self, references: list[str], shares: list[str]) -> None:
        shown = [self._declared_names.get(text, text) for text in references[:5]]
        ids = [text for text in self._source_ids if text is not None][:5]
        project = f"file names {listed(self._file_names)}" + (f" and ids {listed(ids)}" if ids else "")
        known = f" ({', '.join(shares)})" if shares else ""
        raise InputError(
            f"these predictions do not belong to the frames of this project: of {len(references):,} frames that they "
            f"name, {share(len(self.indices), len(references))} are known{known}. The predictions have "
            f"{listed(shown)}; the project has {project}.",
            where=self._report.source or None,
            fix="Import the labels that the predictions were made for, or put their images into the images folder, or "
            "export them with file names.",
        )

    def _by_source_id(self, text: str) -> int:
        return self._source_ids.get(text, self._source_ids.get(_of_still(text), UNKNOWN))

    def _by_frame_id(self, text: str) -> int:
        return self._frame_ids.get(text, self._frame_ids.get(_of_still(text), UNKNOWN))

    def _by_number(self, text: str) -> int:
        number = number_of(_of_still(text))
        return UNKNOWN if number is None else self._numbers.get(number, UNKNOWN)

    def _by_name(self, text: str) -> int:
        name = self._declared_names.get(text, text)
        index = self._by_whole_name(name)
        return self._by_whole_name(still) if index == UNKNOWN and (still := _of_still(name)) != name else index

    def _by_whole_name(self, name: str) -> int:
        exact = self._frame_ids.get(name, UNKNOWN)
        return exact if exact >= 0 else self._names.find(name).index


def shift_of(references: Sequence[str], known: dict[str, int]) -> int:
    """+1 or -1 if all ids are known once that is added to them, though not all are known as they are; else 0."""
    if len(references) < 2 or all(text in known for text in references):
        return 0
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in references):
        return 0
    for shift in (1, -1):
        if all(str(int(text) + shift) in known for text in references):
            return shift
    return 0


def _of_still(text: str) -> str:
    """A reference without the number of the first frame, which a still image has none of."""
    return text.removesuffix(FIRST_FRAME)


def _index_of(values: Sequence[_Key | None]) -> dict[_Key, int]:
    """Positions of values; ``AMBIGUOUS`` for those that are there more than once."""
    result: dict[_Key, int] = {}
    for index, value in enumerate(values):
        if value is not None:
            result[value] = AMBIGUOUS if value in result else index
    return result
