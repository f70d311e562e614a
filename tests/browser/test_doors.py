"""From a number to its objects and on from one to the next, in a real Chromium, over the sample scenes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from components.urls import objects_page_url
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.project import Project
from tests.browser.pages import click_at_rest
from tests.conftest import ROOT

APP = ROOT / "app.py"
HAS_PARAMETERS = "(wanted) => [...new URLSearchParams(location.search)].map(String).sort().join() === wanted.join()"
IS_NEAR = """() => {
  const { shadowRoot } = [...document.querySelectorAll("*")].find((node) => node.shadowRoot?.querySelector(".viewer"));
  const mark = shadowRoot.querySelector(".mark.selected")?.getBoundingClientRect();
  const canvas = shadowRoot.querySelector(".canvas").getBoundingClientRect();
  if (!mark || Math.max(mark.width / canvas.width, mark.height / canvas.height) < 0.2) return false;
  const isAcross = mark.left >= canvas.left && mark.right <= canvas.right;
  return isAcross && mark.top >= canvas.top && mark.bottom <= canvas.bottom;
}"""
"""Whether the selected object is in sight, and large."""


class Doors:
    """The page of objects, held against what Python selects for the same address."""

    def __init__(self, page: Any, url: str, project: Project) -> None:
        self.page, self.url, self.project = page, url, project

    def open(self, query: ObjectQuery) -> ObjectSelection:
        self.page.goto(self.url + objects_page_url(query))
        return self.expect(query)

    def expect(self, query: ObjectQuery) -> ObjectSelection:
        """Wait until the address says a query, and the page shows exactly its objects."""
        parameters = parse_qsl(urlsplit(objects_page_url(query)).query)
        self.page.wait_for_function(HAS_PARAMETERS, arg=sorted(f"{name},{value}" for name, value in parameters))
        selection = select_objects(self.project, query)
        labels = int(selection.is_label.sum())
        numbers = {"predictions": len(selection) - labels, "labels": labels}
        for name, number in numbers.items():
            if number:
                counter = self.page.locator(f"[data-counter='{name}']")
                counter.filter(has_text=re.compile(rf"^{number:,} of ")).wait_for()
        self.page.locator(f".tile [data-id='{selection.object_id(0)}']").first.wait_for(state="attached")
        assert self.page.locator(".tile").count() == min(len(selection), 60)
        return selection

    def wait_for_chip(self, text: str) -> None:
        self.page.locator(".st-key-filter_chips button", has_text=text).first.wait_for()

    def choose(self, field: str, name: str) -> None:
        self.page.locator(f".choice[data-field='{field}'][data-value='{name}']").click()

    def expect_beside(self, field: str, name: str, query: ObjectQuery) -> None:
        """Wait until the rail says beside a choice how many objects a query has."""
        number = self.page.locator(f".choice[data-field='{field}'][data-value='{name}'] .number")
        number.filter(has_text=re.compile(f"^{len(select_objects(self.project, query)):,}$")).wait_for()

    def slide(self, name: str, key: str) -> None:
        self.page.locator("[data-testid='stSidebar'] [data-testid='stSlider']", has_text=name).get_by_role(
            "slider"
        ).press(key)


@pytest.fixture
def doors(app_server: Callable[..., str], page: Any, streets: Project) -> Doors:
    return Doors(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path)}), streets)


def test_kinds_of_error_and_what_is_compared(doors: Doors, streets: Project) -> None:
    page = doors.page
    query = ObjectQuery(FrameQuery.of(streets), "model_b", errors=("loc",))
    doors.open(query)
    doors.wait_for_chip("error: localisation")
    assert page.locator(".caption").first.inner_text().startswith("Localisation: ")
    doors.expect_beside("errors", "miss", query.with_(errors=("miss",)))

    doors.choose("errors", "miss")
    query = query.with_(errors=("loc", "miss"))
    doors.expect(query)
    page.locator(".st-key-filter_chips button", has_text="error: localisation").first.click()
    query = query.with_(errors=("miss",))
    doors.expect(query)

    outlines = page.locator(".tile .own-shape.area")
    assert set(page.locator(".tile [data-id]").evaluate_all("all => all.map(one => one.dataset.kind)")) == {"box"}
    assert outlines.count(), "under the boxes that were compared lies what the objects are"
    compared_by = page.locator("[data-testid='stSidebar'] [data-testid='stSelectbox']").get_by_role("combobox")
    click_at_rest(page, compared_by)  # its list closes where the page is drawn anew
    page.get_by_role("option", name="Masks", exact=True).click()
    query = query.with_(frames=query.frames.with_(by="segm"))
    doors.expect(query)
    doors.wait_for_chip("compared by masks")
    page.locator(".tile [data-id][data-kind='mask'], .tile [data-id][data-kind='polygon']").first.wait_for()
    assert outlines.count() == 0

    doors.slide("IoU", "ArrowRight")
    query = query.with_(frames=query.frames.with_(iou=0.55))
    doors.expect(query)
    doors.slide("Confidence", "ArrowRight")
    query = query.with_(frames=query.frames.with_(confidence=0.11))
    doors.expect(query)
    doors.expect_beside("errors", "loc", query.with_(errors=("loc",)))
    page.go_back()
    doors.expect(query.with_(frames=query.frames.with_(confidence=0.1)))


def test_confused_pairs_and_ranges_of_confidence(doors: Doors, streets: Project) -> None:
    query = ObjectQuery(FrameQuery.of(streets), "model_a", ("fp",), confused=True)
    doors.open(query)
    doors.wait_for_chip("false positives")
    doors.wait_for_chip("confused pairs only")
    query = query.with_(confused=False, confidence_range=(0.3, 0.4))
    doors.open(query)
    doors.wait_for_chip("false positives")
    doors.wait_for_chip("confidence .30 to .40")
    doors.page.locator(".st-key-filter_chips button", has_text="confidence").first.click()
    doors.expect(query.with_(confidence_range=None))
    doors.choose("outcomes", "ignored_label")
    doors.choose("outcomes", "fp")
    selection = doors.expect(query.with_(outcomes=("ignored_label",), confidence_range=None))
    counter = doors.page.locator(".count[data-counter='labels']").inner_text()
    assert counter == f"{len(selection)} of {selection.counters.labels.total:,} labels", "they are not missed"


def test_the_next_of_the_same_kind_is_brought_near(doors: Doors, streets: Project) -> None:
    page = doors.page
    query = ObjectQuery(FrameQuery.of(streets), "model_a", ("fp",), klass="person")
    selection = doors.open(query)
    page.locator(".tile .open").first.click()
    walk = page.locator(".st-key-object_walk")
    walk.get_by_text(f"1 of {len(selection):,}", exact=True).wait_for()
    assert f"False positive 1 of {len(selection):,} · class: person" in walk.inner_text()
    page.locator(".mark.selected").wait_for()
    whole = page.locator(".toolbar .zoom").inner_text()

    for place in (1, 2):
        walk.get_by_role("button", name="Next", exact=True).click()
        walk.get_by_text(f"{place + 1} of {len(selection):,}", exact=True).wait_for()
        frame = streets.frames["file_name"].iloc[int(selection.frame_index[place])]
        page.locator(".viewer .file-name").filter(has_text=frame).wait_for()
        page.locator(f".viewer [data-id='{selection.object_id(place)}']").first.wait_for(state="attached")
        page.wait_for_function(IS_NEAR)
        assert page.locator(".toolbar .zoom").inner_text() != whole
