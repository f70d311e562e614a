"""No reader takes the input of another: each sample is clearly of its own format, and of no other as clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

from predscope.formats import detect
from tests.formats.fuzzing import write_files
from tests.formats.samples import SAMPLES, Sample

_USABLE = 0.3
_CLEAR_LEAD = 0.05
_ALSO_SEEN = {
    # Masks of instances are class-index masks to the eye; what lies beside them tells.
    "instance_masks": {"masks"},
    # A table of boxes, with the columns of a format of its own.
    "open_images": {"table"},
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_of_its_own_format_alone(sample: Sample, tmp_path: Path) -> None:
    write_files(tmp_path, sample.files)
    found = {reader.name: seen for reader, seen in detect(tmp_path / sample.source, sample.role)}
    own = found.pop(sample.format)
    assert own.score >= _USABLE
    assert own.reason
    others = {name: seen.score for name, seen in found.items() if seen.score >= _USABLE}
    assert all(own.score - score > _CLEAR_LEAD for score in others.values()), others
    assert set(others) <= _ALSO_SEEN.get(sample.format, set()), others
