"""Run lengths against pycocotools and hotcoco, and broken ones against a slow, plain decoder."""

from __future__ import annotations

import hotcoco.mask
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from predscope import run_lengths
from predscope.run_lengths import read_run_lengths

masks = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


def encode(mask: np.ndarray) -> dict:
    return coco_mask.encode(np.asfortranarray(mask))


def read_one(counts: bytes, height: int, width: int) -> run_lengths.RunLengths:
    return read_run_lengths([counts], np.array([[height, width]], np.int32))


def decoded(counts: bytes) -> list[int] | None:
    """The runs, or None if the text is no list of numbers."""
    runs: list[int] = []
    number, shift = 0, 0
    for byte in counts:
        code = byte - 48
        if not 0 <= code < 64:
            return None
        number |= (code & 31) << shift
        shift += 5
        if not code & 32:
            if code & 16:
                number -= 1 << shift
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number, shift = 0, 0
    return runs if shift == 0 else None


@given(st.lists(masks, max_size=10))
def test_areas_and_boxes_are_those_of_the_oracles(some: list[np.ndarray]) -> None:
    encoded = [encode(mask) for mask in some]
    sizes = np.array([mask.shape for mask in some], np.int32).reshape(-1, 2)
    result = read_run_lengths([entry["counts"] for entry in encoded], sizes)
    assert result.is_valid.all()
    for row, entry in enumerate(encoded):
        assert result.area[row] == coco_mask.area(entry) == some[row].sum()
        np.testing.assert_array_equal(result.box[row], coco_mask.toBbox(entry))
        np.testing.assert_array_equal(result.box[row], hotcoco.mask.toBbox(entry))


@given(st.lists(st.binary(max_size=12) | st.text("0123456789:;<=>?@PQRo`abn", max_size=12).map(str.encode), max_size=6))
def test_broken_text_is_found_and_does_not_disturb_its_neighbours(texts: list[bytes]) -> None:
    good = encode(np.eye(5, 7, dtype=np.uint8))["counts"]
    counts = [entry for text in texts for entry in (text, good)]
    result = read_run_lengths(counts, np.full((len(counts), 2), (5, 7), np.int32))
    assert result.is_valid[1::2].all()
    assert (result.area[1::2] == 5).all()
    for text, is_valid in zip(texts, result.is_valid[0::2], strict=True):
        runs = decoded(text)
        assert is_valid == (runs is not None and min(runs, default=0) >= 0 and sum(runs) == 35)


def test_total_must_be_the_size_of_the_mask() -> None:
    counts = encode(np.eye(5, 7, dtype=np.uint8))["counts"]
    assert read_one(counts, 5, 7).is_valid[0]
    for height, width in ((5, 8), (4, 7), (0, 7), (0, 0)):
        result = read_one(counts, height, width)
        assert not result.is_valid[0]
        assert np.isnan(result.area[0])
        assert np.isnan(result.box[0]).all()


def test_absent_counts_are_not_valid() -> None:
    result = read_run_lengths([None, b""], np.array([[5, 5], [5, 5]]))
    assert not result.is_valid.any()
    assert read_run_lengths([], np.zeros((0, 2))).area.shape == (0,)


def test_large_mask_and_many_chunks(monkeypatch) -> None:
    monkeypatch.setattr(run_lengths, "_CHUNK_BYTES", 50)
    generator = np.random.default_rng(3)
    some = [(generator.random((60, 80)) < 0.3).astype(np.uint8) for _ in range(20)]
    some.append(np.zeros((60, 80), np.uint8))
    some.append(np.ones((60, 80), np.uint8))
    result = read_run_lengths([encode(mask)["counts"] for mask in some], np.full((len(some), 2), (60, 80)))
    assert result.is_valid.all()
    np.testing.assert_array_equal(result.area, [mask.sum() for mask in some])
    np.testing.assert_array_equal(result.box, [coco_mask.toBbox(encode(mask)) for mask in some])
    wide = np.zeros((2000, 3000), np.uint8)
    wide[500:1500, 1000:2900] = 1
    assert read_one(encode(wide)["counts"], 2000, 3000).area[0] == 1_900_000
