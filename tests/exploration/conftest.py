"""A project in memory, with what the exploration code asks of one."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predscope.report import ImportReport
from predscope.schema import FRAME_SCHEMA, OBJECT_SCHEMA, ObjectClass

CLASSES = ("car", "person", "dog", "traffic light", "Bus")


class MemoryObjects:
    """Stands in for ``ObjectSet``."""

    def __init__(self, role: str, name: str, rows: list[dict[str, Any]], n_frames: int) -> None:
        self.role, self.name, self.version, self.count = role, name, 1, len(rows)
        rows = sorted(rows, key=lambda row: row["frame_index"])
        self.rows = rows
        self._table = pa.Table.from_pylist(
            [{"is_crowd": False, "is_ignored": False, "geometry": "box"} | row for row in rows], schema=OBJECT_SCHEMA
        )
        self.offsets = np.searchsorted([row["frame_index"] for row in rows], np.arange(n_frames + 1))

    @cached_property
    def path(self) -> Path:
        path = Path(tempfile.mkdtemp()) / "objects.parquet"
        pq.write_table(self._table, path)
        return path

    @property
    def report(self) -> ImportReport:
        return ImportReport()

    def table(self, columns: list[str] | None = None) -> pa.Table:
        return self._table.select(columns) if columns else self._table

    def of_frames(self, indices: list[int], columns: list[str] | None = None) -> pa.Table:
        rows = [row for index in indices for row in range(self.offsets[index], self.offsets[index + 1])]
        return self.table(columns).take(pa.array(rows, pa.int64())).add_column(0, "row", pa.array(rows, pa.int64()))


@dataclass
class MemoryProject:
    """Stands in for ``Project``."""

    frames: pd.DataFrame
    classes: tuple[ObjectClass, ...]
    sets: dict[tuple[str, str], MemoryObjects]
    path: Path = Path("memory")
    images_root: Path | None = None
    revision: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def frames_table(self) -> pa.Table:
        return pa.Table.from_pandas(self.frames, schema=FRAME_SCHEMA, preserve_index=False)

    @cached_property
    def cache_dir(self) -> Path:
        return Path(tempfile.mkdtemp())

    def set_names(self, role: str) -> list[str]:
        return [name for of_role, name in self.sets if of_role == role]

    def objects(self, role: str, name: str | None = None) -> MemoryObjects:
        return self.sets[role, name or self.set_names(role)[0]]


_revisions = iter(range(1_000_000))


def make_project(
    frames: list[dict[str, Any]],
    sets: dict[tuple[str, str], list[dict[str, Any]]],
    *,
    classes: tuple[str, ...] = CLASSES,
    **settings: Any,
) -> MemoryProject:
    rows = [
        {
            "frame_index": index,
            "frame_id": f"f{index:03d}",
            "file_name": f"f{index:03d}.jpg",
            "width": 640,
            "height": 480,
            "image_status": "ok",
            "file_size": 1000,
            "modified_ns": 1,
        }
        | {key: json.dumps(value) if key == "attributes" else value for key, value in frame.items()}
        for index, frame in enumerate(frames)
    ]
    return MemoryProject(
        frames=pa.Table.from_pylist(rows, schema=FRAME_SCHEMA).to_pandas(),
        classes=tuple(ObjectClass(class_id, name) for class_id, name in enumerate(classes)),
        sets={key: MemoryObjects(*key, objects, len(rows)) for key, objects in sets.items()},
        revision=f"r{next(_revisions)}",
        settings=settings,
    )


def random_project(seed: int = 0, n_frames: int = 60, **settings: Any) -> MemoryProject:
    rng = np.random.default_rng(seed)
    frames = [
        {
            "frame_id": f"{'night' if index % 3 else 'day'}/{index:03d}",
            "file_name": f"{'night' if index % 3 else 'day'}/{index:03d}.jpg",
            "image_status": ("missing", "unreadable", "ok", "ok", "ok", "ok")[index % 6],
            "attributes": {"weather": ["clear", "rain", "fog"][index % 3], "camera": index % 4, "note": f"n{index}"}
            if index % 5
            else {"weather": None},
        }
        for index in range(n_frames)
    ]

    def objects(mean: float, predicted: bool) -> list[dict[str, Any]]:
        rows = []
        for index in range(n_frames):
            for _ in range(int(rng.poisson(mean)) * bool(rng.random() < 0.8)):
                x, y, w, h = rng.uniform(0, 300), rng.uniform(0, 200), rng.uniform(3, 300), rng.uniform(3, 250)
                row = {"frame_index": index, "class_id": int(rng.integers(4)), "x": x, "y": y, "w": w, "h": h}
                rows.append(row | ({"confidence": round(float(rng.random()), 2)} if predicted else {}))
        return rows

    sets = {
        ("labels", "labels"): objects(3, False),
        ("predictions", "model_a"): objects(4, True),
        ("predictions", "model_b"): objects(2, True),
    }
    return make_project(frames, sets, **settings)


@pytest.fixture(scope="session")
def project() -> MemoryProject:
    """60 frames; labels, model_a, model_b; four of five classes occur; metadata with few and with many values."""
    return random_project()


@pytest.fixture(scope="session")
def project_maker() -> Any:
    """``make_project``."""
    return make_project


@pytest.fixture(scope="session")
def random_project_maker() -> Any:
    """``random_project``."""
    return random_project
