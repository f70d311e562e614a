from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from predscope.analysis.clustering import design_effect, intra_cluster_correlation
from predscope.analysis.slice_conditions import CLASS_METRIC, conditions_on, may_explain
from predscope.analysis.slice_sentences import sentence
from predscope.analysis.weak_slices import WeakSlice, find_weak_slices, search_side, slices_to_pandas
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from tests.analysis.columns import Model, benchmark_model, counted, names, numbers, sample_model
from tests.conftest import ROOT, SAMPLE_DATA


def rules(found: list[WeakSlice]) -> list[set[str]]:
    return [{wanted.to_param() for wanted in one.rule} for one in found]


def make_objects(seed: int, *, frames: int = 300, per_frame: float = 8, planted: bool = False, alike: float = 0.0):
    """Objects of frames of very different sizes with metrics of both, and outcomes that know nothing of them.

    Args:
        planted: but for small objects at night.
        alike: how much outcomes depend on the frame (0: not, 1: all objects of a frame have the same).
    """
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(frames), rng.geometric(1 / per_frame, frames))
    count = len(frame)
    light = rng.choice(["day", "dusk", "night"], frames, p=[0.5, 0.3, 0.2])[frame]
    area = rng.lognormal(7, 1.5, count)
    luck = np.where(rng.random(count) < alike, rng.random(frames)[frame], rng.random(count))
    is_right = luck < np.where(planted & (light == "night") & (area < 1024), 0.3, 0.85)
    kinds = rng.choice(3, count)
    columns = [
        names("light", light.tolist()),
        names("camera", rng.choice(list("abcd"), frames)[frame].tolist()),
        numbers("brightness", rng.random(frames)[frame]),
        numbers("contrast", rng.random(frames)[frame]),
        numbers("area", area, unit="px²"),
        numbers("aspect_ratio", rng.lognormal(0, 0.5, frames)[frame] * rng.lognormal(0, 0.2, count)),
        MetricColumn.categorical(CLASS_METRIC, kinds, ("car", "dog", "person")),
    ]
    return counted(frame, is_right, kinds), columns


def test_a_planted_slice_is_found_with_its_rule() -> None:
    objects, columns = make_objects(0, planted=True)
    found = search_side(objects, columns)
    first = found[0]
    assert {wanted.name for wanted in first.rule} == {"light", "area"}
    assert MetricRange("light", categories=("night",)) in first.rule
    (area,) = (wanted for wanted in first.rule if wanted.name == "area")
    assert area.low is None
    assert 900 <= area.high <= 1100
    held = np.logical_and.reduce(
        [wanted.holds(column) for wanted in first.rule for column in columns if column.metric.name == wanted.name]
    )
    assert first.count == held.sum()
    assert first.right == objects.is_right[held].sum()
    assert first.frames == len(np.unique(objects.frame[held]))
    assert first.overall == objects.is_right.mean()
    assert first.low < first.value < first.high < first.overall
    assert first.deficit_low == pytest.approx(first.overall - first.high)
    assert first.excess_errors == pytest.approx(first.deficit_low * first.count)
    assert first.q_value < 1e-9
    assert len(found) == 1, "what it explains is not repeated"
    assert "where light is night" in first.sentence


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0], ids=["objects", "half", "frames"])
def test_nothing_is_reported_where_there_is_nothing(alike: float) -> None:
    """Outcomes shuffled over objects, or whole frames at a time: at most one run in twenty reports anything."""
    sizes = ((200, 8), (60, 20))
    runs = [(seed, frames, per_frame) for seed in range(40) for frames, per_frame in sizes]
    reported = sum(
        bool(search_side(*make_objects(seed, frames=frames, per_frame=per_frame, alike=alike)))
        for seed, frames, per_frame in runs
    )
    assert reported <= len(runs) // 20


def test_shuffling_the_planted_outcomes_leaves_nothing() -> None:
    objects, columns = make_objects(0, planted=True)
    rng = np.random.default_rng(1)
    reported = 0
    for _ in range(60):
        shuffled = counted(objects.frame, rng.permutation(objects.is_right), objects.class_id)
        reported += bool(search_side(shuffled, columns))
    assert reported <= 3


def test_frames_of_a_video_count_as_one_where_groups_say_so() -> None:
    """One bad video of five looks like a night effect if its frames are taken for independent."""
    frame = np.repeat(np.arange(100), 6)
    video = np.arange(100) // 10
    is_right = np.where((video == 3)[frame], np.arange(600) % 3 == 0, True)
    columns = [names("light", ["night" if index in (3, 5) else "day" for index in video[frame]])]
    objects = counted(frame, is_right)
    assert rules(search_side(objects, columns)) == [{"light:~night"}]
    assert search_side(objects, columns, groups=video, minimum_clusters=1) == []


def test_groups_need_not_be_side_by_side() -> None:
    objects, columns = make_objects(3, planted=True)
    groups = np.arange(300) % 100
    found = search_side(objects, columns, groups=groups)
    assert {wanted.name for wanted in found[0].rule} == {"light", "area"}


def test_too_little_to_say() -> None:
    objects, columns = make_objects(0, frames=3, per_frame=4)
    assert search_side(objects, columns) == []
    frame = np.arange(200)
    assert search_side(counted(frame, np.ones(200, bool)), [numbers("m", frame)]) == []
    assert search_side(counted(frame, frame > 50), [numbers("m", np.full(200, np.nan))]) == []
    assert search_side(counted(frame, frame > 50), []) == []


def test_missing_values_are_in_no_slice() -> None:
    """All missed objects lack the metric: no range of it is to blame."""
    frame = np.arange(400)
    is_right = frame >= 100
    assert search_side(counted(frame, is_right), [numbers("m", np.where(is_right, frame % 7, np.nan))]) == []


def test_one_condition_only() -> None:
    objects, columns = make_objects(0, planted=True)
    assert all(len(one.rule) == 1 for one in search_side(objects, columns, depth=1))


def test_conditions_of_numbers_are_bounded_by_people_numbers_too() -> None:
    found = conditions_on(numbers("area", np.linspace(1, 20_000, 500), unit="px²"))
    assert MetricRange("area", None, 1024.0) in found.ranges
    assert MetricRange("area", 9216.0, None) in found.ranges
    column = numbers("area", np.linspace(1, 20_000, 500), unit="px²")
    for place, wanted in enumerate(found.ranges):
        np.testing.assert_array_equal(found.mask(place), wanted.holds(column))
    assert conditions_on(numbers("m", [1.0] * 50)) is None


def test_what_may_explain() -> None:
    def metric(name: str, **more) -> Metric:
        return Metric(name, name, MeasuredOn.FRAME, **more)

    assert may_explain(metric("brightness", needs="pixels"), "predictions")
    assert not may_explain(metric("frame_recall", needs="outcomes"), "labels")
    assert may_explain(metric("label_count", of_role="labels"), "labels")
    assert not may_explain(metric("label_count", of_role="labels"), "predictions")
    assert not may_explain(metric("mean_confidence", of_role="predictions"), "labels")
    crowding = Metric("crowding", "Crowding", MeasuredOn.OBJECT, needs="objects")
    assert may_explain(crowding, "labels")
    assert not may_explain(crowding, "predictions")
    assert not may_explain(Metric("confidence", "Confidence", MeasuredOn.PREDICTION), "predictions")


def test_design_effect() -> None:
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(2000), 10)
    independent, whole = rng.random(20_000) < 0.8, (rng.random(2000) < 0.8)[cluster]
    assert intra_cluster_correlation(cluster, independent) == pytest.approx(0, abs=0.01)
    assert intra_cluster_correlation(cluster, whole) == pytest.approx(1, abs=0.01)
    assert design_effect(cluster, independent)[0] == pytest.approx(1, abs=0.1)
    assert design_effect(cluster, whole) == (pytest.approx(10, rel=0.05), 2000)
    assert design_effect(cluster[:20], np.ones(20, bool), correlation=0.5) == (pytest.approx(5.5), 2)
    assert design_effect(cluster[:0], whole[:0]) == (1.0, 0)


def test_sentences() -> None:
    area, weather = Metric("area", "Area", MeasuredOn.OBJECT, unit="px²"), names("weather", ["rain"]).metric
    person = (CLASS_METRIC, MetricRange("class", categories=("person",)))
    small, rain = (area, MetricRange("area", None, 1024.0)), (weather, MetricRange("weather", categories=("rain",)))
    numbers_ = (0.309, 0.26, 0.3612, 1412, 0.739)
    assert sentence("labels", [small, person], *numbers_) == (
        'Recall on "person" smaller than 32x32 px: .31 [.26, .36], n = 1,412; overall .74'
    )
    assert sentence("predictions", [small, rain], *numbers_).startswith(
        "Precision on predictions smaller than 32x32 px where weather is rain: .31"
    )
    large = (area, MetricRange("area", 9216.0, None))
    assert sentence("labels", [large], 0.0, 0.0, 0.1, 20, 1.0) == (
        "Recall on labels of 96x96 px and larger: .00 [.00, .10], n = 20; overall 1.00"
    )
    between = (area, MetricRange("area", 100.0, 1024.0))
    assert "labels of 10x10 to 32x32 px" in sentence("labels", [between], *numbers_)


# What is planted in the sample data and in the generated benchmark comes first.


@pytest.fixture(scope="module")
def sample() -> dict[str, tuple[Model, list[WeakSlice]]]:
    if not (SAMPLE_DATA / "labels" / "instances.json").is_file():
        pytest.skip("the sample data has not been made")
    models = {name: sample_model(name) for name in ("model_a", "model_b")}
    return {name: (model, weak_slices(model)) for name, model in models.items()}


def weak_slices(model: Model, confidence: float = 0.1) -> list[WeakSlice]:
    table = model.detection.match_table(confidence, 0.5)
    return find_weak_slices(table, model.label_columns, model.prediction_columns, model.detection.classes)


def side(found: list[WeakSlice], role: str) -> list[WeakSlice]:
    return [one for one in found if one.role == role]


def test_weaknesses_of_model_a(sample) -> None:
    found = sample["model_a"][1]
    recall, precision = (rules(side(found, role)) for role in ("labels", "predictions"))
    assert recall[0] == {"area:..1024", "time_of_day:~night"}
    assert {"class:~truck"} in recall
    assert precision[0] == {"class:~bicycle"}
    assert {"class:~truck"} in precision[:3]
    assert any("class:~bus" in rule for rule in precision[:3])
    three = rules(found)[:3]
    assert three == [recall[0], {"class:~bicycle"}, {"class:~truck"}]
    assert found[0].sentence.startswith(
        "Recall on labels smaller than 32x32 px where time of day is night: .32 [.25, .40], n = 294; overall .79"
    )


def test_weaknesses_of_model_b(sample) -> None:
    found = sample["model_b"][1]
    assert rules(found)[:2] == [{"class:~traffic light"}] * 2
    assert {one.role for one in found[:2]} == {"labels", "predictions"}
    assert {"class:~dog", "weather:~rain"} in rules(side(found, "predictions"))[:3]


def test_slices_are_a_table(sample) -> None:
    model, found = sample["model_a"]
    table = slices_to_pandas(found)
    assert len(table) == len(found)
    assert table.loc[0, "rule"] == "time_of_day:~night area:..1024"
    assert (table["new_excess_errors"].diff().dropna() <= 0).all()
    assert (table["q_value"] <= 0.1).all()
    assert model.detection.operating_point(0.1, 0.5).micro.recall == table[table["role"] == "labels"]["overall"].iloc[0]


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 frames, of which those at night are hard, rain less so; small objects are missed more often."""
    given = Path(os.environ.get("PREDSCOPE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    script = given.parent / "bench" / "make_synth.py"
    if not script.is_file():
        pytest.skip("no generator of the benchmark")
    folder = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, str(script), "--out", str(folder), "--no-images", "--n", "1200"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", ["pred", "pred_b"])
def test_night_is_found_in_the_benchmark(benchmark: Path, name: str) -> None:
    model = benchmark_model(benchmark, name)
    for confidence in (0.1, 0.4):
        found = weak_slices(model, confidence)
        for role in ("labels", "predictions"):
            assert any("weather:~night" in rule for rule in rules(side(found, role))[:3]), (role, confidence)
        assert not any("camera" in wanted.name for one in found[:6] for wanted in one.rule)
