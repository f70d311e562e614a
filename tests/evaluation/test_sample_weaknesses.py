"""What was planted in the sample data shows up where it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predscope.evaluation.calibration import calibrate
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import Outcome, Reason
from predscope.evaluation.slices import SliceNumbers, on_frames, on_objects, slice_numbers
from predscope.evaluation.tide import find_errors
from tests.evaluation import real_data

SAMPLE_DATA = Path(__file__).resolve().parents[2] / "sample_data"


@pytest.fixture(scope="module")
def models() -> dict[str, Detection]:
    labels = SAMPLE_DATA / "labels" / "instances.json"
    if not labels.is_file():
        pytest.skip("the sample data has not been made")
    return {name: real_data.joined(labels, SAMPLE_DATA / f"predictions/{name}.json") for name in ("model_a", "model_b")}


def frames_with(name: str, value: str) -> np.ndarray:
    """bool (frames,): by an attribute of the images, in the order of the file."""
    images = json.loads((SAMPLE_DATA / "labels" / "instances.json").read_text())["images"]
    return np.array([image[name] == value for image in images])


def planted_weakness(key: str) -> dict[str, Any]:
    planted = json.loads((SAMPLE_DATA / "weaknesses.json").read_text())["weaknesses"]
    return next(entry for entry in planted if entry["key"] == key)


def class_id(found: Detection, name: str) -> int:
    return next(entry.class_id for entry in found.classes if entry.name == name)


def test_buses_are_taken_for_trucks(models: dict[str, Detection]) -> None:
    largest = models["model_a"].confusion(0.1, 0.5).largest(2)
    pairs = set(zip(largest["label_name"], largest["predicted_name"], strict=True))
    assert pairs == {("bus", "truck"), ("truck", "bus")}
    other = models["model_b"].confusion(0.1, 0.5).counts
    bus, truck = class_id(models["model_b"], "bus"), class_id(models["model_b"], "truck")
    assert other[bus, truck] + other[truck, bus] < largest["count"].sum() / 4


def test_bicycles_are_found_twice(models: dict[str, Detection]) -> None:
    found = models["model_a"]
    confusion = found.confusion(0.1, 0.5)
    duplicates = confusion.background_reasons[:, Reason.DUPLICATE]
    assert int(duplicates.argmax()) == class_id(found, "bicycle")
    assert len(confusion.background_of(class_id(found, "bicycle"), Reason.DUPLICATE)) == duplicates.max() > 80


def test_traffic_lights_are_misplaced(models: dict[str, Detection]) -> None:
    found = models["model_b"]
    table = found.match_table(0.1, 0.5)
    wrong = (table.outcome == Outcome.FALSE_POSITIVE) & (found.predictions.class_id == class_id(found, "traffic light"))
    assert (table.reason[wrong] == Reason.LOCALISATION).mean() > 0.8
    assert np.median(table.iou[wrong & (table.reason == Reason.LOCALISATION)]) == pytest.approx(0.4, abs=0.08)
    errors = find_errors(found.pairs, found.labels, found.predictions, len(found.classes))
    assert max(errors.delta_ap, key=errors.delta_ap.__getitem__) == "Loc"


def test_one_model_is_too_sure_of_itself(models: dict[str, Detection]) -> None:
    ece = {name: calibrate(found.matching(0.5), found.labels, found.predictions).ece for name, found in models.items()}
    assert ece["model_b"] > 1.5 * ece["model_a"]
    assert (
        calibrate(
            models["model_b"].matching(0.5), models["model_b"].labels, models["model_b"].predictions
        ).lowest_confidence
        >= 0.9
    )


def test_small_persons_and_cars_are_missed_at_night(models: dict[str, Detection]) -> None:
    """Found at night: 39 of 218; the other model, other sizes and other times are not so. Both ways of slicing."""
    found, other = models["model_a"], models["model_b"]
    meant = [class_id(found, name) for name in ("person", "car")]

    def recall(whole: Detection, *, at_night: bool, small: bool) -> SliceNumbers:
        part = on_frames(whole, frames_with("time_of_day", "night") == at_night)
        areas = part.predictions.box[:, 2] * part.predictions.box[:, 3]
        sides = ((part.labels, part.labels.area), (part.predictions, areas))
        rules = [np.isin(objects.class_id, meant) & ((area < 1024) == small) for objects, area in sides]
        return slice_numbers("", on_objects(part, *rules), confidence=0.0, iou_threshold=0.5)

    planted = planted_weakness("small_at_night")
    weak = recall(found, at_night=True, small=True)
    assert weak.labels == planted["labels"]
    assert round(weak.recall * weak.labels) == pytest.approx(planted["found_labels"], abs=5)
    assert weak.recall_high < 0.3
    assert recall(found, at_night=True, small=False).recall_low > 0.7
    assert recall(found, at_night=False, small=True).recall_low > 0.7
    assert recall(other, at_night=True, small=True).recall_low > 0.6


def test_dogs_are_seen_in_the_rain(models: dict[str, Detection]) -> None:
    dog = class_id(models["model_b"], "dog")
    rain = frames_with("weather", "rain")

    def strays(name: str, frames: np.ndarray) -> int:
        table = on_frames(models[name], frames).match_table(0.1, 0.5)
        return int(((table.reason == Reason.BACKGROUND) & (table.predictions.class_id == dog)).sum())

    planted = planted_weakness("dogs_in_rain")["predictions"]
    assert strays("model_b", rain) == pytest.approx(planted, abs=4)
    assert strays("model_b", rain) / rain.sum() > 10 * strays("model_b", ~rain) / (~rain).sum()
    assert strays("model_a", rain) <= 3
    precision = {
        name: on_frames(models[name], rain).operating_point(0.1, 0.5).to_pandas()["precision"][dog]
        for name in ("model_a", "model_b")
    }
    assert precision["model_b"] < precision["model_a"] - 0.3
    confusion = on_frames(models["model_b"], rain).confusion(0.1, 0.5)
    assert int(confusion.background_reasons[:, Reason.BACKGROUND].argmax()) == dog
