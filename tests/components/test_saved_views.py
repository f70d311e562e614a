"""Saving what a page shows, and the list of what was saved, on the pages themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from components import session, urls
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.metrics.ranges import MetricRange
from predscope.project import Project
from predscope.project.saved import save_view, saved_views
from predscope.project.saved_database import DATABASE_NAME
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]


@pytest.fixture
def project(seven_frames: Project, tmp_path: Path) -> Project:
    """A copy to write into."""
    shutil.copytree(seven_frames.path, tmp_path / "project")
    return Project.open(tmp_path / "project")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, project: Project) -> OpenPage:
    """``open_page(urls.OBJECTS_PAGE, outcome="fn")``: a page with parameters in its address, and popovers open."""

    def start(page: str, *popovers: str, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        for key in popovers:
            app.session_state[f"{key}.popover"] = True
        app.run()
        assert not app.exception
        return app

    return start


def press(app: AppTest, label: str, key: str = "") -> None:
    next(one for one in app.button if one.label == label and key in (one.key or "")).click()
    app.run()
    assert not app.exception


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.warning))


def links(app: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    found = [element.proto for element in app.get("page_link")]
    return {link.label: (link.page, parse_qs(link.query_string)) for link in found}


def name_field(app: AppTest, key: str) -> Any:
    return app.text_input(key=f"{key}.name")


def test_objects_are_saved_under_the_name_of_their_filters(open_page: OpenPage, project: Project) -> None:
    key = "objects.saved.save"
    app = open_page(urls.OBJECTS_PAGE, key, outcome="fn", **{"class": "car"})
    assert name_field(app, key).value == "false negatives, class: car"
    name_field(app, key).set_value("missed cars")
    press(app, "Save", key)
    assert "Saved as “missed cars”." in said(app)
    (view,) = saved_views(project)
    assert (view.name, view.page, view.sentence) == ("missed cars", "Objects", "false negatives, class: car")
    query = ObjectQuery.from_params(view.params, project)
    assert query == ObjectQuery(FrameQuery.of(project), "model_a", outcomes=("fn",), klass="car")
    assert view.params["conf"] == "0.1"


@pytest.mark.parametrize(
    ("page", "key", "address", "name", "kept"),
    [
        (
            urls.PERFORMANCE_PAGE,
            "performance",
            {"label": "car", "matching": "place"},
            "Performance of model_a, label: car",
            {"label": ["car"], "matching": ["place"], "conf": "0.1"},
        ),
        (
            urls.ERRORS_PAGE,
            "errors",
            {"view": "outcomes", "set": "model_a", "outcome": "tp", "iou": "0.3"},
            "Errors of true positives, IoU ≥ .30",
            {"view": ["outcomes"], "set": "model_a", "outcome": ["tp"], "iou": "0.3"},
        ),
        (
            urls.FRAME_PAGE,
            "frame",
            {"frame": "FRAME", "object": "labels:1", "label": "car"},
            "FRAME: label: car",
            {"frame": "FRAME", "label": ["car"]},
        ),
    ],
    ids=["performance", "errors", "frame"],
)
def test_other_pages_are_saved_as_they_are(
    open_page: OpenPage, project: Project, page: str, key: str, address: dict[str, str], name: str, kept: dict[str, Any]
) -> None:
    frame = str(project.frames["frame_id"].iloc[1])
    app = open_page(page, f"{key}.saved.save", **{key: value.replace("FRAME", frame) for key, value in address.items()})
    assert name_field(app, f"{key}.saved.save").value == name.replace("FRAME", frame)
    press(app, "Save", f"{key}.saved.save")
    (view,) = saved_views(project)
    expected = {key: frame if value == "FRAME" else value for key, value in kept.items()}
    assert {name: view.params[name] for name in expected} == expected
    assert "object" not in view.params, "the next import numbers objects anew"
    again = open_page(urls.OVERVIEW_PAGE)
    assert [link[0] for label, link in links(again).items() if label.startswith(":primary[")] == [view.page]


def test_a_name_that_is_taken_is_replaced_when_asked(open_page: OpenPage, project: Project) -> None:
    key = "explore.saved.save"
    save_view(project, "Cars", "Explore", {"label": "dog"})
    app = open_page(urls.EXPLORE_PAGE, key, label="car")
    name_field(app, key).set_value("cars")
    press(app, "Save", key)
    assert "already" in said(app)
    assert [view.params["label"] for view in saved_views(project)] == ["dog"]
    press(app, "Replace it", key)
    (view,) = saved_views(project)
    assert (view.name, view.params["label"]) == ("cars", ["car"])


def test_another_name_is_not_replaced_by_mistake(open_page: OpenPage, project: Project) -> None:
    key = "explore.saved.save"
    for name in ("one", "two"):
        save_view(project, name, "Explore", {"label": "dog"})
    app = open_page(urls.EXPLORE_PAGE, key, label="car")
    name_field(app, key).set_value("one")
    press(app, "Save", key)
    name_field(app, key).set_value("two")
    press(app, "Replace it", key)
    assert "saved as “two” already" in said(app)
    assert {view.params["label"] for view in saved_views(project)} == {"dog"}


@pytest.mark.parametrize("name", ["", "x\u202ey"])
def test_a_name_that_cannot_be_used_is_explained(open_page: OpenPage, project: Project, name: str) -> None:
    key = "explore.saved.save"
    app = open_page(urls.EXPLORE_PAGE, key)
    name_field(app, key).set_value(name)
    press(app, "Save", key)
    assert app.warning
    assert saved_views(project) == []


def test_the_list_opens_renames_deletes_and_puts_back(open_page: OpenPage, project: Project) -> None:
    query = ObjectQuery(FrameQuery.of(project).with_(text="frame"), "model_a", outcomes=("fn", "tp"))
    save_view(project, "A [b](c) *d*", "Objects", query.to_params(), sentence="Recall on dogs: .31")
    save_view(project, "frames", "Explore", {"label": ["car", "dog"]})
    app = open_page(urls.OBJECTS_PAGE, "objects.saved.open")
    found = links(app)
    first = next(label for label in found if label.startswith(":primary[A "))
    assert r"\[b\]\(c\) \*d\*" in first, "names are no markup"
    page, parameters = found[first]
    assert page == "Objects"
    assert ObjectQuery.from_params(parameters, project) == query
    assert found[":primary[frames]"][1]["label"] == ["car", "dog"]
    number = len(select_objects(project, query))
    assert f"{number} objects · Recall on dogs\\: \\.31" in said(app)
    assert number > 1
    press(app, "Rename", ".rename.1")
    app.text_input(key="objects.saved.open.list.new_name").set_value("a [B](c) *d*")
    press(app, "Rename", "rename_form")
    assert "already" in said(app)
    app.text_input(key="objects.saved.open.list.new_name").set_value("zebra")
    press(app, "Rename", "rename_form")
    assert [view.name for view in saved_views(project)] == ["A [b](c) *d*", "zebra"]
    press(app, "Delete", ".delete.0")
    assert [view.name for view in saved_views(project)] == ["zebra"]
    press(app, "Undo")
    assert [view.name for view in saved_views(project)] == ["A [b](c) *d*", "zebra"]
    assert "deleted" not in said(app)


def test_what_another_process_deleted_meanwhile_is_said(open_page: OpenPage, project: Project) -> None:
    save_view(project, "gone soon", "Explore", {})
    app = open_page(urls.EXPLORE_PAGE, "explore.saved.open")
    (project.path / DATABASE_NAME).unlink()
    press(app, "Delete", ".delete.0")
    assert "nothing is saved as" in said(app)


def test_the_list_says_what_is_not_there_any_more(open_page: OpenPage, project: Project) -> None:
    save_view(project, "old", "Objects", {"set": "gone"})
    app = open_page(urls.EXPLORE_PAGE, "explore.saved.open")
    assert "Without what is not here now: prediction set “gone”" in said(app)


def test_nothing_saved_is_said_in_the_sidebar_only(open_page: OpenPage) -> None:
    assert "Nothing is saved yet" in said(open_page(urls.EXPLORE_PAGE, "explore.saved.open"))
    assert "Saved" not in said(open_page(urls.OVERVIEW_PAGE))


def test_a_damaged_file_does_not_end_the_page(open_page: OpenPage, project: Project) -> None:
    (project.path / DATABASE_NAME).write_bytes(b"nothing of a database" * 100)
    for app in (
        open_page(urls.EXPLORE_PAGE, "explore.saved.open", "explore.saved.save"),
        open_page(urls.OVERVIEW_PAGE),
    ):
        assert "is damaged" in said(app)
    app = open_page(urls.EXPLORE_PAGE, "explore.saved.save")
    name_field(app, "explore.saved.save").set_value("x")
    press(app, "Save", "explore.saved.save")
    assert "is damaged" in said(app)


def test_what_was_picked_by_metric_is_saved_as_its_objects(
    open_page: OpenPage, project: Project, mixed_errors: Project
) -> None:
    shutil.rmtree(project.path)
    shutil.copytree(mixed_errors.path, project.path)
    key, car = "by_metric.saved", MetricRange("class", categories=("car",))
    app = open_page(urls.BY_METRIC_PAGE, key, view="slices", pick=car.to_param(), show="missed")
    suggested = name_field(app, key).value
    press(app, "Save", key)
    assert f"Saved as “{suggested}”." in said(app).replace("\\", "")
    (view,) = saved_views(project)
    assert (view.name, view.page) == (suggested, "Objects")
    query = ObjectQuery.from_params(view.params, project)
    assert (query.outcomes, query.klass, query.ignored) == (("fn",), "car", ())
    assert len(select_objects(project, query)) > 0


def test_overview_lists_what_is_saved(open_page: OpenPage, project: Project) -> None:
    save_view(project, "frames", "Explore", {"label": ["car"]})
    app = open_page(urls.OVERVIEW_PAGE)
    assert "##### Saved" in [element.value for element in app.markdown]
    assert ":primary[frames]" in links(app)
