"""Objects of the newest version of a set that an update leaves as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from predscope.compat.aquarium.object_rows import ROWS_AT_ONCE, Row, in_batches
from predscope.formats.base import ObjectBatch, PixelMap
from predscope.project import ObjectSet, Project
from predscope.schema import Geometry


class Carried:
    """The newest version of a set without what is replaced.

    Args:
        project: that the set is of.
        objects: the version.
        replaced: frames by their frame id in the project: None: the frame with all its objects; else the ids of the
            objects that are replaced in it.
    """

    def __init__(self, project: Project, objects: ObjectSet, replaced: Mapping[str, frozenset[str] | None]) -> None:
        self._objects = objects
        self._class_names = [entry.name for entry in project.classes]
        self._frame_ids: list[str] = project.frames_table["frame_id"].to_pylist()
        self._replaced = replaced

    def batches(self) -> Iterator[ObjectBatch]:
        """The objects that stay."""
        return in_batches(self._rows(), self._objects.role)

    def pixel_maps(self) -> list[PixelMap]:
        """Of the frames that stay as they are."""
        table = self._objects.pixel_maps
        records = [] if table is None else table.to_pylist()
        return [
            PixelMap(self._frame_ids[record["frame_index"]], record["height"], record["width"], record["void_counts"])
            for record in records
            if self._frame_ids[record["frame_index"]] not in self._replaced
        ]

    def _rows(self) -> Iterator[Row]:
        counts = np.diff(self._objects.offsets)
        frames = [
            index
            for index in np.flatnonzero(counts).tolist()
            if self._replaced.get(self._frame_ids[index], frozenset()) is not None
        ]
        position = 0
        while position < len(frames):
            upto, total = position, 0
            while upto < len(frames) and (total == 0 or total + counts[frames[upto]] <= ROWS_AT_ONCE):
                total += int(counts[frames[upto]])
                upto += 1
            yield from self._rows_of(self._objects.of_frames(frames[position:upto]))
            position = upto

    def _rows_of(self, table: pa.Table) -> Iterator[Row]:
        for record in table.to_pylist():
            key = self._frame_ids[record["frame_index"]]
            replaced = self._replaced.get(key) or frozenset()
            if record["source_id"] is None or record["source_id"] not in replaced:
                yield self._row(key, record)

    def _row(self, key: str, record: dict[str, Any]) -> Row:
        box = record["given_box"] or [record[side] for side in "xywh"]
        return Row(
            frame=key,
            class_name=self._class_names[record["class_id"]],
            geometry=Geometry(record["geometry"]),
            place=f"version {self._objects.version}, object {record['row']}",
            box=None if box[0] is None else tuple(box),
            confidence=record["confidence"],
            polygons=record["polygons"],
            rle_counts=record["rle_counts"],
            rle_size=(record["rle_height"] or 0, record["rle_width"] or 0),
            keypoints=record["keypoints"],
            polylines=record["polylines"],
            oriented_box=record["oriented_box"],
            area=record["area"],
            is_crowd=record["is_crowd"],
            is_ignored=record["is_ignored"],
            class_scores=record["class_scores"],
            track_id=record["track_id"],
            source_id=record["source_id"],
            attributes=orjson.loads(record["attributes"]) if record["attributes"] else {},
        )
