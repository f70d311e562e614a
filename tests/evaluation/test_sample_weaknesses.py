"""What was planted in the sample data shows up where it should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope.evaluation.calibration import calibrate
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import Outcome, Reason
from predscope.evaluation.slices import on_objects, slice_numbers
from predscope.evaluation.tide import find_errors
from tests.evaluation import real_data

SAMPLE_DATA = Path(__file__).resolve().parents[2] / "sample_data"


@pytest.fixture(scope="module")
def models() -> dict[str, Detection]:
    labels = SAMPLE_DATA / "labels" / "instances.json"
    if not labels.is_file():
        pytest.skip("the sample data has not been made")
    return {name: real_data.joined(labels, SAMPLE_DATA / f"predictions/{name}.json") for name in ("model_a", "model_b")}


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


def test_small_objects_are_missed(models: dict[str, Detection]) -> None:
    found = models["model_a"]
    areas = found.predictions.box[:, 2] * found.predictions.box[:, 3]
    small = on_objects(found, found.labels.area <= 1024, areas <= 1024)
    large = on_objects(found, found.labels.area > 1024, areas > 1024)
    recalls = [slice_numbers("", part, confidence=0.1, iou_threshold=0.5).recall for part in (small, large)]
    assert recalls[0] < recalls[1]
