"""Saving a slice in a real Chromium: under the name of its filters, found again on other pages, with its objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.project import Project
from predscope.project.saved import delete_view, saved_views
from tests.browser.pages import both_schemes, click_at_rest, wait_until_quiet
from tests.conftest import ROOT


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=re.compile(rf"(^|\W|_){name}(\W|_|$)")).first


def counted(page: Any, text: str) -> None:
    page.locator(".count[data-counter='labels'] b", has_text=re.compile(f"^{text}$")).wait_for()


def test_a_slice_is_saved_found_again_renamed_and_deleted(
    app_server: Callable[..., str], streets: Project, new_page: Callable[..., Any]
) -> None:
    app = app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(streets.path)})
    page = new_page()
    query = ObjectQuery(
        FrameQuery.of(streets).with_(attributes=(("time_of_day", "night"),)),
        "model_a",
        outcomes=("fn",),
        klass="person",
    )
    number = len(select_objects(streets, query))
    page.goto(f"{app}/Objects?set=model_a&outcome=fn&class=person&meta=time_of_day:night")
    counted(page, f"{number:,}")
    chip = page.get_by_role("button", name="class: person")
    padding = chip.evaluate("node => getComputedStyle(node).padding")
    button(page, "Save").click()
    name = page.get_by_label("Name")
    assert name.input_value() == "model_a: false negatives, class: person, time_of_day: night"
    wait_until_quiet(page, [])
    name.fill("People at night *")
    name.press("Enter")
    page.get_by_text("Saved as “People at night *”.").wait_for()
    assert chip.evaluate("node => getComputedStyle(node).padding") == padding, "the page keeps its looks"
    (view,) = saved_views(streets)
    assert ObjectQuery.from_params(view.params, streets) == query

    page.keyboard.press("Escape")
    chip.click()
    page.get_by_role("button", name="class: person").wait_for(state="detached")
    button(page, "Saved").click()
    link = page.get_by_role("link", name="People at night *")
    link.wait_for()
    page.get_by_text(f"{number:,} objects").wait_for()
    href = urlsplit(link.evaluate("node => node.href"))
    assert href.path == "/Objects"
    assert ObjectQuery.from_params(parse_qs(href.query), streets) == query, "the link can be copied"
    link.click()
    page.wait_for_url(re.compile("class=person"))
    counted(page, f"{number:,}")
    link.wait_for(state="detached")
    page.go_back()
    page.get_by_role("button", name="class: person").wait_for(state="detached")

    other = new_page(color_scheme="dark")
    other.goto(app)
    other.get_by_role("heading", name="Saved").wait_for()
    other.get_by_text(f"{number:,} objects").wait_for()
    for _ in both_schemes(other, "dark"):
        shown = other.get_by_role("link", name="People at night *").locator("p, span").last
        colors = shown.evaluate(
            "node => [getComputedStyle(node).color, getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
        )
        assert colors[0] != colors[1]
    other.get_by_role("button", name="Rename").click()
    new_name = other.get_by_label("New name")
    new_name.wait_for()
    wait_until_quiet(other, [])
    new_name.fill("Night people")
    click_at_rest(other, other.get_by_role("button", name="Rename"))
    other.get_by_role("link", name="Night people").wait_for()
    other.get_by_role("button", name="Delete").click()
    other.get_by_text("“Night people” is deleted.").wait_for()
    assert saved_views(streets) == []
    other.get_by_role("button", name="Undo").click()
    other.get_by_role("link", name="Night people").click()
    counted(other, f"{number:,}")
    delete_view(streets, "Night people")
