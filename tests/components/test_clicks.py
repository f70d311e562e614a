"""Clicks that come faster than Python answers: each is heard once, in order."""

from __future__ import annotations

from typing import Any

import pytest

from components import clicks


def event(token: str, *numbers: int) -> dict[str, Any]:
    return {"token": token, "clicks": [{"number": number} for number in numbers]}


def test_every_click_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clicks.st, "session_state", {})

    def numbers(sent: Any) -> list[int]:
        return [click["number"] for click in clicks.unheard("rail", sent)]

    assert clicks.heard("rail") == []
    assert numbers(None) == []
    assert numbers(event("a", 1)) == [1]
    assert clicks.heard("rail") == ["a", 1]
    assert numbers(event("a", 1, 2, 3)) == [2, 3], "two came while a run was under way"
    assert numbers(event("a", 2, 3)) == []
    assert numbers(event("b", 1)) == [1], "the component was made anew"
    assert clicks.heard("rail") == ["b", 1]
