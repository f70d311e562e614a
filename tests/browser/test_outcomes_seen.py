"""Outcomes as people see them in a real Chromium: colours, strokes, a reason in words, partners, error by error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from predscope.importing import import_labels, import_predictions
from predscope.project import Project

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
APP = Path(__file__).resolve().parents[2] / "app.py"
WIDTH, HEIGHT = 640, 480
N_FRAMES = 6
PERSON, DOG = 1, 2

LABELS = {
    "found": (PERSON, [20, 20, 80, 120]),
    "taken for a person": (DOG, [160, 20, 100, 80]),
    "badly placed": (PERSON, [300, 20, 80, 120]),
    "both": (DOG, [440, 20, 100, 80]),
    "missed": (PERSON, [520, 300, 60, 120]),
    "crowd": (PERSON, [200, 300, 150, 120]),
    "found late": (PERSON, [400, 300, 80, 100]),
}
PREDICTIONS = {
    "match": (PERSON, [20, 20, 80, 120], 0.95),
    "duplicate": (PERSON, [30, 20, 80, 120], 0.8),
    "wrong class": (PERSON, [160, 20, 100, 80], 0.6),
    "localisation": (PERSON, [332, 20, 80, 120], 0.71),
    "both": (PERSON, [490, 20, 100, 80], 0.55),
    "background": (DOG, [20, 320, 60, 60], 0.5),
    "ignored": (PERSON, [220, 320, 60, 80], 0.65),
    "late": (PERSON, [400, 300, 80, 100], 0.3),
}
LABEL_ROWS = {name: row for row, name in enumerate(LABELS)}
PREDICTION_ROWS = {name: row for row, name in enumerate(PREDICTIONS)}

TOOLTIPS = {
    "match": ("p:model_a", "True positive: person, confidence 0.95", None),
    "duplicate": (
        "p:model_a",
        "False positive: person, confidence 0.80",
        "Duplicate, IoU .78 with a person that .95 already matched.",
    ),
    "wrong class": (
        "p:model_a",
        "False positive: person, confidence 0.60",
        "IoU 1.00 with a label of another class, dog.",
    ),
    "localisation": ("p:model_a", "False positive: person, confidence 0.71", "IoU .43 with this person, needs .50."),
    "both": (
        "p:model_a",
        "False positive: person, confidence 0.55",
        "IoU .33 with a label of another class, dog, needs .50.",
    ),
    "background": ("p:model_a", "False positive: dog, confidence 0.50", "No label overlaps it by .10 or more."),
    "ignored": (
        "p:model_a",
        "Ignored: person, confidence 0.65",
        "Lies on a crowd of class person: counts neither way.",
    ),
    "missed": ("labels", "False negative: person", "No prediction overlaps it by .10 or more."),
    "badly placed": (
        "labels",
        "False negative: person",
        "Best overlap .43 with person .71, needs .50.",
    ),
    "taken for a person": ("labels", "False negative: dog", "Predicted as person .60, IoU 1.00."),
    "crowd": ("labels", "Ignored: person", "Stands for a crowd: counts neither way."),
}

DRAWN = """() => {
  const hosts = [...document.querySelectorAll('*')];
  const root = hosts.find((node) => node.shadowRoot?.querySelector('.gallery')).shadowRoot;
  const isDrawn = (node) => node.style.display !== 'none' && node.closest('.layer').style.display !== 'none';
  const of = (tile, layer, outcome) =>
    [...tile.querySelectorAll(`.layer[data-layer^='${layer}'] [data-outcome='${outcome}']`)].filter(isDrawn).length;
  return [...root.querySelectorAll('.tile')].map((tile) => ({
    badge: tile.querySelector('.badge')?.textContent ?? '',
    missed: of(tile, 'labels', 'fn'),
    false: of(tile, 'p:', 'fp'),
  }));
}"""


def object_id(name: str, frame: int = 0) -> str:
    layer = TOOLTIPS[name][0] if name in TOOLTIPS else "p:model_a"
    rows = LABEL_ROWS if layer == "labels" else PREDICTION_ROWS
    return f"{layer}:{frame * len(rows) + rows[name]}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Six frames, each with a match and one error of every kind; model_b found nothing but the first person."""
    folder = tmp_path_factory.mktemp("outcomes")
    (folder / "images").mkdir()
    images, labels, predictions = [], [], []
    random = np.random.default_rng(11)
    for index in range(N_FRAMES):
        pixels = np.full((HEIGHT, WIDTH, 3), (120 + 8 * index, 130, 120), dtype=np.uint8)
        images.append({"id": index + 1, "file_name": f"{index:03d}.jpg", "width": WIDTH, "height": HEIGHT})
        for name, (category, box) in LABELS.items():
            x, y, w, h = box
            cv2.rectangle(pixels, (x, y), (x + w, y + h), random.integers(40, 220, 3).tolist(), -1)
            record = {"id": len(labels) + 1, "image_id": index + 1, "category_id": category, "bbox": box}
            labels.append(record | {"area": w * h, "iscrowd": int(name == "crowd")})
        for category, box, score in PREDICTIONS.values():
            predictions.append({"image_id": index + 1, "category_id": category, "bbox": box, "score": score})
        cv2.imwrite(str(folder / "images" / f"{index:03d}.jpg"), pixels)
    categories = [{"id": PERSON, "name": "person"}, {"id": DOG, "name": "dog"}]
    content = {"images": images, "annotations": labels, "categories": categories}
    (folder / "labels.json").write_text(json.dumps(content))
    (folder / "model_a.json").write_text(json.dumps(predictions))
    (folder / "model_b.json").write_text(json.dumps([entry for entry in predictions if entry["score"] > 0.9]))
    made = Project.create(folder / "project", images=folder / "images")
    import_labels(made, folder / "labels.json")
    for name in ("model_a", "model_b"):
        import_predictions(Project.open(made.path), folder / f"{name}.json", name=name)
    return Project.open(made.path)


class App:
    """The pages and what the tests ask of them."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url

    def open(self, address: str) -> App:
        self.page.goto(self.url + address)
        self.page.locator(".tile .overlay [data-id], .viewer .layer [data-id]").first.wait_for(state="attached")
        return self

    def shape(self, identity: str) -> Any:
        return self.page.locator(f".viewer .layer [data-id='{identity}']")

    def hover_edge(self, identity: str) -> None:
        """Puts the pointer on an object, near its lower right corner, where no other lies over it."""
        box = self.shape(identity).bounding_box()
        self.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2)

    def tooltip(self) -> list[str]:
        return list(filter(None, self.page.locator(".tooltip").inner_text().split("\n")))

    def wait_for_outcome(self, kind: str, count: int) -> None:
        entry = self.page.locator(f".legend-entry[data-name='{kind}'] .count")
        entry.filter(has_text=re.compile(rf"^{count}$")).wait_for()

    def set_slider(self, selector: str, value: float) -> None:
        slider = self.page.locator(selector)
        slider.evaluate(
            """(node, value) => {
              node.value = value;
              for (const type of ['input', 'change']) node.dispatchEvent(new Event(type, { bubbles: true }));
            }""",
            value,
        )

    def wait_for_parameter(self, name: str, value: str | None) -> None:
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
        )


@pytest.fixture(scope="module")
def url(app_server: Callable[..., str], project: Project) -> str:
    return app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)})


@pytest.fixture
def app(url: str, page: Any) -> App:
    return App(page, url)


@pytest.fixture(scope="module")
def tooltips(url: str, browser: Any) -> Iterator[dict[str, list[str]]]:
    """What the viewer says of each object of a frame, by its name: one page for all."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(20_000)
    app = App(page, url).open("/Frame?model=model_a&conf=0.1&frame=000")
    app.wait_for_outcome("False positives", 5)
    page.locator(".viewer .canvas").focus()
    said = {}
    for name in TOOLTIPS:
        # Two objects share a place now and then: the keys choose between them.
        app.hover_edge(object_id(name))
        page.locator(".tooltip").wait_for()
        for _ in range(3):
            text = app.tooltip()
            if text[0] == TOOLTIPS[name][1]:
                break
            page.keyboard.press("ArrowDown")
        said[name] = text
    yield said
    page.close()


@pytest.mark.parametrize("name", TOOLTIPS)
def test_the_tooltip_gives_the_reason_in_words(tooltips: dict[str, list[str]], name: str) -> None:
    _, title, reason = TOOLTIPS[name]
    lines = tooltips[name]
    assert lines[0] == title
    if reason is not None:
        assert lines[1] == reason
    assert not any(re.search(r"labels:|p:model|\brow\b", line) for line in lines), "no raw ids"


def test_the_partner_is_joined_the_rival_stays_and_the_others_fade(app: App) -> None:
    app.open("/Frame?model=model_a&conf=0.1&frame=000")
    app.wait_for_outcome("False positives", 5)
    matched, lines = app.page.locator(".mark.matched"), app.page.locator(".partner-line")
    app.hover_edge(object_id("localisation"))
    expect(lines).to_have_count(1)
    expect(app.page.locator(".mark.hovered")).to_have_count(1)
    expect(matched).to_have_count(1)  # the label that it overlaps
    expect(app.page.locator(".shapes").first).to_have_css("opacity", "0.1")
    app.hover_edge(object_id("duplicate"))
    expect(matched).to_have_count(2)  # the label, and the prediction that took it
    app.hover_edge(object_id("missed"))
    expect(lines).to_have_count(0)
    expect(app.page.locator(".shapes").first).to_have_css("opacity", "1")


def test_next_and_previous_centre_and_enlarge_the_object(app: App) -> None:
    app.open("/Objects?set=model_a&conf=0.1&outcome=fp&reason=localisation")
    app.page.locator(".tile .open").nth(1).click()
    walk = app.page.locator(".st-key-object_walk")
    app.page.locator(".viewer .mark.selected").wait_for(state="attached")
    walk.get_by_text(re.compile(r"2 of 6")).wait_for()

    def expect_close_up(place: int) -> None:
        app.page.locator(".file-name").filter(has_text=f"{place - 1:03d}.jpg").wait_for()
        walk.get_by_text(re.compile(rf"{place} of 6")).wait_for()
        mark = app.shape(object_id("localisation", place - 1))
        pane = app.page.locator(".pane").first.bounding_box()
        app.page.wait_for_function(
            "([node, wanted]) => node.getBoundingClientRect().width > wanted",
            arg=[mark.element_handle(), 0.12 * pane["width"]],
        )
        box = mark.bounding_box()
        assert abs(box["x"] + box["width"] / 2 - pane["x"] - pane["width"] / 2) < 0.25 * pane["width"]
        assert box["height"] > 0.3 * pane["height"]
        title = app.page.locator(".tooltip-title").text_content()  # the tooltip itself goes when the view moves on
        assert title == "False positive: person, confidence 0.71"

    app.page.get_by_role("button", name="Next", exact=True).click()
    expect_close_up(3)
    app.page.locator(".viewer .canvas").focus()
    app.page.keyboard.press(".")
    expect_close_up(4)
    app.page.keyboard.press(",")
    expect_close_up(3)
    app.page.get_by_role("button", name="Previous", exact=True).click()
    expect_close_up(2)


def test_tiles_are_coloured_by_outcome_with_strokes_and_one_legend(app: App) -> None:
    app.open("/Explore?model=model_a&conf=0.1")
    gallery = app.page.locator(".gallery")
    assert gallery.get_attribute("data-mode") == "outcome"
    tile = app.page.locator(".tile").first

    def style(outcome: str, name: str, layer: str = "p:model_a") -> str:
        shape = tile.locator(f".layer[data-layer='{layer}'] [data-outcome='{outcome}']").first
        return str(shape.evaluate(f"(node) => getComputedStyle(node).{name}"))

    assert style("tp", "stroke") == "rgb(0, 158, 115)"
    assert style("fp", "stroke") == "rgb(213, 94, 0)"
    assert style("fn", "stroke", "labels") == "rgb(204, 121, 167)"
    dashes = [style("tp", "strokeDasharray"), style("fp", "strokeDasharray")]
    dashes += [style("fn", "strokeDasharray", "labels"), style("ignored", "fill")]
    assert dashes[0] == "none", "solid"
    assert dashes[1].startswith(("7", "1")), "dashed"
    assert dashes[2].startswith("0"), "dotted"
    assert "crowd-hatch" in dashes[3], "hatched"
    for state in app.page.evaluate(DRAWN):
        assert state == {"badge": "4 missed, 5 false", "missed": 4, "false": 5}

    app.page.locator(".legend-entry[data-legend='fp']").click()
    assert [state["false"] for state in app.page.evaluate(DRAWN)] == [0] * N_FRAMES
    assert app.page.locator(".legend-entry[data-legend='fp']").get_attribute("aria-pressed") == "false"
    app.page.locator(".legend-entry[data-legend='fp']").click()

    app.set_slider("input[aria-label='Lowest confidence that counts']", 0.6)
    app.page.locator(".badge", has_text="5 missed, 3 false").first.wait_for()
    for state in app.page.evaluate(DRAWN):
        assert state == {"badge": "5 missed, 3 false", "missed": 5, "false": 3}
    app.page.get_by_label("Sort by").select_option("precision")
    app.page.locator(".badge", has_text="precision .25, 5 missed, 3 false").first.wait_for()
    app.page.locator(".choice[data-focus='kind:both']").click()
    app.page.locator("[data-testid='stMain']").get_by_text("No frame has all of this").wait_for()


def test_colours_follow_what_is_on_screen(app: App) -> None:
    app.open("/Explore?conf=0.1")
    gallery = app.page.locator(".gallery")
    assert gallery.get_attribute("data-mode") == "layer", "two models"
    assert app.page.locator(".legend-entry").count() == 0
    app.page.locator("[data-counter='p:model_b']").click()
    assert gallery.get_attribute("data-mode") == "outcome", "the one that is evaluated"
    assert app.page.locator(".legend-entry").count() == 4
    app.page.locator("[data-counter='p:model_a']").click()
    assert gallery.get_attribute("data-mode") == "class", "labels alone"
    entries = app.page.locator(".legend-entry")
    assert entries.all_inner_texts() == ["person", "dog"]
    entries.filter(has_text="dog").click()
    hidden = "(nodes) => nodes.filter((node) => node.style.display === 'none').length"
    assert app.page.locator(".tile").first.locator(".layer[data-layer='labels'] [data-id]").evaluate_all(hidden) == 2


def test_sliders_of_all_pages_agree(app: App) -> None:
    app.open("/Frame?model=model_a&conf=0.1&frame=000")
    app.wait_for_outcome("True positives", 2)
    app.set_slider("input[name='threshold']", 0.65)
    app.wait_for_outcome("True positives", 1)
    app.wait_for_parameter("conf", "0.65")
    app.set_slider("input[name='iou']", 0.4)
    app.wait_for_outcome("True positives", 2)
    app.wait_for_parameter("iou", "0.4")
    assert app.page.locator("input[name='threshold']").input_value() == "0.65"
    app.page.get_by_role("link", name="Explore", exact=True).click()
    rail = app.page.locator(".rail")
    rail.get_by_text("≥ .65").wait_for()
    rail.get_by_text("≥ .40").wait_for()
    app.page.locator(".badge", has_text="4 missed, 1 false").first.wait_for()
    app.set_slider("input[aria-label='Lowest confidence that counts']", 0.9)
    app.page.locator(".badge", has_text="5 missed").first.wait_for()
    app.page.locator(".tile .open").first.click()
    app.wait_for_outcome("True positives", 1)
    assert app.page.locator("input[name='threshold']").input_value() == "0.9"
    labels = app.page.locator(".viewer .layer[data-layer='labels'] [data-outcome='tp']")
    assert labels.count() == 1, "no label stays found when its prediction is below the slider"
    app.page.get_by_text("Frame details").click()
    app.page.locator("[data-testid='stDataFrame']").first.wait_for()


def test_tags_of_fifty_boxes_leave_the_picture_free(open_viewer: Callable[..., Any]) -> None:
    view = open_viewer("many50")
    view.press("c")
    view.locator(".tag").first.wait_for()
    measured = view.page.evaluate(
        """() => {
          const root = viewerRoot();
          const boxes = [...root.querySelectorAll('.pane .tag')].map((node) => node.getBoundingClientRect());
          const picture = root.querySelector('.stage').getBoundingClientRect();
          const apart = boxes.every((a, i) => boxes.every((b, j) =>
            i === j || a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top));
          const area = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
          const size = getComputedStyle(root.querySelector('.tag')).fontSize;
          return { apart, count: boxes.length, share: area / (picture.width * picture.height), size };
        }"""
    )
    assert measured["count"] >= 10
    assert measured["apart"]
    assert measured["share"] <= 0.05
    assert measured["size"] == "11px"
