from __future__ import annotations

import numpy as np
import pytest

from predscope.analysis import importance
from predscope.analysis.importance import importance_to_pandas, metric_importance
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import Objects
from predscope.metrics.metric import MeasuredOn
from predscope.schema import ObjectClass
from tests.analysis.columns import names, numbers


def make_table(seed: int = 0, frames: int = 300, per_frame: int = 10, night_recall: float = 0.3, alike: float = 0.0):
    """Labels, each with a prediction of the same box or none: found by day, less often at night."""
    rng = np.random.default_rng(seed)
    count = frames * per_frame
    frame = np.repeat(np.arange(frames), per_frame)
    light = np.where(rng.random(frames) < 0.3, "night", "day")
    luck = np.where(rng.random(count) < alike, rng.random(frames)[frame], rng.random(count))
    found = luck < np.where(light[frame] == "night", night_recall, 0.9)
    box = np.tile([0.0, 0.0, 10.0, 10.0], (count, 1))
    box[:, 0] = np.tile(np.arange(per_frame) * 20, frames)
    labels = Objects.from_arrays(frame, np.zeros(count, int), box)
    given = np.flatnonzero(found)
    shifted = box[given] + np.stack([rng.random(len(given)) * 2, *np.zeros((3, len(given)))], axis=1)
    predictions = Objects.from_arrays(
        frame[given], np.zeros(len(given), int), shifted, confidence=np.full(len(given), 0.9)
    )
    detection = Detection(labels, predictions, (ObjectClass(0, "car"),), frame_count=frames)
    return detection.match_table(0.1, 0.5), light.tolist(), found


def test_what_matters_comes_first_and_noise_is_not_significant() -> None:
    table, light, found = make_table()
    rng = np.random.default_rng(1)
    brightness = np.where(np.array(light) == "night", 0.2, 0.7) + rng.normal(0, 0.05, 300)
    columns = [
        numbers("noise", rng.random(300), MeasuredOn.FRAME),
        numbers("noise_of_labels", rng.random(3000), MeasuredOn.LABEL),
        names("light", light),
        numbers("brightness", brightness, MeasuredOn.FRAME),
    ]
    result = metric_importance(table, columns, columns)
    recall = {one.metric.name: one for one in result if one.role == "labels" and one.target == "correct"}
    assert list(recall)[:2] == ["light", "brightness"]
    night = np.array(light)[np.repeat(np.arange(300), 10)] == "night"
    expected = _mutual_information(night, found) / _entropy(found)
    assert recall["light"].information == pytest.approx(expected)
    assert np.isnan(recall["light"].correlation)
    assert recall["brightness"].correlation > 0.3
    assert recall["brightness"].p_value == pytest.approx(1 / 201)
    assert recall["brightness"].information > 20 * recall["brightness"].threshold
    for name in ("noise", "noise_of_labels"):
        assert recall[name].q_value > 0.05
        assert recall[name].information < 0.02
        assert abs(recall[name].correlation) < 0.1
    frame = importance_to_pandas(result)
    assert len(frame) == len(result) == 2 * 4 + 2 * 3
    assert frame["beyond_chance"].is_monotonic_decreasing


def test_information_equals_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    stats = pytest.importorskip("scipy.stats")
    table, *_ = make_table()
    values = np.random.default_rng(2).integers(0, 6, 3000)
    values = np.where(table.label_iou > 0.8, values + 2, values).astype(float)
    (correct,) = (one for one in metric_importance(table, [numbers("m", values)], []) if one.target == "correct")
    is_found = table.label_outcome == 1
    assert correct.information == pytest.approx(metrics.mutual_info_score(values, is_found) / _entropy(is_found))
    assert correct.correlation == pytest.approx(stats.spearmanr(values, is_found).statistic)
    (iou,) = (one for one in metric_importance(table, [numbers("m", values)], []) if one.target == "iou")
    assert iou.correlation == pytest.approx(stats.spearmanr(values, table.label_iou).statistic)


def test_missing_values_are_left_out_and_not_made_up() -> None:
    table, _, found = make_table()
    values = np.random.default_rng(3).random(3000)
    one, other = (
        next(entry for entry in metric_importance(table, [numbers("m", given)], []) if entry.target == "correct")
        for given in (values, np.where(found, values, np.nan))
    )
    assert (one.count, one.missing) == (3000, 0)
    assert (other.count, other.missing) == (found.sum(), (~found).sum())
    assert other.information == 0  # of those with a value, every one is found: nothing is left to explain
    assert np.isnan(other.correlation)
    assert metric_importance(table, [numbers("m", np.full(3000, np.nan))], []) == []


def test_constants_explain_nothing() -> None:
    table, *_ = make_table()
    for entry in metric_importance(table, [numbers("m", np.ones(3000))], []):
        assert entry.information == 0
        assert entry.p_value == 1
        assert np.isnan(entry.correlation)


@pytest.mark.parametrize("alike", [0.0, 0.7])
def test_p_values_hold_what_they_promise(alike: float) -> None:
    """Noise, also where the outcomes of a frame are alike: about one in twenty p values is below .05."""
    below = total = 0
    for seed in range(12):
        table, *_ = make_table(seed, frames=150, per_frame=8, night_recall=0.9, alike=alike)
        rng = np.random.default_rng(seed)
        columns = [numbers(f"m{place}", rng.random(150), MeasuredOn.FRAME) for place in range(8)]
        found = metric_importance(table, columns, [], shuffles=100, seed=seed)
        p_values = [one.p_value for one in found if one.target == "correct"]
        below, total = below + sum(value < 0.05 for value in p_values), total + len(p_values)
    assert below / total < 0.12


def test_random_tables_have_the_margins_of_the_data() -> None:
    counts = np.array([[5, 2, 9], [0, 7, 1], [3, 3, 3]])
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    tables = importance._shuffled(rows, columns, 4000, np.random.default_rng(0))
    assert (tables.sum(axis=1) == columns).all()
    assert (tables.sum(axis=2) == rows).all()
    np.testing.assert_allclose(tables.mean(axis=0), np.outer(rows, columns) / counts.sum(), atol=0.1)


def test_equal_seeds_give_equal_numbers() -> None:
    table, light, _ = make_table()
    first, second = (importance_to_pandas(metric_importance(table, [names("light", light)], [], seed=4)) for _ in "ab")
    assert first.equals(second)


def _entropy(flags: np.ndarray) -> float:
    share = np.array([flags.mean(), 1 - flags.mean()])
    return float(-(share * np.log(share)).sum())


def _mutual_information(first: np.ndarray, second: np.ndarray) -> float:
    joint = np.array([[np.mean((first == a) & (second == b)) for b in (False, True)] for a in (False, True)])
    return float((joint * np.log(joint / np.outer(joint.sum(axis=1), joint.sum(axis=0)))).sum())
