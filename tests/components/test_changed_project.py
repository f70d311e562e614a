"""A set changes while a page is open: its next run shows what is there now, or says what is gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import failures, fresh_fragment, session, urls
from predscope.project import Project
from predscope.project.versions import delete_set, rename_set
from tests.conftest import ROOT

OpenPage = Callable[..., AppTest]
GONE = r"The link names what this project does not have: prediction set “model\_a”."
PAGES = {
    urls.OVERVIEW_PAGE: {},
    urls.EXPLORE_PAGE: {"model": "model_a", "sort": "-false"},
    urls.OBJECTS_PAGE: {"set": "model_a", "outcome": "tp"},
    urls.FRAME_PAGE: {"set": "model_a", "outcome": "tp"},
    urls.PERFORMANCE_PAGE: {"model": "model_a"},
    urls.BY_METRIC_PAGE: {"model": "model_a"},
    urls.ERRORS_PAGE: {"set": "model_a", "outcome": "tp"},
    urls.DATA_PAGE: {"view": "classes"},
}
CHANGES: dict[str, Callable[[Project], Any]] = {
    "labels": lambda project: rename_set(project, "labels", "labels", "truth"),
    "renamed": lambda project: rename_set(project, "predictions", "model_a", "other"),
    "deleted": lambda project: delete_set(project, "predictions", "model_a"),
}


@pytest.fixture
def project(seven_frames: Project, tmp_path: Path) -> Project:
    """A copy to write into."""
    shutil.copytree(seven_frames.path, tmp_path / "project")
    return Project.open(tmp_path / "project")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, project: Project) -> OpenPage:
    def start(page: str, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return start


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("page", PAGES)
def test_an_open_page_goes_on(open_page: OpenPage, project: Project, page: str, change: str) -> None:
    app = open_page(page, **PAGES[page])
    CHANGES[change](project)
    app.run()
    assert not app.exception
    assert not app.error
    names_it = change != "labels" and bool({"model", "set"} & PAGES[page].keys())
    is_said = GONE in [warning.value for warning in app.warning]
    has_sets = bool(Project.open(project.path).set_names("predictions"))
    assert is_said == (names_it and (has_sets or "model" in PAGES[page]))


def test_a_part_of_a_page_draws_the_whole_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        import streamlit as st

        from components.fresh_fragment import fresh_fragment

        st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        fresh_fragment(lambda: st.caption("a part"))()

    answers = iter([True, False])
    monkeypatch.setattr(fresh_fragment, "has_changed", lambda: next(answers))
    app = AppTest.from_function(script).run()
    assert (app.session_state["runs"], app.caption[0].value) == (2, "a part")


@pytest.mark.parametrize("page", [urls.EXPLORE_PAGE, urls.IMPORT_PAGE])
def test_a_page_knows_whether_it_is_out_of_date(open_page: OpenPage, project: Project, page: str) -> None:
    app = open_page(page)
    assert app.session_state["session.revision"] == project.revision
    CHANGES["labels"](project)
    assert app.session_state["session.revision"] != session.published_project().revision
    app.run()
    assert app.session_state["session.revision"] == Project.open(project.path).revision


@pytest.mark.parametrize("has_changed", [True, False])
def test_what_is_gone_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch, has_changed: bool) -> None:
    def script() -> None:
        from components.failures import show_failure

        show_failure(OSError("No such file: objects.parquet"))

    monkeypatch.setattr(failures, "has_changed", lambda: has_changed)
    app = AppTest.from_function(script).run()
    assert [button.label for button in app.button] == (["Show it as it is now"] if has_changed else [])
    assert bool(app.error) != has_changed
