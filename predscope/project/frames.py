"""Changes to the frames of a project, prepared apart from it and applied when an import is published.

Frames are only ever appended, so an index once given stays valid. Two imports that run at the same time may both append
frames; the one that publishes second has its new frames matched with, or put behind, those of the first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from predscope.media.image_info import ImageInfo
from predscope.media.naming import readable_id
from predscope.media.sequences import find_sequences
from predscope.schema import FRAME_SCHEMA, ImageStatus

_EDITABLE: Final = frozenset(FRAME_SCHEMA.names) - {"frame_index", "frame_id"}


@dataclass(frozen=True, slots=True)
class FrameChanges:
    """What an import does to the frames.

    Attributes:
        base_count: frames that were there when it was prepared.
        added: new frames, by column; the first gets index ``base_count``.
        edits: for frames that were there: column -> frame index -> new value.
    """

    base_count: int
    added: list[dict[str, Any]]
    edits: dict[str, dict[int, Any]]

    @property
    def is_empty(self) -> bool:
        return not self.added and not any(self.edits.values())

    def apply(self, table: pa.Table) -> tuple[pa.Table, np.ndarray]:
        """Apply to the frames as they are now.

        Args:
            table: ``FRAME_SCHEMA``; at least ``base_count`` rows, the first of which are those of the preparation.

        Returns:
            The new table, and int32 (base_count + added,): the index that each prepared frame has in it.
        """
        draft = FrameDraft(table)
        for column, values in self.edits.items():
            for index, value in values.items():
                draft.set(index, column, value)
        positions = np.arange(self.base_count + len(self.added), dtype=np.int32)
        for position, row in enumerate(self.added, start=self.base_count):
            known = draft.index_of(row["frame_id"]) if len(table) > self.base_count else None
            if known is not None and draft.value(known, "file_name") == row["file_name"]:
                for column in _EDITABLE:
                    if draft.value(known, column) is None and row.get(column) is not None:
                        draft.set(known, column, row[column])
                positions[position] = known
            else:
                positions[position] = draft.add(row)
        return draft.table(), positions


class FrameDraft:
    """The frames of a project with changes that are not published yet."""

    def __init__(self, table: pa.Table) -> None:
        self._base = table
        self._columns: dict[str, list[Any]] = {}
        self._edits: dict[str, dict[int, Any]] = {}
        self._added: list[dict[str, Any]] = []
        self._index_by_id: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._base) + len(self._added)

    @property
    def base_count(self) -> int:
        """Frames that were there before any change."""
        return len(self._base)

    def column(self, name: str) -> list[Any]:
        """The values of a column, by frame index. To be read only: ``set`` writes."""
        values = self._columns.get(name)
        if values is None:
            values = self._base[name].to_pylist()
            for index, value in self._edits.get(name, {}).items():
                values[index] = value
            values.extend(row.get(name) for row in self._added)
            self._columns[name] = values
        return values

    def value(self, index: int, name: str) -> Any:
        return self.column(name)[index]

    def set(self, index: int, name: str, value: Any) -> None:
        """Change one value."""
        if self.column(name)[index] == value:
            return
        self._columns[name][index] = value
        if index < self.base_count:
            self._edits.setdefault(name, {})[index] = value
        else:
            self._added[index - self.base_count][name] = value

    def index_of(self, frame_id: str) -> int | None:
        if self._index_by_id is None:
            self._index_by_id = {name: index for index, name in enumerate(self.column("frame_id"))}
        return self._index_by_id.get(frame_id)

    def add(self, row: dict[str, Any]) -> int:
        """Append a frame, under its "frame_id", or one made from "file_name", made unique. Returns its index."""
        frame_id = self._unique_id(row.get("frame_id") or frame_id_of(row["file_name"]), row["file_name"])
        index = len(self)
        complete = {**row, "frame_id": frame_id, "frame_index": index}
        complete.setdefault("image_status", str(ImageStatus.MISSING))
        self._added.append(complete)
        for name, values in self._columns.items():
            values.append(complete.get(name))
        if self._index_by_id is not None:
            self._index_by_id[frame_id] = index
        return index

    def add_images(self, infos: Iterable[ImageInfo]) -> list[int]:
        """Append a frame for each image of the images folder, and each frame of a video; returns their indices."""
        return [
            self.add({"file_name": info.path, "image_path": info.path, **image_columns(info), **sequence_columns(info)})
            for info in infos
        ]

    def set_image(self, index: int, info: ImageInfo) -> None:
        """Tie a frame to an image, or bring what is known of its image up to date."""
        self.set(index, "image_path", info.path)
        for name, value in image_columns(info).items():
            self.set(index, name, value)
        for name, value in sequence_columns(info).items():
            if self.value(index, name) is None:  # what labels say of sequences holds
                self.set(index, name, value)

    def find_sequences(self, root_name: str) -> None:
        """Tell image sequences by the names of the images; frames whose sequence is known already keep it.

        Args:
            root_name: what a sequence is called that lies in the images folder itself.
        """
        columns = [self.column(name) for name in ("image_path", "width", "height", "sequence")]
        places = find_sequences(
            ((path, width, height) for path, width, height, _ in zip(*columns, strict=True) if path is not None),
            root_name=root_name,
        )
        for index, (path, _, _, sequence) in enumerate(list(zip(*columns, strict=True))):
            place = places.get(path)
            if place is not None and sequence in (None, place.sequence):
                self.set(index, "sequence", place.sequence)
                self.set(index, "sequence_index", place.position)

    def changes(self) -> FrameChanges:
        return FrameChanges(self.base_count, self._added, self._edits)

    def table(self) -> pa.Table:
        """All frames, ``FRAME_SCHEMA``."""
        arrays = []
        for field in FRAME_SCHEMA:
            if field.name == "frame_index":
                arrays.append(pa.array(np.arange(len(self), dtype=np.int32)))
            elif field.name not in self._columns and not self._edits.get(field.name) and not self._added:
                arrays.append(self._base[field.name].combine_chunks())
            else:
                arrays.append(pa.array(self.column(field.name), field.type))
        return pa.table(arrays, schema=FRAME_SCHEMA)

    def _unique_id(self, wanted: str, file_name: str) -> str:
        if self.index_of(wanted) is None:
            return wanted
        numbered = (f"{wanted}#{number}" for number in itertools.count(2))
        candidates = itertools.chain([wanted + PurePosixPath(file_name).suffix], numbered)
        return next(name for name in candidates if self.index_of(name) is None)


def image_columns(info: ImageInfo) -> dict[str, Any]:
    """What an image says of its frame. ``apply_exif`` is null for images that ask for no rotation."""
    return {
        "width": info.width,
        "height": info.height,
        "apply_exif": True if info.orientation != 1 else None,
        "image_status": str(info.status),
        "file_size": info.file_size,
        "modified_ns": info.modified_ns,
    }


def sequence_columns(info: ImageInfo) -> dict[str, Any]:
    """What a frame of a video knows of its place there; nothing for other images."""
    if info.sequence is None:
        return {}
    rate = info.frames_a_second
    fps = int(rate) if rate is not None and rate.is_integer() else rate
    attributes = None if fps is None else orjson.dumps({"fps": fps}).decode()
    return {"sequence": info.sequence, "sequence_index": info.sequence_index, "attributes": attributes}


def frame_id_of(file_name: str) -> str:
    """A readable id: the name without the suffix of an image file; ``clips/a/000012`` for ``clips/a.mp4#12``."""
    return readable_id(file_name)
