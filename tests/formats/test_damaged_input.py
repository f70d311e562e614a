"""Whatever stands in a file, a reader reads it or says what is wrong; what the fuzzing of samples does not reach."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input, readers
from tests.formats.fuzzing import bounded

_LABELS = json.dumps(
    {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 4, 2, 4, 6.5]]},
            {"id": 2, "image_id": 1, "category_id": 1, "segmentation": {"size": [3, 3], "counts": [4, 2, 3]}},
            {"id": 3, "image_id": 1, "category_id": 1, "keypoints": [1, 2, 2], "note": 'a\\"b'},
        ],
        "categories": [{"id": 1, "name": "x", "keypoints": ["a"], "skeleton": [[1, 1]]}],
    }
).encode()
_RESULTS = json.dumps(
    [
        {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": 1, "category_id": 1, "score": 1},
    ]
).encode()


def _read(path: Path, format: str, role: Any) -> None:
    """Read to the end; a clear error is as good."""
    with contextlib.suppress(InputError):
        reading = open_input(path, format=format, role=role)
        handed_over = sum(len(batch) for batch in reading.batches)
        assert handed_over >= 0
        assert reading.report.rows == reading.report.rejected


@pytest.mark.parametrize("content", [_LABELS, _RESULTS], ids=["labels", "results"])
def test_json_that_was_cut_short_is_never_read_as_if_it_were_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(InputError, match=r"x\.json"):
            open_input(path, format="coco", role="labels")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200),
    suffix=st.sampled_from([".json", ".txt", ".xml", ".png", ".yaml", ""]),
    format=st.sampled_from(["auto", "coco", "yolo", "voc", "masks"]),
)
def test_a_file_of_anything(tmp_path: Path, content: bytes, suffix: str, format: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    for role in ("labels", "predictions"):
        _read(path, format, role)
    head = content[: 1 << 16]
    for reader in readers().values():
        assert 0 <= reader.detect(path, head).score <= 1


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1", "0.5", ""]),
    lambda inner: (
        st.lists(inner, max_size=7) | st.dictionaries(st.sampled_from(["size", "counts", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)
_OPTIONAL_KEYS = ("segmentation", "keypoints", "area", "iscrowd", "id", "track_id", "attributes", "ignore", "x")
_RECORD = st.fixed_dictionaries(
    {
        "image_id": st.just(1) | _ANYTHING,
        "category_id": st.just(1) | _ANYTHING,
        "bbox": st.just([1, 2, 3, 4]) | _ANYTHING,
    },
    optional={
        "score": st.just(0.5) | _ANYTHING,
        **dict.fromkeys(_OPTIONAL_KEYS, _ANYTHING),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(_RECORD | _ANYTHING, min_size=1, max_size=4), wrapped=st.booleans(), members=_ANYTHING)
def test_records_with_anything_in_them_add_up(tmp_path: Path, records: list[Any], wrapped: bool, members: Any) -> None:
    value = {
        "images": [{"id": members, "file_name": members, "width": members}],
        "annotations": records,
        "categories": [members],
    }
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value if wrapped else records))
    for role in ("labels", "predictions"):
        with contextlib.suppress(InputError):
            reading = open_input(path, format="coco", role=role)
            handed_over = sum(len(batch) for batch in reading.batches)
            assert handed_over + reading.report.rejected == len(records)


@pytest.mark.parametrize("claimed", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_png_that_claims_more_than_memory_holds(tmp_path: Path, claimed: int) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.eye(9, dtype=np.uint8)).save(buffer, "png")
    content = buffer.getvalue()
    at = content.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:at] + claimed.to_bytes(4, "big") + content[at + 4 :])
    with bounded():
        reading = open_input(tmp_path, format="masks", role="labels")
        assert list(reading.batches) == []
    problem = reading.report.problems["mask_unusable"]
    assert problem.examples == ["a.png: it cannot be read (it claims to be larger than memory)"]


def test_text_of_a_parquet_file_that_is_no_text(tmp_path: Path) -> None:
    names = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xaeb")])
    columns = {"image": names, "class": ["car"], "score": [0.5], "x": [1.0], "y": [1.0], "w": [2.0], "h": [2.0]}
    pq.write_table(pa.table(columns), tmp_path / "predictions.parquet")
    with pytest.raises(InputError, match="is a damaged Parquet file"):
        list(open_input(tmp_path / "predictions.parquet", format="table", role="predictions").batches)
