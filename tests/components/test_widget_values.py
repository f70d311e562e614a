"""Widgets that show what a page says: what their users choose is passed on, what they were made to show is not."""

from __future__ import annotations

from typing import Any

import pytest

from components import widget_values


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    state: dict[str, Any] = {}
    monkeypatch.setattr(widget_values.st, "session_state", state)
    monkeypatch.setattr(widget_values, "has_just_arrived", lambda: False)
    return state


def test_what_a_widget_was_made_to_show_is_no_choice(session: dict[str, Any]) -> None:
    chosen: list[float] = []
    widget_values.put("slider", 0.6)
    callback = widget_values.on_choice("slider", chosen.append)
    callback()  # as after a run that was cut short: the browser sends back what it was told
    assert chosen == []
    session["slider"] = 0.7
    callback()
    assert chosen == [0.7]
    widget_values.put("slider", 0.8)
    assert session["slider"] == 0.8
    callback()
    assert chosen == [0.7]
