"""Objects that a program hands over, one by one or in arrays, collected to batches as an import takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np

from predscope.formats.base import BATCH_ROWS, ObjectBatch
from predscope.importing.rows.columns import shape_bytes
from predscope.importing.rows.correcting import boxes_from_numbers
from predscope.writing.calls import PLACE, Kind
from predscope.writing.references import references_column

BATCH_BYTES: Final = 32_000_000
"""Objects with long outlines or masks are handed on sooner."""
_PER_OBJECT: Final = [entry.name for entry in fields(ObjectBatch) if entry.name != "score_classes"]
_NO_BOX: Final = (np.nan,) * 4
_LISTS: Final = {"polygons", "rle_counts", "keypoints", "class_scores", "track_id", "attributes"}


class WrittenObjects:
    """Collects objects and hands them on in batches.

    Args:
        take: gets each batch when it is full.
        score_classes: names of the classes of ``class_scores``; None: the project's.
        batch_rows: when it is full; or at ``BATCH_BYTES`` of shapes.
    """

    def __init__(
        self,
        take: Callable[[ObjectBatch], None],
        score_classes: Sequence[str] | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self._take = take
        self._score_classes = score_classes
        self._batch_rows = batch_rows
        self._singles: dict[Kind, list[dict[str, Any]]] = {}
        self._batches: dict[Kind, list[ObjectBatch]] = {}
        self._rows = 0
        self._bytes = 0

    def add(self, kind: Kind, row: dict[str, Any]) -> None:
        """Take one object: its columns of ``ObjectBatch``, those that it has."""
        self._singles.setdefault(kind, []).append(row)
        counts = row.get("rle_counts")
        polygons = row.get("polygons")
        self._bytes += len(counts) if counts else 0
        self._bytes += sum(32 * len(ring) for part in polygons for ring in part) if polygons else 0
        self._count(1)

    def add_batch(self, kind: Kind, batch: ObjectBatch) -> None:
        """Take many; ``batch.box`` as four numbers of the stated format."""
        self._gather_singles(kind)
        self._batches.setdefault(kind, []).append(batch)
        self._bytes += shape_bytes(batch)
        self._count(len(batch))

    def flush(self) -> None:
        """Hand on what is there."""
        for kind in list(self._singles):
            self._gather_singles(kind)
        batches, self._batches = self._batches, {}
        self._rows = self._bytes = 0
        for kind, parts in batches.items():
            batch = joined(parts)
            if batch.box is not None:
                batch.box = boxes_from_numbers(batch.box, kind.box_format)
            if self._score_classes is not None and batch.class_scores is not None:
                batch.score_classes = list(self._score_classes)
            for start in range(0, len(batch), self._batch_rows):
                self._take(part_of(batch, start, start + self._batch_rows))

    def clear(self) -> None:
        """Forget what is there."""
        self._singles, self._batches = {}, {}
        self._rows = self._bytes = 0

    def _count(self, rows: int) -> None:
        self._rows += rows
        if self._rows >= self._batch_rows or self._bytes >= BATCH_BYTES:
            self.flush()

    def _gather_singles(self, kind: Kind) -> None:
        rows = self._singles.pop(kind, None)
        if rows:
            self._batches.setdefault(kind, []).append(_batch_of_rows(kind, rows))


def joined(batches: Sequence[ObjectBatch]) -> ObjectBatch:
    """Batches of one kind as one; a column that only some of them have is filled with what means "none"."""
    if len(batches) == 1:
        return batches[0]
    changes: dict[str, Any] = {}
    for name in _PER_OBJECT:
        columns = [getattr(batch, name) for batch in batches]
        present = [column for column in columns if isinstance(column, np.ndarray | list)]
        if present and isinstance(present[0], np.ndarray):
            changes[name] = np.concatenate(
                [
                    _nothing_like(present[0], len(batch)) if column is None else column
                    for batch, column in zip(batches, columns, strict=True)
                ]
            )
        elif present:
            changes[name] = [
                value
                for batch, column in zip(batches, columns, strict=True)
                for value in (column if column is not None else [None] * len(batch))
            ]
    return replace(batches[0], **changes)


def part_of(batch: ObjectBatch, start: int, stop: int) -> ObjectBatch:
    """Some rows of a batch."""
    if start == 0 and stop >= len(batch):
        return batch
    columns = {name: getattr(batch, name) for name in _PER_OBJECT}
    cut: dict[str, Any] = {
        name: column[start:stop] for name, column in columns.items() if isinstance(column, np.ndarray | list)
    }
    return replace(batch, **cut)


def _batch_of_rows(kind: Kind, rows: list[dict[str, Any]]) -> ObjectBatch:
    frames, _ = references_column([row["frame_ref"] for row in rows])
    classes, _ = references_column([row["class_ref"] for row in rows])
    names = set().union(*rows)
    batch = ObjectBatch(
        frame_ref=frames,
        class_ref=classes,
        frame_ref_is=kind.frame_ref_is,
        class_ref_is=kind.class_ref_is,
        geometry=_objects([row["geometry"] for row in rows]),
        place=np.array([row["place"] for row in rows], np.int64),
        place_prefix=PLACE,
        box_format=kind.box_format,
        relative=kind.relative,
    )
    if "box" in names:
        batch.box = np.array([row.get("box", _NO_BOX) for row in rows], np.float64)
    if "confidence" in names:
        batch.confidence = np.array([row.get("confidence", np.nan) for row in rows], np.float64)
    if "rle_counts" in names:
        batch.rle_size = np.array([row.get("rle_size", (0, 0)) for row in rows], np.int32)
    for name in ("is_crowd", "is_ignored"):
        if name in names:
            setattr(batch, name, np.array([row.get(name, False) for row in rows], bool))
    for name in _LISTS & names:
        setattr(batch, name, [row.get(name) for row in rows])
    return batch


def _objects(values: list[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _nothing_like(column: np.ndarray, count: int) -> np.ndarray:
    filler = np.nan if column.dtype.kind == "f" else 0
    return np.full((count, *column.shape[1:]), filler, column.dtype)
