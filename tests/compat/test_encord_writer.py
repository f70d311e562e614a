"""The writer for prediction loops: what it takes, what it refuses, and that half a loop leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from predscope import InputError, Project
from predscope.compat.encord import (
    BoundingBox,
    Format,
    FrameClassification,
    InvalidPredictionError,
    ObjectDetection,
    Prediction,
    PredictionWriter,
    import_KITTI_labels,
    import_mask_predictions,
    load_project,
)
from tests.compat.encord_project import (
    CLASSES,
    FIRST,
    HEIGHT,
    SECOND,
    SMALL,
    WIDTH,
    EncordFiles,
    document_picture,
    make_encord_project,
)

PEDESTRIAN, CYCLIST, CAR = CLASSES
BOX = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}


@pytest.fixture
def files(tmp_path: Path) -> EncordFiles:
    return make_encord_project(tmp_path)


class Tensor:
    """As much of a tensor of torch as a prediction loop hands over."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def item(self) -> Any:
        return self._values.item()

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._values


def test_an_exception_publishes_nothing(files: EncordFiles) -> None:
    def loop() -> None:
        with PredictionWriter(files.path) as writer:
            writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
            raise KeyError(FIRST)

    with pytest.raises(KeyError):
        loop()
    assert files.project.set_names("predictions") == []
    staging = files.path / "staging"
    assert not staging.is_dir() or not list(staging.iterdir())


def test_each_block_is_a_new_version_and_the_last_one_stays(files: EncordFiles) -> None:
    for confidence in (0.1, 0.2):
        with PredictionWriter(files.path, files.project) as writer:
            writer.add_prediction(FIRST, CAR, confidence, bbox=BOX)
    assert [files.table(version=number)["confidence"][0] for number in (1, 2)] == [0.1, 0.2]


def test_an_unknown_data_hash_is_reported(files: EncordFiles) -> None:
    unknown = "12345678-1234-1234-1234-123456789012"
    writer = PredictionWriter(files.path)

    def loop() -> None:
        with writer:
            writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
            writer.add_prediction(unknown, CAR, 0.5, bbox=BOX)

    with pytest.warns(UserWarning, match=f"1 of 2 predictions were rejected.*{unknown}"):
        loop()
    report = writer.report
    assert (report.rows, report.imported, report.rejected) == (2, 1, 1)


@pytest.mark.parametrize("data_hash", [FIRST, f"{FIRST}.png", f"images/{FIRST}.png"])
@pytest.mark.parametrize("class_uid", [CAR, "Car"])
@pytest.mark.parametrize("frame", [None, 0])
def test_frames_and_classes_by_hash_or_name(
    files: EncordFiles, data_hash: str, class_uid: str, frame: int | None
) -> None:
    with PredictionWriter(files.path) as writer:
        writer.add_prediction(data_hash, class_uid, 0.5, bbox=BOX, frame=frame)
    table = files.table()
    assert (table["frame_id"][0], table["class"][0]) == (FIRST, "Car")


def test_classes_by_id(tmp_path: Path) -> None:
    files = make_encord_project(tmp_path, with_hashes=False)
    with PredictionWriter(files.path) as writer:
        writer.add_prediction(FIRST, 3, 0.5, bbox=BOX)
        writer.add_prediction(FIRST, load_project(files.path).ontology["objects"][1]["featureNodeHash"], 0.5, bbox=BOX)
    assert list(files.table()["class"]) == ["Car", "Cyclist"]


def test_a_prediction_object_may_be_added_whole(files: EncordFiles) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:20, 10:20] = mask[40:50, 40:50] = 1
    box = BoundingBox(0.1, 0.2, 0.3, 0.4, theta=90)
    with PredictionWriter(files.path) as writer:
        for data_format, data in ((Format.BOUNDING_BOX, box), (Format.MASK, mask)):
            found = ObjectDetection(format=data_format, data=data, feature_hash=CAR, track_id=7)
            writer.add_prediction(Prediction(data_hash=FIRST, confidence=0.5, object=found))
        hashes = FrameClassification(feature_hash="f", attribute_hash="a", option_hash=CYCLIST)
        writer.add_prediction(Prediction(data_hash=SECOND, frame=0, confidence=1, classification=hashes))
    table = files.table()
    assert list(table["geometry"]) == ["oriented_box", "mask", "classification"]
    assert list(table["track_id"])[:2] == ["7", "7"]
    expected = [0.25 * WIDTH, 0.4 * HEIGHT, 0.3 * WIDTH, 0.4 * HEIGHT, np.pi / 2]
    assert list(table["oriented_box"][0]) == pytest.approx(expected)
    assert table["area"][1] == 200


def test_tensors_numpy_numbers_and_whole_number_polygons(files: EncordFiles) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[0:10, 0:10] = True
    pixels = np.array([[128, 72], [256, 72], [256, 144]])
    kept = pixels.copy()
    with PredictionWriter(files.path) as writer:
        writer.add_prediction(FIRST, CAR, Tensor(0.5), polygon=Tensor(mask))
        writer.add_prediction(
            FIRST, CAR, np.float32(0.5), bbox={name: np.float32(value) for name, value in BOX.items()}
        )
        writer.add_prediction(FIRST, CAR, 1, polygon=pixels)
        writer.add_prediction(FIRST, CAR, 1, polygon=(pixels / [WIDTH, HEIGHT]).tolist())
    table = files.table()
    assert sorted(table["geometry"]) == ["box", "mask", "polygon", "polygon"]
    outlines = [entry[0][0].tolist() for entry in table["polygons"].dropna()]
    assert outlines == [pytest.approx(kept.ravel().tolist())] * 2
    assert (pixels == kept).all()
    assert writer.report.problems["polygon_in_pixels"].count == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"bbox": BOX, "polygon": [[0, 0], [0, 1], [1, 1]]},
        {"bbox": {"x": 0.1, "y": 0.1, "w": 0.1}},
        {"bbox": [0.1, 0.1, 0.2, 0.2]},
        {"polygon": [[0.1, 0.1], [0.2, 0.2]]},
        {"polygon": [[0.1, 0.1], [0.2, 0.2, 0.3]]},
        {"polygon": np.full((4, 4), 0.3)},
        {"bbox": BOX, "frame": -1},
        {"bbox": BOX, "confidence_score": "high"},
        {"bbox": BOX, "class_uid": None},
        {"bbox": BOX, "data_hash": 7},
    ],
)
def test_what_is_no_prediction_is_refused_at_once(files: EncordFiles, arguments: dict[str, Any]) -> None:
    with PredictionWriter(files.path) as writer:
        with pytest.raises(InvalidPredictionError) as caught:
            writer.add_prediction(**({"data_hash": FIRST, "class_uid": CAR, "confidence_score": 0.5} | arguments))
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, InputError)
        writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
    assert writer.report.imported == 1


def test_prediction_objects_check_what_they_are_given() -> None:
    box = BoundingBox(x=0.1, y=0.1, w=0.1, h=0.1)
    found = ObjectDetection(format="bounding-box", data=box, feature_hash=CAR)
    assert found.format is Format.BOUNDING_BOX
    hashes = FrameClassification(feature_hash="f", attribute_hash="a", option_hash="o")
    for wrong in (
        {},
        {"object": found, "classification": hashes},
        {"object": 3},
        {"object": found, "confidence": None},
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - as of the original classes
            Prediction(**({"data_hash": FIRST, "confidence": 0.5} | wrong))
    for data_format, data in ((Format.MASK, box), (Format.POLYGON, np.zeros((3, 3))), ("boxes", box)):
        with pytest.raises(InvalidPredictionError):
            ObjectDetection(format=data_format, data=data, feature_hash=CAR)


def test_the_writer_is_for_one_block(files: EncordFiles) -> None:
    writer = PredictionWriter(files.path)
    with pytest.raises(InputError, match="inside the block"):
        writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
    with writer:
        writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
    with pytest.raises(InputError, match="inside the block"):
        writer.add_prediction(FIRST, CAR, 0.5, bbox=BOX)
    with pytest.raises(InputError, match="used already"), writer:
        pass


def test_two_projects_are_one_too_many(files: EncordFiles, tmp_path: Path) -> None:
    other = Project.create(tmp_path / "other")
    with pytest.raises(InputError, match="give one of them"):
        PredictionWriter(files.path, other)
    with pytest.raises(InputError, match="needs the project"):
        PredictionWriter()


def test_masks_take_confidences_from_names_sidecars_or_the_lookup(files: EncordFiles, tmp_path: Path) -> None:
    root = tmp_path / "masks"
    for name in (f"a/{SMALL}__0.25", f"b/{SMALL}", f"c/{SMALL}"):
        (root / name).parent.mkdir(parents=True)
        cv2.imwrite(str(root / f"{name}.png"), document_picture())
    (root / "b" / f"{SMALL}.json").write_text(json.dumps({"1": 0.5, CYCLIST: 0.75}))

    def lookup(path: Path) -> tuple[Any, ...]:
        return (path.stem, 0, 0.9) if path.parent.name == "c" else (path.stem, 0)

    class_map = {1: PEDESTRIAN, 2: CYCLIST}  # the other way round
    with PredictionWriter(files.path, custom_object_map=class_map) as writer:
        import_mask_predictions(files.path, root, files.path, writer, lookup)
    assert sorted(files.table()["confidence"]) == [0.25] * 3 + [0.5] * 2 + [0.75] + [0.9] * 3
    assert "confidence_assumed" not in writer.report.problems


def test_masks_without_a_class_map_never_guess(tmp_path: Path) -> None:
    files = make_encord_project(tmp_path, with_hashes=False)
    root = tmp_path / "masks"
    root.mkdir()
    cv2.imwrite(str(root / f"{SMALL}.png"), 2 * document_picture())

    def import_masks() -> None:
        with PredictionWriter(files.path) as writer:
            import_mask_predictions(files.path, root, prediction_writer=writer)

    with pytest.raises(InputError, match="pixel values 2, 4 are is not told"):
        import_masks()
    assert files.project.set_names("predictions") == []


def test_photographs_are_no_masks(files: EncordFiles, tmp_path: Path) -> None:
    root = tmp_path / "masks"
    root.mkdir()
    cv2.imwrite(str(root / f"{SMALL}.png"), np.random.default_rng(1).integers(0, 255, (8, 19, 3), np.uint8))
    cv2.imwrite(str(root / f"{FIRST}.png"), np.zeros((HEIGHT, WIDTH), np.uint8))
    with PredictionWriter(files.path) as writer:
        import_mask_predictions(files.path, root, prediction_writer=writer, class_map={CAR: 3})
    assert writer.report.problems["mask_unusable"].count == 1
    assert writer.report.rows == 0


def test_kitti_without_a_writers_map_uses_the_file_beside_it(files: EncordFiles, tmp_path: Path) -> None:
    root = tmp_path / "kitti"
    (root / "labels").mkdir(parents=True)
    row = "my car 0 0 0 10 20 30 50 0 0 0 0 0 0 0 0.5\nnonsense\n"
    (root / "labels" / f"{FIRST}__x.txt").write_text(row)
    (root / "ontology_label_map.json").write_text(json.dumps({CAR: "my car"}))
    with pytest.warns(UserWarning, match="1 of 2"), PredictionWriter(files.path) as writer:
        import_KITTI_labels(files.project, root, writer)
    table = files.table()
    assert list(table["class"]) == ["Car"]
    assert table[["x", "y", "w", "h"]].to_numpy().tolist() == [[10, 20, 20, 30]]
    assert writer.report.problems["kitti_row_invalid"].count == 1


def test_kitti_needs_its_folder(files: EncordFiles, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder 'labels'"), PredictionWriter(files.path) as writer:
        import_KITTI_labels(files.project, tmp_path, writer)
