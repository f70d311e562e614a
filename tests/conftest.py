"""Fixtures that every test may use, and how tests share the machine when several processes run them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from predscope import Project, import_labels, import_predictions
from tests.shapes_dataset import ShapesDataset, make_shapes_dataset

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_DATA = ROOT / "sample_data"

_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
"""The process that runs these tests, where there are several."""
_DOOR, _FLOOR = Path(__file__), Path(__file__).with_name("__init__.py")
"""Two files to be locked; nothing is written to them."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes take whole files, and should end together: those that take longest come first."""
    if _WORKER is not None:
        sizes = Counter(item.path for item in items)
        items.sort(key=lambda item: (_turn_of(item), -sizes[item.path], str(item.path)))


def _turn_of(item: pytest.Item) -> int:
    return next((turn for turn, name in enumerate(("browser", "long")) if item.get_closest_marker(name)), 2)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with _turn(is_alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _turn(*, is_alone: bool) -> Iterator[None]:
    """A test marked ``alone`` waits for those of other processes, and they wait for it.

    Whoever wants the floor passes the door first, so one who waits for it to be empty waits for nobody who came later.
    """
    if _WORKER is None or os.name != "posix":
        yield
        return
    import fcntl

    with _DOOR.open() as door, _FLOOR.open() as floor:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(floor, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


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
