"""Planted defects of coordinates: each is found, named with a place, and mended by the correction that is offered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from predscope.importing import Corrections, StagedImport
from predscope.report import Severity
from tests.importing.doctored import (
    HEIGHT,
    WIDTH,
    Clinic,
    Dataset,
    assert_mends,
    assert_same,
    change_boxes,
    diagnosed,
    make_dataset,
    table_of,
    to_centres,
    to_corners,
    to_fractions,
    to_swapped,
)

Change = Callable[[list[float], tuple[int, int]], list[float]]


def swapped_corners(box: list[float], size: tuple[int, int]) -> list[float]:
    return to_swapped(to_corners(box))


def centres_in_fractions(box: list[float], size: tuple[int, int]) -> list[float]:
    return to_centres(to_fractions(box, size))


def swapped_corners_in_fractions(box: list[float], size: tuple[int, int]) -> list[float]:
    """As TensorFlow writes them: y1, x1, y2, x2."""
    return to_swapped(to_corners(to_fractions(box, size)))


PLANTED: list[tuple[Change, str, dict[str, Any]]] = [
    (to_corners, "looks_like_corners", {"box_format": "xyxy"}),
    (to_centres, "looks_like_centres", {"box_format": "cxcywh"}),
    (to_swapped, "looks_swapped", {"swap_xy": True}),
    (swapped_corners, "looks_swapped", {"box_format": "xyxy", "swap_xy": True}),
    (to_fractions, "looks_normalised", {"units": "relative"}),
    (centres_in_fractions, "looks_normalised", {"box_format": "cxcywh", "units": "relative"}),
]

SWAPPED_CORNERS_IN_FRACTIONS = {"box_format": "xyxy", "units": "relative", "swap_xy": True}


@pytest.mark.parametrize(
    ("change", "code", "correction"),
    [
        *PLANTED,
        (swapped_corners_in_fractions, "looks_normalised", SWAPPED_CORNERS_IN_FRACTIONS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_box_numbers_of_predictions(clinic: Clinic, change: Change, code: str, correction: dict[str, Any]) -> None:
    data = make_dataset()
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    change_boxes(ill, "predictions", change)
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    diagnosed(
        staged,
        code,
        count=len(data.results),
        place="in frame_000.jpg",
        fix="xport" if code != "looks_normalised" else "Multiply",
        correction=correction,
    )
    assert {"box_clipped", "zero_size", "box_overhang"}.isdisjoint(staged.report.problems), "they follow from that"
    for consequence in ("negative_size", "box_outside_frame"):  # rows that are left out are named, with the same fix
        if consequence in staged.report.problems:
            flags = " ".join(Corrections(**correction).flags())
            assert f"how all boxes are read. Add {flags}." in staged.report.problems[consequence].fix
    assert_mends(staged, code, lambda **told: clinic.predictions(data, file, project, **told), clean)


@pytest.mark.parametrize(("change", "code", "correction"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_box_numbers_of_labels(clinic: Clinic, change: Change, code: str, correction: dict[str, Any]) -> None:
    data = make_dataset()
    clean = clinic.labels(data.labels)
    ill = data.copy()
    change_boxes(ill, "labels", change)
    file = clinic.write(ill.labels)
    staged = clinic.labels(file)
    diagnosed(staged, code, count=len(data.annotations), place="annotations[", correction=correction)
    assert_mends(staged, code, lambda **told: clinic.labels(file, **told), clean)


def yolo_rows(data: Dataset, change: Change) -> dict[str, str]:
    """By file name the rows of YOLO predictions; ``change`` gets x, y, w, h in pixels."""
    index = {1: 0, 3: 1, 8: 2, 18: 3}
    files = {image["file_name"].replace(".jpg", ".txt"): "" for image in data.labels["images"]}
    names = {image["id"]: image["file_name"].replace(".jpg", ".txt") for image in data.labels["images"]}
    for row in data.results:
        numbers = [index[row["category_id"]], *change(row["bbox"], (WIDTH, HEIGHT)), row["score"]]
        files[names[row["image_id"]]] += " ".join(map(str, numbers)) + "\n"
    return files


@pytest.mark.parametrize(
    ("change", "code", "correction"),
    [
        (to_fractions, "looks_like_sizes", {"box_format": "xywh"}),
        (lambda box, size: to_corners(to_fractions(box, size)), "looks_like_corners", {"box_format": "xyxy"}),
        (lambda box, size: to_swapped(centres_in_fractions(box, size)), "looks_swapped", {"swap_xy": True}),
        (to_centres, "looks_like_pixels", {"units": "pixels"}),
        (lambda box, size: to_corners(box), "looks_like_pixels", {"units": "pixels", "box_format": "xyxy"}),
    ],
)
def test_box_numbers_of_a_format_of_centres(
    clinic: Clinic, change: Change, code: str, correction: dict[str, Any]
) -> None:
    data = make_dataset()
    project = clinic.project(data)
    names = Corrections(class_ids="index")

    def stage(change: Change, **told: Any) -> StagedImport:
        folder = f"yolo_{clinic.made}"
        for name, rows in yolo_rows(data, change).items():
            clinic.write(rows, f"{folder}/{name}")
        return clinic.predictions(data, clinic.folder / folder, project, format="yolo", **told)

    clean = stage(centres_in_fractions, corrections=names)
    staged = stage(change, corrections=names)
    diagnosed(staged, code, place="frame_000.txt:", correction=correction)
    mended = stage(change, corrections=names.changed(correction))
    assert code not in mended.report.problems
    assert_same(table_of(mended), table_of(clean))


def test_polygons_and_keypoints_follow_the_correction(clinic: Clinic) -> None:
    data = make_dataset()
    for number, row in enumerate(data.annotations):
        x, y, w, h = row["bbox"]
        del row["area"]
        if number % 3 == 0:
            row["segmentation"] = [[x, y, x + w, y, x + w, y + h]]
        elif number % 3 == 1:
            row["keypoints"] = [x, y, 2, x + w, y + h, 1]
    clean = clinic.labels(data.labels)
    ill = data.copy()
    change_boxes(ill, "labels", to_swapped)
    for row in ill.annotations:
        for points, step in ((row.get("segmentation", [[]])[0], 2), (row.get("keypoints", []), 3)):
            points[0::step], points[1::step] = points[1::step], points[0::step]
    file = clinic.write(ill.labels)
    staged = clinic.labels(file)
    diagnosed(staged, "looks_swapped", correction={"swap_xy": True})
    assert_mends(staged, "looks_swapped", lambda **told: clinic.labels(file, **told), clean)


def test_not_a_number_and_infinite(clinic: Clinic) -> None:
    data = make_dataset()
    for row, value in ((3, "NaN"), (8, "Infinity"), (9, "-Infinity")):
        data.annotations[row]["bbox"][2] = float(value.replace("Infinity", "inf"))
    staged = clinic.labels(json.dumps(data.labels))
    diagnosed(staged, "bbox_invalid", count=3, place="annotations[3]", fix="[x, y, width, height]")
    assert staged.report.rejected == 3


def test_negative_sizes(clinic: Clinic) -> None:
    data = make_dataset()
    for row in (0, 5):
        data.results[row]["bbox"][2] *= -1
    staged = clinic.predictions(make_dataset(), data.results)
    diagnosed(staged, "negative_size", count=2, place="[5]: x, y, w, h", fix="not two corners", severity=Severity.ERROR)


def test_zero_sizes(clinic: Clinic) -> None:
    data = make_dataset()
    data.annotations[4]["bbox"][3] = 0
    diagnosed(clinic.labels(data.labels), "zero_size", count=1, place="annotations[4]", fix="no box can match")


def test_boxes_outside_the_frame(clinic: Clinic) -> None:
    data = make_dataset()
    data.annotations[4]["bbox"][0] = WIDTH + 3
    data.annotations[6]["bbox"][:] = [WIDTH - 10, 5, 40, 20]
    staged = clinic.labels(data.labels)
    diagnosed(staged, "box_outside_frame", count=1, place="annotations[4]", fix="images of this size")
    diagnosed(staged, "box_clipped", count=1, place="annotations[6]")


def test_wrong_frame_size(clinic: Clinic) -> None:
    """Labelled on images twice as large."""
    data = make_dataset()
    images = clinic.save_images(data)
    clean = clinic.labels(data.labels, images)
    for image in data.labels["images"]:
        image.update(width=2 * WIDTH, height=2 * HEIGHT)
    for row in data.annotations:
        row["bbox"] = [2 * value for value in row["bbox"]]
        row["area"] *= 4
    file = clinic.write(data.labels)
    staged = clinic.labels(file, images)
    place = "frame_000.jpg: 640 x 400 in the labels, 320 x 200 in the image"
    diagnosed(staged, "size_differs", count=24, place=place, fix="resize the coordinates", correction={"rescale": True})
    outside = diagnosed(staged, "box_outside_frame", place="annotations[0]", fix="Add --rescale.")
    assert staged.report.rejected == outside.count
    assert "box_clipped" not in staged.report.problems  # it follows from the size too
    assert_mends(staged, "size_differs", lambda **told: clinic.labels(file, images, **told), clean)
    assert clinic.labels(file, images, corrections=Corrections(rescale=True)).report.problems["rescaled"].count == 24


def test_predictions_of_images_of_another_size(clinic: Clinic) -> None:
    """Results of other frames are misses, whatever the size; that nothing fits is said."""
    data = make_dataset()
    ids = [image["id"] for image in data.labels["images"]]
    following = dict(zip(ids, ids[1:] + ids[:1], strict=True))
    change_boxes(data, "predictions", lambda box, size: [value * 0.4 for value in box])
    for row in data.results:
        row["image_id"] = following[row["image_id"]]
    staged = clinic.predictions(make_dataset(), data.results)
    diagnosed(staged, "labels_not_covered", count=1, place="of 179 labels are covered", fix="size and rotation")
    assert "labels_not_covered" not in clinic.predictions(make_dataset()).report.problems


def test_rotated_frames(clinic: Clinic) -> None:
    """Images with an EXIF rotation: labels drawn on the pixels as stored, and labels drawn as displayed."""
    rotation = Image.Exif()
    rotation[0x0112] = 6
    data = make_dataset()
    images = clinic.save_images(data, exif=rotation)
    stored = clinic.labels(data.labels, images)
    diagnosed(stored, "labels_in_unrotated_pixels", count=24, place="frame_000.jpg")
    upright = make_dataset(width=HEIGHT, height=WIDTH)
    displayed = clinic.labels(upright.labels, images)
    diagnosed(displayed, "exif_orientation", count=24, place="frame_000.jpg", severity=Severity.INFO)
    assert "labels_in_unrotated_pixels" not in displayed.report.problems
