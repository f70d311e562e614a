"""Images on disk: listing, headers, EXIF, damage, and names that try to leave the folder."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from predscope import Project
from predscope.errors import InputError
from predscope.media import list_images, natural_key, read_image_info, resolve_inside, scan_images
from predscope.metrics.image_source import decode
from predscope.project.frame_images import read_frame
from predscope.schema import ImageStatus
from predscope.thumbnails import browser_image_file, thumbnail_file


def save(path: Path, size: tuple[int, int] = (40, 30), orientation: int | None = None, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.effect_noise(size, 60).convert("RGB")
    if orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    image.save(path, **options)
    return path


def test_natural_order() -> None:
    names = ["frame10.jpg", "frame2.jpg", "b/1.jpg", "Frame1.jpg", "a/10.jpg", "a/9.jpg", "007.jpg", "7a.jpg"]
    assert sorted(names, key=natural_key) == [
        "007.jpg", "7a.jpg", "a/9.jpg", "a/10.jpg", "b/1.jpg", "Frame1.jpg", "frame2.jpg", "frame10.jpg",
    ]  # fmt: skip


def test_list_is_recursive_and_leaves_out_what_is_no_image(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/c.PNG", "a/d/e.webp", "notes.txt", ".hidden.jpg", ".thumbs/x.jpg", "__MACOSX/y.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list_images(tmp_path).paths == ["a/c.PNG", "a/d/e.webp", "b.jpg"]
    assert list_images(tmp_path, exclude=[tmp_path / "a"]).paths == ["b.jpg"]


def test_masks_beside_images_are_no_images(tmp_path: Path) -> None:
    names = (
        *("JPEGImages/v/1.jpg", "Annotations/v/1.png", "SegmentationClassVisualization/1.jpg", "others/1.jpg"),
        *("train/images/2.jpg", "train/masks/2.png", "val/masks/3.png", "JPEGImages/masks/4.jpg"),
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    listing = list_images(tmp_path)
    assert listing.paths == [
        *("JPEGImages/masks/4.jpg", "JPEGImages/v/1.jpg", "others/1.jpg", "train/images/2.jpg", "val/masks/3.png")
    ]
    assert listing.masks_left_out == {"Annotations": 1, "SegmentationClassVisualization": 1, "train/masks": 1}
    assert list_images(tmp_path / "Annotations").paths == ["v/1.png"]


def test_list_is_bounded(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.jpg").touch()
    listing = list_images(tmp_path, limit=3)
    assert (listing.paths, listing.is_truncated) == (["0.jpg", "1.jpg", "2.jpg"], True)
    deep = tmp_path.joinpath(*["d"] * 6)
    deep.mkdir(parents=True)
    (deep / "deep.jpg").touch()
    assert "deep.jpg" not in str(list_images(tmp_path, max_depth=5).paths)
    assert "deep.jpg" in str(list_images(tmp_path, max_depth=6).paths)


def test_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder of images, found nothing"):
        list_images(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="found a file"):
        list_images(tmp_path / "file")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_displayed_size_follows_exif(tmp_path: Path, suffix: str, orientation: int) -> None:
    save(tmp_path / f"x.{suffix}", (40, 30), orientation)
    info = read_image_info(tmp_path, f"x.{suffix}")
    assert info.status is ImageStatus.OK
    assert (info.width, info.height) == ((30, 40) if orientation >= 5 else (40, 30))
    assert info.stored_size == (40, 30)
    assert info.orientation == orientation


def test_file_facts(tmp_path: Path) -> None:
    path = save(tmp_path / "x.jpg")
    info = read_image_info(tmp_path, "x.jpg")
    assert (info.file_size, info.modified_ns, info.problem) == (path.stat().st_size, path.stat().st_mtime_ns, "")


def encoded(kind: str, size: tuple[int, int] = (200, 150), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"hello, I am no image at all", "not an image"),
        ("html.png", b"<html>404</html>", "not an image"),
        ("cut.jpg", encoded("JPEG")[:5000], "cut off"),
        ("cut.png", encoded("PNG")[:20000], "cut off"),
        ("header.jpg", encoded("JPEG")[:40], ""),
        ("header.png", encoded("PNG")[:20], ""),
    ],
)
def test_damaged_files_are_unreadable(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    info = read_image_info(tmp_path, name)
    assert info.status is ImageStatus.UNREADABLE
    assert words in info.problem
    assert info.problem
    assert info.file_size in (len(content), None)


def test_bytes_after_the_end_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "trailer.jpg").write_bytes(encoded("JPEG") + b"\0" * 200_000)
    assert read_image_info(tmp_path, "trailer.jpg").status is ImageStatus.OK


def test_folder_with_an_image_name_is_missing(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    assert read_image_info(tmp_path, "folder.jpg").status is ImageStatus.MISSING
    assert list_images(tmp_path).paths == []


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "a/../../secret.jpg", "/etc/passwd", "C:/x.jpg", "C:x.jpg", "", "a\0b.jpg", "nope.jpg"]
)
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "images"
    (root / "a").mkdir(parents=True)
    save(tmp_path / "secret.jpg")
    assert resolve_inside(root, name) is None
    assert read_image_info(root, name).status is ImageStatus.MISSING


def test_links_cannot_leave_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "images"
    save(tmp_path / "outside" / "secret.jpg")
    save(root / "real.jpg")
    (root / "inner.jpg").symlink_to(root / "real.jpg")
    (root / "leak.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(root)
    listing = list_images(root)
    assert listing.paths == ["inner.jpg", "real.jpg"]
    assert listing.links_outside == ["leak.jpg"]
    assert resolve_inside(root, "folder/secret.jpg") is None
    assert read_image_info(root, "leak.jpg").status is ImageStatus.MISSING


def test_images_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    save(tmp_path / "real" / "a.jpg")
    (tmp_path / "images").symlink_to(tmp_path / "real")
    assert list_images(tmp_path / "images").paths == ["a.jpg"]
    assert read_image_info(tmp_path / "images", "a.jpg").status is ImageStatus.OK


def test_scan_keeps_the_order_reports_progress_and_writes_nothing(tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(200)]
    save(tmp_path / "0.jpg")
    content = (tmp_path / "0.jpg").read_bytes()
    for name in names[1:]:
        (tmp_path / name).write_bytes(content)
    before = sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(tmp_path))
    seen: list[tuple[int, int, str]] = []
    infos = scan_images(tmp_path, names, progress=lambda *step: seen.append(step))
    assert [info.path for info in infos] == names
    assert seen[-1][:2] == (200, 200)
    assert sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(tmp_path)) == before


def test_names_that_are_no_text_are_left_out_and_said(tmp_path: Path) -> None:
    good = save(tmp_path / "g\u00fct.jpg")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.jpg")).write_bytes(good.read_bytes())
    except OSError:
        pytest.skip("this file system holds text alone")
    listing = list_images(tmp_path)
    assert (listing.paths, listing.names_not_text) == (["g\u00fct.jpg"], ["b\\xff.jpg"])
    assert Project.create(tmp_path / "project", images=tmp_path).frames["file_name"].tolist() == ["g\u00fct.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_a_pipe_is_no_image_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert read_image_info(tmp_path, "pipe.jpg").status is ImageStatus.MISSING
    project = Project.create(tmp_path / "project", images=tmp_path)
    with pytest.raises(InputError, match="missing"):
        read_frame(project, 0)


@pytest.mark.parametrize(("mode", "name"), [("RGB", "a.tga"), ("F", "a.tif"), ("CMYK", "a.jpg"), ("I;16", "a.png")])
def test_pixels_of_formats_that_few_programs_know(tmp_path: Path, mode: str, name: str) -> None:
    bright = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None], 20, axis=0))
    pixels = np.asarray(bright, np.uint16) * 257 if mode == "I;16" else np.asarray(bright)
    (
        Image.fromarray(pixels) if mode == "I;16" else bright.convert("RGB" if mode == "CMYK" else mode).convert(mode)
    ).save(tmp_path / name)
    project = Project.create(tmp_path / "project", images=tmp_path)
    decoded = read_frame(project, 0)
    assert (decoded.shape, decoded.dtype) == ((20, 256, 3), np.uint8)
    assert abs(decoded.astype(int) - np.asarray(bright)[:, :, None]).max() <= 6
    measured = decode(project.pixel_source(0)).pixels
    assert measured is not None
    np.testing.assert_array_equal(measured.bgr, decoded)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_images_of_twelve_bits_are_not_black(tmp_path: Path, name: str) -> None:
    ramp = np.repeat(np.linspace(64, 4095, 256).astype(np.uint16)[None], 20, axis=0)
    Image.fromarray(ramp).save(tmp_path / name)
    project = Project.create(tmp_path / "project", images=tmp_path)
    for path in (browser_image_file(project, 0), thumbnail_file(project, 0)):
        assert path is not None
        shown = np.asarray(Image.open(path).convert("L"), int)
        assert abs(shown - np.arange(256)).max() <= 4
    measured = decode(project.pixel_source(0)).pixels
    assert measured is not None
    assert abs(measured.gray.astype(int) - np.arange(256)).max() <= 1


def test_the_size_of_images_of_any_size_is_known(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for name, side in (("satellite.png", 20_000), ("bomb.png", 100_000)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    satellite = read_image_info(tmp_path, "satellite.png")
    assert (satellite.width, satellite.height, satellite.status) == (20_000, 20_000, ImageStatus.OK)
    bomb = read_image_info(tmp_path, "bomb.png")
    assert (bomb.width, bomb.status) == (100_000, ImageStatus.UNREADABLE)
    assert "too many pixels" in bomb.problem
