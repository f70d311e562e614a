"""The viewer's list of objects in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.pages import both_schemes
from tests.browser.viewer_harness import ViewerPage

OpenViewer = Callable[..., ViewerPage]


def rows(view: ViewerPage) -> list[list[str]]:
    """The texts of the rows that exist, from the top; empty ones left out."""
    return view.locator(".object-row").evaluate_all(
        """nodes => nodes
          .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
          .map(row => [...row.querySelectorAll('span, small')].map(n => n.textContent).filter(Boolean))"""
    )


def is_in_sight(view: ViewerPage, object_id: str) -> bool:
    return view.locator(f".object-row[data-object='{object_id}']").evaluate(
        """row => {
          const own = row.getBoundingClientRect();
          const scroller = row.closest('.list-scroller').getBoundingClientRect();
          const heads = scroller.top + row.closest('.list-scroller').querySelector('.list-head').offsetHeight;
          return own.top >= heads - 1 && own.bottom <= scroller.bottom + 1;
        }"""
    )


def sort_by(view: ViewerPage, column: str) -> None:
    view.locator(f"[data-sort='{column}']").click()
    view.settle(50)


def test_the_list_names_what_is_drawn(open_viewer: OpenViewer) -> None:
    view = open_viewer()
    assert view.locator("[data-tab='objects']").inner_text() == "Objects\n14"
    assert view.locator(".object-row").count() == 0  # nothing is made for a list that is not on screen
    with view.no_requests():
        view.page.get_by_role("tab", name="Objects").click()
        assert rows(view)[1:3] == [["bus", "Labels", "166 × 136"], ["bus", "model_b", "0.31", "130 × 128"]]
        assert ["crowd of people", "Labels", "110 × 90", "crowd"] in rows(view)
        assert ["sign", "Labels", "40 × 40", "ignored"] in rows(view)
        assert ["scene", "model_a", "0.77", "frame"] in rows(view)
        assert view.page.get_by_role("columnheader", name="Class").get_attribute("aria-sort") == "ascending"
        view.press("]", "]", "]", "]", "]", "]", "]", "]", "]", "]")
        assert view.locator("[data-tab='objects'] .count").inner_text() == "12"
        view.press("g")
        assert rows(view) == [
            ["car", "model_a", "0.91", "118 × 84"],
            ["car", "model_b", "0.66", "122 × 90"],
            ["scene", "model_a", "0.77", "frame"],
        ]
        view.press("1", "2")
        assert rows(view) == []
        assert "Hidden by layer, class or confidence: 14 objects." in view.locator(".objects-page").inner_text()
        view.press("o")
        assert view.locator("[data-layer-toggle='labels']").is_visible()


def test_heads_sort(open_viewer: OpenViewer) -> None:
    view = open_viewer()
    view.press("o")
    sort_by(view, "confidence")
    confidences = [row[2] for row in rows(view) if row[1] != "Labels"]
    assert confidences == ["0.91", "0.77", "0.66", "0.42", "0.31"]
    assert [row[1] for row in rows(view)[5:]] == ["Labels"] * 9  # labels have none
    assert view.page.get_by_role("columnheader", name="Confidence").get_attribute("aria-sort") == "descending"
    assert view.page.get_by_role("columnheader", name="Class").get_attribute("aria-sort") == "none"
    sort_by(view, "confidence")
    assert [row[2] for row in rows(view)][:5] == ["0.31", "0.42", "0.66", "0.77", "0.91"]
    sort_by(view, "size")
    sizes = [next((text for text in row if "×" in text), "") for row in rows(view)]
    areas = [int(width) * int(height) for width, height in (size.split(" × ") for size in sizes if size)]
    assert areas == sorted(areas, reverse=True)
    assert sizes[-2:] == ["", ""]  # classifications of the whole frame have none
    view.page.reload()
    view.locator(".object-row").first.wait_for()  # the tab and its order stay
    assert view.page.get_by_role("columnheader", name="Size").get_attribute("aria-sort") == "descending"


def test_rows_and_shapes_are_one(open_viewer: OpenViewer) -> None:
    view = open_viewer()
    view.press("o")
    row = view.locator(".object-row[data-object='p:model_a:0']")
    with view.no_requests():
        row.hover()
        assert view.locator(".mark.hovered").count() == 1
        assert view.tooltip() == ""
        assert view.locator(".tag[data-tag='p:model_a:0']").inner_text() == "car 0.91"
        view.page.mouse.move(5, 5)
        assert view.locator(".mark.hovered").count() == 0
        view.hover(470, 180)
        assert view.locator(".object-row.hovered").get_attribute("data-object") == "labels:2"
    row.click()
    assert row.get_attribute("aria-selected") == "true"
    assert view.locator(".mark.selected").count() == 1
    view.wait_for_python("frame day/000 position 0 selected p:model_a:0")
    view.click(470, 180)
    assert view.locator(".object-row[aria-selected='true']").get_attribute("data-object") == "labels:2"
    view.wait_for_python("selected labels:2")


def test_the_list_goes_by_keyboard(open_viewer: OpenViewer) -> None:
    view = open_viewer("many300")
    view.page.get_by_role("tab", name="Layers").focus()
    view.press("ArrowRight", "Tab")
    assert view.page.evaluate("viewerRoot().activeElement.getAttribute('role')") == "grid"
    view.press("ArrowDown", "ArrowDown")
    chosen = view.locator(".object-row[aria-selected='true']")
    assert chosen.get_attribute("aria-rowindex") == "3"
    assert view.locator(".object-list").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    view.press("End")
    assert chosen.get_attribute("aria-rowindex") == "301"
    last = chosen.get_attribute("data-object")
    assert is_in_sight(view, last)
    view.wait_for_python(f"selected {last}")
    view.press("PageUp", "Home", "ArrowUp")
    assert chosen.get_attribute("aria-rowindex") == "2"
    view.press("ArrowRight")
    view.wait_for_place("2 of 60")
    assert view.locator(".mark.selected").count() == 0
    assert view.locator(".list-scroller").evaluate("n => n.scrollTop") == 0


def test_a_click_on_the_picture_brings_the_row_into_sight(open_viewer: OpenViewer) -> None:
    view = open_viewer("many300")
    view.press("o")
    ids = set()
    for x, y in ((200, 150), (320, 240), (420, 330), (120, 380)):
        view.click(x, y)
        selected = view.locator(".object-row[aria-selected='true']")
        if selected.count():
            ids.add(selected.get_attribute("data-object"))
            assert is_in_sight(view, selected.get_attribute("data-object"))
    assert len(ids) > 1


def test_of_thousands_of_rows_those_in_sight_exist(open_viewer: OpenViewer) -> None:
    view = open_viewer("many3000")
    view.press("o")
    assert view.locator(".object-list").get_attribute("aria-rowcount") == "3001"
    assert view.locator(".object-row").count() < 60
    view.locator(".list-scroller").evaluate("n => { n.scrollTop = n.scrollHeight; }")
    view.locator(".object-row[aria-rowindex='3001']").wait_for()
    assert view.locator(".object-row").count() < 60


def test_outcomes_stand_in_the_list(open_viewer: OpenViewer) -> None:
    view = open_viewer("outcomes")
    view.press("o")
    assert view.locator(".object-row[data-object='p:model_a:1'] .outcome").inner_text() == "FP"
    assert view.locator(".object-row[data-object='labels:1'] .outcome").get_attribute("aria-label") == "False negative"


def test_the_list_fits_narrow_pages(open_viewer: OpenViewer) -> None:
    view = open_viewer(width=900, color_scheme="dark")
    assert not view.locator(".object-list").is_visible()
    view.press("o")
    assert view.locator(".object-list").is_visible()
    for _ in both_schemes(view.page, "dark"):
        head, row = view.locator(".list-head").bounding_box(), view.locator(".object-row").first.bounding_box()
        assert head["width"] == pytest.approx(row["width"], abs=1)
        assert head["x"] + head["width"] <= 900
