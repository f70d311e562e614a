"""What the Data page says of frames and objects: every count selects as many, and planted oddities are found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from predscope.analysis.outliers import Severity, find_outliers
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.data_summary import (
    BARS,
    MOST_CATEGORIES,
    Bar,
    Distribution,
    Tail,
    describe,
    distributions,
    drift_between,
    frame_sizes,
    known_columns,
    parts_on_offer,
    sides_of,
)
from predscope.exploration.label_checks import check_labels
from predscope.exploration.look_alikes import EXACT, NEAR, count_look_alikes, look_alikes
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.set_objects import set_crops, set_objects
from predscope.importing import import_labels, import_predictions
from predscope.metrics import MetricColumn, MetricRange, run_metrics
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.payload import project_layers
from predscope.project import Project

FRAME_COUNT = 24
DARK, COPY_OF, NEARLY = 3, (5, 20), (6, 21)
LABELS = Side("labels", "labels")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """24 frames, one much darker, one a copy, one nearly alike; labels that are tiny, doubled, at the border."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    images, labels, predictions = [], [], []

    def file_of(index: int) -> Path:
        return folder / "images" / f"{index:02d}.png"

    for index in range(FRAME_COUNT):
        side = (96, 128) if index % 3 else (120, 120)
        coarse = rng.integers(90, 220, (6, 8, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, side[::-1], interpolation=cv2.INTER_CUBIC)
        if index == DARK:
            picture = (picture * 0.12).astype(np.uint8)
        if index == NEARLY[1]:
            picture = cv2.imread(str(file_of(NEARLY[0]))) + np.uint8(3)
        cv2.imwrite(str(file_of(index)), picture)
        if index == COPY_OF[1]:
            shutil.copy(file_of(COPY_OF[0]), file_of(index))
        height, width = cv2.imread(str(file_of(index))).shape[:2]
        attributes = {"weather": "rain" if index < 8 else "sun" if index < 23 else "fog"}
        images.append(
            {"id": index + 1, "file_name": f"{index:02d}.png", "width": width, "height": height}
            | {"attributes": attributes}
        )

        def add(box: list[float], category: int = 1, image: int = index + 1) -> None:
            labels.append(
                {"id": len(labels) + 1, "image_id": image, "category_id": category, "bbox": box, "iscrowd": 0}
                | {"area": box[2] * box[3]}
            )
            predictions.append({"image_id": image, "category_id": category, "bbox": box, "score": 0.5})

        add([20, 20, 30, 30 + index % 5])
        add([60, 30, 25, 24 + index % 3], 2)
        if index == 7:
            add([21, 20, 30, 30 + index % 5])
        if index in (8, 9):
            add([70, 70, 3, 4])
        if index == 10:
            add([0, 40, 12, 18])
    categories = [{"id": number, "name": name} for number, name in enumerate(("car", "person"), start=1)]
    (folder / "labels.json").write_text(
        json.dumps({"images": images, "annotations": labels, "categories": categories}), encoding="utf-8"
    )
    (folder / "model.json").write_text(json.dumps(predictions), encoding="utf-8")
    project = Project.create(folder / "project", images=folder / "images")
    import_labels(project, folder / "labels.json")
    import_predictions(Project.open(project.path), folder / "model.json", name="model")
    project = Project.open(project.path)
    run_metrics(project, workers=0)
    return project


def selected(project: Project, side: Side, where: MetricRange) -> int:
    query = FrameQuery.of(project)
    if side.role is None:
        return len(select_frames(project, query.with_(metric_ranges=(where,))))
    return len(set_objects(project, side, [where], query))


def counted(entry: Distribution) -> list[tuple[MetricRange, int]]:
    """Every range of a distribution with its count."""
    found = [(bar.where, bar.count) for bar in entry.bars]
    for tail in (entry.low, entry.high):
        if tail is not None:
            found.append((tail.where, tail.count))
            if tail.severe_where is not None:
                found.append((tail.severe_where, tail.severe_count))
    return found


def test_every_count_selects_as_many(odd: Project) -> None:
    doors = 0
    for side in sides_of(odd):
        total = len(odd.frames) if side.role is None else odd.objects(side.role, side.set_name).count
        entries = distributions(odd, side, FrameQuery.of(odd))
        assert entries
        for entry in entries:
            assert entry.known + entry.missing == total
            assert sum(bar.count for bar in entry.bars) == entry.known, "every value is in one bar"
            for where, count in counted(entry):
                again = MetricRange.from_param(where.to_param())
                assert again == where
                assert selected(odd, side, where) == count, (side, where)
                doors += 1
    assert doors > 300


def test_a_dark_frame_is_an_outlier_below(odd: Project) -> None:
    brightness = next(
        entry for entry in distributions(odd, FRAMES, FrameQuery.of(odd)) if entry.metric.name == "brightness"
    )
    assert brightness.low is not None
    assert (brightness.low.count, brightness.low.severe_count) == (1, 1)
    query = FrameQuery.of(odd).with_(metric_ranges=(brightness.low.where,))
    assert select_frames(odd, query).indices.tolist() == [DARK]


def test_outliers_are_those_of_the_analysis() -> None:
    rng = np.random.default_rng(4)
    metric = Metric("m", "M", MeasuredOn.FRAME)
    for values in (rng.lognormal(0, 1, 500), -rng.lognormal(0, 1, 500), rng.standard_t(2, 500) * 1e-6, [1.0, 2.0]):
        column = MetricColumn.numeric(metric, np.append(values, np.nan))
        outliers, entry = find_outliers(column), describe(column)
        for tail, is_there in (
            (entry.low, column.values < outliers.median),
            (entry.high, column.values > outliers.median),
        ):
            moderate, severe = (is_there & (outliers.severity >= one) for one in (Severity.MODERATE, Severity.SEVERE))
            assert (tail is not None) == bool(moderate.any())
            if tail is not None:
                assert tail.where.holds(column).tolist() == moderate.tolist()
                assert tail.severe_count == severe.sum()
                if tail.severe_where is not None:
                    assert tail.severe_where.holds(column).tolist() == severe.tolist()


@pytest.mark.parametrize(
    ("values", "bars"),
    [([5.0] * 10, 1), ([np.nan, 1.0], 1), (list(range(4)) * 3, 4), (list(range(400)), BARS), ([0, 1, 1, 1], 2)],
)
def test_bars_of_whole_numbers(values: list[float], bars: int) -> None:
    column = MetricColumn.numeric(Metric("m", "M", MeasuredOn.FRAME, is_integer=True), values)
    entry = describe(column)
    assert len(entry.bars) == bars
    assert sum(bar.count for bar in entry.bars) == entry.known
    assert all(int(bar.where.holds(column).sum()) == bar.count for bar in entry.bars)


def test_many_categories_end_in_one_bar_of_all_others() -> None:
    names = [f"c{number:02d}" for number in range(30) for _ in range(number + 1)]
    column = MetricColumn.from_names(Metric("m", "M", MeasuredOn.FRAME, is_categorical=True), [*names, None])
    entry = describe(column)
    assert len(entry.bars) == MOST_CATEGORIES + 1
    assert entry.bars[0] == Bar(MetricRange("m", categories=("c29",)), 30)
    assert len(entry.bars[-1].where.categories) == 30 - MOST_CATEGORIES
    assert sum(bar.count for bar in entry.bars) == len(names) == entry.known
    assert (entry.missing, entry.low, entry.high) == (1, None, None)
    assert np.isnan(entry.median)


def test_nothing_known_has_no_bars() -> None:
    entry = describe(MetricColumn.numeric(Metric("m", "M", MeasuredOn.FRAME), [np.nan, np.nan]))
    assert (entry.known, entry.missing, entry.bars, entry.outlier_count) == (0, 2, (), 0)


def test_a_tail_is_told_in_few_digits() -> None:
    values = np.append(np.linspace(0.1, 0.2, 50), [0.7123456, 0.9])
    entry = describe(MetricColumn.numeric(Metric("m", "M", MeasuredOn.FRAME), values))
    assert entry.high == Tail(MetricRange("m", 0.7), 2, MetricRange("m", 0.7), 2)


def test_sizes_are_grouped_and_open_their_frames(odd: Project) -> None:
    query = FrameQuery.of(odd)
    sizes = frame_sizes(odd, query)
    assert {(size.width, size.height) for size in sizes} == {(128, 96), (120, 120)}
    assert [size.count for size in sizes] == sorted((size.count for size in sizes), reverse=True)
    assert sum(size.count for size in sizes) == FRAME_COUNT
    for size in sizes:
        assert len(select_frames(odd, query.with_(metric_ranges=size.where))) == size.count


def test_copies_and_near_ones_are_side_by_side(odd: Project) -> None:
    query = FrameQuery.of(odd)
    found = look_alikes(odd, query)
    assert found is not None
    assert [(one.frames, one.is_exact) for one in found] == [(COPY_OF, True), (NEARLY, False)]
    assert found[0].bits == (0, 0)
    assert 0 <= found[1].bits[1] <= 6
    assert count_look_alikes(odd, query, EXACT) == 2
    for where in (EXACT, NEAR):
        chosen = select_frames(odd, query.with_(metric_ranges=(where,)))
        assert len(chosen) == count_look_alikes(odd, query, where)
    assert set(NEARLY) < set(select_frames(odd, query.with_(metric_ranges=(NEAR,))).indices.tolist())


def test_labels_that_deserve_a_second_look(odd: Project) -> None:
    query = FrameQuery.of(odd)
    found = {one.check.name: one for one in check_labels(odd, "labels", query)}
    assert found["twice"].count == 2
    assert found["tiny"].count == 3, "two slips, and the thing at the border"
    assert found["border"].count == 1
    assert found["huge"].count == 0
    assert found["shape"].count is None, "boxes have no outline"
    assert found["gap"].count is None, "and these frames no order"
    for one in found.values():
        if one.count is not None:
            assert len(set_objects(odd, LABELS, [one.check.where], query)) == one.count


def test_objects_come_the_farthest_out_first_and_as_crops(odd: Project) -> None:
    query = FrameQuery.of(odd)
    areas = odd.objects("labels").table(["area"])["area"].to_numpy()
    small = set_objects(odd, LABELS, [MetricRange("area", None, 700)], query)
    large = set_objects(odd, LABELS, [MetricRange("area", 700)], query)
    assert areas[small.rows].tolist() == sorted(areas[small.rows].tolist())
    assert areas[large.rows].tolist() == sorted(areas[large.rows].tolist(), reverse=True)
    assert len(small) + len(large) == small.total == len(areas)
    layer = next(layer for layer in project_layers(odd) if layer.role == "labels")
    crops = set_crops(odd, layer, small, small.page(1, 3), lambda index, version, box: f"/{index}/{box}")
    assert [crop["frame"] for crop in crops] == [f"labels:{row}" for row in small.rows[:3].tolist()]
    assert crops[0]["title"] == "car"
    assert crops[0]["words"] == "area 12 px²"
    assert crops[0]["objects"][-1][0] == small.rows[0], "the object itself is drawn last, on top"
    both = set_objects(odd, LABELS, [MetricRange("area", 600), MetricRange("class", categories=("person",))], query)
    assert 0 < len(both) < small.total - 1
    assert len(set_objects(odd, LABELS, [MetricRange("nowhere", 1)], query)) == 0
    with pytest.raises(ValueError, match="frames"):
        set_objects(odd, FRAMES, [MetricRange("area", 1)], query)


def test_two_parts_are_compared_in_every_metric(odd: Project) -> None:
    query = FrameQuery.of(odd)
    offered = parts_on_offer(odd, query)
    assert list(offered) == ["weather"]
    found = drift_between(odd, FRAMES, query, offered["weather"], "rain", None)
    assert (int(found.first.sum()), int(found.second.sum())) == (8, 16)
    assert "weather" not in found.columns
    assert {one.metric.name for one in found.drifts} <= set(found.columns)
    narrow = drift_between(odd, FRAMES, query, offered["weather"], "rain", "sun")
    assert int(narrow.second.sum()) == 15
    of_labels = drift_between(odd, LABELS, query, offered["weather"], "rain", "sun")
    assert len(of_labels.is_first) == odd.objects("labels").count
    assert "brightness" not in of_labels.columns, "frames are compared as frames"
    assert {"area", "width"} <= set(of_labels.columns)


def test_what_tells_nothing_is_left_out(odd: Project) -> None:
    names = {column.metric.name for column in known_columns(odd, FRAMES, FrameQuery.of(odd))}
    assert "random" not in names
    assert "frame_f1" not in names, "outcomes are no property of the data"
