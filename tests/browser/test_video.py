"""Videos in the app: listed, drawn exactly, stepped through and played."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from predscope import Project, import_labels, import_predictions
from tests.browser.viewer_harness import ViewerPage
from tests.conftest import ROOT
from tests.test_media_archives import jpeg
from tests.video_files import BITS, BLOCK, HEIGHT, WIDTH, write_video

APP = ROOT / "app.py"
COUNT, RATE = 80, 20.0
NAME = "clips/a.mp4"

READ_NUMBER = f"""(image) => {{
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit += 1) {{
    const [red] = context.getImageData(bit * {BLOCK} + {BLOCK // 2}, {HEIGHT // 4}, 1, 1).data;
    if (red > 128) number += 1 << bit;
  }}
  return number;
}}"""
"""The number that the pixels of an image carry."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A photo and two videos; on each frame of the first, a label and a prediction on the ball."""
    folder = tmp_path_factory.mktemp("video")
    write_video(folder / "images" / "clips" / "a.mp4", COUNT, rate=RATE)
    write_video(folder / "images" / "clips" / "b.mp4", 10)
    (folder / "images" / "photo.jpg").write_bytes(jpeg())
    images = [
        {"id": 500 + number, "file_name": f"{NAME}#{number}", "width": WIDTH, "height": HEIGHT}
        for number in range(COUNT)
    ]
    boxes = [
        {"id": i, "image_id": 500 + i, "category_id": 1, "bbox": [i, 60, 30, 30], "area": 900, "iscrowd": 0}
        for i in range(COUNT)
    ]
    labels = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "ball"}]}
    (folder / "labels.json").write_text(json.dumps(labels))
    results = [{"image_id": 500 + i, "category_id": 1, "bbox": [i + 1, 60, 30, 30], "score": 0.8} for i in range(COUNT)]
    (folder / "results.json").write_text(json.dumps(results))
    made = Project.create(folder / "project", images=folder / "images")
    labelled = import_labels(made, folder / "labels.json").project
    return import_predictions(labelled, folder / "results.json", name="model").project


@pytest.fixture
def view(app_server: Callable[..., str], page: Any, project: Project) -> Callable[[int], ViewerPage]:
    """The viewer on a frame of the first video."""

    def open_frame(number: int) -> ViewerPage:
        address = app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)})
        opened = ViewerPage(page)
        page.goto(f"{address}/Frame?frame=clips/a/{number:06d}")
        wait_for_frame(opened, number)
        return opened

    return open_frame


def wait_for_frame(view: ViewerPage, number: int) -> None:
    """Until a frame is drawn; the first video comes first, so that its frames have the indices of their numbers."""
    view.page.wait_for_function(
        """([text, address]) => {
          const root = viewerRoot();
          const image = root?.querySelector('.stage img');
          const name = root?.querySelector('.sequence-name')?.textContent;
          return name === text && image?.complete && image.src.includes(address);
        }""",
        arg=[f"{NAME} · frame {number + 1} of {COUNT}", f"/api/image/{number}?"],
    )


def shown_number(view: ViewerPage) -> int:
    return view.page.evaluate(f"() => ({READ_NUMBER})(viewerRoot().querySelector('.stage img'))")


def record_frames(view: ViewerPage) -> None:
    """Notes each photo that is put on screen: its index, the number in its pixels and when, as ``window.shown``."""
    view.page.evaluate(
        f"""() => {{
          window.shown = [];
          const stage = viewerRoot().querySelector('.stage');
          new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach((node) => {{
            const index = node.src?.match(/image.(\\d+)/)?.[1];
            if (index) window.shown.push([Number(index), ({READ_NUMBER})(node)]);
          }}))).observe(stage, {{childList: true}});
        }}"""
    )


def test_a_frame_of_a_video_is_drawn_with_its_objects(view: Callable[[int], ViewerPage]) -> None:
    opened = view(33)
    assert shown_number(opened) == 33
    assert opened.shown("labels") > 0
    box = opened.page.evaluate("() => viewerRoot().querySelector('.pane [data-id^=\"labels:\"]').getBBox().x")
    assert abs(box - 33) < 2
    assert opened.locator(".play").is_visible()


def test_stepping_shows_exactly_the_neighbours(view: Callable[[int], ViewerPage]) -> None:
    opened = view(40)
    for key, numbers in (("ArrowRight", range(41, 52)), ("ArrowLeft", range(50, 30, -1))):
        for number in numbers:
            opened.press(key)
            wait_for_frame(opened, number)
            assert shown_number(opened) == number


def test_a_jump_shows_exactly_that_frame(view: Callable[[int], ViewerPage]) -> None:
    opened = view(5)
    slider = opened.locator("input[name='sequence']")
    slider.focus()
    opened.press("End")
    wait_for_frame(opened, COUNT - 1)
    assert shown_number(opened) == COUNT - 1
    opened.press("Home")
    wait_for_frame(opened, 0)
    assert shown_number(opened) == 0


def test_playing_shows_every_frame_in_turn(view: Callable[[int], ViewerPage]) -> None:
    opened = view(0)
    opened.come_to_rest()
    record_frames(opened)
    opened.press("Space")
    opened.page.wait_for_function("() => window.shown.length >= 30")
    opened.press("Space")
    shown = opened.page.evaluate("window.shown")
    numbers = [number for _, number in shown]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({index - number for index, number in shown}) == 1  # the pixels are those of that frame


def test_frames_of_one_video_can_be_chosen_in_explore(
    app_server: Callable[..., str], page: Any, project: Project
) -> None:
    address = app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)})
    page.goto(f"{address}/Explore?meta=sequence:clips%2Fb.mp4")
    page.get_by_text("10 of 91").first.wait_for()
    numbers = page.wait_for_function(
        f"""() => {{
          const host = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.gallery'));
          const images = [...(host?.shadowRoot.querySelectorAll('img') ?? [])].filter((image) => image.naturalWidth);
          return images.length >= 10 && images.map({READ_NUMBER});
        }}"""
    ).json_value()
    assert numbers == list(range(10))
