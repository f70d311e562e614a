"""File names from other machines meet the right frame, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.importing.frames.names import AMBIGUOUS, UNKNOWN, NameIndex, name_parts, number_of


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.jpg", ("a.jpg",)),
        ("dir/a.jpg", ("dir", "a.jpg")),
        ("./dir//a.jpg", ("dir", "a.jpg")),
        ("C:\\data\\images\\a.jpg", ("data", "images", "a.jpg")),
        ("/content/drive/MyDrive/set/a.jpg", ("content", "drive", "MyDrive", "set", "a.jpg")),
        ("https://host/bucket/a%20b.jpg?token=1#x", ("bucket", "a b.jpg")),
        ("gs://bucket/set/a.jpg", ("set", "a.jpg")),
        ("file:///data/a.jpg", ("data", "a.jpg")),
        ("../../etc/passwd", ("etc", "passwd")),
        ("x/../../a.jpg", ("a.jpg",)),
        ("..", ()),
        ("", ()),
        ("caf\u0065\u0301.jpg", ("caf\u00e9.jpg",)),
        ("a\0b.jpg", ("ab.jpg",)),
    ],
)
def test_parts(name: str, parts: tuple[str, ...]) -> None:
    assert name_parts(name) == parts


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("solo.jpg", 0),
        ("/anywhere/else/solo.jpg", 0),
        ("solo", 0),
        ("solo.txt", 0),
        ("SOLO.JPG", 0),
        ("train/1.jpg", 1),
        ("C:\\set\\val\\1.jpg", 2),
        ("images/val/1.jpg", 2),
        ("1.jpg", AMBIGUOUS),
        ("test/1.jpg", AMBIGUOUS),
        ("top.jpg", 3),
        ("deep/top.jpg", 4),
        ("other/top.jpg", AMBIGUOUS),
        ("set/images/top.jpg", 3),  # right in the images folder
        ("images/other/top.jpg", AMBIGUOUS),
        ("same", AMBIGUOUS),
        ("same.png", 6),
        ("v1.2.jpg", 7),
        ("v1.2", 7),
        ("nothing.jpg", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_find(query: str, found: int) -> None:
    names = ["a/solo.jpg", "train/1.jpg", "val/1.jpg", "top.jpg", "deep/top.jpg", "same.jpg", "same.png", "v1.2.jpg"]
    assert NameIndex(names).find(query).index == found


@given(st.lists(st.from_regex(r"[a-c]{1,2}(/[a-c]{1,2}){0,2}\.jpg", fullmatch=True), unique=True, min_size=1))
def test_every_name_finds_itself(names: list[str]) -> None:
    index = NameIndex(names)
    for position, name in enumerate(names):
        match = index.find(name)
        assert match.index == position
        assert match.is_whole


def test_numbers() -> None:
    assert number_of("val/000000000139.jpg") == 139
    assert number_of("139") == 139
    assert number_of("frame_139.jpg") is None
    assert number_of("") is None
    assert number_of("²") is None
