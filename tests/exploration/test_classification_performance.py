"""Classes of whole frames in a project: the numbers of the page, and that each opens what it counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import Outcome
from predscope.exploration import FrameQuery
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.data_kind import data_kinds
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import performance
from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.classification_dataset import ClassificationFiles, write_classification


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ClassificationFiles:
    return write_classification(tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def project(files: ClassificationFiles, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.create(tmp_path_factory.mktemp("project") / "p", images=files.images)
    made = import_labels(made, files.images).project
    return import_predictions(made, files.predictions, name="model").project


def asked(project: Project, **changes: object) -> ObjectQuery:
    return ObjectQuery(FrameQuery.of(project).with_(by="frame", **changes), "model")


@pytest.mark.parametrize("confidence", [0.0, 0.45])
def test_both_ways_of_counting_agree(project: Project, confidence: float) -> None:
    query = FrameQuery.of(project).with_(by="frame", confidence=confidence)
    point = performance(project, query, "model").at(confidence, query.iou)
    single = classification_performance(project, query, "model")
    assert point.counts.micro.recall == pytest.approx(single.accuracy)
    np.testing.assert_array_equal(point.confusion.counts[:-1], single.confusion)
    assert not point.confusion.counts[-1].any()
    table, own = point.counts.to_pandas(), single.to_pandas()
    for name in ("precision", "recall", "f1", "support"):
        np.testing.assert_allclose(table[name], own[name])


def test_every_cell_opens_its_frames(project: Project, files: ClassificationFiles) -> None:
    query = asked(project, confidence=0.3)
    found = classification_performance(project, query.frames, "model")
    names = [entry.name for entry in found.classes]
    for row, label in enumerate(names):
        for column, predicted in enumerate([*names, BACKGROUND]):
            selection = select_objects(project, query.with_(label_class=label, predicted_class=predicted))
            expected = found.frames_of(row, None if predicted == BACKGROUND else column)
            assert sorted(selection.frame_index.tolist()) == expected.tolist()
    right = select_objects(project, query.with_(outcomes=("tp",)))
    assert len(right) == (found.label == found.prediction).sum()
    assert set(right.outcome) == {Outcome.TRUE_POSITIVE}


def test_filters_of_frames_hold(project: Project) -> None:
    query = FrameQuery.of(project).with_(by="frame", label_classes=("cat", "dog"))
    single = classification_performance(project, query, "model")
    assert len(single.frame) == 30
    point = performance(project, query, "model").at(query.confidence, query.iou)
    assert point.counts.micro.recall == pytest.approx(single.accuracy)


def test_several_classes_a_frame_are_another_question(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("frame,class\na.jpg,cat\na.jpg,dog\nb.jpg,cat\n")
    (tmp_path / "found.csv").write_text("frame,class,confidence\na.jpg,cat,.9\nb.jpg,dog,.8\nb.jpg,cat,.7\n")
    project = import_labels(Project.create(tmp_path / "p"), tmp_path / "labels.csv").project
    project = import_predictions(project, tmp_path / "found.csv", name="model").project
    query = FrameQuery.of(project).with_(by="frame")
    assert classification_performance(project, query, "model") is None
    counts = performance(project, query, "model").at(0.0, query.iou).counts.micro
    assert (counts.tp, counts.fp, counts.fn) == (2, 1, 1)


def test_kinds_of_data(project: Project) -> None:
    assert data_kinds(project, FrameQuery.of(project), "model") == ("classification",)
