"""Objects read from disk in pieces are those that were written."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.errors import ProjectError
from predscope.project import ObjectSet, tables
from predscope.project.object_sorting import ObjectSorter, sort_by_frame
from predscope.project.tables import write_objects
from predscope.schema import OBJECT_SCHEMA


def make_table(frame_index: np.ndarray) -> pa.Table:
    count = len(frame_index)
    columns = {field.name: pa.nulls(count, field.type) for field in OBJECT_SCHEMA}
    columns["frame_index"] = pa.array(frame_index, pa.int32())
    columns["class_id"] = pa.array(np.arange(count) % 5, pa.int32())
    columns["geometry"] = pa.array(["box"] * count, pa.string())
    columns["is_crowd"] = columns["is_ignored"] = pa.array(np.zeros(count, bool))
    columns["x"] = pa.array(np.arange(count, dtype=float))
    columns["polygons"] = pa.array(
        [[[[float(row)] * 6]] if row % 3 else None for row in range(count)], columns["polygons"].type
    )
    return pa.table(columns, schema=OBJECT_SCHEMA)


def write(folder: Path, frame_index: np.ndarray, frame_count: int) -> ObjectSet:
    folder.mkdir(parents=True, exist_ok=True)
    objects = ObjectSorter(folder / "chunks")
    objects.add(make_table(frame_index))
    write_objects(folder, objects, frame_count)
    return ObjectSet("labels", "labels", 1, folder, frame_count)


@pytest.fixture
def objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectSet:
    monkeypatch.setattr(tables, "MAX_GROUP_ROWS", 50)
    monkeypatch.setattr(tables, "MIN_GROUP_ROWS", 10)
    generator = np.random.default_rng(1)
    frame_index = generator.choice(np.delete(np.arange(200), [0, 17, 199]), 1000)
    frame_index[:120] = 60  # more than a row group
    return write(tmp_path / "set", frame_index, 200)


def test_sorting_is_stable() -> None:
    table = sort_by_frame([make_table(np.array([3, 1])), make_table(np.array([1, 0, 3]))])
    assert table["frame_index"].to_pylist() == [0, 1, 1, 3, 3]
    assert table["x"].to_pylist() == [1, 1, 0, 0, 2]
    assert len(sort_by_frame([])) == 0


def test_offsets_and_row_groups(objects: ObjectSet) -> None:
    table = objects.table()
    assert table.schema.equals(OBJECT_SCHEMA)
    assert objects.count == len(table) == 1000
    frame_index = table["frame_index"].to_numpy()
    np.testing.assert_array_equal(np.diff(objects.offsets), np.bincount(frame_index, minlength=200))
    metadata = pq.read_metadata(objects.path)
    borders = np.cumsum([metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)])
    assert set(borders) <= set(objects.offsets)
    assert metadata.num_row_groups > 15
    assert not objects.offsets.flags.writeable


def test_columns_that_an_older_file_lacks_are_null(objects: ObjectSet) -> None:
    older = objects.table().drop_columns(["given_box"])
    metadata = pq.read_metadata(objects.path)
    pq.write_table(older, objects.path, row_group_size=metadata.row_group(0).num_rows)
    again = ObjectSet("labels", "labels", 1, objects.path.parent, 200)
    assert again.table().schema.equals(OBJECT_SCHEMA)
    assert again.table(["x", "given_box"])["given_box"].null_count == 1000
    assert again.of_frame(60).column_names == ["row", *OBJECT_SCHEMA.names]
    assert again.of_frame(60, ["given_box", "x"])["given_box"].null_count == len(again.of_frame(60))


def test_each_frame_is_what_the_whole_table_holds(objects: ObjectSet) -> None:
    table = objects.table()
    for index in range(200):
        start, stop = objects.offsets[index], objects.offsets[index + 1]
        of_frame = objects.of_frame(index)
        assert of_frame.column_names == ["row", *OBJECT_SCHEMA.names]
        assert of_frame["row"].to_pylist() == list(range(start, stop))
        assert of_frame.drop_columns("row").equals(table.slice(start, stop - start))


@settings(max_examples=40, deadline=None)
@given(indices=st.lists(st.integers(0, 29), max_size=40))
def test_many_frames_in_any_order(tmp_path_factory: pytest.TempPathFactory, indices: list[int]) -> None:
    folder = tmp_path_factory.getbasetemp() / "many"
    if not folder.exists():
        write(folder, np.random.default_rng(2).integers(0, 30, 3000), 30)
    objects = ObjectSet("labels", "labels", 1, folder, 30)
    table = objects.of_frames(indices, columns=["x", "polygons", "frame_index"])
    assert table.column_names == ["row", "x", "polygons", "frame_index"]
    expected = np.concatenate([[], *(np.arange(objects.offsets[i], objects.offsets[i + 1]) for i in indices)])
    assert table["row"].to_pylist() == expected.tolist()
    whole = objects.table(columns=["x", "polygons", "frame_index"])
    assert (
        table.drop_columns("row").combine_chunks().equals(whole.take(pa.array(expected, pa.int64())).combine_chunks())
    )


def test_rows_by_their_ids(objects: ObjectSet) -> None:
    rows = [999, 0, 500, 0, 7]
    table = objects.rows(rows, columns=["x"])
    assert table["row"].to_pylist() == rows
    assert table["x"].to_pylist() == objects.table(["x"]).take(pa.array(rows))["x"].to_pylist()


def test_no_such_frame(objects: ObjectSet) -> None:
    for index in (-1, 200):
        with pytest.raises(IndexError, match="0 to 199"):
            objects.of_frame(index)
    assert objects.of_frames([]).num_rows == 0
    assert objects.of_frame(17).num_rows == 0


def test_frames_that_came_later_have_no_objects(objects: ObjectSet) -> None:
    later = ObjectSet("labels", "labels", 1, objects.path.parent, 250)
    assert len(later.offsets) == 251
    assert later.of_frame(240).num_rows == 0
    assert later.of_frame(60).num_rows == objects.of_frame(60).num_rows


def test_one_frame_reads_one_row_group(objects: ObjectSet, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = pq.ParquetFile.read_row_group

    def spy(self: pq.ParquetFile, group: int, **options: object) -> pa.Table:
        read.append(group)
        return original(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", spy)
    for index in range(200):
        before = len(read)
        objects.of_frame(index)
        assert len(read) - before <= 1
    assert read == sorted(set(read)), "neighbours come from the group that was read last"


def test_empty_set(tmp_path: Path) -> None:
    objects = write(tmp_path / "empty", np.zeros(0, int), 3)
    assert objects.count == 0
    assert objects.of_frame(2).num_rows == 0
    assert objects.table().schema.equals(OBJECT_SCHEMA)


def test_several_threads(objects: ObjectSet) -> None:
    wrong: list[int] = []

    def walk(start: int) -> None:
        for index in range(start, 200, 3):
            if set(objects.of_frame(index)["frame_index"].to_pylist()) - {index}:
                wrong.append(index)

    threads = [threading.Thread(target=walk, args=(start % 3,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_duckdb_reads_the_file_in_order(objects: ObjectSet) -> None:
    relation = duckdb.read_parquet(str(objects.path), file_row_number=True)
    rows = relation.select("file_row_number", "x").fetchall()
    assert [x for _, x in sorted(rows)] == objects.table(["x"])["x"].to_pylist()


def test_damage_is_a_project_error(objects: ObjectSet) -> None:
    objects.path.write_bytes(b"PAR1 no more")
    with pytest.raises(ProjectError, match="Import it again"):
        objects.of_frame(1)
    with pytest.raises(ProjectError, match="Import it again"):
        objects.table()
    fresh = ObjectSet("labels", "labels", 1, objects.path.parent / "gone", 200)
    with pytest.raises(ProjectError, match="Import it again"):
        fresh.offsets  # noqa: B018
    with pytest.raises(ProjectError, match="Import it again"):
        fresh.report  # noqa: B018
