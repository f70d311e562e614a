"""What the browser tests of several pages do with a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

QUIET_MILLISECONDS: Final = 500
"""The viewer fetches ahead, and tells Python where it is, when its user has rested for .3 s at most."""
MOST_MILLISECONDS: Final = 30_000
_STEP: Final = 100
_IS_RUNNING: Final = "() => document.querySelector('.stApp')?.dataset.testScriptState !== 'notRunning'"
_HAS_CHIPS: Final = """texts => {
  const labels = document.querySelectorAll(".st-key-filter_chips button [data-testid='stMarkdownContainer']");
  const shown = [...new Set([...labels].map((label) => label.innerText))];
  return shown.length === texts.length && shown.every((text, place) => text === texts[place]);
}"""
_BACKGROUND: Final = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"


def both_schemes(page: Any, opened_in: str) -> Iterator[str]:
    """The scheme in which a page was opened, and then the other one, which a page follows as it is."""
    yield opened_in
    before = page.evaluate(_BACKGROUND)
    other = {"light": "dark", "dark": "light"}[opened_in]
    page.emulate_media(color_scheme=other)
    page.wait_for_function(f"before => ({_BACKGROUND})() !== before", arg=before)
    yield other


def box_at_rest(page: Any, locator: Any) -> dict[str, float]:
    """Where something is in the window, once Python rests and it moves no more."""
    from playwright.sync_api import Error

    before = None
    for _ in range(MOST_MILLISECONDS // _STEP):
        with suppress(Error):  # it may be drawn anew just then
            locator.scroll_into_view_if_needed()
        box = None if page.evaluate(_IS_RUNNING) else locator.bounding_box()
        if box is not None and box == before:
            return box
        before = box
        page.wait_for_timeout(_STEP)
    raise AssertionError(f"it never came to rest: {locator}")


def click_at_rest(page: Any, locator: Any) -> None:
    """Click the middle of a mark of a chart as a user does: the pointer comes first."""
    box = box_at_rest(page, locator)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def wait_for_chips(page: Any, *texts: str) -> None:
    """Until these are the chips of the filters, in this order."""
    page.wait_for_function(_HAS_CHIPS, arg=list(texts))


def wait_until_quiet(page: Any, requests: list[str], milliseconds: int = QUIET_MILLISECONDS) -> None:
    """Until Python rests and nothing was added for a while to the list of what a page asked of the server."""
    count, quiet = len(requests), 0
    for _ in range(MOST_MILLISECONDS // _STEP):
        page.wait_for_timeout(_STEP)
        is_quiet = len(requests) == count and not page.evaluate(_IS_RUNNING)
        count, quiet = len(requests), quiet + _STEP if is_quiet else 0
        if quiet >= milliseconds:
            return
    raise AssertionError(f"it never stopped asking: {requests[-5:]}")
