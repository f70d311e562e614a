"""Objects and outcomes in a real Chromium: crops, choices, the way to a frame and to the next error, live outcomes."""

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

APP = Path(__file__).resolve().parents[2] / "app.py"
CLASSES = ["person", "dog"]
N_FRAMES = 24
WIDTH, HEIGHT = 320, 240
IN_SHADOW = """([name, ask]) => {
  const host = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector(name));
  return new Function('root', `return ${ask}`)(host.shadowRoot);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In each frame a person found (.95, with a duplicate of .71 in the first half), a dog taken for a person (.6), a
    person that is missed, and a person found with a confidence of .3.
    """
    folder = tmp_path_factory.mktemp("objects")
    (folder / "images").mkdir()
    images, labels, predictions = [], [], []
    rng = np.random.default_rng(4)
    for index in range(N_FRAMES):
        pixels = np.full((HEIGHT, WIDTH, 3), (90 + index, 120, 160), dtype=np.uint8)
        for left, top in ((20, 20), (120, 20), (220, 20), (20, 130)):
            cv2.rectangle(pixels, (left, top), (left + 60, top + 80), rng.integers(60, 255, 3).tolist(), -1)
        cv2.imwrite(str(folder / "images" / f"{index:03d}.jpg"), pixels)
        images.append({"id": index + 1, "file_name": f"{index:03d}.jpg", "width": WIDTH, "height": HEIGHT})
        for left, top, category in ((20, 20, 1), (120, 20, 2), (220, 20, 1), (20, 130, 1)):
            box = {"image_id": index + 1, "category_id": category, "bbox": [left, top, 60, 80]}
            labels.append(box | {"id": len(labels) + 1, "area": 4800, "iscrowd": 0})
        found = [(20, 20, 0.95), (120, 20, 0.6), (20, 130, 0.3)] + [(44, 20, 0.71)] * (index < N_FRAMES // 2)
        for left, top, score in found:
            box = {"image_id": index + 1, "category_id": 1, "bbox": [left, top, 60, 80]}
            predictions.append(box | {"score": score})
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": labels, "categories": categories}
    (folder / "labels.json").write_text(json.dumps(content))
    (folder / "model_a.json").write_text(json.dumps(predictions))
    (folder / "model_b.json").write_text(json.dumps([entry for entry in predictions if entry["score"] > 0.9]))
    return folder


@pytest.fixture(scope="module")
def project(folder: Path) -> Project:
    project = Project.create(folder / "project", images=folder / "images")
    import_labels(project, folder / "labels.json")
    for name in ("model_a", "model_b"):
        import_predictions(Project.open(project.path), folder / f"{name}.json", name=name)
    return Project.open(project.path)


class App:
    """The pages and what the tests ask of them."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.sent: list[str] = []
        page.on("request", lambda request: self.sent.append(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: self.sent.append("message")))

    def open(self, address: str) -> App:
        self.page.goto(self.url + address)
        self.page.wait_for_selector(".tile, .viewer .layer, .st-key-nothing_found, [data-testid='stAlert']")
        return self

    def wait_for(self, counter: str, text: str) -> None:
        counters = self.page.locator(f"[data-counter='{counter}']")
        counters.filter(has_text=re.compile(rf"^{re.escape(text)}$")).wait_for()

    def captions(self) -> list[str]:
        return [text.replace("\n", " ") for text in self.page.locator(".caption").all_inner_texts()]

    def choose(self, field: str, name: str) -> None:
        self.page.locator(f".choice[data-field='{field}'][data-value='{name}']").click()

    def parameters(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)

    def wait_for_parameter(self, name: str, value: str | None) -> None:
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
        )

    def legend(self) -> dict[str, int]:
        entries = [text.split("\n") for text in self.page.locator(".legend-entry").all_inner_texts()]
        return {name: int(count) for name, count in entries}

    def wait_for_legend(self, **counts: int) -> None:
        names = {"tp": "True positives", "fp": "False positives", "fn": "False negatives"}
        for key, count in counts.items():
            entry = self.page.locator(f".legend-entry[data-name='{names[key]}'] .count")
            entry.filter(has_text=re.compile(rf"^{count}$")).wait_for()

    def outcome_words(self) -> list[str]:
        ask = "[...root.querySelectorAll('.layer:not(.off) [data-id]')].filter((node) => node.style.display !== 'none')"
        return self.page.evaluate(IN_SHADOW, [".viewer", f"{ask}.map((node) => node.getAttribute('aria-label'))"])


@pytest.fixture
def app(app_server: Callable[..., str], page: Any, project: Project) -> App:
    return App(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)}))


def test_one_crop_an_object_and_why(app: App) -> None:
    app.open("/Objects?set=model_a&outcome=fp")
    app.wait_for("predictions", "36 of 84 predictions")
    app.wait_for("frames", "in 24 of 24 frames")
    captions = app.captions()
    assert len(captions) == 36
    assert captions[0] == "False positive: person .71: best overlap .43 with a person that .95 already matched"
    assert captions[-1] == "False positive: person .60: IoU 1.00 with a label of another class, dog"
    assert app.page.locator(".tile").count() == 36
    crop = app.page.locator(".tile").first
    assert crop.locator(".layer[data-layer='labels'] [data-id]").count() == 1
    assert crop.locator(".layer[data-layer='p:model_a'] .anchor").count() == 1
    stroke = "(node) => getComputedStyle(node).stroke"
    assert crop.locator(".layer[data-layer='p:model_a'] [data-id]").evaluate(stroke) == "rgb(213, 94, 0)"
    assert crop.locator(".layer[data-layer='labels'] [data-id]").evaluate(stroke) == "rgb(0, 158, 115)"
    picture = crop.locator("img")
    app.page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert "/api/crop/" in picture.get_attribute("src")


def test_the_object_lies_in_its_crop_where_it_lies_in_the_frame(app: App) -> None:
    app.open("/Objects?set=model_a&outcome=fn&class=dog")
    app.wait_for("labels", "24 of 96 labels missed")
    crop = app.page.locator(".tile").first
    left, top, width, height = (
        int(part) for part in re.search(r"box=([\d,]+)", crop.locator("img").get_attribute("src"))[1].split(",")
    )
    whole, drawn = crop.locator("img").bounding_box(), crop.locator("[data-id='labels:1']").bounding_box()
    scale = whole["width"] / width
    assert (drawn["x"] - whole["x"]) / scale + left == pytest.approx(120, abs=2.5)
    assert (drawn["y"] - whole["y"]) / scale + top == pytest.approx(20, abs=2.5)
    assert drawn["width"] / scale == pytest.approx(60, abs=4)
    assert height * scale == pytest.approx(whole["height"], abs=2)


def test_choices_chips_and_history(app: App) -> None:
    app.open("/Objects")
    app.wait_for("predictions", "84 of 84 predictions")
    app.choose("outcomes", "fp")
    app.wait_for("predictions", "36 of 84 predictions")
    app.choose("reasons", "localisation")
    app.wait_for("predictions", "12 of 84 predictions")
    app.wait_for("frames", "in 12 of 24 frames")
    assert app.parameters() == {"set": ["model_a"], "outcome": ["fp"], "reason": ["localisation"]}
    app.page.locator(".st-key-filter_chips button", has_text="poorly placed").first.click()
    app.wait_for("predictions", "36 of 84 predictions")
    app.page.go_back()
    app.wait_for("predictions", "12 of 84 predictions")
    app.page.locator("[data-testid='stSidebar']").get_by_text("model_b", exact=True).click()
    app.page.locator(".st-key-nothing_found").wait_for()
    assert app.parameters()["set"] == ["model_b"]


def test_sorting_both_ways(app: App) -> None:
    app.open("/Objects?set=model_a&outcome=fp")
    app.page.get_by_label("Sort by").select_option("iou")
    app.wait_for_parameter("osort", "-iou")
    app.page.locator(".caption").first.filter(has_text="person .60").wait_for()
    app.page.locator(".direction").click()
    app.wait_for_parameter("osort", "iou")
    app.page.locator(".caption").first.filter(has_text="best overlap .43").wait_for()


def test_a_cell_of_the_matrix_opens_its_pairs(app: App) -> None:
    app.open("/Objects?set=model_a&cell=dog~person")
    app.wait_for("predictions", "24 of 84 predictions")
    assert len(app.captions()) == 24
    app.open("/Objects?set=model_a&cell=person~background")
    app.wait_for("labels", "24 of 96 labels missed")


def test_a_click_opens_the_frame_and_goes_on_from_error_to_error(app: App) -> None:
    app.open("/Objects?set=model_a&outcome=fp&reason=localisation")
    app.wait_for("predictions", "12 of 84 predictions")
    app.page.locator(".tile").nth(3).locator(".open").click()
    walk = app.page.locator(".st-key-object_walk")
    walk.get_by_text("4 of 12", exact=True).wait_for()
    app.page.locator(".viewer .file-name").filter(has_text="003.jpg").wait_for()
    app.page.locator(".mark.selected").wait_for()
    assert list(app.legend())[:3] == ["Labels", "model_a", "model_b"]
    app.wait_for_legend(tp=2, fp=2, fn=2)
    app.page.get_by_role("button", name="Next", exact=True).click()
    walk.get_by_text("5 of 12", exact=True).wait_for()
    app.page.locator(".viewer .file-name").filter(has_text="004.jpg").wait_for()
    app.page.locator(".viewer .canvas").focus()
    app.page.keyboard.press(".")
    app.page.locator(".viewer .file-name").filter(has_text="005.jpg").wait_for()
    walk.get_by_text("6 of 12", exact=True).wait_for()
    tooltip = app.page.locator(".tooltip").inner_text()
    assert tooltip.startswith("False positive: person, confidence 0.71")
    assert "Best overlap .43 with a person that .95 already matched." in tooltip
    assert app.page.locator(".mark.matched").count() == 2, "the label, and the rival that took it"
    app.page.keyboard.press(",")
    walk.get_by_text("5 of 12", exact=True).wait_for()
    frame = app.page.url
    app.page.get_by_role("button", name="All of them").click()
    app.page.wait_for_url(re.compile(r"/Objects\?"))
    app.wait_for("predictions", "12 of 84 predictions")
    app.page.go_back()
    app.page.wait_for_url(frame)
    walk.get_by_text("5 of 12", exact=True).wait_for()


def test_keyboard_in_the_gallery(app: App) -> None:
    app.open("/Objects?set=model_a&outcome=fn&class=dog")
    app.wait_for("labels", "24 of 96 labels missed")
    app.page.locator(".tile .open").first.focus()
    app.page.keyboard.press("ArrowRight")
    app.page.keyboard.press("x")
    app.wait_for("selected", "1 of 24 selected")
    app.page.keyboard.press("Enter")
    app.page.locator(".viewer .file-name").filter(has_text="001.jpg").wait_for()
    assert app.parameters()["object"] == ["labels:5"]


def test_no_label_stays_found_when_its_prediction_is_below_the_slider(app: App) -> None:
    app.open("/Frame?model=model_a&frame=000")
    app.wait_for_legend(tp=2, fp=2, fn=2)
    assert app.outcome_words().count("True positive: person") == 2
    slider = app.page.locator("input[name='threshold']")
    app.page.wait_for_timeout(800)
    before = len(app.sent)
    slider.evaluate("(node) => { node.value = 0.65; node.dispatchEvent(new Event('input', { bubbles: true })); }")
    app.wait_for_legend(tp=1, fp=1, fn=3)
    assert len(app.sent) == before, "while it moves, nothing leaves the browser"
    words = app.outcome_words()
    assert [words.count("True positive: person"), words.count("False negative: person")] == [1, 2]
    slider.evaluate("(node) => node.dispatchEvent(new Event('change', { bubbles: true }))")
    app.wait_for_parameter("conf", "0.65")
    app.wait_for_legend(tp=1, fp=1, fn=3)
    app.page.go_back()
    app.wait_for_legend(tp=2, fp=2, fn=2)
    assert slider.input_value() == "0.1"


def test_labels_are_compared_with_the_model_that_is_shown(app: App) -> None:
    app.open("/Frame?frame=000")
    app.page.locator(".legend-entry", has_text="model_b").wait_for()
    assert "True positives" not in app.legend(), "with two models on screen, colours are those of the layers"
    app.page.locator(".viewer .canvas").focus()
    app.page.keyboard.press("1")
    app.wait_for_legend(tp=1, fp=0, fn=3)
    app.page.keyboard.press("1")
    app.page.keyboard.press("2")
    app.wait_for_legend(tp=2, fp=2, fn=2)


def test_frames_sorted_and_filtered_by_what_was_missed(app: App) -> None:
    app.open("/Explore?model=model_a")
    app.page.get_by_label("Sort by").select_option("false")
    app.page.locator(".tile .badge").first.filter(has_text="2 missed, 2 false").wait_for()
    app.open("/Explore?model=model_a&conf=0.5&sort=-missed")
    assert app.page.locator(".tile .badge").first.inner_text() == "3 missed, 2 false"
    app.open("/Explore?model=model_a&n_false=2..")
    app.wait_for("frames", "12 of 24 frames")
    app.page.locator(".st-key-filter_chips button", has_text="2 or more false alarms").first.click()
    app.wait_for("frames", "24 of 24 frames")


def test_a_project_without_predictions_says_what_to_import(
    app_server: Callable[..., str], page: Any, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project.create(tmp_path_factory.mktemp("bare") / "project", images=folder / "images")
    import_labels(project, folder / "labels.json")
    app = App(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)}))
    app.open("/Objects")
    page.get_by_text("There are no predictions yet.").wait_for()
    page.get_by_text("predscope import predictions").wait_for()
