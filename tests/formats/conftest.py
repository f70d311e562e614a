"""Reading an input to the end and looking at all of it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from predscope.formats import open_input
from predscope.formats.base import ObjectBatch, Reading

_COLUMNS = (
    *("polygons", "rle_counts", "keypoints", "polylines", "oriented_box", "class_scores"),
    *("track_id", "source_id", "attributes"),
)


class Objects:
    """All objects of a reading, row by row."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.report = reading.report
        self.batches: list[ObjectBatch] = list(reading.batches)
        self.rows: list[dict[str, Any]] = [row for batch in self.batches for row in _rows(batch)]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def codes(self) -> dict[str, int]:
        return {code: problem.count for code, problem in self.report.problems.items()}


def _rows(batch: ObjectBatch) -> list[dict[str, Any]]:
    count = len(batch)
    for name in ("class_ref", "geometry", "place", "box", "confidence", "rle_size", "area", "is_crowd", "is_ignored"):
        column = getattr(batch, name)
        assert column is None or len(column) == count, name
    for name in _COLUMNS:
        column = getattr(batch, name)
        assert column is None or len(column) == count, name
    return [
        {
            "frame": batch.frame_ref[row],
            "frame_is": batch.frame_ref_is,
            "class": batch.class_ref[row],
            "class_is": batch.class_ref_is,
            "geometry": str(batch.geometry[row]),
            "place": batch.describe_place(row),
            "relative": batch.relative,
            "box": None if batch.box is None else batch.box[row].tolist(),
            "confidence": None if batch.confidence is None else float(batch.confidence[row]),
            "area": None if batch.area is None else float(batch.area[row]),
            "is_crowd": None if batch.is_crowd is None else bool(batch.is_crowd[row]),
            "is_ignored": None if batch.is_ignored is None else bool(batch.is_ignored[row]),
            "rle_size": None if batch.rle_size is None else batch.rle_size[row].tolist(),
            **{name: None if getattr(batch, name) is None else getattr(batch, name)[row] for name in _COLUMNS},
        }
        for row in range(count)
    ]


@pytest.fixture
def read() -> Callable[..., Objects]:
    """Open an input and read it to the end."""

    def read_all(source: Path, role: str = "labels", format: str = "auto") -> Objects:
        return Objects(open_input(source, format=format, role=role))

    return read_all


@pytest.fixture
def read_json(tmp_path: Path, read: Callable[..., Objects]) -> Callable[..., Objects]:
    """Write a value as JSON and read it as COCO."""

    def write_and_read(value: Any, role: str = "labels") -> Objects:
        path = tmp_path / "input.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return read(path, role, "coco")

    return write_and_read
