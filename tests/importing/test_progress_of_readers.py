"""Every format says how far it is, and an import that is ended on the way leaves nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from predscope import reading_progress
from predscope.errors import InputError
from predscope.importing import stage_labels, stage_predictions
from predscope.project import Project
from predscope.project.staging import STAGING_NAME
from tests.formats.samples import SAMPLES, Sample


class Enough(Exception):  # noqa: N818 - what somebody wants, not a fault
    pass


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_reading_may_be_ended_at_each_word(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_progress, "_PAUSE_SECONDS", 0.0)
    for name, content in sample.files.items():
        path = tmp_path / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    project = Project.create(tmp_path / "project")
    stage = stage_labels if sample.role == "labels" else stage_predictions
    source = tmp_path / "input" / sample.source
    words = 0

    def end_at(fatal: int) -> None:
        nonlocal words
        words = 0

        def progress(done: int, total: int, what: str) -> None:
            nonlocal words
            words += 1
            assert what
            assert done >= 0
            assert total == 0 or done <= total
            if words == fatal:
                raise Enough

        stage(project, source, format=sample.format, progress=progress).discard()

    with suppress(InputError):  # predictions have no frames here: it has been read until then
        end_at(0)
    last = words
    assert last
    for fatal in sorted({1, min(2, last), last // 2 or 1, last}):
        with pytest.raises(Enough):
            end_at(fatal)
        staging = project.path / STAGING_NAME
        assert not staging.is_dir() or not list(staging.iterdir())
    assert Project.open(project.path).revision == project.revision
