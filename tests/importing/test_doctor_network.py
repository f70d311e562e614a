"""Predictions in the pixels of a network's input: found beside the labels, and brought back exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from predscope.errors import InputError
from predscope.importing import Corrections
from predscope.importing.network_input import NetworkInput
from predscope.report import Severity
from tests.importing.conftest import make_batch
from tests.importing.doctored import (
    DOCTOR_CODES,
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
)

Change = Callable[[list[float], tuple[int, int]], list[float]]


def to_input(network: NetworkInput) -> Change:
    """The way of a frame into a network, written down apart from the way back."""

    def change(box: list[float], size: tuple[int, int]) -> list[float]:
        x, y, w, h = box
        across, down = network.width / size[0], network.height / size[1]
        if network.fit == "stretch":
            return [x * across, y * down, w * across, h * down]
        scale = min(across, down)
        left, top = (network.width - scale * size[0]) / 2, (network.height - scale * size[1]) / 2
        if network.fit == "top-left":
            left = top = 0.0
        return [x * scale + left, y * scale + top, w * scale, h * scale]

    return change


def of_sizes(*sizes: tuple[int, int], **options: Any) -> Dataset:
    """One data set with frames of several sizes."""
    result = make_dataset(width=sizes[0][0], height=sizes[0][1], **options)
    for place, (width, height) in enumerate(sizes[1:], 1):
        other = make_dataset(place, width=width, height=height, **options)
        for image in other.labels["images"]:
            name = f"set_{place}_{image['file_name']}"
            result.labels["images"].append({**image, "id": image["id"] + 1000 * place, "file_name": name})
        for row in other.annotations:
            moved = {"id": row["id"] + 10_000 * place, "image_id": row["image_id"] + 1000 * place}
            result.annotations.append(row | moved)
        result.results.extend(row | {"image_id": row["image_id"] + 1000 * place} for row in other.results)
    return result


UNIFORM = [(1280, 720)]
MIXED = [(1280, 720), (640, 480), (500, 800)]
CASES = [
    (UNIFORM, NetworkInput(640, 640, "stretch"), None),
    (UNIFORM, NetworkInput(640, 640, "letterbox"), None),
    (UNIFORM, NetworkInput(640, 384, "letterbox"), None),  # padded to the next multiple of 32
    (UNIFORM, NetworkInput(640, 640, "top-left"), NetworkInput(640, 360, "stretch")),  # the same, as padding is empty
    (UNIFORM, NetworkInput(1280, 1280, "letterbox"), None),  # nothing is scaled, only moved
    (UNIFORM, NetworkInput(300, 300, "stretch"), None),
    (MIXED, NetworkInput(640, 640, "stretch"), None),
    (MIXED, NetworkInput(640, 640, "letterbox"), None),
    (MIXED, NetworkInput(640, 384, "letterbox"), None),
    (MIXED, NetworkInput(1024, 1024, "top-left"), None),
]


@pytest.mark.parametrize(("sizes", "network", "named"), CASES, ids=lambda value: getattr(value, "words", None))
def test_inputs_of_networks(
    clinic: Clinic, sizes: list[tuple[int, int]], network: NetworkInput, named: NetworkInput | None
) -> None:
    data = of_sizes(*sizes, frames=24 // len(sizes))
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    change_boxes(ill, "predictions", to_input(network))
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    expected = named or network
    code = "looks_like_network_pixels"
    problem = diagnosed(
        staged,
        code,
        count=len(data.results),
        place=expected.words,
        fix="pixels of the frames",
        correction={"network_input": expected.text, "network_fit": expected.fit},
        severity=Severity.WARNING,
    )
    assert "frame_000.jpg (" in problem.examples[0]
    assert "labels_not_covered" not in staged.report.problems
    assert_mends(staged, code, lambda **told: clinic.predictions(data, file, project, **told), clean)


@pytest.mark.parametrize(
    ("change", "box_format"), [(to_centres, "cxcywh"), (to_corners, "xyxy")], ids=["centres", "corners"]
)
def test_raw_outputs(clinic: Clinic, change: Change, box_format: str) -> None:
    """Two defects at once, as models give them: centres or corners, in pixels of a letterbox."""
    data = of_sizes(*UNIFORM)
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    network = NetworkInput(640, 640, "letterbox")
    change_boxes(ill, "predictions", lambda box, size: change(to_input(network)(box, size), size))
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    expected = {"box_format": box_format, "network_input": "640x640", "network_fit": "letterbox"}
    diagnosed(staged, "looks_like_network_pixels", correction=expected)
    again = lambda **told: clinic.predictions(data, file, project, **told)  # noqa: E731
    assert_mends(staged, "looks_like_network_pixels", again, clean)


def test_fractions_of_a_letterbox(clinic: Clinic) -> None:
    """Normalised by the padded input: of a COCO file, and of YOLO's text files, whose format has fractions."""
    data = of_sizes(*UNIFORM)
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    square = to_input(NetworkInput(1, 1, "letterbox"))
    change_boxes(ill, "predictions", square)
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    expected = {"units": "relative", "network_input": "640x640", "network_fit": "letterbox"}
    diagnosed(staged, "looks_normalised", count=len(data.results), correction=expected)
    assert_mends(staged, "looks_normalised", lambda **told: clinic.predictions(data, file, project, **told), clean)

    index = {1: 0, 3: 1, 8: 2, 18: 3}
    names = {image["id"]: Path(image["file_name"]).stem for image in data.labels["images"]}
    rows: dict[str, str] = {}
    for row in data.results:
        numbers = [index[row["category_id"]], *to_centres(square(row["bbox"], UNIFORM[0])), row["score"]]
        name = names[row["image_id"]]
        rows[name] = rows.get(name, "") + " ".join(map(str, numbers)) + "\n"
    for name, text in rows.items():
        clinic.write(text, f"yolo/{name}.txt")
    told = Corrections(class_ids="index")
    staged = clinic.predictions(data, clinic.folder / "yolo", project, format="yolo", corrections=told)
    expected = {"network_input": "640x640", "network_fit": "letterbox"}
    diagnosed(staged, "looks_like_network_pixels", correction=expected)
    mended = clinic.predictions(
        data, clinic.folder / "yolo", project, format="yolo", corrections=told.changed(expected)
    )
    assert_same(table_of(mended), table_of(clean))


def test_half_of_the_size_is_named_as_such(clinic: Clinic) -> None:
    """Frames of one size, predicted on copies half as large: no network's usual size, but a simple part."""
    data = of_sizes((1000, 750))
    ill = data.copy()
    change_boxes(ill, "predictions", lambda box, size: [value / 2 for value in box])
    staged = clinic.predictions(data, ill.results)
    expected = {"network_input": "500x375", "network_fit": "stretch"}
    diagnosed(staged, "looks_like_network_pixels", correction=expected)


@pytest.mark.parametrize("seed", range(6))
def test_poor_models_are_no_networks_input(clinic: Clinic, seed: int) -> None:
    """Boxes too small, moved, of other frames, all over the frame, or all in one place: nothing explains them."""
    random = np.random.default_rng(seed)
    data = make_dataset(seed, frames=30, found=0.5)
    ids = [image["id"] for image in data.labels["images"]]
    shuffled = dict(zip(ids, random.permutation(ids).tolist(), strict=True))
    for row in data.results:
        x, y, w, h = row["bbox"]
        if seed == 0:
            row["bbox"] = [x + 0.2 * w, y + 0.2 * h, 0.6 * w, 0.6 * h]
        elif seed == 1:
            row["bbox"] = [x + 12, y + 9, w, h]
        elif seed == 2:
            row["image_id"] = shuffled[row["image_id"]]
        elif seed == 3:
            row["bbox"] = [*random.uniform(0, 150, 2).tolist(), *random.uniform(10, 80, 2).tolist()]
        elif seed == 4:
            row["bbox"] = [*(110 + random.uniform(-5, 5, 2)).tolist(), 60.0, 40.0]
    if seed == 4:
        for row in data.annotations:
            row["bbox"] = [95, 60, 120, 80]
            row.pop("area")
    if seed == 5:
        data.results = [row for row in data.results if row["image_id"] == ids[0]]
    staged = clinic.predictions(data)
    assert "looks_like_network_pixels" not in staged.report.problems


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "top-left"])
@pytest.mark.parametrize("has_boxes", [True, False], ids=["boxes too", "masks alone"])
def test_masks_of_an_inputs_size(clinic: Clinic, fit: Any, has_boxes: bool) -> None:
    """What brings them back is told by the labels; boxes beside them are right already."""
    data = make_dataset()
    project = clinic.project(data)
    network = NetworkInput(256, 256, fit)
    ill = data.copy()
    for row in ill.results:
        x, y, w, h = to_input(network)(row["bbox"], (320, 200))
        pixels = np.zeros((256, 256), np.uint8)
        pixels[round(y) : max(round(y + h), round(y) + 1), round(x) : max(round(x + w), round(x) + 1)] = 1
        row["segmentation"] = {"size": [256, 256], "counts": encoded(pixels).decode()}
        if not has_boxes:
            row.pop("bbox")
    staged = clinic.predictions(data, ill.results, project)
    correction = {"network_input": "256x256", "network_fit": fit}
    place = "mask 256 x 256, frame 320 x 200 in frame_000.jpg"
    diagnosed(staged, "mask_size_differs", count=len(data.results), place=place, correction=correction)
    mended = clinic.predictions(data, ill.results, project, corrections=Corrections().changed(correction))
    assert mended.report.imported == len(data.results)
    assert {"mask_size_differs", "looks_like_network_pixels"}.isdisjoint(mended.report.problems)
    found = np.column_stack([mended.objects.table()[side].to_numpy() for side in "xywh"])
    right = np.column_stack(
        [clinic.predictions(data, project=project).objects.table()[side].to_numpy() for side in "xywh"]
    )
    assert np.abs(found - right).max() <= 2.5  # pixels of the mask are larger than those of the frame


def encoded(pixels: np.ndarray) -> bytes:
    counts: bytes = coco_mask.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"]
    return counts


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "top-left"])
def test_all_shapes_come_back(labelled: Any, fit: Any) -> None:
    """On frames of 100 x 80: boxes, outlines, lines, points, oriented boxes, and masks of the input's size."""
    factor = np.array([2.0, 2.5] if fit == "stretch" else [2.0, 2.0])
    offset = np.array([0.0, 20.0] if fit == "letterbox" else [0.0, 0.0])
    pixels = np.zeros((200, 200), np.uint8)
    (left, top), (right, bottom) = (np.array([[10, 20], [40, 60]]) * factor + offset).astype(int)
    pixels[top:bottom, left:right] = 1
    (x0, y0), (x1, y1) = np.array([[10, 20], [40, 60]]) * factor + offset
    ring = [x0, y0, x1, y0, x1, y1]
    centre = (np.array([50, 40]) * factor + offset).tolist()
    batch = make_batch(
        [11] * 6,
        [1] * 6,
        boxes=[[x0, y0, x1 - x0, y1 - y0]] * 6,
        geometry=["box", "polygon", "polyline", "keypoints", "oriented_box", "mask"],
        polygons=[None, [[ring]], None, None, None, None],
        polylines=[None, None, [ring], None, None, None],
        keypoints=[None, None, None, [x0, y0, 2, x1, y1, 1], None, None],
        oriented_box=[None, None, None, None, [*centre, *(np.array([20, 10]) * factor).tolist(), 0.0], None],
        rle_counts=[*[None] * 5, encoded(pixels)],
        rle_size=np.array([[0, 0]] * 5 + [[200, 200]], np.int32),
        confidence=0.5,
    )
    reading = labelled.reading(batch, role="predictions")
    told = Corrections(network_input="200x200", network_fit=fit)
    with labelled.stage(reading, corrections=told) as staged:
        assert not set(staged.report.problems) & {"mask_size_differs", "correction_unused", "box_clipped"}
        rows = staged.objects.table().to_pylist()
    assert [[row[side] for side in "xywh"] for row in rows] == [pytest.approx([10, 20, 30, 40])] * 6
    assert rows[1]["polygons"] == [[[10, 20, 40, 20, 40, 60]]]
    assert rows[2]["polylines"] == [[10, 20, 40, 20, 40, 60]]
    assert rows[3]["keypoints"] == [10, 20, 2, 40, 60, 1]
    assert rows[4]["oriented_box"] == pytest.approx([50, 40, 20, 10, 0])
    assert (rows[5]["rle_height"], rows[5]["rle_width"], rows[5]["area"]) == (80, 100, 1200)
    mask = coco_mask.decode({"size": [80, 100], "counts": rows[5]["rle_counts"]})
    assert mask[20:60, 10:40].all()


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "top-left"])
def test_there_and_back(fit: Any) -> None:
    network = NetworkInput(640, 384, fit)
    sizes = np.array([[1280.0, 720.0], [500.0, 800.0], [640.0, 384.0]])
    factor, offset = network.to_frame(sizes)
    for size, one, other in zip(sizes.tolist(), factor, offset, strict=True):
        x, y, w, h = to_input(network)([30, 40, 50, 60], (size[0], size[1]))
        found = [x * one[0] + other[0], y * one[1] + other[1], w * one[0], h * one[1]]
        assert found == pytest.approx([30, 40, 50, 60])


def test_sizes_as_they_are_typed() -> None:
    for text, size in (
        ("640", (640, 640)),
        (" 640 x 384 ", (640, 384)),
        ("640X384", (640, 384)),
        ("640×384", (640, 384)),
    ):
        found = NetworkInput.parse(text)
        assert (found.width, found.height, found.fit) == (*size, "stretch")
    for text in ("", "x", "640x", "0", "-3x4", "640x384x3", "1e3", "9999999"):
        with pytest.raises(InputError, match="as 640x384"):
            NetworkInput.parse(text)


def test_a_fit_alone_is_unused(clinic: Clinic) -> None:
    staged = clinic.predictions(make_dataset(), corrections=Corrections(network_fit="letterbox"))
    diagnosed(staged, "correction_unused", place="--network-fit", fix="Leave them away")


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "top-left"])
def test_real_predictions(shared_data: Path, clinic: Clinic, fit: Any) -> None:
    """COCO's own example results as a network of 416 x 416 would give them."""
    folder = shared_data / "coco_val2014_fake100"
    labels = json.loads((folder / "dataset/cocoapi/instances_val2014_100.json").read_text())
    results = json.loads((folder / "cocoapi_results/instances_val2014_fakebbox100_results.json").read_text())
    data = Dataset(labels, results)
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    assert DOCTOR_CODES.isdisjoint(clean.report.problems)
    ill = data.copy()
    change_boxes(ill, "predictions", to_input(NetworkInput(416, 416, fit)))
    staged = clinic.predictions(data, ill.results, project)
    correction = {"network_input": "416x416", "network_fit": fit}
    diagnosed(staged, "looks_like_network_pixels", correction=correction)
    mended = clinic.predictions(data, ill.results, project, corrections=Corrections().changed(correction))
    assert_same(table_of(mended), table_of(clean))
