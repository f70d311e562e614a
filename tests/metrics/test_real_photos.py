"""On real photographs, the extremes of a metric are those that a person would pick; these were looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope import Project, import_labels
from predscope.metrics import frame_column, run_metrics
from predscope.metrics.duplicates import find_duplicates

PICKED = [
    ("brightness", "lowest", {"2007_001423", "2007_000272", "2007_000572"}),  # a stage, a bar, a street at night
    ("brightness", "highest", {"2007_001289", "2007_000480", "2007_000033"}),  # a glittering lake, white skies
    ("sharpness", "lowest", {"2007_000862", "2007_000243", "2007_000664"}),  # fog, a blue sky, a soft portrait
    ("sharpness", "highest", {"2007_000822", "2007_000629"}),  # grass, branches, gravel
    ("contrast", "lowest", {"2007_000243", "2007_000862"}),
    ("entropy", "lowest", {"2007_000243", "2007_000862"}),
    ("colourfulness", "lowest", {"2007_000123", "2007_000515", "2007_000862"}),  # two black and white, fog
    ("green_share", "highest", {"2007_001397"}),  # a lawn
    ("blue_share", "highest", {"2007_000243", "2007_001377"}),  # skies
    ("label_density", "highest", {"2007_000323", "2007_000129"}),  # faces and cyclists that fill the frame
    ("label_density", "lowest", {"2007_000862", "2007_000243"}),  # a boat, an aeroplane, far away
]


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = shared_data / "voc2012_rodm100"
    project = Project.create(tmp_path_factory.mktemp("photos") / "project", images=folder / "images")
    import_labels(project, folder / "gts" / "pascalvoc_format")
    project = Project.open(project.path)
    run_metrics(project)
    return project


@pytest.mark.parametrize(("name", "end", "expected"), PICKED)
def test_extremes_are_what_a_person_would_pick(photos: Project, name: str, end: str, expected: set[str]) -> None:
    values = frame_column(photos, name).values
    order = np.argsort(values if end == "lowest" else -values)[:6]
    assert expected <= set(photos.frames["frame_id"].iloc[order])


def test_photographs_of_different_things_are_no_duplicates(photos: Project) -> None:
    assert find_duplicates(photos) == []
    assert frame_column(photos, "uniqueness").values.min() > 0.2
