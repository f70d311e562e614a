"""Every reader, on damaged files: what can be read is, the rest is said; never a traceback, a hang or much memory."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import PredscopeError
from predscope.formats import detect, open_input, readers
from predscope.formats.base import Reading
from predscope.importing import import_labels, import_predictions, stage_reading
from predscope.project import Project
from predscope.schema import DeclaredClass, DeclaredFrame
from tests.formats.fuzzing import bounded, damaged, write_files, zipped
from tests.formats.samples import SAMPLES, Sample

_LONGEST_MESSAGE = 4_000
pytestmark = [pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"), pytest.mark.long]
_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))
"""Damaged inputs a sample; many more find more, and take as much longer."""
_SETTINGS = settings(
    deadline=None,
    max_examples=_EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def test_every_reader_has_a_sample() -> None:
    assert {sample.format for sample in SAMPLES} >= set(readers())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_read_as_what_it_is(sample: Sample, tmp_path: Path) -> None:
    write_files(tmp_path, sample.files)
    source = tmp_path / sample.source
    found = detect(source, sample.role)
    assert found[0][0].name == sample.format, [(reader.name, detection) for reader, detection in found]
    reading = open_input(source, role=sample.role)
    rows = sum(len(batch) for batch in reading.batches)
    assert rows == sample.rows
    assert reading.report.rejected == 0, reading.report.to_json()
    assert reading.role == sample.role


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@_SETTINGS
@given(data=st.data())
def test_damaged_files_end_in_a_report_or_one_clear_error(sample: Sample, data: st.DataObject) -> None:
    files = data.draw(damaged(sample.files))
    format = data.draw(st.sampled_from([sample.format, "auto"]))
    folder = Path(tempfile.mkdtemp())
    try:
        write_files(folder, files)
        with bounded():
            _read_all(folder / sample.source, format, sample.role)
    finally:
        shutil.rmtree(folder)


def _read_all(source: Path, format: str, role: Any) -> None:
    try:
        reading = open_input(source, format=format, role=role)
        for batch in reading.batches:
            count = len(batch)
            for name in ("class_ref", "geometry", "place", "box", "confidence", "area", "is_crowd", "polygons"):
                column = getattr(batch, name)
                assert column is None or len(column) == count, name
    except PredscopeError as error:
        _check_message(error)
        return
    report = reading.report
    assert report.rows == report.rejected  # the rest is counted by the import
    for problem in report.problems.values():
        assert problem.count > 0
        assert len(problem.message) < _LONGEST_MESSAGE
        assert all(len(example) < _LONGEST_MESSAGE for example in problem.examples)


def _check_message(error: PredscopeError) -> None:
    assert 0 < len(str(error)) < _LONGEST_MESSAGE


_IMPORT_SETTINGS = settings(_SETTINGS, max_examples=max(_EXAMPLES // 5, 1))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@_IMPORT_SETTINGS
@given(data=st.data())
def test_a_damaged_import_leaves_a_project_that_opens(sample: Sample, data: st.DataObject) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        write_files(folder / "input", data.draw(damaged(sample.files)))
        _import_into_new_project(folder / "project", folder / "input" / sample.source, sample)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("sample", SAMPLES[:: len(SAMPLES) // 6], ids=lambda sample: sample.name)
@_IMPORT_SETTINGS
@given(data=st.data())
def test_a_damaged_archive_leaves_a_project_that_opens(sample: Sample, compression: int, data: st.DataObject) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        archive = {"input.zip": zipped(sample.files, compression)}
        write_files(folder, data.draw(damaged(archive)))
        _import_into_new_project(folder / "project", folder / "input.zip", sample)
    finally:
        shutil.rmtree(folder)


def _import_into_new_project(path: Path, source: Path, sample: Sample) -> None:
    """Onto the frames of the whole sample, where it is of predictions."""
    project = _with_frames_of(sample, Project.create(path))
    load = import_labels if sample.role == "labels" else import_predictions
    with bounded():
        try:
            result = load(project, source, format=sample.format)
        except PredscopeError as error:
            _check_message(error)
        else:
            report = result.report
            assert report.rows == report.imported + report.rejected
            assert result.objects.count == report.imported
    assert Project.open(path).frames is not None
    left = path / "staging"
    assert not left.is_dir() or not list(left.iterdir())


def _with_frames_of(sample: Sample, project: Project) -> Project:
    if sample.role == "labels":
        return project
    width, height = (1242, 375) if sample.format == "kitti" else (60, 40)
    frames = [DeclaredFrame(name, source_id=name, width=width, height=height) for name in _frame_names(sample.name)]
    classes = [DeclaredClass("car", "1"), DeclaredClass("person", "3")]
    with stage_reading(project, Reading("coco", "labels", frames, classes, iter(())), name="labels") as staged:
        return staged.publish().project


@cache
def _frame_names(name: str) -> tuple[str, ...]:
    sample = next(sample for sample in SAMPLES if sample.name == name)
    folder = Path(tempfile.mkdtemp())
    try:
        write_files(folder, sample.files)
        reading = open_input(folder / sample.source, role=sample.role)
        names = {str(name) for batch in reading.batches for name in batch.frame_ref}
    finally:
        shutil.rmtree(folder)
    return tuple(sorted(names))


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.role == "predictions"], ids=lambda s: s.name)
def test_predictions_find_the_frames_made_for_them(sample: Sample, tmp_path: Path) -> None:
    write_files(tmp_path / "input", sample.files)
    project = _with_frames_of(sample, Project.create(tmp_path / "project"))
    result = import_predictions(project, tmp_path / "input" / sample.source)
    assert result.report.rows == sample.rows
    assert result.report.imported > 0
    assert "unknown_frame" not in result.report.problems
