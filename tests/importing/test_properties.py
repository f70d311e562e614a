"""Whatever comes in: every row is accounted for, and what is stored is sound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import InputError
from predscope.schema import DeclaredFrame, Geometry

numbers = st.floats(-50, 150) | st.sampled_from([0.0, 100.0, 80.0, math.nan, math.inf, -math.inf, 1e300])
rings = st.lists(numbers, max_size=9)
row = st.fixed_dictionaries(
    {
        "frame": st.sampled_from([11, 12, 13, 99]),
        "class": st.sampled_from(["a", "b", "A", "", None, "7"]),
        "geometry": st.sampled_from([*Geometry, "cube"]),
        "box": st.lists(numbers, min_size=4, max_size=4),
        "confidence": st.floats(-1, 2) | st.sampled_from([math.nan, 50.0]),
        "polygons": st.none() | st.lists(st.lists(rings, max_size=2), max_size=2),
        "keypoints": st.none() | rings,
        "polylines": st.none() | st.lists(rings, max_size=2),
        "oriented_box": st.none() | st.lists(numbers, max_size=6),
        "rle_counts": st.none() | st.binary(max_size=6) | st.just(b"PPPh7"),
        "rle_size": st.sampled_from([(80, 100), (10, 10), (0, 0)]),
        "area": numbers,
    }
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(row, max_size=12), role=st.sampled_from(["labels", "predictions"]), relative=st.booleans())
def test_every_row_is_accounted_for(importer, rows: list[dict], role: str, relative: bool) -> None:
    frames = [
        DeclaredFrame("11.jpg", "11", 100, 80),
        DeclaredFrame("12.jpg", "12"),
        DeclaredFrame("13.jpg", "13", 9, 9),
    ]
    if not len(importer.project.frames):
        importer.labels(importer.batch([11]), frames=frames)

    def column(name: str) -> list:
        return [entry[name] for entry in rows]

    batch = importer.batch(
        column("frame"),
        column("class"),
        column("box"),
        geometry=column("geometry"),
        class_ref_is="name",
        confidence=column("confidence"),
        polygons=column("polygons"),
        keypoints=column("keypoints"),
        polylines=column("polylines"),
        oriented_box=column("oriented_box"),
        rle_counts=column("rle_counts"),
        rle_size=np.array(column("rle_size"), np.int32).reshape(-1, 2),
        area=np.array(column("area"), np.float64),
        relative=relative,
    )
    reading = importer.reading(batch, role=role, frames=frames if role == "labels" else None)
    if role == "predictions" and set(column("frame")) == {99}:
        with pytest.raises(InputError, match="do not belong"):
            importer.stage(reading)
        return
    with importer.stage(reading) as staged:
        report = staged.report
        assert report.rows == len(rows) == report.imported + report.rejected
        assert report.rejected == sum(p.count for p in report.problems.values() if p.severity == "error")
        assert 0 <= report.repaired <= report.imported
        stored = staged.objects.table().to_pylist()
        assert len(stored) == report.imported
        for entry in stored:
            check_sound(entry, role)


def check_sound(entry: dict, role: str) -> None:
    assert 0 <= entry["frame_index"] <= 2
    assert entry["geometry"] in set(Geometry)
    box = [entry[side] for side in "xywh"]
    if entry["geometry"] == Geometry.CLASSIFICATION:
        assert box == [None] * 4
    else:
        assert all(math.isfinite(value) for value in box)
        assert box[2] >= 0
        assert box[3] >= 0
    if role == "labels":
        assert entry["confidence"] is None
    else:
        assert 0 <= entry["confidence"] <= 1
    for ring in [ring for part in entry["polygons"] or [] for ring in part]:
        assert len(ring) >= 6
        assert len(ring) % 2 == 0
        assert all(map(math.isfinite, ring))
    assert len(entry["keypoints"] or []) % 3 == 0
    assert len(entry["oriented_box"] or []) in (0, 5)
    assert (entry["rle_counts"] is None) == (entry["rle_height"] is None) == (entry["rle_width"] is None)
    assert entry["area"] is None or entry["area"] >= 0
