"""How far a reading is: what whoever watches is told, and what becomes of a reading that they end."""

from __future__ import annotations

import pytest

from predscope import reading_progress
from predscope.reading_progress import counted, is_counted, pulse, tell, tell_bytes, watched

Told = list[tuple[int, int, str]]


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_progress, "_PAUSE_SECONDS", 0.0)


def test_files_are_counted() -> None:
    told: Told = []
    with watched(lambda *now: told.append(now), "Opening"):
        pulse()
        assert not is_counted()
        assert list(counted("abc", "Reading files")) == ["a", "b", "c"]
        assert is_counted()
        pulse()
    assert told[0] == (0, 0, "Opening")
    assert told[1:5] == [(done, 3, "Reading files") for done in range(4)]
    assert told[5] == (3, 3, "Reading files"), "what was said last is said again"


def test_bytes_of_large_files_are_counted_and_small_ones_pass() -> None:
    told: Told = []
    with watched(lambda *now: told.append(now), "Opening"):
        tell_bytes(1000, 2000, "Reading a.json")
        tell_bytes(30_000_000, 120_500_000, "Reading b.json")
    assert told == [(0, 0, "Opening"), (30, 120, "Reading b.json, MB")]


def test_rows_that_the_import_counts_take_the_place_of_what_the_reader_does() -> None:
    told: Told = []
    with watched(lambda *now: told.append(now), "Importing labels", by_rows=True) as say:
        assert say is not None
        tell(1, 9, "Reading files")
        say(500, 1000, "Importing labels")
        tell(2, 9, "Reading files")
    assert told == [(0, 0, "Importing labels"), (500, 1000, "Importing labels"), (500, 1000, "Importing labels")]


def test_where_nobody_watches_nothing_happens() -> None:
    pulse()
    tell(1, 2, "Reading")
    with watched(None, "Opening") as say:
        assert say is None
        assert list(counted([1])) == [1]
        assert not is_counted()


def test_an_end_stays_an_end_though_a_reader_takes_it_for_a_damaged_file() -> None:
    def stop(*_: object) -> None:
        raise ValueError("enough")

    def read() -> bool:
        went_on = False
        with watched(stop, "Opening"):
            for _ in range(3):
                try:
                    pulse()
                except ValueError:
                    continue
                went_on = True
        return went_on

    with pytest.raises(ValueError, match="enough"):
        read()
