"""The sample data: what is committed, and the program that makes it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from defusedxml import ElementTree
from pycocotools import mask as oracle

from sample_data import make_sample_data
from sample_data.generator import masks
from sample_data.generator.dataset import FrameRole, make_frame, roles, scene_for
from sample_data.generator.labelling import CLASSES, label
from sample_data.generator.masks import Crop
from sample_data.generator.models import SMALL_AREA_PX
from sample_data.generator.renderer import render

SAMPLE_DATA = Path(make_sample_data.__file__).parent
SEED = make_sample_data.DEFAULT_SEED
LARGEST_FOLDER_BYTES = 12_000_000

Record = dict[str, Any]


@pytest.fixture(scope="module")
def coco() -> Record:
    return json.loads((SAMPLE_DATA / "labels" / "instances.json").read_bytes())


@pytest.fixture(scope="module")
def weaknesses() -> dict[str, Record]:
    document = json.loads((SAMPLE_DATA / "weaknesses.json").read_bytes())
    return {entry["key"]: entry for entry in document["weaknesses"]}


@pytest.fixture(scope="module")
def results() -> dict[str, list[Record]]:
    folder = SAMPLE_DATA / "predictions"
    return {name: json.loads((folder / f"{name}.json").read_bytes()) for name in ("model_a", "model_b")}


@pytest.fixture(scope="module")
def few_roles() -> list[FrameRole]:
    every = roles()
    rainy_night, clip = every[4], [role for role in every if role.clip_index in (0, 7)]
    return [every[0], every[1], rainy_night, *clip]


def class_name(record: Record) -> str:
    return CLASSES[record["category_id"] - 1]


def iou(first: list[float], second: list[float]) -> float:
    wide = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    tall = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    common = max(wide, 0.0) * max(tall, 0.0)
    return common / (first[2] * first[3] + second[2] * second[3] - common)


class Judge:
    """Greedy matching of a model's predictions with the labels of its frames, the most confident first."""

    def __init__(
        self, coco: Record, predictions: list[Record], *, any_class: bool = False, threshold: float = 0.5
    ) -> None:
        predicted_frames = {record["image_id"] for record in predictions}
        self.images = {image["id"]: image for image in coco["images"] if image["id"] in predicted_frames}
        self.labels = [one for one in coco["annotations"] if one["image_id"] in self.images and not one["iscrowd"]]
        self.predictions = sorted(predictions, key=lambda record: -record["score"])
        by_frame = defaultdict(list)
        for one in self.labels:
            by_frame[one["image_id"]].append(one)
        self.found: dict[int, Record] = {}
        self.matched: list[bool] = []
        for record in self.predictions:
            best = max(
                (
                    one
                    for one in by_frame[record["image_id"]]
                    if one["id"] not in self.found and (any_class or one["category_id"] == record["category_id"])
                ),
                key=lambda one: iou(one["bbox"], record["bbox"]),
                default=None,
            )
            hit = best is not None and iou(best["bbox"], record["bbox"]) >= threshold
            self.matched.append(hit)
            if hit and best is not None:
                self.found[best["id"]] = record

    def recall(self, chosen: Callable[[Record], bool]) -> float:
        labels = [one for one in self.labels if chosen(one)]
        assert labels
        return sum(one["id"] in self.found for one in labels) / len(labels)

    def is_small_at_night(self, one: Record) -> bool:
        return self.is_night(one) and class_name(one) in ("person", "car") and one["area"] < SMALL_AREA_PX

    def is_night(self, one: Record) -> bool:
        return self.images[one["image_id"]]["time_of_day"] == "night"


# What is committed


def test_folder_is_small_enough() -> None:
    files = [path for path in SAMPLE_DATA.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < LARGEST_FOLDER_BYTES


def test_every_image_exists_except_the_documented_one(coco: Record) -> None:
    listed = {image["file_name"] for image in coco["images"]}
    present = {path.relative_to(SAMPLE_DATA / "images").as_posix() for path in (SAMPLE_DATA / "images").rglob("*.jpg")}
    absent = [role.file_name for role in roles() if not role.has_image]
    unlisted = [role.file_name for role in roles() if not role.is_listed]
    assert sorted(listed - present) == absent
    assert sorted(present - listed) == unlisted
    text = (SAMPLE_DATA / "README.md").read_text(encoding="utf-8")
    assert len(absent) == len(unlisted) == 1
    assert f"`{absent[0]}`: labelled and predicted, but the image is absent" in text


def test_images_have_the_listed_size(coco: Record) -> None:
    sizes = set()
    for image in coco["images"]:
        path = SAMPLE_DATA / "images" / image["file_name"]
        if path.exists():
            pixels = cv2.imread(str(path))
            assert pixels.shape[:2] == (image["height"], image["width"])
            sizes.add((image["width"], image["height"]))
    assert {(960, 640), (640, 960), (480, 320)} <= sizes


def test_first_frame_is_by_day_and_has_every_class(coco: Record) -> None:
    first = min(coco["images"], key=lambda image: image["file_name"])
    present = min((SAMPLE_DATA / "images").rglob("*.jpg"))
    assert present.name == first["file_name"] == "street_000.jpg"
    assert (first["time_of_day"], first["weather"]) == ("day", "clear")
    classes = {class_name(one) for one in coco["annotations"] if one["image_id"] == first["id"]}
    assert classes == set(CLASSES)


def test_conditions_and_shapes_are_all_there(coco: Record) -> None:
    for key, values in {
        "time_of_day": {"day", "dusk", "night"},
        "weather": {"clear", "rain", "fog"},
        "blur": {"none", "motion", "defocus"},
        "camera": {"dashcam", "mast", "square"},
    }.items():
        assert {image[key] for image in coco["images"]} == values
    by_class = defaultdict(list)
    for one in coco["annotations"]:
        by_class["crowd" if one["iscrowd"] else class_name(one)].append(one)
    assert all("segmentation" not in one for one in by_class["traffic light"])
    assert all(isinstance(one["segmentation"]["counts"], str) for one in by_class["bicycle"])
    assert all(isinstance(one["segmentation"]["counts"], list) for one in by_class["crowd"])
    assert all(isinstance(one["segmentation"], list) for one in by_class["car"])
    assert any(len(one["segmentation"]) > 1 for one in by_class["car"])
    assert sum("keypoints" in one for one in by_class["person"]) > 300
    assert len(by_class["crowd"]) >= 2


def test_boxes_are_tight_and_areas_exact(coco: Record) -> None:
    sizes = {image["id"]: (image["height"], image["width"]) for image in coco["images"]}
    for one in coco["annotations"]:
        height, width = sizes[one["image_id"]]
        x, y, w, h = one["bbox"]
        assert min(x, y) >= 0
        assert x + w <= width
        assert y + h <= height
        assert 0 < one["area"] <= w * h
        shape = one.get("segmentation")
        if isinstance(shape, dict):
            rle = oracle.frPyObjects(shape, height, width) if isinstance(shape["counts"], list) else shape
            assert int(oracle.area(rle)) == one["area"]
            assert oracle.toBbox(rle).tolist() == one["bbox"]


def test_polygons_lie_within_their_frames_and_cover_the_area(coco: Record) -> None:
    sizes = {image["id"]: (image["height"], image["width"]) for image in coco["images"]}
    shares = []
    for one in coco["annotations"]:
        if not isinstance(one.get("segmentation"), list):
            continue
        height, width = sizes[one["image_id"]]
        for ring in one["segmentation"]:
            points = np.array(ring).reshape(-1, 2)
            assert len(points) >= 3
            assert (points >= 0).all()
            assert (points <= [width, height]).all()
        rle = oracle.merge(oracle.frPyObjects(one["segmentation"], height, width))
        if one["area"] > SMALL_AREA_PX:
            shares.append(float(oracle.area(rle)) / one["area"])
    assert 0.97 < np.median(shares) < 1.03
    assert np.quantile(shares, 0.02) > 0.85


def test_keypoints_lie_within_their_frames(coco: Record) -> None:
    sizes = {image["id"]: (image["width"], image["height"]) for image in coco["images"]}
    for one in coco["annotations"]:
        if "keypoints" in one:
            points = np.array(one["keypoints"]).reshape(17, 3)
            seen = points[:, 2] > 0
            assert one["num_keypoints"] == seen.sum()
            assert (points[seen, :2] < sizes[one["image_id"]]).all()
            assert (points[~seen] == 0).all()


def test_video_keeps_its_tracks(coco: Record) -> None:
    video = [image for image in coco["images"] if image.get("video_id") == "video"]
    assert [image["frame_id"] for image in video] == list(range(24))
    numbers = {image["id"] for image in video}
    tracks = defaultdict(list)
    for one in coco["annotations"]:
        if one["image_id"] in numbers:
            tracks[one["track_id"]].append((one["image_id"], class_name(one)))
    assert len(tracks) >= 12
    for seen in tracks.values():
        assert len({name for _, name in seen}) == 1
        assert len({frame for frame, _ in seen}) == len(seen)
    assert sum(len(seen) >= 12 for seen in tracks.values()) >= 8


def test_results_are_well_formed(coco: Record, results: dict[str, list[Record]]) -> None:
    images = {image["id"]: image for image in coco["images"]}
    for records in results.values():
        assert 1500 < len(records) < 4000
        for record in records:
            image = images[record["image_id"]]
            x, y, w, h = record["bbox"]
            assert min(w, h) > 0
            assert min(x, y) >= 0
            assert x + w <= image["width"] + 0.11
            assert y + h <= image["height"] + 0.11
            assert 0.0 < record["score"] < 1.0
            if "segmentation" in record:
                assert record["segmentation"]["size"] == [image["height"], image["width"]]
                assert oracle.area(record["segmentation"]) > 0
    assert any("keypoints" in record for record in results["model_a"])
    unpredicted = {role.image_id for role in roles() if not role.has_predictions and role.is_listed}
    predicted = {record["image_id"] for records in results.values() for record in records}
    assert len(unpredicted) == 1
    assert not predicted & unpredicted


def test_other_formats_say_the_same(coco: Record) -> None:
    images = {image["file_name"]: image for image in coco["images"]}
    boxes = defaultdict(list)
    for one in coco["annotations"]:
        if not one["iscrowd"]:
            boxes[one["image_id"]].append((class_name(one), one["bbox"]))
    for path in sorted((SAMPLE_DATA / "labels_yolo" / "labels").glob("*.txt")):
        image = images[f"{path.stem}.jpg"]
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        assert [CLASSES[int(row[0])] for row in rows] == [name for name, _ in boxes[image["id"]]]
        for row, (_, box) in zip(rows, boxes[image["id"]], strict=True):
            cx, cy, w, h = (float(value) for value in row[1:])
            back = [
                (cx - w / 2) * image["width"],
                (cy - h / 2) * image["height"],
                w * image["width"],
                h * image["height"],
            ]
            assert back == pytest.approx(box, abs=0.01)
    annotations = sorted((SAMPLE_DATA / "labels_voc").glob("*.xml"))
    assert len(annotations) == 12
    for path in annotations:
        root = ElementTree.parse(path).getroot()
        image = images[root.findtext("filename")]
        found = []
        for entry in root.iter("object"):
            x0, y0, x1, y1 = (int(entry.findtext(f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax"))
            found.append((entry.findtext("name"), [x0 - 1, y0 - 1, x1 - x0 + 1, y1 - y0 + 1]))
        assert found == boxes[image["id"]]
        mask = cv2.imread(str(SAMPLE_DATA / "masks" / f"{path.stem}.png"), cv2.IMREAD_UNCHANGED)
        assert mask.shape == (image["height"], image["width"])
        expected = {CLASSES.index(name) + 1 for name, _ in found}
        assert set(np.unique(mask).tolist()) - {0} == expected


# What is planted


def test_model_a_misses_small_objects_at_night(coco: Record, results: dict[str, list[Record]]) -> None:
    judge = Judge(coco, results["model_a"])
    other = Judge(coco, results["model_b"])
    assert judge.recall(judge.is_small_at_night) <= 0.3
    assert other.recall(other.is_small_at_night) >= 0.55

    def elsewhere(one: Record) -> bool:
        easy = class_name(one) in ("person", "car") and one["attributes"]["occlusion"] < 0.5
        return easy and not judge.is_small_at_night(one)

    assert judge.recall(elsewhere) >= 0.8
    assert other.recall(other.is_night) > judge.recall(judge.is_night)


def test_model_a_confuses_bus_and_truck(coco: Record, results: dict[str, list[Record]]) -> None:
    judge = Judge(coco, results["model_a"], any_class=True)
    found = [(class_name(one), class_name(judge.found[one["id"]])) for one in judge.labels if one["id"] in judge.found]
    big = [pair for pair in found if pair[0] in ("bus", "truck")]
    swapped = [pair for pair in big if set(pair) == {"bus", "truck"}]
    assert 0.2 <= len(swapped) / len(big) <= 0.42


def test_model_a_finds_bicycles_twice(
    coco: Record, results: dict[str, list[Record]], weaknesses: dict[str, Record]
) -> None:
    labels = [one for one in coco["annotations"] if class_name(one) == "bicycle"]
    counts = {}
    for name, records in results.items():
        bicycles = [record for record in records if class_name(record) == "bicycle"]
        overlapping = [
            sum(one["image_id"] == record["image_id"] and iou(one["bbox"], record["bbox"]) > 0.5 for record in bicycles)
            for one in labels
        ]
        counts[name] = sum(count >= 2 for count in overlapping)
    assert counts["model_a"] >= 0.6 * weaknesses["duplicate_bicycles"]["predictions"] > 40
    assert counts["model_b"] < 0.2 * counts["model_a"]


def test_model_b_shifts_traffic_lights(coco: Record, results: dict[str, list[Record]]) -> None:
    overlaps = {}
    for name, records in results.items():
        judge = Judge(coco, records, threshold=0.1)
        pairs = [(one, judge.found[one["id"]]) for one in judge.labels if one["id"] in judge.found]
        lights = [pair for pair in pairs if class_name(pair[0]) == "traffic light"]
        overlaps[name] = np.median([iou(one["bbox"], record["bbox"]) for one, record in lights])
    assert 0.3 <= overlaps["model_b"] <= 0.5
    assert overlaps["model_a"] > 0.7


def test_model_b_is_overconfident(coco: Record, results: dict[str, list[Record]]) -> None:
    judges = {name: Judge(coco, records) for name, records in results.items()}
    assert min(record["score"] for record in results["model_b"]) >= 0.9
    assert sum(not hit for hit in judges["model_b"].matched) > 200
    scores = np.array([record["score"] for record in judges["model_a"].predictions])
    hits = np.array(judges["model_a"].matched)
    assert scores[hits].mean() > scores[~hits].mean() + 0.2


def test_model_b_sees_dogs_in_the_rain(
    coco: Record, results: dict[str, list[Record]], weaknesses: dict[str, Record]
) -> None:
    judge = Judge(coco, results["model_b"])
    weather = {image["id"]: image["weather"] for image in coco["images"]}
    rainy = [
        record
        for record, hit in zip(judge.predictions, judge.matched, strict=True)
        if not hit and class_name(record) == "dog" and weather[record["image_id"]] == "rain"
    ]
    assert len(rainy) >= weaknesses["dogs_in_rain"]["predictions"] > 15


def test_every_weakness_is_documented(weaknesses: dict[str, Record]) -> None:
    text = (SAMPLE_DATA / "README.md").read_text(encoding="utf-8")
    for key, entry in weaknesses.items():
        assert f"| `{key}` | {entry['model']} | {entry['description']} |" in text


# The program that makes it


def test_committed_labels_are_what_the_program_writes(few_roles: list[FrameRole], coco: Record) -> None:
    for role in few_roles[:2]:
        frame = make_frame(role, SEED, with_image=False)
        committed = [one for one in coco["annotations"] if one["image_id"] == role.image_id]
        assert [list(one.box) for one in frame.labels] == [one["bbox"] for one in committed]


def test_same_seed_same_bytes(tmp_path: Path, few_roles: list[FrameRole]) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    make_sample_data.generate(first, SEED, frame_roles=few_roles)
    make_sample_data.generate(second, SEED, with_images=False, frame_roles=few_roles)
    make_sample_data.generate(third, SEED + 1, with_images=False, frame_roles=few_roles)
    assert make_sample_data.differences(first, second) == []
    assert "labels/instances.json" in make_sample_data.differences(first, third)
    assert (first / "images" / "street_000.jpg").is_file()
    assert not (second / "images").exists()


def test_labels_are_the_pixels_of_the_item_buffer(few_roles: list[FrameRole]) -> None:
    scene = scene_for(few_roles[0], SEED)
    rendering = render(scene, [SEED], with_image=False)
    owner = np.zeros(rendering.items.shape, np.int32)
    for number, one in enumerate(label(rendering, scene.view), start=1):
        x, y, w, h = one.box
        window = owner[y : y + h, x : x + w]
        assert not window[one.crop.mask].any()
        window[one.crop.mask] = number
        assert one.area == int((owner == number).sum())
        for edge in (one.crop.mask[0], one.crop.mask[-1], one.crop.mask[:, 0], one.crop.mask[:, -1]):
            assert edge.any()
        assert 0.0 <= one.occlusion <= 1.0
        items = np.unique(rendering.items[y : y + h, x : x + w][one.crop.mask])
        assert len(items) == 1


def test_occlusion_is_what_others_hide(few_roles: list[FrameRole]) -> None:
    scene = scene_for(few_roles[0], SEED)
    shown = {one.class_name: one for one in label(render(scene, [SEED], with_image=False), scene.view)}
    truck = next(actor for actor in scene.actors if actor.class_name == "truck")
    scene.actors = [truck]
    alone = label(render(scene, [SEED], with_image=False), scene.view)[0]
    assert alone.occlusion == 0.0
    assert shown["truck"].occlusion == pytest.approx(1 - shown["truck"].area / alone.area, abs=1e-3)


@pytest.mark.parametrize("place", [(0, 0), (3, 5), (30, 12)])
def test_run_lengths_agree_with_the_reference(place: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    for size in ((1, 1), (7, 9), (28, 20)):
        crop = Crop(*place, rng.random(size) < 0.6)
        frame = np.zeros((40, 60), np.uint8)
        frame[place[1] : place[1] + size[0], place[0] : place[0] + size[1]] = crop.mask
        expected = oracle.encode(np.asfortranarray(frame))
        assert masks.encode(crop, 40, 60)["counts"].encode() == expected["counts"]


def test_full_masks_join_across_columns() -> None:
    crop = Crop(0, 0, np.ones((4, 3), bool))
    assert masks.run_lengths(crop, 4, 3) == [0, 12]


def test_check_reports_differences(tmp_path: Path) -> None:
    for folder, text in (("one", "a"), ("two", "b")):
        (tmp_path / folder / "labels").mkdir(parents=True)
        (tmp_path / folder / "labels" / "instances.json").write_text(text, encoding="utf-8")
    (tmp_path / "two" / "README.md").write_text("text", encoding="utf-8")
    found = make_sample_data.differences(tmp_path / "one", tmp_path / "two")
    assert found == ["README.md", "labels/instances.json"]
