"""The Errors page: every bar opens as many objects as it says, and what is chosen stands beside the chart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import session, urls
from components.errors.views import (
    costliest,
    default_objects,
    largest_cell,
    outcome_rows,
    outcomes_in_words,
    tide_in_words,
    tide_rows,
)
from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ERROR_WORDS, ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import performance
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]
POINTS = [(0.0, 0.5), (0.3, 0.5), (0.3, 0.75), (0.9, 0.3)]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """``open_page(project, conf="0.3")``: the page with parameters in its address."""

    def start(project: Project, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(urls.ERRORS_PAGE)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return start


def shown(app: AppTest, key: str) -> dict[str, Any]:
    """What a component was given."""
    return next(json.loads(found.proto.json) for found in app.get("bidi_component") if key in found.proto.id)


def asked(href: str, project: Project) -> ObjectQuery:
    query = ObjectQuery.from_params(parse_qs(urlsplit(href).query), project)
    assert query is not None
    assert not query.ignored
    return query


@pytest.mark.parametrize("has", [None, "no_labels", "car"])
@pytest.mark.parametrize(("confidence", "iou"), POINTS)
def test_every_bar_opens_as_many_objects_as_it_counts(
    mixed_errors: Project, confidence: float, iou: float, has: str | None
) -> None:
    frames = FrameQuery.of(mixed_errors).with_(confidence=confidence, iou=iou)
    if has == "no_labels":
        frames = frames.with_(predicted_classes=("dog",))
    elif has is not None:
        frames = frames.with_(label_classes=(has,))
    found, query = performance(mixed_errors, frames, "model_a"), ObjectQuery(frames, "model_a")
    tide, point = found.errors(confidence, iou), found.at(confidence, iou)
    rows = [*tide_rows(tide, point, query), *outcome_rows(point, query)]
    for row in rows:
        opened = 0 if row.opens is None else len(select_objects(mixed_errors, row.opens))
        assert opened == row.values[-1], row.name
        assert row.texts[-1] == f"{opened:,}"
    if has is None and (confidence, iou) == (0.3, 0.5):
        assert all(row.values[-1] for row in rows), "errors of every kind are there to be tested"


def test_the_page_opens_with_the_costliest_kind_beside_its_chart(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, conf="0.3")
    assert not app.exception
    tide = performance(mixed_errors, FrameQuery.of(mixed_errors), "model_a").errors(0.3, 0.5)
    worst = costliest(tide)
    assert tide.delta_ap[worst.capitalize()] == max(tide.delta_ap.values()) > 0
    bars = shown(app, "errors.types")
    assert [row["name"] for row in bars["rows"]] == [*ERROR_WORDS, "fp", "fn"]
    assert bars["chosen"] == worst
    assert any(tide_in_words(tide) in heading.value for heading in app.markdown)
    gallery = shown(app, "errors.gallery")
    count = tide.counts[worst.capitalize()]
    assert gallery["counters"]["objects"][0] == count
    assert len(gallery["tiles"]) == min(count, 60)
    assert asked(gallery["tiles"][0]["href"], mixed_errors).errors == (worst,), "Frame knows what it came from"
    for row in bars["rows"]:
        assert row["href"].startswith("/Errors?")
        assert len(select_objects(mixed_errors, asked(row["href"], mixed_errors))) == row["values"][-1]


def test_a_link_chooses_view_and_objects(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, view="outcomes", conf="0.3", set="model_a", outcome="fp", reason="duplicate")
    bars, gallery = shown(app, "errors.outcomes"), shown(app, "errors.gallery")
    assert bars["chosen"] == "duplicate"
    row = next(row for row in bars["rows"] if row["name"] == "duplicate")
    assert gallery["counters"]["objects"][0] == row["values"][0] > 0
    assert parse_qs(urlsplit(gallery["tiles"][0]["href"]).query)["view"] == ["outcomes"], "so that Back finds the chart"
    assert {"chip:outcome:fp", "chip:reason:duplicate"} <= {button.key for button in app.button}


def test_the_matrix_opens_with_photos_of_its_largest_confusion(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, view="confusions", conf="0.3")
    assert not app.exception
    point = performance(mixed_errors, FrameQuery.of(mixed_errors), "model_a").at(0.3, 0.5)
    cell = largest_cell(point.confusion)
    counts = point.confusion.to_pandas()
    gallery = shown(app, "errors.gallery")
    assert gallery["counters"]["objects"][0] == counts.loc[cell["label_class"], cell["predicted_class"]] > 1


@pytest.mark.parametrize("view", ["confusions", "outcomes"])
def test_a_matching_by_place_has_doors_of_its_own(open_page: OpenPage, mixed_errors: Project, view: str) -> None:
    app = open_page(mixed_errors, view=view, conf="0.3", iou="0.3")
    (control,) = (one for one in app.segmented_control if one.key == "errors.matching")
    assert control.value == "class"
    app = control.set_value("place").run()
    assert not app.exception
    assert app.query_params["matching"] in ("place", ["place"])
    point = performance(mixed_errors, FrameQuery.of(mixed_errors), "model_a").at(0.3, 0.3, by_place=True)
    gallery = shown(app, "errors.gallery")
    query = asked(gallery["tiles"][0]["href"], mixed_errors)
    assert query.by_place
    assert parse_qs(urlsplit(gallery["tiles"][0]["href"]).query)["matching"] == ["place"], "so that Back finds it"
    assert gallery["counters"]["objects"][0] == len(select_objects(mixed_errors, query)) > 0
    if view == "confusions":
        cell = largest_cell(point.confusion)
        assert {"label_class": query.label_class, "predicted_class": query.predicted_class} == cell
    else:
        for row in shown(app, "errors.outcomes")["rows"]:
            opened = 0 if row["href"] is None else len(select_objects(mixed_errors, asked(row["href"], mixed_errors)))
            assert opened == row["values"][-1], row["name"]
    (chip,) = (button for button in app.button if button.key == "chip:match")
    app = chip.click().run()
    assert "matching" not in app.query_params
    assert not asked(shown(app, "errors.gallery")["tiles"][0]["href"], mixed_errors).by_place


def test_kinds_of_error_are_matched_by_their_own_rules(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, conf="0.3", matching="place", set="model_a", outcome="fp", match="place")
    assert not any(one.key == "errors.matching" for one in app.segmented_control)
    bars, gallery = shown(app, "errors.types"), shown(app, "errors.gallery")
    assert bars["chosen"] == "fp"
    row = next(row for row in bars["rows"] if row["name"] == "fp")
    assert row["values"][1] == gallery["counters"]["objects"][0]


def test_a_slider_moves_bars_and_gallery_together(open_page: OpenPage, mixed_errors: Project) -> None:
    app = open_page(mixed_errors, set="model_a", tide="bkg")
    before = shown(app, "errors.gallery")["counters"]["objects"][0]
    app.sidebar.slider[0].set_value(0.5).run()
    bars, gallery = shown(app, "errors.types"), shown(app, "errors.gallery")
    row = next(row for row in bars["rows"] if row["name"] == "bkg")
    assert row["values"][1] == gallery["counters"]["objects"][0] < before
    assert bars["chosen"] == "bkg"


def test_what_is_shown_as_long_as_nothing_was_chosen(mixed_errors: Project) -> None:
    frames = FrameQuery.of(mixed_errors)
    query, found = ObjectQuery(frames, "model_a"), performance(mixed_errors, frames, "model_a")
    tide, point = found.errors(0.0, 0.5), found.at(0.0, 0.5)
    counts = point.counts.micro
    larger = "fn" if counts.fn > counts.fp else "fp"
    assert default_objects("outcomes", tide, point, query) == query.with_(outcomes=(larger,))
    assert default_objects("types", tide, point, query) == query.with_(errors=(costliest(tide),))
    nothing = found.at(1.0, 0.5)
    assert nothing.counts.micro.tp == 0
    assert outcomes_in_words(nothing).startswith("No predictions here: all")
    assert default_objects("confusions", found.errors(1.0, 0.5), nothing, query).predicted_class == "background"


def test_a_model_without_errors_says_so(open_page: OpenPage, seven_frames: Project) -> None:
    found = performance(seven_frames, FrameQuery.of(seven_frames), "model_a")
    assert tide_in_words(found.errors(0.0, 0.5)) == "No kind of error costs any AP"
    assert outcomes_in_words(found.at(0.0, 0.5)) == "All 21 predictions are right; 0 of 21 labels are missed"
    app = open_page(seven_frames, conf="0.01")
    assert not app.exception
    assert shown(app, "errors.gallery")["counters"]["objects"] == [21, 21], "nothing is wrong: all are shown"
    app = open_page(seven_frames, conf="0.01", set="model_a", tide="cls")
    assert "Nothing is of this kind" in app.info[0].value


def test_without_predictions_it_says_how_to_add_them(open_page: OpenPage, seven_frames: Project, tmp_path: Any) -> None:
    app = open_page(Project.create(tmp_path / "project", images=seven_frames.images_root))
    assert not app.exception
    assert {"labels", "predictions"} <= {word for block in app.code for word in block.value.split()}


def test_numbers_come_as_plain_numbers(open_page: OpenPage, mixed_errors: Project) -> None:
    values = [value for row in shown(open_page(mixed_errors), "errors.types")["rows"] for value in row["values"]]
    assert all(isinstance(value, int | float) and np.isfinite(value) for value in values)
