"""Position slider and playback of the viewer in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.viewer_harness import ViewerPage

OpenViewer = Callable[..., ViewerPage]


def runs(view: ViewerPage) -> int:
    """How often Python has drawn the page."""
    return int(re.search(r"run (\d+) ", view.page.locator("body").inner_text())[1])


def sequence_text(view: ViewerPage) -> str:
    return view.locator(".sequence-name").text_content()


def wait_for_sequence(view: ViewerPage, pattern: str) -> None:
    view.page.wait_for_function(
        "(pattern) => new RegExp(pattern).test(viewerRoot()?.querySelector('.sequence-name')?.textContent)", arg=pattern
    )


def record_frames(view: ViewerPage) -> None:
    """Notes when which photo is put on screen, as ``window.shown``."""
    view.page.evaluate(
        """() => {
          window.shown = [];
          const stage = viewerRoot().querySelector('.stage');
          new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach((node) => {
            const index = node.src?.match(/image.(\\d+)/)[1];
            if (index) window.shown.push([Number(index), performance.now()]);
          }))).observe(stage, {childList: true});
        }"""
    )


def is_playing(view: ViewerPage) -> bool:
    return view.locator(".play").get_attribute("aria-label") == "Pause"


def test_space_plays_and_pauses_a_sequence(open_viewer: OpenViewer) -> None:
    view = open_viewer("video", frame=20)
    assert sequence_text(view) == "clip · frame 13 of 50"
    view.come_to_rest()
    record_frames(view)
    before = runs(view)
    view.press("Space")
    assert is_playing(view)
    wait_for_sequence(view, "frame (2[3-9]|3)")
    assert runs(view) == before  # Python hears nothing of it
    view.press("Space")
    assert not is_playing(view)
    shown = view.page.evaluate("window.shown")
    indices = [index for index, _ in shown]
    assert indices == list(range(21, 21 + len(indices)))  # every frame, in order
    per_frame = (shown[-1][1] - shown[0][1]) / (len(shown) - 1)
    assert per_frame > 95  # ms; 100 each, from the moment it is drawn
    view.wait_for_python(f"frame day/{indices[-1]:03d} position {indices[-1]}")
    assert runs(view) == before + 1


def test_playing_ends_with_the_sequence_beyond_the_window(open_viewer: OpenViewer) -> None:
    view = open_viewer("video", frame=30)  # the window reaches to 50, the clip to 57
    view.come_to_rest()
    record_frames(view)
    before = runs(view)
    view.locator(".play").click()
    wait_for_sequence(view, "frame 50 of 50")
    view.wait_for_python("frame day/057 position 57")
    assert not is_playing(view)
    assert [index for index, _ in view.page.evaluate("window.shown")] == list(range(31, 58))
    assert runs(view) == before + 1
    assert view.locator(".place").inner_text() == "58 of 60"
    view.locator(".play").click()  # once more from the start
    wait_for_sequence(view, "frame [2-9] of 50")
    view.press("Space")


def test_playing_stops_for_the_user(open_viewer: OpenViewer) -> None:
    view = open_viewer("video", frame=10)
    view.come_to_rest()

    def play() -> None:
        view.press("Space")
        view.settle(350)
        assert is_playing(view)

    play()
    view.press("ArrowLeft")
    assert not is_playing(view)
    shown = sequence_text(view)
    view.settle(400)
    assert sequence_text(view) == shown
    play()
    view.press("ArrowDown")  # selects an object
    assert not is_playing(view)
    assert view.locator(".mark.selected").count() == 1
    view.wait_for_python("selected labels:0")
    play()
    view.page.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', {value: true, configurable: true});
          document.dispatchEvent(new Event('visibilitychange'));
          delete document.hidden;
        }"""
    )
    assert not is_playing(view)
    play()
    view.page.get_by_role("button", name="Frame 3").click()
    view.wait_for_place("4 of 60")
    view.settle(400)
    assert view.locator(".place").inner_text() == "4 of 60"


def test_playing_keeps_the_zoom(open_viewer: OpenViewer) -> None:
    view = open_viewer("video", frame=20)
    view.press("+", "+")
    zoom = view.locator(".zoom").inner_text()
    view.press("Space")
    wait_for_sequence(view, "frame 1[6-9]")
    assert view.locator(".zoom").inner_text() == zoom
    view.press("Space")


def test_frames_outside_of_a_sequence_have_nothing_to_play(open_viewer: OpenViewer) -> None:
    view = open_viewer("video")
    assert not view.locator(".play").is_visible()
    view.press("Space")
    view.settle(300)
    assert view.locator(".place").inner_text() == "1 of 60"
    view.press("?")
    assert "Play or pause" not in view.page.get_by_role("dialog").inner_text()
    view.press("Escape")
    view.press(*["ArrowRight"] * 8)
    wait_for_sequence(view, "clip · frame 1 of 50")


def test_the_slider_goes_anywhere_in_the_order(open_viewer: OpenViewer) -> None:
    view = open_viewer("frames")
    view.come_to_rest()
    slider = view.locator("input[name='position']")
    box = slider.bounding_box()
    before = len(view.requests)
    view.page.mouse.move(box["x"] + 6, box["y"] + box["height"] / 2)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2, steps=4)
    assert view.locator(".order-part .bubble").inner_text().startswith("16 of 60 · day/015")
    view.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    assert view.locator(".order-part .bubble").inner_text() == "48 of 60"
    assert view.locator(".place").inner_text() == "1 of 60"
    assert len(view.requests) == before
    view.page.mouse.up()
    view.wait_for_place("48 of 60")
    view.wait_for_python("frame day/047 position 47")
    assert not view.locator(".order-part .bubble").is_visible()
    assert slider.input_value() == "48"
    view.press("ArrowRight")  # the key is the viewer's again
    view.wait_for_place("49 of 60")
    assert slider.input_value() == "49"


def test_the_slider_of_a_sequence(open_viewer: OpenViewer) -> None:
    view = open_viewer("video", frame=20)
    slider = view.locator("input[name='sequence']")
    assert (slider.input_value(), slider.get_attribute("max")) == ("13", "50")
    slider.focus()
    view.press("ArrowRight")
    view.wait_for_place("22 of 60")
    assert slider.get_attribute("aria-valuetext") == "14 of 50"
    view.press("End")  # beyond the window: Python sends the way
    view.wait_for_place("58 of 60")
    assert sequence_text(view) == "clip · frame 50 of 50"
    assert view.page.evaluate("viewerRoot().activeElement.name") == "sequence"
