"""Painted pictures of labels and predictions."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from predscope.evaluation.semantic import Semantic
from predscope.exploration import FrameQuery
from predscope.exploration.pixel_pictures import BACKGROUND_COLOR, pixel_pictures
from predscope.exploration.semantic_performance import NOTHING, PixelQuery, semantic_performance
from predscope.importing import import_labels, import_predictions
from predscope.palette import class_color, to_bgr
from predscope.project import Project
from tests.semantic_dataset import VOID, SemanticFiles, write_semantic


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SemanticFiles:
    return write_semantic(tmp_path_factory.mktemp("semantic"))


@pytest.fixture(scope="module")
def project(files: SemanticFiles, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.create(tmp_path_factory.mktemp("project") / "p", images=files.images)
    made = import_labels(made, files.labels).project
    return import_predictions(made, files.predictions, name="model").project


def decoded(address: str) -> np.ndarray:
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def drawn(project: Project, pixels: PixelQuery, frames: list[int]) -> tuple[Semantic, list[tuple[np.ndarray, ...]]]:
    query = FrameQuery.of(project)
    found = semantic_performance(project, query, "model")
    found = found if pixels.with_background else found.without_background()
    pictures = pixel_pictures(project, query, "model", found, pixels, frames)
    return found, [(decoded(entry.label), decoded(entry.prediction)) for entry in pictures]


def test_classes_have_their_colours_and_errors_stand_out(files: SemanticFiles, project: Project) -> None:
    _, pictures = drawn(project, PixelQuery(), [7, 4])
    for frame, (label, prediction) in zip((7, 4), pictures, strict=True):
        truth, guess = files.label[frame], files.prediction[frame]
        assert label.shape == (96, 128, 4)
        for value, color in ((1, class_color(0)), (2, class_color(1)), (3, class_color(2)), (0, BACKGROUND_COLOR)):
            assert (label[truth == value, :3] == to_bgr(color)).all()
            assert (prediction[guess == value, :3] == to_bgr(color)).all()
        assert not label[truth == VOID, 3].any()
        known = truth != VOID
        strong, faint = (np.unique(prediction[known & (wrong), 3]) for wrong in (truth != guess, truth == guess))
        assert len(strong) == len(faint) == 1
        assert strong[0] > 3 * faint[0]


def test_only_what_is_asked_for_is_strong(files: SemanticFiles, project: Project) -> None:
    _, ((_, whole),) = drawn(project, PixelQuery(), [8])
    most = whole[..., 3].max()
    _, ((_, cell),) = drawn(project, PixelQuery("car", "road"), [8])
    is_cell = (files.label[8] == 2) & (files.prediction[8] == 1)
    np.testing.assert_array_equal(cell[..., 3] == most, is_cell)
    _, ((_, trees),) = drawn(project, PixelQuery(klass="tree"), [8])
    is_tree = ((files.label[8] == 3) | (files.prediction[8] == 3)) & (files.label[8] != files.prediction[8])
    np.testing.assert_array_equal(trees[..., 3] == most, is_tree & (files.label[8] != VOID))


def test_without_the_background_it_is_no_prediction(files: SemanticFiles, project: Project) -> None:
    found, ((label, _),) = drawn(project, PixelQuery("road", NOTHING, with_background=False), [5])
    is_strong = label[..., 3] == label[..., 3].max()
    assert is_strong.sum() == found.on_frames(np.arange(12) == 5).confusion[0, 4]
    np.testing.assert_array_equal(is_strong, (files.label[5] == 1) & (files.prediction[5] == 0))
