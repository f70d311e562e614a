"""The Data page and what the Overview says of predictions: every link selects as many as its number says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from components import metric_runs, session, urls
from components.data.classes import balance_in_words
from components.data.duplicates import duplicates_in_words
from components.data.sizes import sizes_chart, sizes_in_words
from components.data.views import distributions_in_words
from components.overview import later
from components.overview.weakest import slice_lines, worst_frames
from predscope import Project
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.data_summary import frame_sizes, parts_on_offer
from predscope.exploration.label_checks import CHECKS
from predscope.exploration.look_alikes import LookAlikes
from predscope.exploration.metric_lookup import Side
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import performance
from predscope.exploration.set_objects import set_objects
from predscope.metrics import MetricRange, run_metrics
from predscope.payload import project_layers
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]
SIDES = {"labels": Side("labels", "labels"), "p:model_a": Side("predictions", "model_a")}


@pytest.fixture(scope="module")
def measured(mixed_errors: Project) -> Project:
    run_metrics(mixed_errors, workers=0)
    return mixed_errors


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """``open_page(project, urls.DATA_PAGE, show="sizes")``: a page with parameters in its address."""

    def start(project: Project, page: str, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        monkeypatch.setenv(metric_runs.MEASURE_VARIABLE, "0")
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run()
        if page != urls.OVERVIEW_PAGE:
            app.switch_page(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return start


def shown(app: AppTest, key: str) -> dict[str, Any]:
    """What a component was given."""
    return next(json.loads(found.proto.json) for found in app.get("bidi_component") if key in found.proto.id)


def opened(project: Project, href: str) -> int:
    """How many frames or objects a link shows."""
    address = urlsplit(href)
    parameters = parse_qs(address.query)
    if address.path == f"/{urls.DATA_PATH}":
        side = SIDES[parameters["of"][0]]
        ranges = [MetricRange.from_param(text) for text in parameters["range"]]
        return len(set_objects(project, side, [one for one in ranges if one], FrameQuery.of(project)))
    if address.path == f"/{urls.OBJECTS_PATH}":
        query = ObjectQuery.from_params(parameters, project)
        assert query is not None
        assert not query.ignored
        assert not query.frames.ignored
        return len(select_objects(project, query))
    assert address.path == f"/{urls.EXPLORE_PATH}"
    frames = FrameQuery.from_params(parameters, project)
    assert not frames.ignored
    return len(select_frames(project, frames))


@pytest.mark.parametrize("side", ["frames", *SIDES])
def test_bars_and_outliers_open_what_they_count(open_page: OpenPage, measured: Project, side: str) -> None:
    app = open_page(measured, urls.DATA_PAGE, of=side)
    assert not app.exception
    rows = shown(app, f"data.distributions.{side}")["rows"]
    assert len(rows) > 8
    doors = 0
    for row in rows:
        assert row["definition"], "every metric says how it is computed"
        marks = [*row["bars"], *(tail for tail in (row["low"], row["high"]) if tail)]
        marks += [mark["severe"] for mark in marks if "severe" in mark]
        for mark in marks:
            assert ("href" in mark) == (mark["count"] > 0)
            if mark["count"]:
                assert opened(measured, mark["href"]) == mark["count"], (row["name"], mark["text"])
                doors += 1
    assert doors > 40


def test_objects_in_a_range_are_shown_on_the_page(open_page: OpenPage, measured: Project) -> None:
    app = open_page(measured, urls.DATA_PAGE, of="labels", range="class:~car")
    assert not app.exception
    cars = measured.objects("labels").table(["class_id"])["class_id"].to_pylist().count(0)
    gallery = shown(app, "data.objects")
    assert gallery["counters"]["objects"] == [cars, 200]
    assert len(gallery["tiles"]) == min(cars, 60)
    address = urlsplit(gallery["tiles"][0]["href"])
    assert address.path == "/Frame"
    parameters = parse_qs(address.query)
    assert parameters["object"] == [gallery["tiles"][0]["frame"]]
    assert (parameters["of"], parameters["range"]) == (["labels"], ["class:~car"]), "so that Back finds the list"
    assert any(f"{cars:,} labels: class is car" in text.value for text in app.markdown)
    app.button(key="data.close").click().run()
    assert "range" not in app.query_params
    assert shown(app, "data.distributions.labels")["rows"]


def test_a_range_that_makes_no_sense_is_named(open_page: OpenPage, measured: Project) -> None:
    app = open_page(measured, urls.DATA_PAGE, of="labels", range="nonsense:1..2")
    assert not app.exception
    assert any("nonsense" in warning.value for warning in app.warning)
    assert shown(app, "data.distributions.labels")["rows"]


@pytest.mark.parametrize(("show", "key"), [("quality", "data.quality"), ("duplicates", "data.duplicates.counts")])
def test_lines_open_what_they_count(open_page: OpenPage, measured: Project, show: str, key: str) -> None:
    app = open_page(measured, urls.DATA_PAGE, show=show)
    assert not app.exception
    lines = shown(app, key)["lines"]
    assert lines
    for line in lines:
        count = int(line["number"].split(" ")[0].replace(",", ""))
        assert (line["href"] is None) == (count == 0)
        if count:
            assert opened(measured, line["href"]) == count, line["name"]
    if show == "quality":
        assert {line["name"] for line in lines} < {check.name for check in CHECKS}


@pytest.mark.parametrize("show", ["sizes", "classes"])
def test_charts_are_drawn(open_page: OpenPage, measured: Project, show: str) -> None:
    app = open_page(measured, urls.DATA_PAGE, show=show)
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


def test_without_parts_drift_says_what_would_name_them(open_page: OpenPage, measured: Project) -> None:
    app = open_page(measured, urls.DATA_PAGE, show="drift")
    assert not app.exception
    assert any("predscope metrics join" in info.value for info in app.info)
    assert not parts_on_offer(measured, FrameQuery.of(measured))


def test_without_labels_the_page_still_speaks_of_frames(open_page: OpenPage, tmp_path: Any, measured: Project) -> None:
    bare = Project.create(tmp_path / "bare", images=measured.images_root)
    app = open_page(bare, urls.DATA_PAGE)
    assert not app.exception
    assert {row["name"] for row in shown(app, "data.distributions.frames")["rows"]} >= {"frame_width", "frame_height"}
    for show in ("sizes", "duplicates", "drift", "quality", "classes"):
        assert not open_page(bare, urls.DATA_PAGE, show=show).exception


def test_the_overview_computes_after_its_first_paint_then_says_how_good(
    open_page: OpenPage, measured: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "_computed", set())
    app = open_page(measured, urls.OVERVIEW_PAGE)
    assert not app.exception
    assert any("Comparing predictions" in caption.value for caption in app.caption)
    assert not any("overview.card" in found.proto.id for found in app.get("bidi_component"))
    later._computed.add((str(measured.path), measured.revision))
    app.run()
    assert not app.exception
    card = {entry["name"]: entry for entry in shown(app, "overview.card.model_a")["figures"]}
    query = FrameQuery.of(measured)
    counts = performance(measured, query, "model_a").at(query.confidence, query.iou).counts.micro
    for name in ("tp", "fp", "fn"):
        assert card[name]["value"] == f"{getattr(counts, name):,}"
        assert opened(measured, card[name]["href"]) == getattr(counts, name)
    assert opened(measured, card["precision"]["href"]) == counts.tp + counts.fp
    assert opened(measured, card["recall"]["href"]) == counts.tp + counts.fn
    pictures = shown(app, "overview.worst")["groups"][0]["pictures"]
    worst = worst_frames(measured, query, "model_a")
    names = measured.frames["frame_id"].iloc[worst.indices[: len(pictures)]].tolist()
    assert [picture["frame"] for picture in pictures] == names
    assert pictures[0]["words"].startswith("F1 ")


def test_slices_open_their_errors(measured: Project) -> None:
    query = FrameQuery.of(measured)
    for line in slice_lines(measured, query, "model_a"):
        assert line.door is not None
        assert opened(measured, line.door.href) == int(line.number.split(" ")[0].replace(",", ""))


def test_findings_in_words(measured: Project) -> None:
    query = FrameQuery.of(measured)
    assert sizes_in_words(frame_sizes(measured, query)) == "All 40 frames are 240 x 60 px"
    assert sizes_in_words(()) == "No frame's size is known"
    assert len(sizes_chart(frame_sizes(measured, query)).data[0].x) == 1
    assert "evenness .9" in balance_in_words(measured, project_layers(measured))
    assert distributions_in_words(()) == "Nothing has been measured yet"
    assert duplicates_in_words([]) == "No two frames show the same"
    groups = [LookAlikes((0, 1), (0, 0), True), LookAlikes((2, 3), (0, 4), False), LookAlikes((5, 6), (0, 2), False)]
    assert duplicates_in_words(groups) == "1 group of exact copies and 2 groups of frames nearly alike"
    brightness = MetricRange("brightness", None, 0.45)
    assert select_frames(measured, query.with_(metric_ranges=(brightness,)))
