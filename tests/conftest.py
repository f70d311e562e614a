"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from predscope import Project, import_labels, import_predictions
from tests.shapes_dataset import ShapesDataset, make_shapes_dataset

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_DATA = ROOT / "sample_data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real labels and predictions that are too big, or not ours, to be committed; tests skip where they are absent."""
    folder = Path(os.environ.get("PREDSCOPE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set PREDSCOPE_SHARED_DATA)")
    return folder


@pytest.fixture
def shapes_dataset(tmp_path: Path) -> ShapesDataset:
    """Files of the small data set, in a folder of their own."""
    return make_shapes_dataset(tmp_path / "dataset")


@pytest.fixture
def shapes_project(shapes_dataset: ShapesDataset, tmp_path: Path) -> Project:
    """The small data set as a project with labels and the predictions of ``model``."""
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    import_labels(project, shapes_dataset.labels)
    import_predictions(Project.open(project.path), shapes_dataset.predictions, name="model")
    return Project.open(project.path)
