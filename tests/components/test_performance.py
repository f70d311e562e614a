"""The Performance page from the shell: what it says, what it asks for, and what it does without anything to measure."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from components import session, urls
from components.operating_point import number
from components.performance import intervals
from components.performance.calibration import objects_of_bin
from components.performance.confusion import find_confusions, objects_of_point
from components.performance.figures import Door, interval
from components.performance.headline import point_sentence
from components.performance.per_class import objects_of_selection
from components.performance.thresholds import advice_in_words, choose_threshold
from predscope import Project, import_labels, import_predictions
from predscope.evaluation.intervals import wilson
from predscope.evaluation.thresholds import best_f1, thresholds_yaml
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.outcomes import detection
from predscope.exploration.performance import Performance, performance
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """``open_page(project, conf="0.3")``: the page with parameters in its address."""

    def start(project: Project, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(urls.PERFORMANCE_PAGE)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return start


def figures(app: AppTest, key: str) -> dict[str, dict[str, Any]]:
    """The numbers of a row, by name."""
    for element in app.get("bidi_component"):
        if key in element.proto.id:
            return {figure["name"]: figure for figure in json.loads(element.proto.json)["figures"]}
    raise AssertionError(f"no row of figures {key}")


def parameter(app: AppTest, name: str) -> str | None:
    """A parameter of the address; None where it is left out."""
    value = app.query_params.get(name)
    return value[-1] if isinstance(value, list) else value


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.info) for element in kind)


def test_numbers_of_the_operating_point_in_the_address(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, conf="0.3", iou="0.6")
    assert not app.exception
    shown = figures(app, "performance.point")
    point = performance(seven_frames, FrameQuery.of(seven_frames), "model_a").at(0.3, 0.6)
    counts = point.counts.micro
    assert {name: shown[name]["value"] for name in ("tp", "fp", "fn", "ignored")} == {
        "tp": str(counts.tp),
        "fp": str(counts.fp),
        "fn": str(counts.fn),
        "ignored": "0",
    }
    assert "href" not in shown["ignored"], "there is nothing behind a zero"
    assert shown["tp"]["href"].startswith("/Objects?")
    assert "outcome=tp" in shown["tp"]["href"]
    assert "At confidence ≥ .30 and IoU ≥ .60" in words(app)
    sentence = point_sentence(point, ObjectQuery(FrameQuery.of(seven_frames), "model_a"))
    text = "".join(part if isinstance(part, str) else part.text for part in sentence)
    assert text.startswith(f"{counts.tp + counts.fp} predictions above the threshold = {counts.tp} true + ")
    assert shown["precision"]["note"] == interval(counts.tp, counts.tp + counts.fp)


@pytest.mark.parametrize(("confidence", "iou"), [(0.0, 0.5), (0.3, 0.5), (0.62, 0.75)])
def test_every_number_of_the_sentence_and_every_bin_opens_as_many(
    mixed_errors: Project, confidence: float, iou: float
) -> None:
    frames = FrameQuery.of(mixed_errors).with_(confidence=confidence, iou=iou)
    query, found = ObjectQuery(frames, "model_a"), performance(mixed_errors, frames, "model_a")
    point = found.at(confidence, iou)
    doors = [part for part in point_sentence(point, query) if isinstance(part, Door)]
    assert [door.name for door in doors] == ["predictions", "labels", "confused", "not_counted", "labels_not_counted"]
    for door in doors:
        count = int(door.text.split()[0].replace(",", ""))
        assert count == (0 if door.opens is None else len(select_objects(mixed_errors, door.opens))), door
    bins = found.calibration(iou).to_pandas()
    assert len(bins) == 10
    for low, high, count in bins[["low", "high", "count"]].to_numpy():
        opened = objects_of_bin([{"customdata": [low, high]}], query)
        selection = select_objects(mixed_errors, opened)
        assert len(selection) == count
        assert ((selection.confidence >= low) & (selection.confidence <= high)).all()
        assert ObjectQuery.from_params(opened.to_params(), mixed_errors) == opened


def test_confused_is_a_door_of_its_own(open_page: OpenPage, mixed_errors: Project) -> None:
    shown = figures(open_page(mixed_errors, conf="0.3"), "performance.point")
    point = performance(mixed_errors, FrameQuery.of(mixed_errors), "model_a").at(0.3, 0.5)
    for outcome in ("fp", "fn"):
        assert shown[outcome]["note"] == f"{point.confused} of them confused"
        parameters = parse_qs(urlsplit(shown[outcome]["note_door"]["href"]).query)
        query = ObjectQuery.from_params(parameters, mixed_errors)
        assert query.confused
        assert query.outcomes == (outcome,)
        assert len(select_objects(mixed_errors, query)) == point.confused > 1


def test_intervals_stand_beside_the_rates_of_a_class(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, conf="0.3")
    table = next(frame.value for frame in app.dataframe if "recall_interval" in frame.value)
    for name, total in (("precision", "predictions"), ("recall", "labels")):
        place = table.columns.get_loc(name)
        assert table.columns[place + 1] == f"{name}_interval"
        low, high = wilson(table["tp"].to_numpy(), table[total].to_numpy())
        ends = [[float(end) for end in text.split("–")] for text in table[f"{name}_interval"]]
        assert ends == [pytest.approx(pair, abs=0.005) for pair in zip(low, high, strict=True)]
    assert "AP_interval" in table


def test_intervals_of_a_large_set_come_when_they_are_asked_for(
    open_page: OpenPage, mixed_errors: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "_QUICK", 10)
    app = open_page(mixed_errors)
    assert "They take about 1 s" in words(app)
    assert not any("AP_interval" in frame.value for frame in app.dataframe)
    choice = next(control for control in app.button_group if control.key == "performance.intervals")
    choice.set_value("yes").run()
    computation = app.session_state[intervals._KEY]
    assert computation.result().overall.low < computation.result().overall.high
    app.run()
    assert any("AP_interval" in frame.value for frame in app.dataframe)
    assert not app.exception


def test_intervals_that_nobody_waits_for_are_not_computed(mixed_errors: Project) -> None:
    computation = intervals.Computation(Performance(detection(mixed_errors, "model_a"), np.arange(40)))
    computation.stop()
    with pytest.raises((intervals.StoppedError, CancelledError)):
        computation.result()


def test_sliders_write_the_address_and_the_numbers_follow(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames)
    before = figures(app, "performance.point")
    confidence, iou = app.sidebar.slider
    confidence.set_value(0.35).run()
    assert parameter(app, "conf") == "0.35"
    after = figures(app, "performance.point")
    assert int(after["tp"]["value"]) < int(before["tp"]["value"])
    iou = app.sidebar.slider[1]
    iou.set_value(0.75).run()
    assert parameter(app, "iou") == "0.75"
    assert parameter(app, "conf") == "0.35"
    assert app.sidebar.slider[0].value == 0.35
    next(button for button in app.sidebar.button if button.label.startswith("Back to")).click().run()
    assert "conf" not in app.query_params
    assert "iou" not in app.query_params


def test_an_exact_threshold_is_said_where_the_slider_rounds(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, conf="0.4321")
    assert app.sidebar.slider[0].label == "Confidence ≥ .4321"
    assert "At confidence ≥ .4321" in words(app)
    assert parameter(app, "conf") == "0.4321", "showing it changes nothing"
    assert [number(value) for value in (0.5, 0.4321, 1.0, 0.0)] == [".50", ".4321", "1.00", ".00"]


def test_a_suggested_threshold_is_one_click_away(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, conf="0.5")
    found = performance(seven_frames, FrameQuery.of(seven_frames), "model_a")
    best = best_f1(found.curves(0.5).pooled)
    next(button for button in app.button if button.label == "Use this").click().run()
    used = parameter(app, "conf") or FrameQuery.of(seven_frames).confidence
    assert float(used) == found.readable_threshold(best.confidence)
    assert any(button.label == "In use" and button.disabled for button in app.button)


def test_views_are_in_the_address(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, matrix="recall", order="name", precision="0.75", curve=["car", "nonsense"])
    assert not app.exception
    chosen = {control.key: control.value for control in (*app.button_group, *app.multiselect, *app.number_input)}
    assert chosen["performance.matrix"] == "recall"
    assert chosen["performance.order"] == "name"
    assert chosen["performance.curve"] == ["car"]
    assert chosen["performance.precision"] == 0.75
    next(control for control in app.number_input if control.key == "performance.precision").set_value(0.8).run()
    assert parameter(app, "precision") == "0.8"
    assert parameter(app, "matrix") == "recall"


@pytest.mark.parametrize("role", ["labels", "predictions"])
def test_without_labels_or_predictions_it_says_how_to_add_them(
    open_page: OpenPage, seven_frames: Project, tmp_path: Path, role: str
) -> None:
    images = seven_frames.images_root
    project = Project.create(tmp_path / "project", images=images)
    if role == "predictions":
        import_labels(project, seven_frames.path.parent / "labels.json")
    app = open_page(Project.open(project.path))
    assert not app.exception
    assert role in app.info[0].value
    assert any(f"predscope import {role}" in block.value for block in app.code)
    assert not app.sidebar.slider


def test_a_filter_that_leaves_no_objects_says_so(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, has="no_labels")
    assert not app.exception
    assert "neither a label nor a prediction" in app.info[0].value
    assert "1 of 7 frames" in words(app)


def test_numbers_of_a_filter_are_announced(open_page: OpenPage, seven_frames: Project) -> None:
    app = open_page(seven_frames, label="dog")
    assert "4 of 7 frames" in words(app)
    assert any(button.key == "chip:label:dog" for button in app.button)


@pytest.fixture
def classified(tmp_path: Path) -> Project:
    """Masks of nothing: frames with labels of which none is an object."""
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((8, 8, 3), np.uint8))
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    empty = (
        '{"images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}], "annotations": [], "categories": []}'
    )
    (tmp_path / "labels.json").write_text(empty)
    import_labels(project, tmp_path / "labels.json")
    (tmp_path / "predictions.json").write_text("[]")
    import_predictions(Project.open(project.path), tmp_path / "predictions.json", name="silent", format="coco")
    return Project.open(project.path)


def test_sets_without_objects_say_so(open_page: OpenPage, classified: Project) -> None:
    app = open_page(classified)
    assert not app.exception
    assert "hold no objects" in app.info[0].value


TABLE = pd.DataFrame({"name": ["car", "dog"], "tp": [3, 1]})


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"rows": [], "cells": []}, None),
        ({"rows": [1], "cells": []}, {"klass": "dog"}),
        ({"rows": [], "cells": [(0, "tp")]}, {"klass": "car", "outcomes": ("tp",)}),
        ({"rows": [], "cells": [(1, "labels")]}, {"label_class": "dog"}),
        ({"rows": [], "cells": [(1, "predictions")]}, {"predicted_class": "dog"}),
        ({"rows": [], "cells": [(1, "AP")]}, {"klass": "dog"}),
    ],
)
def test_what_a_click_in_the_table_opens(selection: dict[str, list], expected: dict[str, Any] | None) -> None:
    everything = ObjectQuery(FrameQuery(), "model_a")
    assert objects_of_selection(TABLE, selection, everything) == (
        None if expected is None else everything.with_(**expected)
    )


def test_what_a_click_on_the_matrix_opens() -> None:
    everything = ObjectQuery(FrameQuery(), "model_a")
    opened = objects_of_point([{"customdata": ["car", "background"]}], everything)
    assert opened == everything.with_(label_class="car", predicted_class="background")
    assert objects_of_point([], everything) is None


def test_confusions_are_found_by_either_class() -> None:
    table = pd.DataFrame({"label_name": ["Car", "dog", "cat"], "predicted_name": ["bus", "car", "dog"]})
    assert find_confusions(table, " CAR ")["label_name"].tolist() == ["Car", "dog"]
    assert len(find_confusions(table, "")) == 3
    assert find_confusions(table, "tram").empty


def test_a_goal_out_of_reach_says_how_far_one_comes(seven_frames: Project) -> None:
    found = performance(seven_frames, FrameQuery.of(seven_frames), "model_a")
    curve = found.curves(0.5).pooled
    assert choose_threshold(curve, "recall", 1.0) is not None
    far = found.curves(1.0).pooled
    advice = advice_in_words(found, None, far, "precision")
    assert advice.startswith("Out of reach: the highest precision is")


def test_the_file_of_thresholds_has_every_class(seven_frames: Project) -> None:
    found = performance(seven_frames, FrameQuery.of(seven_frames), "model_a")
    lines = found.curves(0.5)
    content = yaml.safe_load(
        thresholds_yaml([best_f1(lines.pooled), *filter(None, lines.best)], found.detection.classes, iou_threshold=0.5)
    )
    assert set(content["classes"]) == {"car", "person", "dog"}
    assert content["iou_threshold"] == 0.5
