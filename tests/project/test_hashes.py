"""Stable hashes of classes and frames."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.project.hashes import (
    AMBIGUOUS,
    UNKNOWN,
    FrameHashes,
    class_hash,
    class_hashes,
    classes_by_hash,
    frame_hash,
    split_frame_reference,
    text_hash,
)
from predscope.schema import ObjectClass

FIRST = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECOND = "aaaaaaaa-bbbb-cccc-dddd-ffffffffffff"


def frame(file_name: str, sequence: str | None = None, index: int | None = None) -> dict[str, object]:
    stem = file_name.rpartition(".")[0] or file_name
    return {"frame_id": stem, "file_name": file_name, "sequence": sequence, "sequence_index": index}


def hashes_of(*frames: dict[str, object]) -> FrameHashes:
    names = ("frame_id", "file_name", "sequence", "sequence_index")
    return FrameHashes(*([entry[name] for entry in frames] for name in names))


def test_a_class_hash_is_eight_characters_and_the_same_for_ever() -> None:
    assert text_hash("car") == "YyuW5Tai"
    assert class_hash(ObjectClass(0, "car")) == class_hash(ObjectClass(7, "car", "3"))
    assert class_hash(ObjectClass(0, "car")) != class_hash(ObjectClass(0, "Car"))


@given(st.text(max_size=40))
def test_a_class_hash_never_looks_like_a_number(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{7}", text_hash(name))


@pytest.mark.parametrize(
    ("source_id", "is_kept"),
    [
        ("OTk2MzM3", True),
        ("12345678", False),
        ("3", False),
        (None, False),
        ("a-b_c.de", False),
        ("longer than that", False),
    ],
)
def test_an_id_of_the_labels_that_is_a_hash_is_kept(source_id: str | None, is_kept: bool) -> None:
    entry = ObjectClass(0, "car", source_id)
    assert class_hash(entry) == (source_id if is_kept else text_hash("car"))
    assert classes_by_hash([entry])[text_hash("car")] == 0


def test_hashes_of_a_project_differ_and_stay_when_classes_come() -> None:
    names = [f"class {number}" for number in range(300)]
    classes = [ObjectClass(index, name) for index, name in enumerate(names)]
    classes.append(ObjectClass(300, text_hash("class 5")))  # a class that is named like the hash of another
    found = class_hashes(classes)
    assert len(set(found)) == len(classes)
    assert not set(found) & {entry.name for entry in classes}
    assert [text for text in class_hashes(classes[:100]) if text != text_hash("class 5")] == [
        text for index, text in enumerate(found[:100]) if index != 5
    ]


def test_two_classes_that_the_labels_give_the_same_hash_are_told_apart() -> None:
    classes = [ObjectClass(0, "car", "OTk2MzM3"), ObjectClass(1, "bus", "OTk2MzM3")]
    assert class_hashes(classes) == ["OTk2MzM3", text_hash("bus")]


@pytest.mark.parametrize("name", [f"{FIRST}.jpg", f"{FIRST}__front.png", f"data/{FIRST}.jpg", f"{FIRST}_12.png"])
def test_a_frame_that_is_named_by_a_uuid_has_it(name: str) -> None:
    assert frame_hash(frame(name)) == FIRST


def test_other_frames_get_a_uuid_of_their_own() -> None:
    made = frame_hash(frame("night/003.jpg"))
    assert str(uuid.UUID(made)) == made
    assert made == frame_hash(frame("night/003.jpg")) != frame_hash(frame("day/003.jpg"))
    assert frame_hash(frame(f"{FIRST}x.jpg")) != FIRST


def test_frames_of_a_video_share_its_hash() -> None:
    clip = [frame(f"clips/a.mp4#{index}", "clips/a.mp4", index) for index in range(3)]
    hashes = hashes_of(*clip, frame("b.jpg"))
    assert len(set(hashes.data_hashes[:3])) == 1
    assert hashes.numbers == [0, 1, 2, 0]
    assert hashes.find(hashes.data_hashes[0], 2) == 2
    assert hashes.find(hashes.data_hashes[0]) == AMBIGUOUS
    assert hashes.find(hashes.data_hashes[0], 3) == UNKNOWN
    assert hashes.find_still(hashes.data_hashes[0]) == UNKNOWN
    assert hashes.find_still(hashes.data_hashes[3]) == 3


def test_images_of_a_folder_that_is_a_sequence_have_hashes_of_their_own() -> None:
    hashes = hashes_of(*(frame(f"drive/{index}.jpg", "drive", index) for index in range(3)))
    assert len(set(hashes.data_hashes)) == 3


def test_frames_taken_out_of_a_video_are_told_apart_by_their_number() -> None:
    hashes = hashes_of(frame(f"{FIRST}_0.png"), frame(f"{FIRST}_7.png"))
    assert [hashes.find(FIRST, number) for number in (0, 7, 1)] == [0, 1, UNKNOWN]


def test_images_that_begin_with_the_same_uuid_are_not_mixed_up() -> None:
    hashes = hashes_of(frame(f"{FIRST}__left.png"), frame(f"{FIRST}__right.png"), frame(f"{SECOND}.png"))
    assert len(set(hashes.data_hashes)) == 3
    assert hashes.find(FIRST) == hashes.find(FIRST, 0) == AMBIGUOUS
    assert [hashes.find(text) for text in hashes.data_hashes] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FIRST, (FIRST, None)),
        (FIRST.upper(), (FIRST, None)),
        (f"{FIRST}#12", (FIRST, 12)),
        (f"a/b/{FIRST}_12.png", (FIRST, 12)),
        (f"{FIRST}__anything_3.txt", (FIRST, None)),
        (f"{FIRST}.mp4#4", (FIRST, 4)),
        (f"{FIRST}0", None),
        (f"{FIRST}_left.png", None),
        (f"x{FIRST}", None),
        ("000012.jpg", None),
    ],
)
def test_references(text: str, expected: tuple[str, int | None] | None) -> None:
    assert split_frame_reference(text) == expected
