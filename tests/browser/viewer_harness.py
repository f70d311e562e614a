"""The page of viewer_app.py as the browser tests of the viewer see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser import viewer_frames
from tests.browser.pages import wait_until_quiet

APP = Path(__file__).with_name("viewer_app.py")


class ViewerPage:
    """A page with the viewer on it, and what the tests ask of it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        page.add_init_script(
            "window.viewerRoot = () => [...document.querySelectorAll('*')]"
            ".find((node) => node.shadowRoot?.querySelector('.viewer'))?.shadowRoot;"
        )
        page.on("request", lambda request: self.requests.append(request.url))

    def locator(self, selector: str, **options: Any) -> Any:
        return self.page.locator(selector, **options)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def settle(self, milliseconds: int = 100) -> None:
        self.page.wait_for_timeout(milliseconds)

    def come_to_rest(self) -> None:
        """Until what was on its way ahead of the user, or to Python, is through."""
        wait_until_quiet(self.page, self.requests)

    def shown(self, layer: str) -> int:
        """Objects of a layer that are drawn now, badges included."""
        return self.page.evaluate(
            """(layer) => {
              const root = viewerRoot();
              const pane = root.querySelector('.pane');
              const own = `[data-layer="${layer}"]`;
              const nodes = [...pane.querySelectorAll(`.layer${own} [data-id], .badge${own}`)];
              const visible = (node) => getComputedStyle(node).visibility === 'visible';
              return nodes.filter((node) => node.getClientRects().length && visible(node)).length;
            }""",
            layer,
        )

    def at(self, x: float, y: float, pane: int = 0) -> tuple[float, float]:
        """Window coordinates of a point of the frame."""
        stage = self.locator(f".pane[data-pane='{pane}'] .stage").bounding_box()
        return stage["x"] + x * stage["width"] / viewer_frames.WIDTH, stage["y"] + y * stage[
            "height"
        ] / viewer_frames.HEIGHT

    def hover(self, x: float, y: float) -> None:
        self.page.mouse.move(*self.at(x, y))
        self.settle()

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))
        self.settle()

    def tooltip(self) -> str:
        tooltip = self.locator(".tooltip")
        return tooltip.inner_text() if tooltip.is_visible() else ""

    def wait_for_place(self, text: str) -> None:
        self.page.wait_for_function(
            "(text) => viewerRoot()?.querySelector('.place')?.textContent === text",
            arg=text,
        )

    def wait_for_python(self, text: str) -> None:
        self.page.get_by_text(text).wait_for()

    @contextmanager
    def no_requests(self) -> Iterator[None]:
        self.come_to_rest()
        before = len(self.requests)
        yield
        self.settle(400)
        assert self.requests[before:] == []
