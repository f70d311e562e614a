"""What the views of classifications and of pixels say and open."""

from __future__ import annotations

import numpy as np
import pytest

from components.charts.binary_curves import ClassCurve, precision_recall_of_classes_chart, roc_chart
from components.charts.pixel_matrix import pixel_matrix_chart, short_count
from components.classification.view import class_table, exact_match, frames_sentence, single_label_figures
from components.performance.figures import Door
from components.semantic.view import frames_in_words
from predscope.evaluation.binary_curve import binary_curve
from predscope.exploration import FrameQuery
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import performance
from predscope.exploration.semantic_performance import PixelQuery, RankedFrames
from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.classification_dataset import write_classification


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("frames")
    files = write_classification(folder)
    made = import_labels(Project.create(folder / "p", images=files.images), files.images).project
    return import_predictions(made, files.predictions, name="model").project


def test_every_count_opens_as_many_frames(project: Project) -> None:
    query = ObjectQuery(FrameQuery.of(project).with_(by="frame", confidence=0.3), "model")
    point = performance(project, query.frames, "model").at(0.3, query.frames.iou)
    found = classification_performance(project, query.frames, "model")
    counted = {entry.name: entry for entry in single_label_figures(point, found, query) if entry.opens is not None}
    for name in ("right", "wrong", "none"):
        assert len(select_objects(project, counted[name].opens)) == int(counted[name].value), name
    assert sum(int(counted[name].value) for name in ("right", "wrong", "none")) == 60
    (door,) = [part for part in frames_sentence(point, found, query) if isinstance(part, Door)]
    assert door.text == "60 labelled frames"
    # A confused pair is one item, the prediction's; the frames are 60 all the same.
    assert len(np.unique(select_objects(project, door.opens).frame_index)) == 60
    assert exact_match(point) == pytest.approx(found.accuracy)


def test_the_table_has_intervals_and_areas(project: Project) -> None:
    query = FrameQuery.of(project).with_(by="frame")
    point = performance(project, query, "model").at(query.confidence, query.iou)
    table = class_table(point, classification_performance(project, query, "model"))
    assert table["labels"].tolist() == [15, 15, 15, 15]
    assert table["roc_auc"].between(0.5, 1).all()
    assert table["recall_interval"].str.match(r"(\.|1\.)\d\d–(\.|1\.)\d\d").all()
    assert "roc_auc" not in class_table(point, None)


def test_the_pixel_matrix_has_a_row_a_class() -> None:
    counts = np.array([[900, 50, 50], [0, 2_345_678, 0]])
    figure = pixel_matrix_chart(counts, ["road", "<b>car", "nothing"], "counts")
    assert list(figure.layout.yaxis.ticktext) == ["road", "&lt;b&gt;car"]
    assert list(figure.layout.xaxis.ticktext)[-1] == "nothing"
    assert list(figure.data[-2].text) == ["900", "50", "50", "2.3 M"]
    assert [list(entry) for entry in figure.data[-1].customdata][1] == ["road", "<b>car"]
    assert figure.data[-1].text[2].startswith("<b>50</b> pixels of road without a prediction<br>5.0%")
    shares = pixel_matrix_chart(counts, ["road", "car", "nothing"], "recall")
    assert list(shares.data[-2].text) == ["90", "5.0", "5.0", "100"]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (812, "812"), (1_000, "1.0 k"), (34_400, "34 k"), (1_200_000, "1.2 M")]
)
def test_pixels_in_few_characters(value: int, text: str) -> None:
    assert short_count(value) == text


def test_curves_are_named_with_their_areas() -> None:
    rng = np.random.default_rng(0)
    curve = binary_curve(rng.random(3_000), rng.random(3_000) < 0.3)
    for chart, word in ((roc_chart, "AUC"), (precision_recall_of_classes_chart, "AP")):
        figure = chart([ClassCurve("a <b>", "#112233", curve)])
        assert len(figure.data[0].x) <= 1_001
        assert word in figure.layout.annotations[0].text
        assert "&lt;b&gt;" in figure.layout.annotations[0].text


def test_frames_are_named_by_what_they_have_in_common() -> None:
    ranked = RankedFrames(np.array([3, 1]), np.array([120.0, 4.0]), ("120 px", "4 px"))
    assert frames_in_words(PixelQuery("road", "car"), ranked) == "124 pixels of road predicted as car, in 2 frames"
    assert frames_in_words(PixelQuery("road", "road"), ranked) == "124 pixels of road are right, in 2 frames"
    assert frames_in_words(PixelQuery(klass="car"), ranked) == "2 frames with car, the worst first"
    one = RankedFrames(np.array([3]), np.array([0.5]), ("mIoU .50",))
    assert frames_in_words(PixelQuery(), one) == "1 frame, the worst first"
