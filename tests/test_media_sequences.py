"""Which folders of numbered images are taken for sequences, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from predscope.media import list_images, scan_images
from predscope.media.sequences import find_sequences


def found(names: list[str], size: tuple[int, int] = (64, 48)) -> dict[str, tuple[str, int]]:
    return {name: tuple(place) for name, place in find_sequences([(name, *size) for name in names]).items()}


@pytest.mark.parametrize(
    "names",
    [
        ["video1/00010.jpg", "video1/00011.jpg", "video1/00012.jpg"],
        ["seq/000000.png", "seq/000005.png", "seq/000010.png"],
        ["a/b/clip7_9.jpg", "a/b/clip7_10.jpg", "a/b/clip7_11.jpg"],
        ["images/frame_0001.png", "images/frame_0002.png", "images/frame_0003.png"],
        ["walk/IMG_shot-1.JPG", "walk/IMG_shot-2.jpg", "walk/IMG_shot-3.jpg"],
    ],
)
def test_numbered_folders_are_sequences_in_the_order_of_their_numbers(names: list[str]) -> None:
    folder = names[0].rpartition("/")[0]
    assert found(names[::-1]) == {name: (folder, place) for place, name in enumerate(names)}


@pytest.mark.parametrize(
    "names",
    [
        ["val/000000000139.jpg", "val/000000000285.jpg", "val/000000000632.jpg", "val/000000000724.jpg"],
        ["berlin/000139.jpg", "berlin/000285.jpg", "berlin/000632.jpg"],
        ["train/0001.jpg", "train/0002.jpg", "train/0003.jpg"],
        ["JPEGImages/1.jpg", "JPEGImages/2.jpg", "JPEGImages/3.jpg"],
        ["holiday/IMG_0001.jpg", "holiday/IMG_0002.jpg", "holiday/IMG_0003.jpg"],
        ["holiday/DSC01.jpg", "holiday/DSC02.jpg", "holiday/DSC03.jpg"],
        ["seq/1.jpg", "seq/2.jpg"],
        ["seq/1.jpg", "seq/2.jpg", "seq/3.jpg", "seq/cover.jpg"],
        ["seq/a1.jpg", "seq/a2.jpg", "seq/b1.jpg", "seq/b2.jpg"],
        ["seq/1.jpg", "seq/01.jpg", "seq/2.jpg"],
        ["seq/1.jpg", "seq/2.png", "seq/3.jpg"],
        ["1.jpg", "2.jpg", "3.jpg"],
        ["seq/1.jpg", "seq/2.jpg", "seq/3.jpg", "seq/9.jpg"],
        ["seq/4.jpg", "seq/4_1.jpg", "seq/4_2.jpg"],
    ],
)
def test_other_folders_are_not(names: list[str]) -> None:
    assert found(names) == {}


def test_frames_that_were_lost_leave_gaps() -> None:
    names = [f"seq/{number:05d}.jpg" for number in range(100) if number not in (17, 60, 61)]
    places = found(names)
    assert places["seq/00016.jpg"] == ("seq", 16)
    assert places["seq/00018.jpg"] == ("seq", 17)
    assert found(names[:20]) == {name: ("seq", place) for place, name in enumerate(names[:20])}
    assert found(["seq/1.jpg", "seq/2.jpg", "seq/4.jpg"]) == {}


def test_images_of_different_sizes_are_no_sequence() -> None:
    assert find_sequences([("seq/1.jpg", 64, 48), ("seq/2.jpg", 64, 48), ("seq/3.jpg", 60, 48)]) == {}


def test_frames_in_the_images_folder_itself_are_named_after_it() -> None:
    frames = [(f"frame{number}.jpg", 64, 48) for number in range(4)]
    assert find_sequences(frames, root_name="holiday")["frame2.jpg"] == ("holiday", 2)


def test_real_image_sequences_are_found(shared_data: Path) -> None:
    root = shared_data / "davis_frames"
    listing = list_images(root)
    infos = scan_images(root, listing.paths)
    places = find_sequences((info.path, info.width, info.height) for info in infos)
    assert {place.sequence for place in places.values() if "JPEGImages" in place.sequence}
    assert all(place.sequence.split("/")[-1] not in ("JPEGImages", "train") for place in places.values())


def test_real_photos_are_not_taken_for_sequences(shared_data: Path) -> None:
    for name in ("coco_val2014_fake100", "voc2012_rodm100", "labelme_examples", "kitti_sample3", "mixed14_maskrcnn"):
        listing = list_images(shared_data / name)
        infos = scan_images(shared_data / name, listing.paths)
        places = find_sequences((info.path, info.width, info.height) for info in infos)
        assert all("video" in place.sequence for place in places.values()), name
