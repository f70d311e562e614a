"""Journeys through the whole app on the sample project, and from files on the command line to a frame on screen."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from components import urls
from predscope import Project, stage_predictions
from predscope.payload import frame_payloads, project_layers
from tests.browser.pages import both_schemes, box_at_rest, wait_until_quiet
from tests.browser.viewing import viewing
from tests.conftest import ROOT
from tests.shapes_dataset import ShapesDataset

APP = ROOT / "app.py"
SHAPES = ".pane [data-id]"


@pytest.fixture
def app(app_server: Callable[..., str], streets: Project) -> str:
    return app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path)})


def expected_objects(project: Project, frame_id: str, threshold: float = 0.0) -> dict[str, list[dict[str, Any]]]:
    """Objects of a frame by layer key, predictions from a threshold on."""
    layers = project_layers(project)
    index = project.frame_index(frame_id)
    (payload,) = frame_payloads(project, layers, [index], urls.image_url, urls.thumbnail_url)
    return {
        layer.key: [
            thing for thing in payload["objects"] if thing["layer"] == position and thing.get("conf", 1.0) >= threshold
        ]
        for position, layer in enumerate(layers)
    }


def wait_for_frame(page: Any, file_name: str) -> None:
    page.locator(".toolbar .file-name", has_text=re.compile(rf"^{re.escape(file_name)}$")).wait_for()
    page.locator(".pane img").first.wait_for(state="attached")


def parameters(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_very_first_request_may_be_a_deep_link(app_server: Callable[..., str], streets: Project, page: Any) -> None:
    fresh = app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path), "PREDSCOPE_TEST": "cold"})
    page.goto(f"{fresh}/Frame?frame=street_007")
    wait_for_frame(page, "street_007.jpg")
    assert page.locator("[role='dialog']:visible").count() == 0, "no 'page not found'"
    assert page.get_by_role("link", name="Explore").count() == 1, "the navigation is ours"


def test_every_object_of_a_frame_is_drawn_in_its_layer(app: str, streets: Project, page: Any) -> None:
    page.goto(f"{app}/Frame?frame=street_000&conf=0")
    wait_for_frame(page, "street_000.jpg")
    for layer, things in expected_objects(streets, "street_000").items():
        drawn = page.locator(f".pane [data-layer='{layer}'] [data-id]")
        assert drawn.count() == len(things)
        assert {drawn.nth(row).get_attribute("data-id") for row in range(drawn.count())} == {
            thing["id"] for thing in things
        }
    assert {thing["kind"] for things in expected_objects(streets, "street_000").values() for thing in things} >= {
        "box",
        "polygon",
        "mask",
    }


def test_steps_are_in_the_address_and_back_undoes_them(app: str, page: Any) -> None:
    page.goto(f"{app}/Frame?frame=street_000")
    wait_for_frame(page, "street_000.jpg")
    page.keyboard.press("ArrowRight")
    wait_for_frame(page, "street_001.jpg")
    page.wait_for_url(re.compile("frame=street_001"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("frame=street_002"))
    page.go_back()
    wait_for_frame(page, "street_001.jpg")
    wait_until_quiet(page, [])
    page.go_forward()
    wait_for_frame(page, "street_002.jpg")
    wait_until_quiet(page, [])
    page.reload()
    wait_for_frame(page, "street_002.jpg")


def test_a_step_sends_at_most_one_request_and_a_toggle_none(app: str, new_page: Callable[..., Any]) -> None:
    page = new_page(is_cold=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{app}/Frame?frame=street_010")
    wait_for_frame(page, "street_010.jpg")
    wait_until_quiet(page, requests)
    for number in (11, 12, 13):
        requests.clear()
        page.keyboard.press("ArrowRight")
        wait_for_frame(page, f"street_{number:03d}.jpg")
        assert len(requests) <= 1, requests
        wait_until_quiet(page, requests)
    requests.clear()
    for key in ("g", "1", "2", "g", "1", "2", "]", "["):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert requests == []


def test_a_selected_object_is_in_the_address(app: str, page: Any, new_page: Callable[..., Any]) -> None:
    page.goto(f"{app}/Frame?frame=street_000")
    wait_for_frame(page, "street_000.jpg")
    page.locator(".pane [data-layer='labels'] [data-id]").first.wait_for(state="attached")
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile("object="))
    (selected,) = parameters(page)["object"]
    other = new_page()
    other.goto(page.url)
    wait_for_frame(other, "street_000.jpg")
    other.locator("[data-mark='selected']").first.wait_for(state="attached")
    assert parameters(other)["object"] == [selected]


def test_filters_decide_what_is_next(app: str, streets: Project, page: Any) -> None:
    page.goto(f"{app}/Frame?frame=street_000&meta={quote('weather:rain')}")
    wait_for_frame(page, "street_000.jpg")
    page.goto(f"{app}/Explore?meta={quote('weather:rain')}")
    page.locator(".tile").first.click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    page.locator(".toolbar .place", has_text=re.compile(r"^1 of \d+$")).wait_for()
    page.keyboard.press("ArrowRight")
    page.locator(".toolbar .place", has_text=re.compile(r"^2 of \d+$")).wait_for()
    page.wait_for_function("() => new URLSearchParams(location.search).get('frame') !== null")
    page.wait_for_timeout(600)
    index = streets.frame_index(parameters(page)["frame"][0])
    assert json.loads(streets.frames["attributes"].iloc[index])["weather"] == "rain"


def test_a_frame_whose_image_is_missing_says_so_and_shows_its_labels(app: str, streets: Project, page: Any) -> None:
    missing = streets.frames.query("image_status == 'missing'").iloc[0]
    page.goto(f"{app}/Frame?frame={quote(missing['frame_id'])}")
    page.get_by_text(re.compile("Image file is missing")).first.wait_for()
    assert page.locator(".pane [data-layer='labels'] [data-id]").count() > 0


def test_an_unknown_frame_in_a_link_is_said_in_words(app: str, page: Any) -> None:
    page.goto(f"{app}/Frame?frame=nowhere")
    page.get_by_text("There is no frame “nowhere”").wait_for()
    wait_for_frame(page, "street_000.jpg")


def test_the_overview_says_what_is_loaded(app: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=900, color_scheme="dark")
    page.goto(app)
    page.locator(".tile img").first.wait_for()
    page.get_by_text("What is loaded").wait_for()
    page.get_by_text("Labels are for images that are not in the images folder.").wait_for()
    page.locator(".js-plotly-plot").wait_for()
    for _ in both_schemes(page, "dark"):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"
        boxes = [tile.bounding_box() for tile in page.locator(".tile:visible").all()]
        assert len({round(box["y"]) for box in boxes}) == 2, "two rows of tiles"
        right = max(box["x"] + box["width"] for box in boxes)
        last_row = max(boxes, key=lambda box: (box["y"], box["x"]))
        assert last_row["x"] + last_row["width"] == pytest.approx(right, abs=2), "and the last one is whole"


def test_the_frame_gets_the_space(app: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=900, color_scheme="dark")
    page.goto(f"{app}/Frame?frame=street_000")
    wait_for_frame(page, "street_000.jpg")
    page.locator(SHAPES).first.wait_for(state="attached")
    for _ in both_schemes(page, "dark"):
        box = page.locator(".pane").first.bounding_box()
        assert box["y"] < 160, "the photo begins near the top"
        assert box["width"] > 0.6 * 900
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_bar_of_the_class_balance_opens_the_frames_that_it_counts(app: str, streets: Project, page: Any) -> None:
    page.goto(app)
    page.locator(".js-plotly-plot .barlayer path").first.wait_for()
    box_at_rest(page, page.locator(".js-plotly-plot"))
    dogs = page.locator(".js-plotly-plot .ytick", has_text=re.compile("^dog$")).bounding_box()
    bars = [bar.bounding_box() for bar in page.locator(".js-plotly-plot .barlayer .point path").all()]
    group = [bar for bar in bars if abs(bar["y"] + bar["height"] / 2 - dogs["y"] - dogs["height"] / 2) < 20]
    assert len(group) == 3, "one bar a set"
    labels = min(group, key=lambda bar: bar["y"])
    page.mouse.click(labels["x"] + labels["width"] / 2, labels["y"] + labels["height"] / 2)
    page.wait_for_url(re.compile(r"/Explore\?label=dog"))
    column = streets.objects("labels").table(["frame_index", "class_id"]).to_pandas()
    dog = next(entry.class_id for entry in streets.classes if entry.name == "dog")
    frames = column.loc[column["class_id"] == dog, "frame_index"].nunique()
    page.locator("[data-counter='frames']", has_text=f"{frames} of 128").wait_for()


def test_nothing_is_asked_of_other_hosts_and_help_lists_the_keys(app: str, page: Any) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{app}/Frame?frame=street_000")
    wait_for_frame(page, "street_000.jpg")
    page.wait_for_timeout(1000)
    outside = [url for url in requests if not url.startswith((app, "data:", "blob:"))]
    assert outside == []
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    for words in ("Next frame", "Confidence", "Full screen"):
        assert words.lower() in dialog.inner_text().lower()


@pytest.mark.parametrize("page_path", ["/", "/Explore", "/Frame"])
def test_without_a_project_the_commands_that_load_one_are_shown(
    app_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, page: Any, page_path: str
) -> None:
    nowhere = tmp_path_factory.getbasetemp() / "no project here"
    page.goto(app_server(APP, environment={"PREDSCOPE_PROJECT": str(nowhere)}) + page_path)
    page.get_by_text("predscope demo").wait_for()
    assert page.get_by_text("no project here").count() == 1
    assert page.get_by_text("Traceback").count() == 0


@pytest.mark.parametrize("path", ["/", "/Frame", "/api/health", "/_stcore/health"])
def test_a_foreign_host_name_is_refused_everywhere(app: str, path: str) -> None:
    request = urllib.request.Request(app + path, headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400


def test_odd_but_common_files_open_from_the_command_line(tmp_path: Path, page: Any) -> None:
    """Null licences, category id 0, cloud-drive paths, scores as text, run lengths with iscrowd 0."""
    images = tmp_path / "photos"
    images.mkdir()
    cv2.imwrite(str(images / "one.jpg"), np.full((100, 140, 3), 90, np.uint8))
    mask = np.zeros((100, 140), np.uint8)
    mask[20:60, 30:80] = 1
    rle = coco_mask.encode(np.asfortranarray(mask))
    encoded = {"size": [100, 140], "counts": rle["counts"].decode()}
    labels = {
        "licenses": None,
        "images": [{"id": 1, "file_name": "C:\\Users\\me\\OneDrive\\photos\\one.jpg", "width": 140, "height": 100}],
        "categories": [{"id": 0, "name": "cat"}],
        "annotations": [
            {"id": 0, "image_id": 1, "category_id": 0, "bbox": [30, 20, 50, 40], "area": 2000, "iscrowd": 0}
            | {"segmentation": encoded}
        ],
    }
    results = [{"image_id": 1, "category_id": 0, "bbox": [32, 22, 50, 40], "score": "0.75"}]
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "results.json").write_text(json.dumps(results))
    with viewing(
        page,
        tmp_path,
        "--images",
        images,
        "--labels",
        tmp_path / "labels.json",
        "--predictions",
        tmp_path / "results.json",
    ) as link:
        page.goto(link)
        wait_for_frame(page, "one.jpg")
        assert page.locator(".pane [data-layer='labels'] [data-kind='mask']").count() == 1
        assert page.locator(".pane [data-layer='p:results'] [data-id]").count() == 1


def test_real_photos_open_on_the_first_frame_and_at_once_the_second_time(
    shared_data: Path, tmp_path: Path, page: Any
) -> None:
    data = shared_data / "voc2012_rodm100"
    arguments = ["--images", data / "images", "--labels", data / "gts/coco_format_v1/instances_default.json"]
    arguments += ["--predictions", next((data / "dets/coco_format").glob("*.json"))]
    with viewing(page, tmp_path, *arguments) as link:
        page.goto(link)
        page.locator(".toolbar .place", has_text="1 of 100").wait_for()
        page.locator(".pane [data-layer='labels'] [data-id]").first.wait_for(state="attached")
    made = [path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("objects.parquet")]
    with viewing(page, tmp_path, *arguments) as link:
        page.goto(link)
        page.locator(".pane [data-layer='labels'] [data-id]").first.wait_for(state="attached")
    assert made == [path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("objects.parquet")]
    assert len(made) == 2


def test_a_staged_import_is_looked_at_before_it_is_published(
    app_server: Callable[..., str], shapes_project: Project, shapes_dataset: ShapesDataset, page: Any
) -> None:
    url = app_server(APP, environment={"PREDSCOPE_PROJECT": str(shapes_project.path)})
    with stage_predictions(shapes_project, shapes_dataset.predictions, name="new model") as staged:
        page.goto(f"{url}{urls.preview_url('a', staged.staged_id)}&conf=0")
        page.get_by_text("not in the project yet").wait_for()
        wait_for_frame(page, "a.jpg")
        assert page.locator(".pane [data-layer='labels'] [data-id]").count() == 3
        assert page.locator(".pane [data-layer='p:new model'] [data-id]").count() == 2
        page.keyboard.press("ArrowRight")
        wait_for_frame(page, "b.jpg")
        assert page.locator(".pane [data-layer='p:new model'] [data-id]").count() == 1
    assert Project.open(shapes_project.path).revision == shapes_project.revision
    page.goto(f"{url}{urls.preview_url('a', staged.staged_id)}")
    page.get_by_text(re.compile("there is no prepared import")).wait_for()


@pytest.mark.alone
@pytest.mark.parametrize(("answer", "versions"), [("y", 2), ("n", 1)])
def test_on_a_terminal_the_preview_waits_for_an_answer(
    shapes_project: Project, shapes_dataset: ShapesDataset, page: Any, answer: str, versions: int
) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "predscope", "import", "predictions", str(shapes_dataset.predictions)]
    command += ["--project", str(shapes_project.path), "--name", "model", "--preview-first-frame"]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT)
    os.close(terminal)
    said = read_until(controller, "[y/n]")
    link = re.search(r"http://\S+", said).group()
    page.goto(link)
    wait_for_frame(page, "a.jpg")
    page.locator(".pane [data-layer='p:model'] [data-id]").first.wait_for(state="attached")
    assert len(Project.open(shapes_project.path).versions("predictions", "model")) == 1
    page.goto("about:blank")
    os.write(controller, f"{answer}\n".encode())
    read_until(controller, "ublished")
    assert process.wait(timeout=20) == 0
    os.close(controller)
    assert len(Project.open(shapes_project.path).versions("predictions", "model")) == versions


def read_until(controller: int, words: str, seconds: float = 40) -> str:
    """What a program on a terminal has said, up to some words."""
    said = ""
    deadline = time.monotonic() + seconds
    while words not in said:
        assert time.monotonic() < deadline, f"it never said {words!r}, but: {said}"
        if select.select([controller], [], [], 0.2)[0]:
            said += os.read(controller, 4096).decode(errors="replace")
    return said
