"""The viewer in a real Chromium, on generated frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.browser import viewer_frames
from tests.browser.viewer_harness import ViewerPage


def test_every_shape_is_drawn_in_its_layer(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    kinds = view.locator(".layer[data-layer='labels'] [data-id]").evaluate_all(
        "nodes => nodes.map(n => n.dataset.kind)"
    )
    assert kinds == ["box", "polygon", "mask", "keypoints", "polyline", "oriented_box", "box", "box"]
    assert view.locator(".layer[data-layer='p:model_a'] [data-id]").count() == 2
    assert view.locator(".layer[data-layer='p:model_b'] [data-id]").count() == 2
    assert view.locator(".badge").all_inner_texts() == ["scene", "scene 0.77"]
    assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 3, 2]

    joints = view.locator("[data-id='labels:3'] .joint")
    assert joints.count() == 3  # the point with v = 0 is left out
    assert joints.evaluate_all("nodes => nodes.map(n => n.classList.contains('hollow'))") == [False, False, True]
    assert view.locator("[data-id='labels:3'] .bones").get_attribute("d").count("M") == 2
    assert view.locator("[data-id='labels:6']").evaluate("n => getComputedStyle(n).fill").startswith("url(")
    photo = view.locator(".pane[data-pane='0'] img.photo")
    assert photo.evaluate("n => n.complete && n.naturalWidth") == viewer_frames.WIDTH
    assert view.locator(".legend").inner_text().split("\n")[:2] == ["Labels", "9"]
    assert view.locator(".legend-note").all_inner_texts() == ["crowd", "ignored"]

    # The outline of a mask is exact, with its hole.
    inside = view.locator("[data-id='labels:2']").evaluate(
        """(node, [width, height]) => {
          const context = document.createElement('canvas').getContext('2d');
          const path = new Path2D(node.getAttribute('d'));
          const bits = [];
          for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
            bits.push(context.isPointInPath(path, x + 0.5, y + 0.5, 'evenodd') ? 1 : 0);
          }
          return bits;
        }""",
        [viewer_frames.WIDTH, viewer_frames.HEIGHT],
    )
    drawn = np.array(inside, dtype=np.uint8).reshape(viewer_frames.HEIGHT, viewer_frames.WIDTH)
    expected = viewer_frames.ring_mask()
    assert expected[130, 470] == 0  # the hole
    np.testing.assert_array_equal(drawn, expected)


def test_tooltip_tells_everything_in_words_and_holes_are_not_part_of_their_object(
    open_viewer: Callable[..., ViewerPage],
) -> None:
    view = open_viewer()
    view.hover(230, 380)
    assert view.tooltip().startswith("Label: truck")
    view.hover(300, 360)
    assert view.tooltip() == ""
    view.hover(470, 180)
    assert "Label: bus" in view.tooltip()
    view.hover(120, 330)
    text = view.tooltip()
    assert text.startswith("Prediction: truck, confidence 0.42")
    assert "model_a" in text
    assert "60 × 40 px" in text
    assert "4 objects here" in text
    view.hover(545, 300)
    assert "Track\nt7" in view.tooltip()
    assert "Keypoints\n3 of 4" in view.tooltip()
    view.hover(70, 295)
    assert "model_b" in view.tooltip()
    view.hover(300, 100)
    assert "Crowd\nyes" in view.tooltip()
    view.hover(600, 40)
    assert "Ignored\nyes" in view.tooltip()
    view.locator(".badge").first.hover()
    assert "weather\nrain" in view.tooltip()


def test_click_selects_and_python_hears_of_it(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    view.click(230, 380)
    assert view.locator(".mark.selected").count() == 1
    view.wait_for_python("frame day/000 position 0 selected labels:1")
    view.press("Escape")
    assert view.locator(".mark.selected").count() == 0
    view.wait_for_python("frame day/000 position 0 selected None")


def test_python_moves_and_selects_without_a_redraw(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    view.locator("[data-id='labels:0']").evaluate("node => { node.mark = true; }")
    view.page.get_by_role("button", name="Rerun").click()
    view.wait_for_python("run 2 ")
    view.page.get_by_role("button", name="Select the first label").click()
    view.locator(".mark.selected").wait_for(state="attached")
    assert view.locator("[data-id='labels:0']").evaluate("node => node.mark === true")
    view.page.get_by_role("button", name="Frame 3").click()
    view.wait_for_place("4 of 60")
    assert view.locator(".mark.selected").count() == 0


def test_keys_show_and_hide_layers_without_a_request(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    with view.no_requests():
        view.press("g")
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [0, 3, 2]
        view.press("1", "2")
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [0, 0, 0]
        view.press("g", "2")
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 0, 2]
        assert view.locator(".legend-entry[data-name='model_a']").get_attribute("aria-pressed") == "false"
        view.locator(".legend-entry[data-name='model_a']").click()
        assert view.shown("p:model_a") == 3


def test_shift_shows_the_bare_photo_while_held(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("many300")
    with view.no_requests():
        opacity = "n => getComputedStyle(n).opacity"
        view.page.keyboard.down("Shift")
        assert view.locator(".pane[data-pane='0'] .overlay").evaluate(opacity) == "0"
        assert view.locator(".pane[data-pane='0'] img.photo").is_visible()
        view.page.keyboard.up("Shift")
        assert view.locator(".pane[data-pane='0'] .overlay").evaluate(opacity) == "1"


def test_confidence_filters_predictions_live(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    with view.no_requests():
        for _ in range(10):
            view.press("]")
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 2, 1]
        assert view.locator("[data-class='3'] .count").inner_text() == "1"
        assert "0 predictions" in view.locator("[data-class='3']").get_attribute("title")
        view.press("[")
        view.locator("input[name='threshold']").fill("0.8")
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 1, 0]
        assert view.locator("[data-layer-toggle='p:model_a'] .count").inner_text() == "1 of 3"
        view.locator("input[name='threshold']").blur()
    view.press("ArrowRight")
    view.wait_for_place("2 of 60")
    assert view.locator("input[name='threshold']").input_value() == "0.8"
    view.page.reload()
    view.locator(".pane .layer [data-id]").first.wait_for(state="attached")
    assert view.locator("input[name='threshold']").input_value() == "0.8"


def test_class_chips(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    chip = view.locator("[data-class='0']")
    assert chip.locator(".count").inner_text() == "3"
    with view.no_requests():
        chip.click()
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [8, 2, 1]
        view.settle(400)
        chip.dblclick()
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [1, 1, 1]
        view.settle(400)
        chip.dblclick()
        assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 3, 2]
        chip.click(modifiers=["Alt"])
        assert view.shown("labels") == 1
        view.page.get_by_role("button", name="Show all").click()
        assert view.shown("labels") == 9


def test_long_class_lists_are_searched(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("classes")
    assert view.locator(".chip").count() == 90
    view.locator(".search").fill("number 77")
    assert [chip.inner_text() for chip in view.locator(".chip").all() if chip.is_visible()] == ["class number 77"]
    view.locator(".search").press("g")  # a key typed into a field is text
    assert view.shown("labels") == 4


def test_tags_are_small_apart_and_of_constant_size(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("many50")
    assert view.locator(".tag").count() == 0  # too many for automatic captions
    view.press("c")
    boxes = [tag.bounding_box() for tag in view.locator(".tag").all()]
    stage = view.locator(".pane[data-pane='0'] .stage").bounding_box()
    assert len(boxes) > 5
    covered = sum(box["width"] * box["height"] for box in boxes)
    assert covered <= 0.05 * stage["width"] * stage["height"]
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 1
                or other["y"] + other["height"] <= one["y"] + 1
            )
            assert apart, (one, other)
    heights = {round(box["height"]) for box in boxes}
    view.hover(320, 240)
    view.press("+", "+", "+")
    view.settle(250)
    assert {round(tag.bounding_box()["height"]) for tag in view.locator(".tag").all()} == heights == {16}


def test_zoom_keeps_the_point_under_the_pointer(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    before = view.at(120, 330)
    view.hover(120, 330)
    with view.no_requests():
        view.page.mouse.wheel(0, -400)
        view.settle(300)
        after = view.at(120, 330)
        assert abs(after[0] - before[0]) < 1
        assert abs(after[1] - before[1]) < 1
        scale = view.locator(".zoom").inner_text()
        assert scale != "150%"
        outline = view.locator("[data-id='labels:0']").evaluate("n => parseFloat(getComputedStyle(n).strokeWidth)")
        assert outline * int(scale.strip("%")) / 100 == pytest.approx(2, rel=0.02)  # screen pixels
        view.page.mouse.down()
        view.page.mouse.move(before[0] - 60, before[1] - 20, steps=4)
        view.page.mouse.up()
        dragged = view.at(120, 330)
        assert dragged[0] - before[0] == pytest.approx(-60, abs=1.5)
        assert view.locator(".mark.selected").count() == 0  # a drag is not a click
        view.press("r")
        assert view.at(120, 330) == pytest.approx(before, abs=1)
        view.press("g", "2", "z")  # to the two boxes of the first model
        assert view.locator(".zoom").inner_text() != "150%"
    assert "run 1 " in view.page.locator("body").inner_text()  # Streamlit's own R did not rerun


def test_colours_follow_the_context_and_strokes_tell_the_layers(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()

    def stroke(object_id: str) -> list[str]:
        return view.locator(f"[data-id='{object_id}']").evaluate(
            "n => [getComputedStyle(n).stroke, getComputedStyle(n).strokeDasharray]"
        )

    assert stroke("labels:0") == ["rgb(255, 255, 255)", "none"]
    assert stroke("p:model_a:0")[0] == "rgb(0, 114, 178)"
    assert stroke("p:model_b:0")[0] == "rgb(230, 159, 0)"
    assert len({stroke(name)[1] for name in ("labels:0", "p:model_a:0", "p:model_b:0", "labels:8")}) == 4
    view.press("1", "2")  # one layer is left: by class
    assert stroke("labels:0")[0] == "rgb(68, 119, 170)"
    assert stroke("labels:8")[0] == "rgb(163, 169, 178)"  # ignored: grey in every mode
    assert "car" in view.locator(".legend-entry.class").all_inner_texts()[0]
    view.press("1", "2")
    for mode in ("class", "instance", "confidence", "layer"):
        view.locator("select[name='color-mode']").select_option(mode)
        assert stroke("p:model_a:0")[1] != "none"
    view.locator("select[name='color-mode']").select_option("class")
    assert stroke("p:model_b:0")[0] == stroke("labels:0")[0] == "rgb(68, 119, 170)"


def test_areas_are_filled_lightly_where_layers_lie_over_each_other_or_as_the_sliders_say(
    open_viewer: Callable[..., ViewerPage],
) -> None:
    view = open_viewer()

    def fill(selector: str) -> float:
        return float(view.locator(selector).evaluate("n => getComputedStyle(n).fillOpacity"))

    assert fill("[data-id='labels:1']") == pytest.approx(0.1)
    view.hover(230, 380)
    assert fill(".mark.hovered .shape") == pytest.approx(0.3)
    view.press("1", "2")
    assert fill("[data-id='labels:1']") == pytest.approx(0.3)
    view.locator("input[name='fill']").fill("0.5")
    view.press("1", "2")
    assert fill("[data-id='labels:1']") == pytest.approx(0.5)  # as the user has chosen
    with view.no_requests():
        view.locator("input[name='fill']").fill("0.6")
        view.locator("input[name='outline']").fill("4")
    opacity, width = view.locator("[data-id='labels:1']").evaluate(
        "n => [getComputedStyle(n).fillOpacity, parseFloat(getComputedStyle(n).strokeWidth)]"
    )
    assert opacity == "0.6"
    assert width * 1.5 == pytest.approx(4, rel=0.05)


def test_up_and_down_walk_through_stacked_objects(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("stacked")
    view.click(300, 200)
    view.wait_for_python("selected labels:0")
    view.press("ArrowDown")
    view.wait_for_python("selected labels:1")
    view.press("ArrowDown", "ArrowDown")
    view.wait_for_python("selected labels:0")
    view.press("ArrowUp")
    view.wait_for_python("selected labels:2")
    assert "Label: bicycle" in view.tooltip()


def test_outcomes_bring_their_colours_keys_and_partners(open_viewer: Callable[..., ViewerPage]) -> None:
    from playwright.sync_api import expect

    view = open_viewer("outcomes")
    names = [text.split("\n")[0] for text in view.locator(".legend-entry.outcome").all_inner_texts()]
    assert names == ["True positives", "False positives", "False negatives"]
    colour = "n => getComputedStyle(n).stroke"
    assert view.locator(".layer [data-id='p:model_a:0']").evaluate(colour) == "rgb(0, 158, 115)"
    assert view.locator(".layer [data-id='p:model_a:1']").evaluate(colour) == "rgb(213, 94, 0)"
    with view.no_requests():
        view.hover(480, 300)
        assert view.tooltip().startswith("False positive: person, confidence 0.71")
        assert "Best overlap 0.23 with a person that 0.95 already matched." in view.tooltip()
        view.hover(120, 340)
        assert "Matched with\nPrediction: car, confidence 0.91" in view.tooltip()
        assert view.locator(".mark.matched").count() == 1
        assert view.locator(".partner-line").count() == 1
        expect(view.locator(".pane[data-pane='0'] .shapes")).to_have_css("opacity", "0.1")  # it fades
        view.page.mouse.move(5, 5)
        view.press("t")
        assert [view.shown("labels"), view.shown("p:model_a")] == [1, 1]
        view.press("p", "n")
        assert [view.shown("labels"), view.shown("p:model_a")] == [0, 0]
        view.press("t", "p", "n")
    view.press(".")
    view.wait_for_python("position 0 selected labels:1")
    view.press(".")
    view.wait_for_python("position 1 selected labels:1")  # the next of the same kind is on the next frame
    view.press(",")
    view.wait_for_python("position 0 selected labels:1")


def test_side_by_side_panes_share_the_view(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    view.press("s")
    view.settle(300)
    layers = "[data-pane='{}'] .layer:not(.off)"
    shown = [view.locator(layers.format(pane)).evaluate_all("n => n.map(g => g.dataset.layer)") for pane in (0, 1)]
    assert shown == [["labels", "p:model_a"], ["labels", "p:model_b"]]
    view.hover(120, 330)
    view.page.mouse.wheel(0, -400)
    view.settle(250)
    transforms = view.locator(".stage").evaluate_all("nodes => nodes.map(n => n.style.transform)")
    assert transforms[0] == transforms[1]
    view.locator("[data-pane='0'] .pane-chip", has_text="model_b").click()
    assert view.locator(layers.format(0)).count() == 3
    photos = view.locator("img.photo").evaluate_all("nodes => nodes.map(n => n.naturalWidth)")
    assert photos == [viewer_frames.WIDTH] * 2
    view.press("ArrowRight")
    view.wait_for_place("2 of 60")
    view.settle(200)
    assert view.locator("[data-pane='1'] img.photo").get_attribute("src").endswith("/image/1?v=1")
    view.press("s")
    assert not view.locator("[data-pane='1']").is_visible()


def test_frames_one_comes_back_to_follow_the_settings(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    view.come_to_rest()
    view.press("ArrowRight")
    view.wait_for_place("2 of 60")
    view.press("2", "]", "]", "]", "]", "]", "]", "]", "]", "]", "]")
    view.press("ArrowLeft")
    view.wait_for_place("1 of 60")
    view.settle()
    assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 2, 0]
    view.press("g", "ArrowRight", "ArrowLeft", "g", "1")
    view.wait_for_place("1 of 60")
    view.settle()
    stroke = view.locator("[data-id='labels:0']").evaluate("n => getComputedStyle(n).stroke")
    assert stroke == "rgb(68, 119, 170)"  # one layer: by class
    assert [view.shown(key) for key in ("labels", "p:model_a", "p:model_b")] == [9, 0, 0]


def test_stepping_is_prefetched(open_viewer: Callable[..., ViewerPage]) -> None:
    """The next frame is here before it is asked for: a step asks the server for one frame at most, further ahead."""
    view = open_viewer("many300", is_cold=True)
    view.come_to_rest()
    for step in (1, 2):
        before = len(view.requests)
        view.press("ArrowRight")
        view.page.wait_for_function(
            "wanted => viewerRoot().querySelector('img.photo')?.src.includes(wanted)", arg=f"/image/{step}?"
        )
        assert len(view.requests) - before <= 1
        view.wait_for_python(f"frame day/{step:03d} position {step}")
        view.come_to_rest()


def test_missing_image_is_a_calm_panel_with_its_overlays(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("frames", frame=viewer_frames.MISSING_FRAME)
    assert view.locator(".pane[data-pane='0'] .missing").inner_text() == "Image file is missing: day/005.jpg"
    assert view.shown("labels") == 4
    view.press("d")
    view.wait_for_place("7 of 60")
    view.settle(300)
    assert not view.locator(".pane[data-pane='0'] .missing").is_visible()


def test_the_order_goes_on_beyond_the_window(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("frames")
    for _ in range(30):  # the window reaches to 20: the rest waits for Python
        view.press("ArrowRight")
    view.wait_for_place("31 of 60")
    view.wait_for_python("frame day/030 position 30")
    view.press("End")
    view.wait_for_place("60 of 60")
    view.wait_for_python("frame day/059 position 59")
    assert view.locator(".icon-button.next").is_disabled()
    view.press("a")
    view.wait_for_place("59 of 60")
    view.press("Home")
    view.wait_for_place("1 of 60")
    view.wait_for_python("frame day/000 position 0")


def test_help_lists_the_keys_and_without_outcomes_theirs_do_nothing(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer()
    view.press("t", "p", "n", ".")
    assert view.shown("labels") == 9
    assert view.locator(".legend-entry.outcome").count() == 0
    view.press("?")
    dialog = view.page.get_by_role("dialog", name="Keys of the viewer")
    text = dialog.inner_text()
    for words in (
        "Next frame",
        "Hold: the bare photo",
        "Side by side",
        "Raise the confidence threshold",
        "Full screen",
    ):
        assert words in text
    assert "true positives" not in text  # nothing of outcomes where there are none
    view.press("ArrowRight")
    assert view.locator(".place").inner_text() == "1 of 60"
    view.press("Escape")
    assert not dialog.is_visible()


def test_narrow_pages_get_a_drawer_in_both_themes(open_viewer: Callable[..., ViewerPage]) -> None:
    def contrast(view: ViewerPage) -> tuple[int, int]:
        return view.locator(".viewer").evaluate(
            "n => ['color', 'backgroundColor'].map((name) => parseInt(getComputedStyle(n)[name].match(/\\d+/)[0]))"
        )

    view = open_viewer(width=900)
    ink, paper = contrast(view)
    assert paper - ink > 150
    ink, paper = contrast(open_viewer(width=900, color_scheme="dark"))
    assert ink - paper > 150
    assert not view.locator(".panel").is_visible()
    picture = view.locator(".canvas").bounding_box()
    assert picture["width"] > 800
    view.locator(".panel-button").click()
    assert view.locator(".panel").is_visible()
    assert view.locator(".canvas").bounding_box() == picture  # nothing moved
    view.press("Escape")
    assert not view.locator(".panel").is_visible()


def test_names_from_data_are_only_text(open_viewer: Callable[..., ViewerPage]) -> None:
    view = open_viewer("hostile")
    view.press("c")
    view.hover(120, 340)
    view.press("?")
    assert view.page.evaluate("window.harmed") is None
    assert view.locator("[data-class='0'] .row-name").inner_text() == viewer_frames.HOSTILE_NAME
