from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.analysis.binning import Binning, bins_for
from predscope.analysis.by_metric import performance_by_class, performance_by_metric
from predscope.analysis.two_metrics import performance_by_two_metrics
from predscope.evaluation.detection import Detection
from predscope.evaluation.intervals import wilson
from predscope.evaluation.objects import Objects
from predscope.metrics.metric import MeasuredOn
from predscope.schema import ObjectClass
from tests.analysis.columns import names, numbers
from tests.evaluation.problems import Problem, problems


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


def random_columns(rng: np.random.Generator, problem: Problem, kind: str):
    """A column of labels and one of predictions, or one of frames for both; some values missing."""
    if kind == "frame":
        column = numbers("m", _holed(rng, problem.frames), MeasuredOn.FRAME)
        return column, column
    if kind == "categories":
        column = names("m", [None if draw > 2 else "abc"[draw] for draw in rng.integers(0, 4, problem.frames)])
        return column, column
    return tuple(numbers("m", _holed(rng, len(objects))) for objects in (problem.labels, problem.predictions))


def _holed(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.where(rng.random(count) < 0.2, np.nan, rng.integers(0, 9, count) * 0.5)


@given(
    problems(ignored=True),
    st.sampled_from(["frame", "categories", "object"]),
    st.sampled_from(Binning),
    st.sampled_from([0.0, 0.3, 0.8]),
    st.integers(0, 9),
)
@settings(deadline=None, max_examples=150)
def test_bins_and_what_is_missing_add_up_to_the_operating_point(problem, kind, binning, confidence, seed) -> None:
    found = detection(problem)
    table = found.match_table(confidence, 0.5)
    columns = random_columns(np.random.default_rng(seed), problem, kind)
    bins = bins_for(table, *columns, binning=binning, count=4)
    point = found.operating_point(confidence, 0.5)
    whole = performance_by_metric(table, *columns, bins)
    for performance, counts in [
        (whole, point.micro),
        *((performance_by_metric(table, *columns, bins, entry.class_id), None) for entry in problem.classes),
    ]:
        labels, predictions = performance.labels, performance.predictions
        tp, fp, fn = (
            (counts.tp, counts.fp, counts.fn)
            if counts
            else (int(one[performance.class_id]) for one in (point.tp, point.fp, point.fn))
        )
        assert predictions.right.sum() + predictions.missing_right == tp
        assert predictions.total.sum() + predictions.missing_total == tp + fp
        assert labels.right.sum() + labels.missing_right == tp
        assert labels.total.sum() + labels.missing_total == tp + fn
    by_class = performance_by_class(table, *columns, bins)
    for class_id, performance in by_class.items():
        alone = performance_by_metric(table, *columns, bins, class_id)
        for side in ("labels", "predictions"):
            np.testing.assert_array_equal(getattr(performance, side).total, getattr(alone, side).total)
            np.testing.assert_array_equal(getattr(performance, side).right, getattr(alone, side).right)
    assert sum(int(one.labels.total.sum()) for one in by_class.values()) == whole.labels.total.sum()
    cells = performance_by_two_metrics(table, columns, columns, bins, bins)
    np.testing.assert_array_equal(cells.labels.total.sum(axis=1), whole.labels.total)
    np.testing.assert_array_equal(cells.predictions.right.sum(axis=0), whole.predictions.right)
    assert cells.predictions.missing == whole.predictions.missing_total


@pytest.fixture
def table():
    """Two frames: three labels, of which one is missed, and three predictions, of which one is wrong."""
    labels = Objects.from_arrays(
        np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([[0, 0, 10, 10], [50, 50, 20, 20], [0, 0, 40, 40]])
    )
    predictions = Objects.from_arrays(
        np.array([1, 0, 0]),
        np.array([0, 0, 0]),
        np.array([[0, 0, 40, 20], [0, 0, 10, 10], [80, 80, 5, 5]]),
        confidence=np.array([0.9, 0.8, 0.7]),
    )
    classes = (ObjectClass(0, "car"), ObjectClass(1, "dog"))
    return Detection(labels, predictions, classes, frame_count=2).match_table(0.1, 0.5)


def test_objects_are_measured_by_themselves_or_through_their_frame(table) -> None:
    # columns go by the row of the set, which is not the order of the frames
    area = numbers("area", [100, 400, 1600], unit="px²"), numbers("area", [800, 100, 25], unit="px²")
    bins = bins_for(table, *area, count=3)
    frame = performance_by_metric(table, *area, bins).to_pandas()
    by_area = {row.text: row for row in frame.itertuples()}
    assert [row.predictions for row in by_area.values()] == [1, 1, 1]
    assert list(frame["tp"]) == [0, 1, 1]
    assert list(frame["labels"]) == [0, 1, 2]
    night = names("light", ["day", "night"])
    light = performance_by_metric(table, night, night, bins_for(table, night, night)).to_pandas()
    assert light["text"].tolist() == ["light is day", "light is night"]
    assert light[["predictions", "tp", "fp", "labels", "found", "fn"]].to_numpy().tolist() == [
        [2, 1, 1, 2, 1, 1],
        [1, 1, 0, 1, 1, 0],
    ]
    assert light["precision"].tolist() == [0.5, 1.0]
    assert light["recall"].tolist() == [0.5, 1.0]
    assert light["fn_rate"].tolist() == [0.5, 0.0]
    assert light["f1"].tolist() == [0.5, 1.0]
    assert light["mean_iou"].tolist() == [1.0, 0.5]
    low, high = wilson(1, 2)
    assert light.loc[0, ["recall_low", "recall_high"]].tolist() == [low, high]
    assert light.loc[0, ["fn_rate_low", "fn_rate_high"]].tolist() == [1 - high, 1 - low]


def test_a_metric_of_one_side_gives_that_side(table) -> None:
    confidence = numbers("confidence", [0.9, 0.8, 0.7], MeasuredOn.PREDICTION)
    one = performance_by_metric(table, None, confidence, bins_for(table, None, confidence, count=2))
    frame = one.to_pandas()
    assert one.labels is None
    assert one.f1 is None
    assert frame["predictions"].sum() == 3
    assert frame[["labels", "recall", "fn_rate", "f1"]].isna().all(axis=None)
    other = performance_by_metric(
        table, numbers("m", [1, 2, 3], MeasuredOn.LABEL), None, bins_for(table, numbers("m", [1, 2, 3]), None)
    )
    assert other.to_pandas()["precision"].isna().all()
    assert other.to_pandas()["mean_iou"].tolist() == pytest.approx([1.0, np.nan, 0.5], nan_ok=True)


def test_the_map_tells_cells(table) -> None:
    light = names("light", ["day", "night"])
    shape = names("shape", ["wide", "tall"])
    bins = bins_for(table, light, light), bins_for(table, shape, shape)
    cells = performance_by_two_metrics(table, (light, light), (shape, shape), *bins).to_pandas()
    filled = cells[cells["labels"] > 0]
    assert len(cells) == 4
    assert filled[["first", "second", "labels", "found", "predictions", "tp"]].to_numpy().tolist() == [
        [0, 1, 2, 1, 2, 1],
        [1, 0, 1, 1, 1, 1],
    ]
