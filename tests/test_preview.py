"""The first frame of a staged import, from Python."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from predscope import Project, preview_first_frame, stage_labels, stage_predictions
from predscope.preview import app_for_preview
from predscope.running_app import project_served_at
from tests.shapes_dataset import ShapesDataset


def test_the_picture_shows_labels_and_staged_predictions(
    shapes_project: Project, shapes_dataset: ShapesDataset, tmp_path: Path
) -> None:
    with stage_predictions(shapes_project, shapes_dataset.predictions, name="new") as staged:
        preview = preview_first_frame(shapes_project, staged, start=False)
    assert preview.frame_id == "a"
    assert preview.link is None
    assert preview.image.shape == (120, 160, 3)
    blue = np.array([0x00, 0x72, 0xB2])
    assert (np.abs(preview.image.astype(int) - blue).sum(axis=2) < 30).sum() > 10, "red, green, blue"
    saved = cv2.imread(str(preview.save(tmp_path / "new folder" / "frame.png")))
    np.testing.assert_array_equal(saved[:, :, ::-1], preview.image)
    assert Project.open(shapes_project.path).revision == shapes_project.revision


def test_labels_can_be_previewed_too(shapes_project: Project, shapes_dataset: ShapesDataset) -> None:
    with stage_labels(shapes_project, shapes_dataset.labels, name="second") as staged:
        assert preview_first_frame(shapes_project, staged, start=False).frame_id == "a"


@pytest.mark.alone
def test_the_link_leads_to_an_app_that_is_started_if_none_runs(
    shapes_project: Project, shapes_dataset: ShapesDataset
) -> None:
    with (
        stage_predictions(shapes_project, shapes_dataset.predictions, name="new") as staged,
        app_for_preview(shapes_project) as app,
    ):
        preview = preview_first_frame(shapes_project, staged, app=app)
        assert preview.link == f"{app.url}/Frame?frame=a&preview={staged.staged_id}"
        assert project_served_at(app.url) == shapes_project.path
        with urllib.request.urlopen(preview.link) as page:
            assert page.status == 200
    assert project_served_at(app.url) is None, "what was started for it has ended"
