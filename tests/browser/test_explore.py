"""Explore in a real Chromium: filters, address and history, tiles, selection, and the way to a frame and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest

from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.browser.pages import wait_for_chips

APP = Path(__file__).resolve().parents[2] / "app.py"
N_FRAMES = 70
SIZES = [(160, 120), (120, 160), (240, 100)]
CLASSES = ["car", "person", "dog"]
WEATHER = ["clear", "rain"]
UNREADABLE, MISSING = 5, 6
ORDER = [f"{index:03d}" for index in range(N_FRAMES) if index != MISSING] + [f"{MISSING:03d}"]
"""A frame without an image comes in with the labels, after those that have one."""
IN_GALLERY = """(ask) => {
  const host = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.gallery'));
  return new Function('root', `return ${ask}`)(host.shadowRoot);
}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """70 frames in three shapes, one missing and one unreadable; frame i has i % 4 labels, and one prediction more."""
    folder = tmp_path_factory.mktemp("explore")
    (folder / "images").mkdir()
    images, labels, predictions = [], [], []
    for index in range(N_FRAMES):
        width, height = SIZES[index % 3]
        name = f"{index:03d}.jpg"
        pixels = np.full((height, width, 3), (60 + index, 120, 200 - index), dtype=np.uint8)
        if index == UNREADABLE:
            (folder / "images" / name).write_bytes(b"not an image")
        elif index != MISSING:
            cv2.imwrite(str(folder / "images" / name), pixels)
        images.append({"id": index + 1, "file_name": name, "width": width, "height": height})
        images[-1]["weather"] = WEATHER[index % 2]
        for place in range(index % 4 + 1):
            box = [5 + 20 * place, 10, 30, 40]
            entry = {"image_id": index + 1, "category_id": place % 3 + 1, "bbox": box}
            if place < index % 4:
                labels.append(entry | {"id": len(labels) + 1, "area": 1200, "iscrowd": 0})
            predictions.append(entry | {"score": 0.9 - 0.2 * place})
    content = {
        "images": images,
        "annotations": labels,
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)],
    }
    (folder / "labels.json").write_text(json.dumps(content))
    (folder / "model_a.json").write_text(json.dumps(predictions))
    project = Project.create(folder / "project", images=folder / "images")
    import_labels(project, folder / "labels.json")
    import_predictions(Project.open(project.path), folder / "model_a.json", name="model_a")
    return Project.open(project.path)


class Explore:
    """The page and what the tests ask of it."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.sent: list[str] = []
        """Everything that the page asked of the server: addresses, and messages of its web socket."""
        page.on("request", lambda request: self.sent.append(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: self.sent.append("message")))

    def open(self, query: str = "") -> Explore:
        self.page.goto(f"{self.url}/Explore{query}")
        self.page.wait_for_selector(".tile, .st-key-nothing_found")
        return self

    def wait_for(self, counter: str, text: str) -> None:
        """Until a counter of the bar says a text."""
        counters = self.page.locator(f"[data-counter='{counter}']")
        counters.filter(has_text=re.compile(rf"^{re.escape(text)}$")).wait_for()

    def tiles(self) -> list[str]:
        """Ids of the frames on the page, in order."""
        return self.page.evaluate(IN_GALLERY, "[...root.querySelectorAll('.tile')].map((tile) => tile.dataset.frame)")

    def tile(self, frame: str) -> Any:
        return self.page.locator(f".tile[data-frame='{frame}']")

    def click_class(self, role: str, name: str) -> None:
        self.page.locator(f".cell[data-role='{role}'][data-value='{name}']").click()

    def wait_for_chips(self, *texts: str) -> None:
        wait_for_chips(self.page, *texts)

    def parameters(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def scroller(self) -> Any:
        return self.page.get_by_test_id("stMain")

    def scroll_top(self) -> int:
        return round(self.scroller().evaluate("(node) => node.scrollTop"))

    def selected(self) -> list[str]:
        marks = self.page.locator(".mark[aria-checked='true']")
        return [
            label.removeprefix("Select ") for label in marks.evaluate_all("(nodes) => nodes.map((n) => n.ariaLabel)")
        ]


@pytest.fixture
def explore(app_server: Callable[..., str], page: Any, project: Project) -> Explore:
    return Explore(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)}))


def test_a_page_of_tiles_their_shapes_and_the_counters(explore: Explore) -> None:
    explore.open()
    assert explore.tiles() == ORDER[:60]
    explore.wait_for("frames", "70 of 70 frames")
    explore.wait_for("labels", "103 of 103 labels")
    explore.wait_for("p:model_a", "173 of 173 predictions")
    explore.wait_for("selected", "0 of 70 selected")
    tile = explore.tile("007")
    assert tile.locator(".layer[data-layer='labels'] [data-id]").count() == 3
    assert tile.locator(".layer[data-layer='p:model_a'] [data-id]").count() == 4
    label = tile.locator(".layer[data-layer='labels'] [data-id]").first
    drawn, whole = label.bounding_box(), tile.bounding_box()
    width, height = SIZES[7 % 3]
    assert (drawn["x"] - whole["x"]) / whole["width"] * width == pytest.approx(5, abs=1.5)
    assert (drawn["y"] - whole["y"]) / whole["height"] * height == pytest.approx(10, abs=1.5)
    assert drawn["width"] / whole["width"] * width == pytest.approx(30, abs=2.5)
    # Rows fill the width, and nothing is distorted.
    boxes = [explore.page.locator(".tile").nth(place).bounding_box() for place in range(30)]
    grid = explore.page.locator(".grid").bounding_box()
    rows: dict[int, list[Any]] = {}
    for place, box in enumerate(boxes):
        width, height = SIZES[int(ORDER[place]) % 3]
        assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.02)
        rows.setdefault(round(box["y"]), []).append(box)
    full = list(rows.values())[:-1]
    assert len(full) >= 3
    for row in full:
        assert row[0]["x"] == pytest.approx(grid["x"], abs=1)
        assert row[-1]["x"] + row[-1]["width"] == pytest.approx(grid["x"] + grid["width"], abs=1.5)
        assert 110 < row[0]["height"] < 260


def test_frames_without_a_picture_say_so_and_keep_their_objects(explore: Explore) -> None:
    explore.open("?q=00")
    missing, unreadable = explore.tile(f"{MISSING:03d}"), explore.tile(f"{UNREADABLE:03d}")
    assert "Image missing" in missing.inner_text()
    assert "Image cannot be read" in unreadable.inner_text()
    assert missing.locator("[data-layer='labels'] [data-id]").count() == MISSING % 4
    explore.page.locator(".choice", has_text="Image missing").click()
    explore.wait_for("frames", "1 of 70 frames")
    explore.wait_for_chips("“00”", "image missing", "Clear all")


def test_filters_are_chips_and_back_is_the_browsers(explore: Explore) -> None:
    explore.open()
    explore.click_class("label", "dog")
    explore.wait_for("frames", "17 of 70 frames")
    explore.click_class("pred", "car")
    explore.page.locator(".choice", has_text="rain").click()
    explore.wait_for_chips("label: dog", "prediction: car", "weather: rain", "Clear all")
    everything = explore.tiles()
    explore.page.get_by_role("button", name="label: dog").click()
    explore.wait_for("frames", "35 of 70 frames")
    explore.wait_for_chips("prediction: car", "weather: rain", "Clear all")
    explore.page.go_back()
    explore.wait_for("frames", "17 of 70 frames")
    assert explore.tiles() == everything
    explore.page.go_forward()
    explore.wait_for("frames", "35 of 70 frames")
    explore.page.get_by_role("button", name="Clear all").click()
    explore.wait_for("frames", "70 of 70 frames")
    assert explore.parameters() == {}
    explore.wait_for_chips()


def test_a_pasted_link_shows_the_same_objects(explore: Explore, new_page: Callable[..., Any]) -> None:
    explore.open("?label=dog&conf=0.6&sort=-predictions")
    explore.wait_for("p:model_a", "34 of 173 predictions")
    other = Explore(new_page(), explore.url)
    other.page.goto(explore.page.url)
    other.wait_for("p:model_a", "34 of 173 predictions")
    assert other.tiles() == explore.tiles()
    for shown in (explore, other):
        shown.wait_for_chips("confidence ≥ .60", "label: dog", "Clear all")


def test_tiles_are_real_links_the_menu_keeps_the_filters_and_facets_tell_what_a_click_gives(explore: Explore) -> None:
    explore.open("?label=dog")
    link = explore.tile("003").locator("a.open")
    assert link.get_attribute("href") == "/Frame?label=dog&frame=003"
    with explore.page.context.expect_page() as opened:
        link.click(button="middle", position={"x": 60, "y": 60})
    opened.value.close()
    assert explore.path() == "/Explore"
    explore.page.get_by_role("link", name="Frame").click()
    explore.page.locator(".viewer").wait_for()
    explore.page.get_by_role("link", name="Explore").click()
    explore.wait_for("frames", "17 of 70 frames")
    explore.wait_for_chips("label: dog")
    cell = explore.page.locator(".cell[data-role='pred'][data-value='person']")
    frames = cell.inner_text().strip()
    cell.click()
    explore.wait_for("frames", f"{frames} of 70 frames")


def test_clicks_in_quick_succession_all_count(explore: Explore) -> None:
    explore.open()
    for role, name in (("label", "dog"), ("pred", "person"), ("pred", "dog")):
        explore.click_class(role, name)
    explore.page.wait_for_url("**pred=person&pred=dog**")
    assert explore.parameters() == {"label": ["dog"], "pred": ["person", "dog"]}


def test_confidence_moves_counters_and_drawing_together(explore: Explore) -> None:
    explore.open()
    explore.page.get_by_label("Lowest confidence that counts").fill("0.8")
    explore.wait_for("p:model_a", "70 of 173 predictions")
    explore.wait_for("labels", "103 of 103 labels")
    assert explore.tile("007").locator(".layer[data-layer='p:model_a'] [data-id]").count() == 1
    explore.wait_for_chips("confidence ≥ .80")


def test_a_range_is_dragged_over_the_histogram_or_typed(explore: Explore) -> None:
    explore.open()
    bars = explore.page.locator("[data-range='n_labels'] .bars")
    box = bars.bounding_box()
    explore.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 10)
    explore.page.mouse.down()
    explore.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 10)
    explore.page.mouse.up()
    explore.wait_for("frames", "34 of 70 frames")
    assert explore.parameters() == {"n_labels": ["2.."]}
    explore.page.get_by_label("Most labels").fill("2")
    explore.page.keyboard.press("Enter")
    explore.wait_for("frames", "17 of 70 frames")
    explore.wait_for_chips("2 labels")


def test_sorting_says_its_value_on_the_tiles(explore: Explore) -> None:
    explore.open()
    explore.page.get_by_label("Sort by").select_option("labels")
    explore.page.wait_for_url("**sort=-labels**")
    explore.page.locator(".badge").first.filter(has_text="3 labels").wait_for()
    assert explore.tiles()[:3] == ["003", "007", "011"]
    explore.page.locator(".direction").click()
    explore.page.locator(".tile .badge").first.filter(has_text="0 labels").wait_for()
    assert explore.parameters() == {"sort": ["labels"]}
    assert explore.tiles()[:3] == ["000", "004", "008"]


def test_text_finds_names_classes_and_metadata(explore: Explore) -> None:
    explore.open()
    search = explore.page.get_by_label("Search frames")
    search.fill("rain 03")
    search.press("Enter")
    explore.wait_for("frames", "6 of 70 frames")
    assert explore.tiles() == ["003", "031", "033", "035", "037", "039"]


def test_looks_change_without_a_request(explore: Explore) -> None:
    explore.open()
    explore.page.wait_for_load_state("networkidle")
    shape = explore.tile("007").locator(".layer[data-layer='p:model_a'] [data-id]").first
    explore.sent.clear()
    explore.page.locator("[data-counter='p:model_a']").click()
    assert not shape.is_visible()
    by_class = explore.tile("007").locator("[data-layer='labels'] [data-id]").first
    assert by_class.evaluate("(node) => node.style.getPropertyValue('--color')") == "#3B8BEA", "one layer: by class"
    explore.page.locator("[data-counter='p:model_a']").click()
    assert shape.is_visible()
    explore.page.locator("[data-toggle='confidence']").click()
    assert explore.tile("007").locator(".tag").first.inner_text() == ".90"
    before = explore.tile("007").bounding_box()["height"]
    explore.page.locator("[data-size='L']").click()
    assert explore.tile("007").bounding_box()["height"] > before * 1.1
    explore.page.wait_for_timeout(500)
    assert [entry for entry in explore.sent if "/api/thumb/" not in entry] == []


def test_keys_move_select_and_open(explore: Explore) -> None:
    explore.open()
    explore.tile("000").locator("a.open").focus()
    press = explore.page.keyboard.press
    for key in ("ArrowRight", "x", "ArrowRight", "ArrowRight", " "):
        press(key)
    assert explore.selected() == ["001", "003"]
    explore.wait_for("selected", "2 of 70 selected")
    press("Shift+ArrowRight")
    assert explore.selected() == ["001", "003", "004"]
    press("a")
    explore.wait_for("selected", "60 of 70 selected")
    press("Escape")
    explore.wait_for("selected", "0 of 70 selected")
    press("ArrowDown")
    below = explore.page.evaluate(
        "() => { let node = document.activeElement; while (node.shadowRoot) node = node.shadowRoot.activeElement;"
        " return node.closest('.tile').dataset.frame; }"
    )
    assert below not in ("004", "005")
    press("Enter")
    explore.page.wait_for_url("**/Frame?**")
    assert explore.parameters()["frame"] == [below]


def test_shift_click_selects_a_range_that_stays_while_pages_turn(explore: Explore) -> None:
    explore.open()
    explore.tile("002").hover()
    explore.tile("002").locator(".mark").click()
    explore.tile("007").locator("a.open").click(modifiers=["Shift"], position={"x": 40, "y": 60})
    assert explore.selected() == ["002", "003", "004", "005", "007"]
    explore.page.wait_for_timeout(700)
    explore.page.get_by_test_id("stPagination").get_by_role("button", name="Page 2").click()
    explore.page.wait_for_url("**page=2**")
    explore.tile("065").wait_for()
    assert explore.tiles() == ORDER[60:]
    assert explore.scroll_top() == 0
    explore.wait_for("selected", "5 of 70 selected")
    explore.page.go_back()
    explore.tile("002").wait_for()
    assert explore.selected() == ["002", "003", "004", "005", "007"]


def test_to_a_frame_and_back_to_the_same_place(explore: Explore) -> None:
    explore.open("?pred=car&sort=-labels")
    entries = explore.page.evaluate("history.length")
    frame = explore.tiles()[40]
    explore.tile(frame).scroll_into_view_if_needed()
    explore.page.wait_for_timeout(200)
    place = explore.scroll_top()
    assert place > 200
    explore.tile(frame).locator("a.open").click(position={"x": 60, "y": 60})
    explore.page.wait_for_url("**/Frame?**")
    assert explore.parameters() == {"pred": ["car"], "sort": ["-labels"], "frame": [frame]}
    assert explore.page.evaluate("history.length") == entries + 1
    explore.page.locator(".viewer").wait_for()
    explore.page.go_back()
    explore.tile(frame).wait_for()
    assert explore.path() == "/Explore"
    explore.page.wait_for_timeout(700)
    assert explore.scroll_top() == place
    explore.wait_for_chips("prediction: car")


def test_nothing_found_says_what_to_remove(explore: Explore) -> None:
    explore.open("?label=dog&q=004")
    assert "No frame has all of this" in explore.page.locator(".st-key-nothing_found").inner_text()
    explore.page.get_by_role("button", name="label: dog → 1 frame").click()
    explore.wait_for("frames", "1 of 70 frames")
    assert explore.tiles() == ["004"]


@pytest.mark.parametrize(("width", "scheme"), [(900, "light"), (1400, "dark")])
def test_nothing_reaches_outside_the_window(
    explore: Explore, new_page: Callable[..., Any], width: int, scheme: str
) -> None:
    other = Explore(new_page(width=width, color_scheme=scheme), explore.url).open("?label=dog&sort=-difference")
    inside = other.page.evaluate(
        IN_GALLERY,
        "[...root.querySelectorAll('.tile, .bar button')].every((n) => n.getBoundingClientRect().right <= innerWidth)",
    )
    assert inside
    assert other.scroller().evaluate("(node) => node.scrollWidth <= node.clientWidth")
