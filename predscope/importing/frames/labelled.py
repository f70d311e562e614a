"""Meeting the frames that a labels file speaks of with the images of the project, and adding those it lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from predscope.errors import InputError
from predscope.formats.base import Reference
from predscope.importing.findings import note
from predscope.importing.frames.hashed import HashedFrames
from predscope.importing.frames.names import AMBIGUOUS, UNKNOWN, Match, NameIndex, is_foreign, name_parts
from predscope.importing.frames.new_images import add_new_images
from predscope.importing.references import distinct, listed, spread
from predscope.importing.rows.rescaling import is_scaled
from predscope.media import ImageInfo, read_image_info
from predscope.media.naming import split_video_frame
from predscope.project.frames import FrameDraft, frame_id_of
from predscope.project.hashes import split_frame_reference
from predscope.reading_progress import pulsed
from predscope.report import ImportReport
from predscope.schema import DeclaredFrame, ImageStatus


class LabelFrames:
    """Frames of a labels import.

    Args:
        draft: the project's frames; gets the new ones and what the labels say of the old.
        declared: frames that the file lists; None: it lists none, and objects name them.
        images_root: the images folder.
        rescale: coordinates are of the sizes that the file gives, and will be scaled to those of the images.
        find_new_images: reads the headers of images that came into the folder since it was last looked at.
    """

    def __init__(
        self,
        draft: FrameDraft,
        declared: Sequence[DeclaredFrame] | None,
        report: ImportReport,
        *,
        images_root: Path | None = None,
        rescale: bool = False,
        find_new_images: Callable[[], list[ImageInfo]] | None = None,
    ) -> None:
        self._rescale = rescale
        self._draft = draft
        self._report = report
        self._images_root = images_root
        self._find_new_images = find_new_images
        self._names = NameIndex(draft.column("file_name"))
        self._had_images = any(status == ImageStatus.OK for status in draft.column("image_status"))
        self._lists_frames = declared is not None
        self._by_id: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self._matched: set[int] = set()
        self._joined: set[int] = set()
        self._sizes_differ: list[tuple[int, int, int]] = []
        if declared is not None:
            self._declare(_without_copies(declared, report))

    @property
    def indices(self) -> set[int]:
        """Frames that the input speaks of."""
        return self._joined

    @property
    def size_factors(self) -> dict[int, tuple[float, float]]:
        """By frame the factors of x and y from the size that the file gives to that of the image; none if unwanted."""
        if not self._rescale:
            return {}
        sizes = {index: (width, height) for index, width, height in self._sizes_differ}
        draft = self._draft
        return {
            index: (draft.value(index, "width") / width, draft.value(index, "height") / height)
            for index, (width, height) in sizes.items()
        }

    @property
    def scaled_frames(self) -> frozenset[int]:
        """Frames for another size of which, in the same proportions, the coordinates were made; none if they will be
        scaled.
        """
        if self._rescale:
            return frozenset()
        odd = [entry for entry in self._sizes_differ if self._is_scaled(*entry)]
        return frozenset(index for index, _, _ in odd)

    def _is_scaled(self, index: int, width: int, height: int) -> bool:
        size = (self._draft.value(index, "width"), self._draft.value(index, "height"))
        return bool(is_scaled(np.array([[width, height]]), np.array([size]))[0])

    @cached_property
    def _hashed(self) -> HashedFrames:
        return HashedFrames(self._draft)

    @cached_property
    def _by_source_id(self) -> dict[str, list[int]]:
        """Frames of earlier imports by the id that those files gave them."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, source_id in enumerate(self._draft.column("source_id")):
            if source_id is not None:
                found[source_id].append(index)
        return found

    def resolve(self, references: np.ndarray, kind: Reference) -> np.ndarray:
        """int32 (n,): frame index of each reference; ``UNKNOWN`` or ``AMBIGUOUS`` where there is not exactly one."""
        codes, texts = distinct(references)
        known = self._by_id if kind == "id" else self._by_name
        if not self._lists_frames:
            unseen = [text for text in texts if text not in known]
            if unseen:
                by_id = kind == "id"
                self._declare([DeclaredFrame(text, source_id=text if by_id else None) for text in unseen])
        positions = [known[text] if text in known else self._find_listed(text, kind) for text in texts]
        return spread(codes, positions, UNKNOWN)

    def declare(self, frames: Sequence[DeclaredFrame]) -> None:
        """Take frames, also without objects, that the input did not list at first; later ones add to earlier ones."""
        if frames:
            self._declare(frames)

    def finish(self) -> None:
        """Report what can only be said of all frames together.

        Raises:
            InputError: not one frame is among the images of the project.
        """
        draft, report = self._draft, self._report
        if self._joined and self._had_images and not self._matched:
            pairs = zip(draft.column("file_name"), draft.column("image_status"), strict=True)
            images = [name for name, status in pairs if status == ImageStatus.OK]  # not the frames just made
            raise InputError(
                f"none of the {len(self._joined):,} frames in these labels is among the project's images. The labels "
                f"have {listed(list(self._by_name))}; the project has {listed(images)}.",
                where=report.source or None,
                fix="Give the folder of the labelled images with --images.",
            )
        report.frames = len(self._joined)
        # Without images, the frames of the project are those of its labels.
        report.frames_matched = len(self._matched) if self._had_images else report.frames
        joined = sorted(self._joined)
        names, status = draft.column("file_name"), draft.column("image_status")
        if self._images_root is not None:
            missing = [names[index] for index in joined if status[index] == ImageStatus.MISSING]
            _note_all(report, "labels_without_image", missing)
        _note_all(report, "image_unreadable", [names[i] for i in joined if status[i] == ImageStatus.UNREADABLE])
        rotated = [names[index] for index in joined if draft.value(index, "apply_exif")]
        _note_all(report, "exif_orientation", rotated)
        self._settle_sizes()
        _note_all(report, "foreign_file_names", [name for name in self._by_name if is_foreign(name)])

    def _find_listed(self, text: str, kind: Reference) -> int:
        if kind == "id":
            return UNKNOWN
        match = self._names.find(text)
        index = match.index if match.index < 0 or match.index in self._joined else UNKNOWN
        self._by_name[text] = index
        return index

    def _declare(self, declared: Sequence[DeclaredFrame]) -> None:
        matches = [self._match(frame) for frame in pulsed(declared)]
        if self._find_new_images is not None and any(match.index == UNKNOWN for match in matches):
            infos, self._find_new_images = self._find_new_images(), None
            if infos:
                for info in infos:
                    self._names.add(info.path)
                add_new_images(self._draft, infos, self._images_root, self._report)
                self._had_images = True
                matches = [self._match(frame) for frame in declared]
        matches = _without_collisions(declared, matches)
        for frame, match in zip(pulsed(declared), matches, strict=True):
            index = match.index
            if index == UNKNOWN:
                index = self._add(frame)
            elif index >= 0:
                self._matched.add(index)
                self._update(index, frame)
            if index >= 0:
                self._joined.add(index)
            self._by_name.setdefault(frame.file_name, index)
            if frame.source_id is not None and self._by_id.setdefault(frame.source_id, index) != index:
                self._by_id[frame.source_id] = AMBIGUOUS
                note(self._report, "duplicate_frame_id", examples=[f"{frame.source_id}: {frame.file_name}"])

    def _match(self, frame: DeclaredFrame) -> Match:
        match = self._names.find(frame.file_name)
        if match.index == AMBIGUOUS and frame.source_id is not None:
            # Two frames of one file, from an earlier import: told apart by their ids.
            parts = name_parts(frame.file_name)
            for index in self._by_source_id.get(frame.source_id, ()):
                if name_parts(self._draft.value(index, "file_name")) == parts:
                    return Match(index, len(parts), True)
        if match.shared < len(name_parts(frame.file_name)):  # a whole id says more than the end of another name
            exact = self._draft.index_of(frame.file_name)
            if exact is not None and exact < self._draft.base_count:
                return Match(exact, len(name_parts(frame.file_name)), True)
        if match.index == UNKNOWN and self._draft.base_count and split_frame_reference(frame.file_name) is not None:
            index = self._hashed.find(frame.file_name)
            return Match(index, 1, True) if index != UNKNOWN else match
        return match

    def _add(self, frame: DeclaredFrame) -> int:
        row: dict[str, Any] = {
            "frame_id": None,
            "file_name": frame.file_name,
            "source_id": frame.source_id,
            "width": frame.width or None,
            "height": frame.height or None,
            "sequence": frame.sequence,
            "sequence_index": frame.sequence_index,
            "attributes": _json(frame.attributes),
            "image_status": str(ImageStatus.MISSING),
        }
        parts = name_parts(frame.file_name)
        is_portable = frame.file_name.split("/") == list(parts)
        row["frame_id"] = None if is_portable else _id_of_parts(parts, frame)
        twin = self._by_name.get(frame.file_name, UNKNOWN)
        if twin >= 0:  # the same file under a second id: a frame of its own on the same image
            for column in ("image_path", "width", "height", "apply_exif", "image_status", "file_size", "modified_ns"):
                row[column] = self._draft.value(twin, column) if row.get(column) is None else row[column]
            row["image_status"] = self._draft.value(twin, "image_status")
        self._names.add(frame.file_name)
        return self._draft.add(row)

    def _update(self, index: int, frame: DeclaredFrame) -> None:
        draft = self._draft
        if frame.source_id is not None:
            earlier = draft.value(index, "source_id")
            is_reference = frame.source_id == frame.file_name  # how objects name the frame: no id that labels gave it
            if earlier is not None and earlier != frame.source_id and not is_reference:
                note(
                    self._report,
                    "source_ids_changed",
                    examples=[f"{frame.file_name}: {frame.source_id}, was {earlier}"],
                )
            if earlier is None or not is_reference:
                draft.set(index, "source_id", frame.source_id)
        is_of_video = split_video_frame(draft.value(index, "image_path") or "") is not None
        for column, value in (("sequence", frame.sequence), ("sequence_index", frame.sequence_index)):
            if value is not None and not is_of_video:  # a frame of a video has its place there
                draft.set(index, column, value)
        if frame.attributes:
            earlier = draft.value(index, "attributes")
            draft.set(index, "attributes", _json({**(orjson.loads(earlier) if earlier else {}), **frame.attributes}))
        if frame.width and frame.height:
            size = (draft.value(index, "width"), draft.value(index, "height"))
            if size == (None, None) or draft.value(index, "image_status") == ImageStatus.MISSING:
                draft.set(index, "width", frame.width)
                draft.set(index, "height", frame.height)
            elif size != (frame.width, frame.height):
                self._sizes_differ.append((index, frame.width, frame.height))
                self._try_rotation(index, frame.width, frame.height)

    def _try_rotation(self, index: int, width: int, height: int) -> None:
        """Follow labels that were drawn with, or without, the EXIF rotation of the image."""
        draft = self._draft
        path = draft.value(index, "image_path")
        if self._images_root is None or path is None or draft.value(index, "apply_exif") is None:
            return
        info = read_image_info(self._images_root, path)
        if (info.width, info.height) == (width, height):
            apply_exif = True
        elif info.stored_size == (width, height):
            apply_exif = False
        else:
            return
        for column, value in (("width", width), ("height", height), ("apply_exif", apply_exif)):
            draft.set(index, column, value)

    def _settle_sizes(self) -> None:
        draft = self._draft
        for index, width, height in self._sizes_differ:
            size = (draft.value(index, "width"), draft.value(index, "height"))
            name = draft.value(index, "file_name")
            if size != (width, height):
                example = f"{name}: {width} x {height} in the labels, {size[0]} x {size[1]} in the image"
                mends = {"rescale": True} if not self._rescale and self._is_scaled(index, width, height) else {}
                note(
                    self._report, "rescaled" if self._rescale else "size_differs", examples=[example], correction=mends
                )
            elif draft.value(index, "apply_exif") is False:
                note(self._report, "labels_in_unrotated_pixels", examples=[name])


def _without_copies(declared: Sequence[DeclaredFrame], report: ImportReport) -> list[DeclaredFrame]:
    """Each frame once; a file listed under two ids stays twice."""
    seen: set[tuple[str, str | None]] = set()
    kept = []
    for frame in declared:
        key = (frame.file_name, frame.source_id)
        if key in seen:
            note(report, "duplicate_frame", examples=[frame.file_name])
        else:
            seen.add(key)
            kept.append(frame)
    return kept


def _without_collisions(declared: Sequence[DeclaredFrame], matches: Sequence[Match]) -> list[Match]:
    """Leave each image to the one frame whose name fits it best; equals that differ in name are ambiguous."""
    by_index: dict[int, list[int]] = defaultdict(list)
    for position, match in enumerate(matches):
        if match.index >= 0:
            by_index[match.index].append(position)
    result = list(matches)
    for positions in by_index.values():
        if len(positions) == 1:
            continue
        best = max((matches[position].is_whole, matches[position].shared) for position in positions)
        winners = [position for position in positions if (matches[position].is_whole, matches[position].shared) == best]
        same_name = len({declared[position].file_name for position in winners}) == 1
        for position in positions:
            if position not in winners:
                result[position] = Match(UNKNOWN)
            elif not same_name:
                result[position] = Match(AMBIGUOUS)
            elif position != winners[0]:
                result[position] = Match(UNKNOWN)  # the same file listed under a second id
    return result


def _id_of_parts(parts: tuple[str, ...], frame: DeclaredFrame) -> str:
    """A readable id for a frame whose name is a path of another machine, or an address."""
    return frame_id_of(parts[-1]) if parts else frame.source_id or "frame"


def _note_all(report: ImportReport, code: str, names: Sequence[str]) -> None:
    if names:
        note(report, code, count=len(names), examples=names[:5])


def _json(attributes: dict[str, Any]) -> str | None:
    if not attributes:
        return None
    return orjson.dumps(attributes, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()
