"""Pixels of a project against a direct count of the PNGs that it was made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hotcoco import metrics

from predscope.evaluation.semantic import Semantic
from predscope.exploration import FrameQuery
from predscope.exploration import semantic_performance as module
from predscope.exploration.data_kind import data_kinds
from predscope.exploration.semantic_performance import (
    NOTHING,
    PixelQuery,
    class_names,
    count_pixels,
    rank_frames,
    semantic_performance,
)
from predscope.importing import import_labels, import_predictions
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


def expected_confusion(files: SemanticFiles, frame: int) -> np.ndarray:
    """int (4, 5) with the classes in the order of the project: road, car, tree, background; nothing."""
    place = np.full(256, -1)
    place[[1, 2, 3, 0]] = range(4)
    label, prediction = files.label[frame], files.prediction[frame]
    if label is None:
        return np.zeros((4, 5), np.int64)
    known = label != VOID
    column = np.full(label.shape, 4) if prediction is None else place[prediction]
    return np.bincount(place[label[known]] * 5 + column[known], minlength=20).reshape(4, 5)


def test_equal_to_counting_the_pngs(files: SemanticFiles, project: Project) -> None:
    found = semantic_performance(project, FrameQuery.of(project), "model")
    assert class_names(found) == ["road", "car", "tree", "background", NOTHING]
    expected = [expected_confusion(files, frame) for frame in range(len(files.names))]
    np.testing.assert_array_equal(found.confusion, sum(expected))
    assert found.frames.tolist() == [*range(1, len(files.names))]  # the first has no label mask
    for frame in found.frames.tolist():
        alone = found.on_frames(np.arange(len(files.names)) == frame)
        np.testing.assert_array_equal(alone.confusion, expected[frame], err_msg=f"frame {frame}")
    reference = metrics.mean_iou(np.hstack([sum(expected)[:, :4]]))
    missed = found.on_frames(np.arange(len(files.names)) != 1)  # the reference has no pixels of no prediction
    reference = metrics.mean_iou(sum(expected[2:])[:, :4])
    assert missed.mean_iou == pytest.approx(reference["mIoU"])
    assert missed.frequency_weighted_iou == pytest.approx(reference["fwIoU"])
    assert missed.pixel_accuracy == pytest.approx(reference["aAcc"])


def test_frames_without_a_prediction_are_nothing_and_empty_ones_background(
    files: SemanticFiles, project: Project
) -> None:
    found = semantic_performance(project, FrameQuery.of(project), "model")
    assert found.frame_pixels(None, 4).nonzero()[0].tolist() == [0]
    assert found.frame_pixels(3, None)[1] == files.label[2].size


def test_the_background_may_be_left_out(project: Project) -> None:
    found = semantic_performance(project, FrameQuery.of(project), "model")
    without = found.without_background()
    assert not without.confusion[3].any()
    np.testing.assert_array_equal(without.confusion[:3, :3], found.confusion[:3, :3])
    assert without.confusion[:, 4].tolist() == [*(found.confusion[:, 3] + found.confusion[:, 4])[:3].tolist(), 0]
    assert 2 not in without.frames  # the frame without objects
    assert np.isnan(without.iou[3])


def test_counts_are_kept_by_content(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    labels, predictions = project.objects("labels"), project.objects("predictions")
    first = count_pixels(project, labels, predictions)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(module, "evaluate_semantic", lambda *_, **__: pytest.fail("counted again"))
    again = count_pixels(project, labels, predictions, progress=lambda *done: seen.append(done))
    np.testing.assert_array_equal(first.confusion, again.confusion)
    assert again.background == first.background == 3
    assert not seen
    for path in (project.cache_dir / "evaluation").glob("pixels-*.npz"):
        path.write_bytes(path.read_bytes()[:50])
    monkeypatch.undo()
    whole = count_pixels(project, labels, predictions, progress=lambda *done: seen.append(done))
    np.testing.assert_array_equal(first.confusion, whole.confusion)
    assert seen[-1] == (11, 11)


def test_classes_that_came_later_stand_before_the_background(project: Project) -> None:
    found = count_pixels(project, project.objects("labels"), project.objects("predictions"))
    arrays = {name: getattr(found.cells, name) for name in ("frame", "label", "predicted", "pixels")}
    arrays |= {"frames": found.frames, "classes": np.int64(2)}
    wider = module.from_arrays(arrays, project.classes, has_background=True)
    assert isinstance(wider, Semantic)
    assert (wider.cells.label[found.cells.label >= 2] == found.cells.label[found.cells.label >= 2] + 1).all()


def test_a_number_opens_the_frames_that_it_is_made_of(project: Project) -> None:
    query = FrameQuery.of(project)
    found = semantic_performance(project, query, "model")
    names = class_names(found)
    for label, predicted in ((1, 0), (2, 1), (0, 4)):
        cell = rank_frames(found, PixelQuery(names[label], names[predicted]))
        assert cell.values.sum() == found.confusion[label, predicted]
        assert (np.diff(cell.values) <= 0).all()
        assert cell.words[0] == f"{int(cell.values[0]):,} px"
    worst = rank_frames(found, PixelQuery())
    assert len(worst) == 11
    assert worst.indices[0] == 1  # nothing was predicted there
    assert (np.diff(worst.values) >= 0).all()
    trees = rank_frames(found, PixelQuery(klass="tree"))
    alone = found.on_frames(np.arange(12) == trees.indices[-1])
    assert trees.values[-1] == pytest.approx(alone.iou[2])
    assert trees.words[-1].startswith("IoU .")


def test_filters_of_frames_hold(project: Project) -> None:
    query = FrameQuery.of(project).with_(label_classes=("car",))
    some, whole = (semantic_performance(project, entry, "model") for entry in (query, FrameQuery.of(project)))
    assert set(some.frames) < set(whole.frames)


@pytest.mark.parametrize(
    "query",
    [
        PixelQuery(),
        PixelQuery("road", "car"),
        PixelQuery("a~b", NOTHING, with_background=False),
        PixelQuery(klass="road"),
    ],
)
def test_a_link_gives_the_same_question(query: PixelQuery) -> None:
    assert PixelQuery.from_params(query.to_params(), ["road", "car", "a~b"]) == query


def test_links_to_other_data_are_named() -> None:
    query = PixelQuery.from_params({"pixels": "sky~car", "pixelclass": "sea"}, ["road", "car"])
    assert query == PixelQuery()
    assert query.ignored == ("pixels “sky” predicted as “car”", "class “sea”")


def test_kinds_of_data(project: Project, tmp_path: Path) -> None:
    assert data_kinds(project, FrameQuery.of(project), "model") == ("semantic", "objects")
