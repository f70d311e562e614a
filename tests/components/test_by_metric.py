"""The By metric page: its choices travel in the address, and its charts say what the numbers say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import session, urls
from components.by_metric.chart import picked_bins, tick_of
from components.by_metric.choice import PARAMETERS, Choice
from components.by_metric.gallery import shown_objects
from components.by_metric.importance_view import importance_rows
from components.by_metric.map import picked_cell
from components.by_metric.map_view import lowest_cell
from components.by_metric.metric_view import place_of
from components.state import QUERY_PARAMETERS
from predscope import Project
from predscope.analysis import Binning, Bins
from predscope.exploration import FrameQuery
from predscope.exploration.metric_performance import (
    bins_of_metric,
    importance,
    joined_range,
    map_of_metrics,
    performance_against,
)
from predscope.exploration.object_query import OBJECT_PARAMETERS, ObjectQuery
from predscope.metrics.ranges import MetricRange
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """``open_page(project, conf="0.3")``: the page with parameters in its address."""

    def start(project: Project, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        monkeypatch.setenv("PREDSCOPE_MEASURE", "0")
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(urls.BY_METRIC_PAGE)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return start


def shown(app: AppTest, key: str) -> dict[str, Any]:
    """What a component was given."""
    return next(json.loads(found.proto.json) for found in app.get("bidi_component") if key in found.proto.id)


def texts(app: AppTest) -> str:
    return "\n".join(one.value for one in (*app.markdown, *app.info, *app.caption))


CHOICES = (
    Choice(),
    Choice(
        view="map",
        metric="area",
        binning=Binning.EQUAL_WIDTH,
        bins=7,
        rate="missed",
        compared=("model_b",),
        classes=("car", "traffic light"),
        other="weather",
        coloring="precision",
        picked=(MetricRange("area", None, 1024.0), MetricRange("weather", categories=("rain", "a~b"))),
        shown="false",
        line="car",
        sort="size",
        descending=False,
    ),
)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_travels_in_the_address(choice: Choice) -> None:
    parameters = choice.to_params()
    assert Choice.from_params(parameters) == choice
    assert set(parameters) <= set(PARAMETERS)


def test_parameters_of_the_page_are_nobody_elses() -> None:
    assert not set(PARAMETERS) & {*QUERY_PARAMETERS, *OBJECT_PARAMETERS, "page", "frame", "object"}


def test_nonsense_in_the_address_is_as_if_it_were_not_there() -> None:
    nonsense = {"view": "x", "cut": "x", "bins": "-3", "rate": "x", "color": "x", "show": "x", "order": "x"}
    asked = {name: [text] for name, text in nonsense.items()} | {"pick": ["area", "", "area:2..1"]}
    assert Choice.from_params(asked) == Choice()
    assert Choice.from_params({"bins": ["9999"]}).bins == 30
    assert Choice.from_params({"bins": ["٣"]}).bins == Choice().bins


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"first": 0, "last": 2, "side": "labels"}, (0, 2, "labels")),
        ({"first": 1, "last": 1, "side": "x"}, (1, 1, None)),
        ({"first": 2, "last": 1}, None),
        ({"first": 0, "last": 3}, None),
        ({"first": True, "last": 1}, None),
        ("x", None),
        (None, None),
    ],
)
def test_events_of_the_browser_are_judged(value: Any, expected: Any) -> None:
    assert picked_bins(value, 3) == expected


def test_cells_of_the_browser_are_judged() -> None:
    assert picked_cell({"first": 1, "second": 0}, (2, 1)) == (1, 0)
    assert picked_cell({"first": 1, "second": 1}, (2, 1)) is None
    assert picked_cell({"first": "1", "second": 0}, (2, 1)) is None
    assert picked_cell(None, (2, 1)) is None


def bins_of(project: Project, name: str) -> Bins:
    return bins_of_metric(project, FrameQuery.of(project), ["model_a"], name, count=5)


def test_a_picked_range_finds_its_bins_again(mixed_errors: Project) -> None:
    for name in ("confidence", "class"):
        bins = bins_of(mixed_errors, name)
        for first in range(len(bins)):
            for last in range(first, len(bins)):
                assert place_of(bins, joined_range(bins, first, last)) == (first, last)
        assert place_of(bins, MetricRange("other", None, 3.0)) is None
    assert place_of(bins_of(mixed_errors, "confidence"), MetricRange("confidence", 0.12345, None)) is None


def test_ticks_tell_bins_apart(mixed_errors: Project) -> None:
    for name in ("confidence", "class", "border_closeness", "label_count"):
        bins = bins_of(mixed_errors, name)
        ticks = [tick_of(bins, place) for place in range(len(bins))]
        assert len(set(ticks)) == len(ticks)


def test_the_chart_is_given_the_numbers_of_the_bins(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, conf="0.3", metric="confidence")
    assert not app.exception
    data = shown(app, "by_metric.chart.confidence")
    query = FrameQuery.of(mixed_errors).with_(confidence=0.3)
    bins = bins_of_metric(mixed_errors, query, ["model_a"], "confidence")
    found = performance_against(mixed_errors, query, "model_a", bins).predictions
    assert found is not None
    assert [panel["side"] for panel in data["panels"]] == ["predictions"], "labels have no confidence"
    series = data["panels"][0]["series"][0]
    assert series["total"] == found.total.tolist()
    assert data["fewest"] == 20
    assert len(data["table"]["rows"]) == len(bins)
    json.dumps(data, allow_nan=False)


@pytest.mark.parametrize("parameters", [{}, {"view": "map"}, {"view": "slices"}, {"split": "car", "metric": "area"}])
def test_every_view_is_drawn(open_page: OpenPage, mixed_errors: Project, parameters: dict[str, str]) -> None:
    app = open_page(mixed_errors, conf="0.1", **parameters)
    assert not app.exception


def test_what_is_picked_is_shown_with_its_numbers(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, metric="class", pick="class:~dog", show="false")
    query = FrameQuery.of(mixed_errors)
    bins = bins_of_metric(mixed_errors, query, ["model_a"], "class")
    found = performance_against(mixed_errors, query, "model_a", bins).predictions
    assert found is not None
    dog = [one.categories for one in bins.ranges].index(("dog",))
    assert shown(app, "by_metric.gallery")["counters"]["predictions"][0] == found.wrong[dog]
    doors = {part["name"]: part["text"] for part in shown(app, "doors")["sentence"] if isinstance(part, dict)}
    assert doors["predictions"] == f"{found.total[dog]:,} predictions"
    assert doors["false"] == f"{found.wrong[dog]:,} false"


def test_a_metric_that_is_not_computed_is_said_to_be_missing(
    open_page: OpenPage, mixed_errors: Project, tmp_path: Path
) -> None:
    copy = shutil.copytree(mixed_errors.path.parent, tmp_path / "copy", ignore=shutil.ignore_patterns("cache"))
    app = open_page(Project.open(copy / mixed_errors.path.name), metric="brightness")
    assert not app.exception
    assert "has not been computed yet" in texts(app)


def test_a_metric_nobody_knows_gives_the_most_important_one(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, metric="nonsense", pick="nonsense:1..2", show="missed", line="nobody")
    assert not app.exception


def test_back_from_a_frame_leaves_no_filter_behind(open_page: OpenPage, mixed_errors: Project) -> None:
    """The address of a frame holds what was picked as a condition on frames; here it is none."""
    plain = open_page(mixed_errors, metric="label_count", pick="label_count:..5", show="missed")
    back = open_page(
        mixed_errors,
        metric="label_count",
        pick="label_count:..5",
        show="missed",
        m="label_count:..5",
        set="model_a",
        outcome="fn",
        side="labels",
    )
    for app in (plain, back):
        assert not app.exception
    charts = [shown(app, "by_metric.chart.label_count") for app in (plain, back)]
    assert charts[0]["panels"] == charts[1]["panels"]
    back.query_params.clear()
    back.switch_page(urls.EXPLORE_PAGE).run()
    assert not back.exception
    assert not {"m", "set", "outcome", "side"} & set(back.query_params), "the menu does not take it along either"


def test_importance_rows_put_reasons_before_symptoms(mixed_errors: Project) -> None:
    entries = importance_rows(importance(mixed_errors, FrameQuery.of(mixed_errors), "model_a"))
    quiet = [entry.is_quiet for entry in entries]
    assert quiet == sorted(quiet)
    assert len({entry.name for entry in entries}) == len(entries)
    assert next(entry for entry in entries if entry.name == "confidence").is_quiet


def test_the_lowest_cell_is_one_with_enough_objects(mixed_errors: Project) -> None:
    query = FrameQuery.of(mixed_errors)
    bins = [bins_of(mixed_errors, name) for name in ("class", "border_closeness")]
    found = map_of_metrics(mixed_errors, query, "model_a", *bins)
    assert found.predictions is not None
    place = lowest_cell(found, "precision")
    assert place is not None
    assert found.predictions.total[place] >= 20
    most = lowest_cell(found, "predictions")
    assert found.predictions.total[most] == found.predictions.total.max()


def test_shown_objects_are_of_one_side(mixed_errors: Project) -> None:
    query = ObjectQuery(FrameQuery.of(mixed_errors), "model_a")
    assert shown_objects(query, "found").side == "labels"
    assert shown_objects(query, "right").outcomes == ("tp",)
