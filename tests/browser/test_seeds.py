"""What scripts of the two clients leave on disk, seen in the app: every shape lies on the pixels of its object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import cv2
import numpy as np
import pytest

from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.performance import performance
from tests.browser.pages import wait_until_quiet
from tests.browser.seed_scenes import (
    BAD,
    ENTRIES,
    GOOD,
    ODD_CLASS,
    ODD_FRAME,
    color_of,
    run_aquarium,
    run_encord,
    run_python,
)
from tests.browser.viewing import viewing
from tests.compat.encord_project import FIRST, SMALL, EncordFiles, make_encord_project

COUNTED = 14
"""Labels that evaluations count: all but the one of the ignored class and that of a whole frame."""
READ_SHAPES = """(layer) => {
  const nodes = [...document.querySelectorAll('*')];
  const root = nodes.find((node) => node.shadowRoot?.querySelector('.viewer')).shadowRoot;
  const image = root.querySelector('.pane .stage img');
  const frame = image.getBoundingClientRect();
  const [across, down] = [image.naturalWidth / frame.width, image.naturalHeight / frame.height];
  const places = {};
  for (const node of root.querySelectorAll(`.pane .layer[data-layer="${layer}"] [data-id]`)) {
    const joints = [...node.querySelectorAll('circle')].map((one) => [one.cx.baseVal.value, one.cy.baseVal.value]);
    const box = node.getBBox();
    const points = joints.length ? joints : [[box.x, box.y], [box.x + box.width, box.y + box.height]];
    const matrix = node.getScreenCTM();
    const seen = points.map(([x, y]) => new DOMPoint(x, y).matrixTransform(matrix));
    const [xs, ys] = [seen.map(({ x }) => (x - frame.left) * across), seen.map(({ y }) => (y - frame.top) * down)];
    places[node.dataset.id] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
  return places;
}"""
"""Ends of the shapes of a layer as they are on screen, in pixels of the image below them."""
DRAWN_WIDER = {"keypoints": 3.5, "line": 2.5}
"""By how much the picture shows more of an object than its points."""


@dataclass(frozen=True)
class Served:
    """A folder that scripts worked in, and the app that was started on it."""

    link: str
    project: Path
    folder: Path

    def address(self, page: str, **parameters: str) -> str:
        return f"{self.link.rstrip('/')}/{page}?{urlencode(parameters, quote_via=quote)}"


@pytest.fixture(scope="module")
def aquarium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("aquarium")
    work = run_aquarium(folder)
    with viewing(None, folder, work) as link:
        yield Served(link, work / "streets" / "train_set", folder)


def go(page: Any, address: str) -> None:
    """To a page, until its viewer, if it has one, and Python rest."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    wait_until_quiet(page, requests)
    assert page.get_by_text("This page failed").count() == 0


def open_frame(page: Any, address: str) -> None:
    go(page, address)
    page.locator(".pane .stage img").first.wait_for()
    page.wait_for_function(
        """() => {
          const nodes = [...document.querySelectorAll('*')];
          const root = nodes.find((node) => node.shadowRoot?.querySelector('.viewer'))?.shadowRoot;
          const image = root?.querySelector('.pane .stage img');
          return image?.complete && image.naturalWidth > 0;
        }"""
    )


def extent(picture: np.ndarray, color: tuple[int, int, int]) -> list[int]:
    """Left, top, right and bottom of the pixels of a colour."""
    rows, columns = np.nonzero((picture == color).all(axis=2))
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def expected_places(entry_number: int, folder: Path) -> dict[str, list[float]]:
    """Where the picture of a frame shows the objects, by label id; of masks, by their parts."""
    entry = ENTRIES[entry_number]
    picture = cv2.imread(str(folder / "images" / entry["image_name"]))
    places: dict[str, list[float]] = {}
    for place, one in enumerate(entry["objects"]):
        if "areas" in one:
            names = [area[0] if one["kind"] == "semseg" else str(at + 1) for at, area in enumerate(one["areas"])]
            for at, name in enumerate(names):
                places[f"{one['id']}_{name}"] = extent(picture, color_of(entry_number, at))
        elif one["kind"] != "classification":
            more = DRAWN_WIDER.get(one["kind"], 0.0)
            left, top, right, bottom = extent(picture, color_of(entry_number, place))
            places[one["id"]] = [left + more, top + more, right - more, bottom - more]
    return places


@pytest.mark.parametrize("number", range(len(ENTRIES) - 1), ids=[entry["frame_id"] for entry in ENTRIES[:-1]])
def test_shapes_lie_on_the_pixels_of_their_objects(aquarium: Served, page: Any, number: int) -> None:
    project = Project.open(aquarium.project)
    labels = project.objects("labels").of_frame(number, ["source_id", "class_id"]).to_pylist()
    names = {}
    for row in labels:
        names[f"labels:{row['row']}"] = row["source_id"] or f"m_{project.classes[row['class_id']].name}"
    open_frame(page, aquarium.address("Frame", frame=ENTRIES[number]["frame_id"]))
    seen = {names[identity]: place for identity, place in page.evaluate(READ_SHAPES, "labels").items()}
    expected = expected_places(number, aquarium.folder)
    assert seen.keys() == expected.keys()
    for name, place in expected.items():
        assert np.abs(np.subtract(seen[name], place)).max() < 1.6, name
    for layer, shift in ((f"p:{GOOD}", 2), (f"p:{BAD}", 6)):
        moved = page.evaluate(READ_SHAPES, layer)
        lefts = sorted(place[2] for place in expected.values())
        found = sorted(place[2] for place in moved.values())
        assert len(found) == len(lefts)
        assert np.abs(np.subtract(found, lefts) - shift).max() < 1.6 or ENTRIES[number]["frame_id"] == "semantic"


def test_a_class_of_the_whole_frame_stands_on_it(aquarium: Served, page: Any) -> None:
    open_frame(page, aquarium.address("Frame", frame="weather"))
    badges = page.locator(".badge")
    assert [text.strip() for text in badges.all_inner_texts()] == ["sunny", "sunny 0.90", "rainy 0.60"]


def test_the_own_name_of_what_was_rolled_up_and_what_is_ignored_are_told(aquarium: Served, page: Any) -> None:
    open_frame(page, aquarium.address("Frame", frame=ODD_FRAME))
    for key in ("1", "2"):  # without the predictions
        page.keyboard.press(key)
    project = Project.open(aquarium.project)
    rows = project.objects("labels").of_frame(0, ["source_id"]).to_pylist()
    row_of = {row["source_id"]: row["row"] for row in rows}

    def told(name: str) -> str:
        box = page.locator(f".pane [data-id='labels:{row_of[name]}']").first.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tooltip = page.locator(".tooltip").first
        tooltip.wait_for()
        page.wait_for_timeout(200)
        return tooltip.inner_text()

    child = told("child")
    assert "person" in child
    assert re.search(r"class_name\s+child", child)
    assert re.search(r"a<b\s+x&y", child)
    assert re.search(r"Ignored\s+yes", told("dust"))
    assert ODD_CLASS in told("odd")


def test_names_stand_as_they_are(aquarium: Served, new_page: Any) -> None:
    page = new_page(width=900, color_scheme="dark")
    go(page, aquarium.address(""))
    page.locator("[class*='st-key-overview_card']").first.wait_for()
    cards = page.locator(".overview-set").all_inner_texts()
    assert [card.split("compared")[0].strip() for card in cards] == [GOOD, BAD]
    names = page.locator(".ytick text")
    names.first.wait_for(state="attached")
    assert ODD_CLASS in names.all_text_contents()
    assert any(BAD in text for text in page.locator(".legendtext").all_text_contents())
    go(page, aquarium.address("Errors", set=BAD))
    assert page.get_by_role("heading", name=f"{BAD} against labels").count() == 1
    go(page, aquarium.address("Explore"))
    assert page.locator(".tile").count() == len(ENTRIES)


def test_both_sets_can_be_chosen_and_the_ignored_class_counts_nowhere(aquarium: Served, page: Any) -> None:
    project = Project.open(aquarium.project)
    go(page, aquarium.address("Performance"))
    assert page.get_by_text("objects are compared by their boxes").count() == 1
    for name in (GOOD, BAD):
        page.locator("[data-testid='stSidebar']").get_by_text(name, exact=True).click()
        page.get_by_role("heading", name=f"{name} against labels").wait_for()
        counts = performance(project, FrameQuery.of(project), name).at(0.1, 0.5).counts.micro
        assert (counts.tp + counts.fn, counts.tp + counts.fp) == (COUNTED, COUNTED)
        found = page.locator(".figure[data-name='tp'] .value", has_text=re.compile(f"^{counts.tp}$"))
        found.wait_for()
        missed = page.locator(".figure[data-name='fn'] .value", has_text=re.compile(f"^{counts.fn}$"))
        missed.wait_for()
        names = page.locator(".st-key-performance-confusion .ytick text")
        names.first.wait_for(state="attached")
        assert not any("dust" in text for text in names.all_text_contents())
    assert counts.tp == 8
    page.get_by_text("Pixels", exact=True).click()
    page.get_by_text("1 of 7 frames have labelled pixels").wait_for()
    page.get_by_text("Whole frames", exact=True).first.click()
    page.get_by_text("1 of 7 frames have a label of the whole frame").wait_for()


# Encord


@pytest.fixture(scope="module")
def encord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("encord")
    files = make_encord_project(folder)
    with viewing(None, folder, files.path) as link:
        yield Served(link, files.path, folder)


def places_on(page: Any, served: Served, frame: str) -> list[list[int]]:
    """Ends of the predictions that are drawn on a frame, whole pixels, from left to right."""
    open_frame(page, served.address("Frame", frame=frame))
    page.locator(".pane [data-layer='p:predictions'] [data-id]").first.wait_for(state="attached")
    places = page.evaluate(READ_SHAPES, "p:predictions").values()
    return sorted([round(value) for value in place] for place in places)


def test_predictions_of_every_way_in(encord: Served, page: Any) -> None:
    said = run_encord("pickle", encord.folder, encord.project)
    assert "predictions.pkl" in said
    run_python(
        "-m", "predscope", "import", "predictions", str(encord.folder / "predictions.pkl"), folder=encord.project
    )
    box, mask, polygon = [256, 216, 384, 504], [300, 100, 1100, 700], [256, 72, 384, 288]
    assert places_on(page, encord, FIRST) == sorted([box, mask, polygon])

    run_encord("writer", encord.folder, encord.project)
    assert places_on(page, encord, FIRST) == [[30, 10, 50, 20], [128, 144, 512, 216]]

    run_encord("kitti", encord.folder, encord.project)
    assert places_on(page, encord, FIRST) == [[423, 174, 433, 224], [587, 173, 614, 200], [665, 160, 718, 218]]
    captions = page.locator(".badge, .caption, .tag").all_text_contents()
    assert any("0.98" in text for text in captions)

    run_encord("masks", encord.folder, encord.project)
    assert places_on(page, encord, SMALL) == [[2, 1, 5, 3], [4, 4, 7, 7], [12, 2, 16, 6]]
    table = EncordFiles(encord.project).table()
    assert table["class"].tolist() == ["Pedestrian", "Pedestrian", "Cyclist"]


def test_metrics_of_the_predictions_are_on_by_metric(encord: Served, page: Any) -> None:
    run_encord("pickle", encord.folder, encord.project)
    run_python(
        "-m", "predscope", "import", "predictions", str(encord.folder / "predictions.pkl"), folder=encord.project
    )
    run_encord("metrics", encord.folder, encord.project)
    for metric, frames_of in (("brightness", "labels"), ("crop_brightness", "predictions")):
        go(page, encord.address("By_metric", metric=metric))
        chart = page.locator(f".st-key-by_metric-chart-{metric}")
        targets = chart.locator(".target")
        targets.first.wait_for()
        told = [targets.nth(place).get_attribute("aria-label") for place in range(targets.count())]
        noun = {"labels": "labels found", "predictions": "predictions right"}[frames_of]
        assert any(re.search(rf"\d of [1-9]\d* {noun}", text) for text in told), told
