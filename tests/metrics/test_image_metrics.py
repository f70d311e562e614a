"""Formulas on images with known answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from predscope.media import PixelSource
from predscope.metrics.features import perceptual_hash, thumbnail
from predscope.metrics.image_source import content_key, decode
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.pixels import CROP_SIDE, FRAME_SIDE, Pixels, shrunk
from predscope.metrics.registry import all_metrics

HEIGHT, WIDTH = 60, 80


def plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), color, np.uint8)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    image = plain(left)
    image[:, WIDTH // 2 :] = right
    return image


def checkerboard(square: int) -> np.ndarray:
    rows, columns = np.indices((HEIGHT, WIDTH))
    board = ((rows // square + columns // square) % 2 * 255).astype(np.uint8)
    return np.dstack([board] * 3)


def value(name: str, image: np.ndarray) -> float:
    return float(all_metrics()[name].compute(Pixels(image)))


GREY, RED, GREEN, BLUE = plain((128,) * 3), (0, 0, 255), (0, 255, 0), (255, 0, 0)
HALF_RED = halves(RED, (90, 90, 90))

KNOWN = [
    ("brightness", GREY, 128 / 255),
    ("brightness", checkerboard(10), 0.5),
    ("brightness", plain(RED), 76 / 255),
    ("contrast", GREY, 0),
    ("contrast", checkerboard(10), 0.5),
    ("contrast", halves((0, 0, 0), (51, 51, 51)), 0.1),
    ("sharpness", GREY, 0),
    ("entropy", GREY, 0),
    ("entropy", checkerboard(10), 1 / 8),
    ("entropy", np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(16, 16, 3), 1),
    ("red_share", HALF_RED, 0.5),
    ("green_share", HALF_RED, 0),
    ("green_share", halves(GREEN, BLUE), 0.5),
    ("blue_share", halves(GREEN, BLUE), 0.5),
    ("blue_share", GREY, 0),
    ("red_share", plain((30, 0, 30)), 0),  # dark purple: neither hue nor value
    ("colourfulness", GREY, 0),
    ("colourfulness", plain(BLUE), 0.3 * 255),
    ("colourfulness", halves(RED, (0, 0, 0)), np.hypot(127.5, 63.75) + 0.3 * np.hypot(127.5, 63.75)),
    ("dark_quantile", GREY, 128 / 255),
    ("light_quantile", GREY, 128 / 255),
    ("dark_quantile", halves((10,) * 3, (200,) * 3), 10 / 255),
    ("light_quantile", halves((10,) * 3, (200,) * 3), 200 / 255),
    ("clipped", halves((0,) * 3, (128,) * 3), 0.5),
    ("clipped", checkerboard(3), 1),
    ("clipped", GREY, 0),
    ("crop_brightness", GREY, 128 / 255),
    ("crop_contrast", checkerboard(10), 0.5),
    ("crop_sharpness", GREY, 0),
]


@pytest.mark.parametrize(("name", "image", "expected"), KNOWN)
def test_known_answers(name: str, image: np.ndarray, expected: float) -> None:
    assert value(name, image) == pytest.approx(expected, abs=2e-3 if name != "colourfulness" else 0.05)


def test_sharpness_is_the_mapped_variance_of_the_laplacian() -> None:
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    padded = np.pad(grey.astype(int), 1, mode="reflect")
    laplacian = sum(
        kernel[i, j] * padded[i : i + HEIGHT, j : j + WIDTH] for i in range(3) for j in range(3) if kernel[i, j]
    )
    variance = laplacian.var()
    assert value("sharpness", np.dstack([grey] * 3)) == pytest.approx(variance / (variance + 500), rel=1e-6)


def test_blur_takes_sharpness_away_and_light_adds_brightness() -> None:
    board = checkerboard(5)
    levels = [value("sharpness", cv2.GaussianBlur(board, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 0.9
    assert levels[-1] < 0.2


def test_every_image_metric_stays_in_its_range_and_copes_with_tiny_images() -> None:
    rng = np.random.default_rng(2)
    images = [
        rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((1, 1), (2, 5), (1, 700), (33, 47), (900, 3))
    ]
    for metric in all_metrics().values():
        if metric.needs != "pixels":
            continue
        for image in images:
            found = float(metric.compute(Pixels(image)))
            if metric.range is not None and not np.isnan(found):
                assert metric.range[0] <= found <= metric.range[1], metric.name


@pytest.mark.parametrize("size", [(480, 640), (481, 639), (1080, 1920), (2000, 333), (641, 641), (5, 3000)])
def test_working_size_keeps_the_shape_and_the_mean(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    small = shrunk(image, FRAME_SIDE)
    assert max(small.shape[:2]) == min(FRAME_SIDE, max(size))
    assert small.shape[1] / small.shape[0] == pytest.approx(size[1] / size[0], rel=0.01 if min(size) > 100 else 1)
    assert small.mean() == pytest.approx(image.mean(), abs=2 if min(size) > 100 else 20)


def test_crops_are_measured_at_their_own_working_size() -> None:
    image = np.zeros((600, 800, 3), np.uint8)
    image[100:400, 100:500] = 200
    crop = Pixels(image).crop((100, 100, 500, 400))
    assert crop is not None
    assert crop.bgr.shape == (300, 400, 3)
    assert max(crop.small_gray.shape) == CROP_SIDE
    assert float(all_metrics()["crop_brightness"].compute(crop)) == pytest.approx(200 / 255)
    assert Pixels(image).crop((10, 10, 10, 40)) is None
    assert Pixels(image).crop((900, 10, 950, 40)) is None


def test_hashes_tell_alike_from_unlike() -> None:
    rng = np.random.default_rng(4)
    first, other = (
        cv2.resize(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8), (400, 300), interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    )
    lighter = cv2.convertScaleAbs(cv2.resize(first, (320, 240)), alpha=0.9, beta=15)

    def bits(a: np.ndarray, b: np.ndarray) -> int:
        return int(np.unpackbits(perceptual_hash(Pixels(a)) ^ perceptual_hash(Pixels(b))).sum())

    assert bits(first, first) == 0
    assert bits(first, lighter) <= 6
    assert bits(first, other) >= 16
    assert thumbnail(Pixels(first)).shape == (192,)
    assert perceptual_hash(Pixels(plain((7, 7, 7)))).tolist() == [0] * 8


def test_decoding_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    good = tmp_path / "good.jpg"
    cv2.imwrite(str(good), checkerboard(8))
    found = decode(PixelSource(good))
    assert found.pixels is not None
    assert (found.pixels.bgr.shape, found.problem) == ((HEIGHT, WIDTH, 3), "")
    assert (
        found.content
        == content_key(good.read_bytes(), apply_exif=True)
        != content_key(good.read_bytes(), apply_exif=False)
    )
    for name, content, problem in (
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"no image at all", "not an image"),
        ("cut.jpg", good.read_bytes()[:-200], "cut off"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND", "image"),
    ):
        (tmp_path / name).write_bytes(content)
        bad = decode(PixelSource(tmp_path / name))
        assert bad.pixels is None
        assert problem in bad.problem
        assert bad.content
    gone = decode(PixelSource(tmp_path / "gone.jpg"))
    assert (gone.content, gone.pixels) == (0, None)


def test_real_photos_sorted_by_a_metric_are_in_the_order_of_the_thing_measured(shared_data: Path) -> None:
    folder = shared_data / "cars_yolov8_test54" / "images" / "test"
    paths = sorted(folder.glob("*.jpg"))[:12]
    photos = [decode(PixelSource(path)).pixels for path in paths]

    def changed(change: Callable[[np.ndarray], np.ndarray], name: str) -> list[tuple[float, float]]:
        compute = all_metrics()[name].compute
        return [(float(compute(photo)), float(compute(Pixels(change(photo.bgr))))) for photo in photos]

    assert all(after < before for before, after in changed(lambda i: cv2.GaussianBlur(i, (0, 0), 3), "sharpness"))
    assert all(after < before for before, after in changed(lambda i: i // 2, "brightness"))
    assert all(after < before for before, after in changed(lambda i: i // 3 + 80, "contrast"))
    grey = changed(lambda i: cv2.cvtColor(cv2.cvtColor(i, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), "colourfulness")
    assert all(after < 1 < before for before, after in grey)


def test_metrics_that_need_pixels_are_of_frames_or_of_objects() -> None:
    kinds = {metric.measured_on for metric in all_metrics().values() if metric.needs == "pixels"}
    assert kinds == {MeasuredOn.FRAME, MeasuredOn.OBJECT}
