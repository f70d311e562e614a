"""Imports that go through chunks on disk are the same as those that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import InputError
from predscope.formats.base import ObjectBatch
from predscope.importing import import_labels, import_predictions, stage_reading
from predscope.importing import importer as importing
from predscope.project import ObjectSet, Project, object_sorting, tables
from predscope.project.object_sorting import ObjectSorter, sort_by_frame
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry
from tests.importing.conftest import make_batch, make_reading

FRAMES = 12
PARTS = [[1, 2, 30, 4, 20, 40.5]]


def content(objects: ObjectSet) -> tuple[pa.Table, list[int], list[int]]:
    """All that is on disk: rows, row groups, offsets."""
    metadata = pq.read_metadata(objects.path)
    groups = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    return objects.table().combine_chunks(), groups, objects.offsets.tolist()


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_GROUP_ROWS", 9)
    monkeypatch.setattr(tables, "MIN_GROUP_ROWS", 3)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    frames = [DeclaredFrame(f"{index}.jpg", str(index), 100, 80) for index in range(FRAMES)]
    classes = [DeclaredClass("car", "1"), DeclaredClass("person", "2", keypoints=("nose", "tail"))]
    reading = make_reading(make_batch([0, 3], [1, 2]), frames=frames, classes=classes)
    with stage_reading(Project.create(tmp_path / "project"), reading, name="labels") as staged:
        return staged.publish().project


@st.composite
def batches(draw: st.DrawFn) -> list[ObjectBatch]:
    """Objects of many kinds in any order, with copies, repeated ids, and rows to be repaired and rejected."""
    result = []
    for number in range(draw(st.integers(0, 6))):
        count = draw(st.integers(1, 12))
        column = st.lists(st.integers(0, FRAMES), min_size=count, max_size=count)  # one frame more than there are
        boxes = [[draw(st.sampled_from([-8, 1, 90, np.nan])), 2, 10 + draw(st.integers(0, 1)), 5] for _ in range(count)]
        extras: dict[str, object] = {}
        kinds = [Geometry.BOX] * count
        if draw(st.booleans()):
            kinds = [draw(st.sampled_from([Geometry.BOX, Geometry.POLYGON])) for _ in range(count)]
            extras["polygons"] = [[PARTS] if kind == Geometry.POLYGON else None for kind in kinds]
        if draw(st.booleans()):
            extras["source_id"] = [draw(st.sampled_from([None, "0", "7", f"{number}-{row}"])) for row in range(count)]
        if draw(st.booleans()):
            extras["keypoints"] = [draw(st.sampled_from([None, [1, 2, 2], [1, 2, 2, 3, 4, 2]])) for _ in range(count)]
        confidence = draw(st.lists(st.sampled_from([0.5, 0.25, 1.7]), min_size=count, max_size=count))
        classes = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
        frames = draw(column)
        result.append(make_batch(frames, classes, boxes, geometry=kinds, confidence=confidence, **extras))
    return result


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=batches(),
    chunk_rows=st.integers(1, 20),
    sample_rows=st.integers(1, 40),
    role=st.sampled_from(["labels", "predictions"]),
)
def test_chunks_change_nothing(
    project: Project, small_groups: None, batches: list[ObjectBatch], chunk_rows: int, sample_rows: int, role: str
) -> None:
    def stage(rows: int) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(object_sorting, "CHUNK_ROWS", rows)
            patch.setattr(importing, "SAMPLE_ROWS", sample_rows)
            try:
                with stage_reading(project, make_reading(*batches, role=role), name="set") as staged:
                    assert not list((project.path / "staging").glob("*/chunks")), "chunks go when they are merged"
                    return content(staged.objects), staged.report.to_json()
            except InputError as error:  # an input that is refused is refused either way
                return str(error)

    assert stage(chunk_rows) == stage(10**9)


def test_objects_of_a_frame_stay_in_the_order_of_the_input(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_sorting, "CHUNK_ROWS", 70)
    chance = np.random.default_rng(3)
    frames = chance.integers(FRAMES, size=1000)
    parts = [
        make_batch(part.tolist(), boxes=[[1, 2, 3 + row, 4] for row in range(start, start + len(part))], confidence=0.5)
        for start, part in ((start, frames[start : start + 37]) for start in range(0, 1000, 37))
    ]
    with stage_reading(project, make_reading(*parts, role="predictions"), name="model") as staged:
        table = staged.objects.table()
    order = np.argsort(frames, kind="stable")
    assert table["frame_index"].to_pylist() == frames[order].tolist()
    boxes = zip(table["given_box"].to_pylist(), table["w"].to_pylist(), strict=True)
    assert [width if given is None else given[2] for given, width in boxes] == (3 + order).tolist()


@pytest.mark.parametrize(("rows", "size"), [(50, 10**9), (10**9, 4000), (1, 1)])
def test_a_chunk_is_full_at_rows_or_bytes(tmp_path: Path, rows: int, size: int) -> None:
    sorter = ObjectSorter(tmp_path / "chunks", chunk_rows=rows, chunk_bytes=size)
    chance = np.random.default_rng(5)
    added = []
    for _ in range(20):
        frames = chance.integers(30, size=17).astype(np.int32)
        added.append(pa.table({"frame_index": frames, "x": chance.random(17), "rle_counts": [b"x" * 40] * 17}))
        sorter.add(added[-1])
    assert len(list((tmp_path / "chunks").iterdir())) >= 4
    assert sorter.rows == 340
    pieces = list(sorter.merged([4, 9, 10, 30]))
    ranges = [range(4), range(4, 9), range(9, 10), range(10, 30)]
    for piece, frames_of_range in zip(pieces, ranges, strict=True):
        assert set(piece["frame_index"].to_pylist()) <= set(frames_of_range)
    assert pa.concat_tables(pieces).combine_chunks() == sort_by_frame(added).combine_chunks()
    assert not (tmp_path / "chunks").exists()


def test_columns_that_only_some_chunks_have(tmp_path: Path) -> None:
    sorter = ObjectSorter(tmp_path / "chunks", chunk_rows=2)
    sorter.add(pa.table({"frame_index": pa.array([1, 0], pa.int32()), "x": [1.0, 2.0]}))
    sorter.add(pa.table({"frame_index": pa.array([1, 0], pa.int32()), "track_id": ["a", "b"]}))
    sorter.add(pa.table({"frame_index": pa.array([0], pa.int32()), "x": [5.0]}))
    (table,) = sorter.merged([2])
    assert table.select(["frame_index", "x", "track_id"]).to_pylist() == [
        {"frame_index": 0, "x": 2.0, "track_id": None},
        {"frame_index": 0, "x": None, "track_id": "b"},
        {"frame_index": 0, "x": 5.0, "track_id": None},
        {"frame_index": 1, "x": 1.0, "track_id": None},
        {"frame_index": 1, "x": None, "track_id": "a"},
    ]


@pytest.mark.parametrize("chunk_rows", [10**9, 7])
def test_renumbering_after_another_import(importer, monkeypatch: pytest.MonkeyPatch, chunk_rows: int) -> None:
    monkeypatch.setattr(object_sorting, "CHUNK_ROWS", chunk_rows)
    monkeypatch.setattr(tables, "MAX_GROUP_ROWS", 5)
    monkeypatch.setattr(tables, "MIN_GROUP_ROWS", 5)

    def reading(names: list[str], class_name: str, **columns: object) -> object:
        frames = [DeclaredFrame(name, None, 100, 80) for name in names]
        used = names * 10
        batch = importer.batch(used, [class_name] * len(used), frame_ref_is="name", class_ref_is="name", **columns)
        return importer.reading(batch, frames=frames)

    project = importer.project
    first = stage_reading(project, reading(["a.jpg", "b.jpg"], "car"), name="first")
    tracks = [str(row) for row in range(30)]
    second = stage_reading(project, reading(["c.jpg", "b.jpg", "a.jpg"], "bus", track_id=tracks), name="second")
    first.publish()
    result = second.publish()
    names = result.project.frames["file_name"].tolist()
    assert names == ["a.jpg", "b.jpg", "c.jpg"]
    table = result.objects.table()
    assert [names[index] for index in table["frame_index"].to_pylist()] == sorted(["a.jpg", "b.jpg", "c.jpg"] * 10)
    rows = [*range(2, 30, 3), *range(1, 30, 3), *range(0, 30, 3)]
    assert table["track_id"].to_pylist() == list(map(str, rows))
    assert {result.project.classes[entry].name for entry in table["class_id"].to_pylist()} == {"bus"}
    assert result.objects.of_frame(1)["track_id"].to_pylist() == [str(row) for row in range(1, 30, 3)]
    assert not list((importer.project.path / "staging").iterdir())


def test_an_error_on_the_way_leaves_nothing_behind(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_sorting, "CHUNK_ROWS", 5)
    monkeypatch.setattr(importing, "SAMPLE_ROWS", 5)

    def broken() -> Iterator[ObjectBatch]:
        for _ in range(4):
            yield make_batch([1] * 10, confidence=0.5)
        assert list((project.path / "staging").glob("*/chunks/*.arrow"))
        raise KeyboardInterrupt

    reading = make_reading(role="predictions")
    reading.batches = broken()
    with pytest.raises(KeyboardInterrupt):
        stage_reading(project, reading, name="model")
    assert not list((project.path / "staging").iterdir())


def test_files_import_the_same_through_chunks(shapes_dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(name: str) -> list[object]:
        project = Project.create(tmp_path / name, images=shapes_dataset.images)
        labels = import_labels(project, shapes_dataset.labels)
        predictions = import_predictions(labels.project, shapes_dataset.predictions, name="model")
        return [(content(entry.objects), entry.report.to_json(), entry.first_frame) for entry in (labels, predictions)]

    expected = run("at_once")
    monkeypatch.setattr(object_sorting, "CHUNK_ROWS", 3)
    monkeypatch.setattr("predscope.formats.coco.reader.BATCH_ROWS", 4)
    assert run("in_chunks") == expected
