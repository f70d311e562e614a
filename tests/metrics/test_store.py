"""Parts on disk: merged, compacted, damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from predscope.metrics.image_index import ImageIndex, ImageRecord
from predscope.metrics.measuring import crop_boxes, crop_keys
from predscope.metrics.parts import list_parts, sweep_unfinished
from predscope.metrics.store import Store


def keys(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.uint64)


def test_later_parts_win_and_columns_come_together(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert store.read(["a@1"]).is_known("a@1", keys(1)).tolist() == [False]
    store.append(keys(5, 3), {"a@1": np.array([0.5, 0.3])})
    store.append(keys(5, 9), {"a@1": np.array([0.7, np.nan]), "b@1": np.array([1.0, np.inf])})
    vectors = np.arange(6, dtype=np.uint8).reshape(2, 3)
    store.append(keys(3, 9), {"f@1": vectors})
    for _ in range(2):
        found = store.read(["a@1", "b@1", "f@1"])
        np.testing.assert_array_equal(found.numbers("a@1", keys(3, 5, 9, 4)), [0.3, 0.7, np.nan, np.nan])
        assert found.is_known("a@1", keys(3, 5, 9, 4)).tolist() == [True, True, True, False]
        assert found.is_known("b@1", keys(3, 5, 9)).tolist() == [False, True, False], "infinite is: to be tried again"
        assert found.is_known("f@1", keys(3, 5, 9)).tolist() == [True, False, True]
        np.testing.assert_array_equal(
            found.vectors("f@1", keys(9, 5, 3), "uint8", 3), [[3, 4, 5], [np.nan] * 3, [0, 1, 2]]
        )
        store.compact(always=True)
        assert len(store.parts()) == 1


def test_compacting_drops_what_is_out_of_date(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(keys(1), {"a@1": np.array([1.0]), "b@1": np.array([2.0])})
    store.compact()
    assert store.column_names() == {"a@1", "b@1"}
    store.compact(drop=["a@1"])
    assert store.column_names() == {"b@1"}
    assert store.read(["b@1"]).numbers("b@1", keys(1)).tolist() == [2.0]


def test_a_damaged_part_counts_for_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(keys(1), {"a@1": np.array([1.0])})
    store.append(keys(2), {"a@1": np.array([2.0])})
    first = tmp_path / store.parts()[0]
    first.rename(tmp_path / f"0{first.name}")
    (tmp_path / f"0{first.name}").write_bytes(b"PAR1 and then nothing")
    (tmp_path / ".unfinished.parquet.part").write_bytes(b"x")
    found = store.read(["a@1"])
    assert found.is_known("a@1", keys(1, 2)).tolist() == [False, True]
    sweep_unfinished(tmp_path)
    assert len(list(tmp_path.iterdir())) == len(list_parts(tmp_path)) == 2


def test_the_index_keeps_the_latest_record_of_a_path(tmp_path: Path) -> None:
    index = ImageIndex(tmp_path / "index")
    assert index.read() == {}
    old, new = ImageRecord("a.jpg", 10, 1, True, 7, ""), ImageRecord("a.jpg", 11, 2, True, 2**63 + 5, "cut off")
    other = ImageRecord("b/ä.jpg", 10, 1, False, 9, "")
    index.append([old, other])
    for number in range(12):
        index.append([new if number == 11 else old])
    assert index.read() == {"a.jpg": new, "b/ä.jpg": other}
    index.compact()
    assert len(index.parts()) == 1
    assert index.read() == {"a.jpg": new, "b/ä.jpg": other}


def test_crops_are_the_pixels_that_a_box_touches() -> None:
    nan = float("nan")
    box = np.array([[1.2, 2.0, 3.0, 4.1], [-5, -5, 8, 8], [90, 5, 20, 5], [200, 5, 3, 3], [nan] * 4, [4, 4, 0.2, 0.2]])
    found = crop_boxes(box, np.full(6, 100.0), np.array([50, 50, 50, 50, 50, nan]))
    assert found.tolist() == [[1, 2, 5, 7], [0, 0, 3, 3], [90, 5, 100, 10], [100, 5, 100, 8], [0] * 4, [4, 4, 5, 5]]


def test_crop_keys_are_all_different() -> None:
    rng = np.random.default_rng(1)
    frame = np.repeat(np.arange(400), 200)  # small numbers, too
    box = np.unique(rng.integers(0, 60, (400 * 200, 4)), axis=0)[: len(frame)]
    frame = frame[: len(box)]
    assert len(np.unique(crop_keys(frame, box))) == len(box)
    assert (crop_keys(7, box[:5]) == crop_keys(np.full(5, 7, np.uint64), box[:5])).all()
