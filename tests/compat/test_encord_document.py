"""What the document on importing predictions shows, run with other import lines, down to the numbers in the tables."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from hotcoco import mask as rle_codec

from predscope.compat.encord import (
    BoundingBox,
    EncordUserClient,
    Format,
    FrameClassification,
    ObjectDetection,
    Prediction,
    PredictionIterator,
    PredictionWriter,
    import_KITTI_labels,
    import_mask_predictions,
    load_project,
    run_metrics,
    write_project_meta,
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


@pytest.fixture
def files(tmp_path: Path) -> EncordFiles:
    return make_encord_project(tmp_path)


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "predscope", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def boxes(files: EncordFiles, **of: Any) -> list[list[float]]:
    table = files.table(**of)
    return [[round(value, 6) for value in row] for row in table[["x", "y", "w", "h"]].to_numpy().tolist()]


def test_prerequisites(files: EncordFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project_meta(files.project)
    monkeypatch.chdir(tmp_path)

    data_dir = files.path
    meta = yaml.safe_load((data_dir / "project_meta.yaml").read_text())
    private_key = Path(meta["ssh_key_path"]).read_text()
    client = EncordUserClient.create_with_ssh_private_key(private_key)
    project = client.get_project(project_hash=meta["project_hash"])

    assert project.data_dir == files.path
    assert {o["featureNodeHash"]: o["name"] for o in project.ontology["objects"]} == CLASSES


def test_the_prediction_objects_by_pickle_and_command_line(files: EncordFiles, tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[100:200, 300:500] = 1
    mask[120:140, 320:340] = 0
    mask[600:700, 1000:1100] = 1
    polygon = np.array([[0.2, 0.1], [0.2, 0.4], [0.3, 0.4], [0.3, 0.1]])
    img_h, img_w = HEIGHT, WIDTH
    absolute = np.array([[128, 72], [256, 72], [256, 144]])
    untouched = absolute.copy()

    def detection(data_format: Format, data: Any) -> ObjectDetection:
        return ObjectDetection(feature_hash=CAR, format=data_format, data=data)

    relative = BoundingBox(x=0.2, y=0.3, w=0.1, h=0.4)
    converted = BoundingBox(x=10 / img_w, y=25 / img_h, w=200 / img_w, h=150 / img_h)
    objects = [
        detection(Format.BOUNDING_BOX, relative),
        detection(Format.BOUNDING_BOX, converted),
        detection(Format.MASK, mask),
        detection(Format.POLYGON, polygon),
        detection(Format.POLYGON, absolute / np.array([[img_w, img_h]])),
    ]
    predictions_to_store = [Prediction(data_hash=FIRST, frame=3, confidence=0.8, object=entry) for entry in objects]
    predictions_to_store.append(
        Prediction(
            data_hash=SECOND,
            confidence=0.7,
            classification=FrameClassification(feature_hash="x", attribute_hash="y", option_hash=CYCLIST),
        )
    )
    with (tmp_path / "predictions.pkl").open("wb") as f:
        pickle.dump(predictions_to_store, f)

    done = run("import", "predictions", str(tmp_path / "predictions.pkl"), "--json", folder=files.path)
    outcome = json.loads(done.stdout)
    assert (outcome["imported"], outcome["rejected"], outcome["format"]) == (6, 0, "encord_pickle")
    assert outcome["metrics"]["values"]["prediction_density"] == 3

    table = files.table()
    assert boxes(files)[:5] == [
        [256, 216, 128, 288],
        [10, 25, 200, 150],
        [300, 100, 800, 600],
        [256, 72, 128, 216],
        [128, 72, 128, 72],
    ]
    assert list(table["class"]) == ["Car"] * 5 + ["Cyclist"]
    assert list(table["geometry"]) == ["box", "box", "mask", "polygon", "polygon", "classification"]
    assert list(table["frame_id"]) == [FIRST] * 5 + [SECOND]
    counts = {"size": [HEIGHT, WIDTH], "counts": table["rle_counts"][2]}
    assert (rle_codec.decode(counts) == mask).all()
    assert (absolute == untouched).all()


def test_the_prediction_loop(files: EncordFiles) -> None:
    data_dir, project = files.path, load_project(files.path)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:20, 30:50] = 1
    box = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.1}
    points = [[0.2, 0.1], [0.2, 0.4], [0.3, 0.4]]
    found = {
        FIRST: [
            SimpleNamespace(class_id=CAR, confidence=0.9, bbox=box, mask=None),
            SimpleNamespace(class_id=PEDESTRIAN, confidence=0.4, bbox=None, mask=mask),
        ],
        SECOND: [SimpleNamespace(class_id=CYCLIST, confidence=1, bbox=None, mask=points)],
    }

    def model(imgs: list[str]) -> list[list[SimpleNamespace]]:
        return [found[img] for img in imgs]

    def predict(test_loader: list[tuple[list[str], list[str]]]) -> None:
        with PredictionWriter(data_dir, project) as writer:
            for imgs, img_ids in test_loader:
                predictions = model(imgs)
                for img_id, img_preds in zip(img_ids, predictions, strict=True):
                    for pred in img_preds:
                        writer.add_prediction(
                            data_hash=img_id,
                            class_uid=pred.class_id,
                            confidence_score=pred.confidence,
                            bbox=pred.bbox,
                            polygon=pred.mask,
                            frame=0,
                        )

    predict([([FIRST, SECOND], [FIRST, SECOND])])
    table = files.table()
    assert list(table["class"]) == ["Car", "Pedestrian", "Cyclist"]
    assert list(table["confidence"]) == [0.9, 0.4, 1.0]
    assert boxes(files) == [[128, 144, 384, 72], [30, 10, 20, 10], [256, 72, 128, 216]]


@pytest.mark.filterwarnings("ignore:1 of 5 predictions were rejected")
@pytest.mark.parametrize("is_reversed", [False, True], ids=["hash first", "name first"])
def test_kitti(files: EncordFiles, tmp_path: Path, is_reversed: bool) -> None:
    predictions_root = tmp_path / "labels_root"
    (predictions_root / "labels").mkdir(parents=True)
    unused = "0.00 0.00 0.00 0.00 0.00 0.00 0.00"
    (predictions_root / "labels" / f"{FIRST}__whatever_you_may_need.txt").write_text(
        f"car 0.00 0 0.00 587.01 173.33 614.12 200.12 {unused} 97.85\n"
        f"cyclist\t0.00 0 0.00  665.45 160.00 717.93 217.99 {unused} 32.65\r\n"
        f"pedestrian 0.00 0 0.00 423.17 173.67 433.17 224.03 {unused} 3.183\n"
    )
    commas = unused.replace(" ", ",")
    (predictions_root / "labels" / f"{SECOND}__whatever_you_may_need.csv").write_text(
        f"car,0.00,0,0.00,100,200,300,400,{commas},50\ncar,0.00,0,0.00,1,2,3,4,{commas}\n"
    )
    class_map = {PEDESTRIAN: "pedestrian", CYCLIST: "cyclist", CAR: "car"}
    if is_reversed:
        class_map = {name: key for key, name in class_map.items()}
    (predictions_root / "ontology_label_map.json").write_text(json.dumps(class_map))
    data_dir, project = files.path, load_project(files.path)

    object_map = json.loads((predictions_root / "ontology_label_map.json").read_text())
    with PredictionWriter(cache_dir=data_dir, project=project, custom_object_map=object_map) as writer:
        import_KITTI_labels(project, data_root=predictions_root, prediction_writer=writer)

    table = files.table()
    assert list(table["class"]) == ["Car", "Cyclist", "Pedestrian", "Car"]
    assert [round(value, 5) for value in table["confidence"]] == [0.9785, 0.3265, 0.03183, 0.5]
    assert boxes(files) == [
        [587.01, 173.33, 27.11, 26.79],
        [665.45, 160, 52.48, 57.99],
        [423.17, 173.67, 10, 50.36],
        [100, 200, 200, 200],
    ]
    report = writer.report
    assert (report.rows, report.imported, report.rejected) == (5, 4, 1)
    assert report.problems["row_is_label"].examples == [f"labels/{SECOND}__whatever_you_may_need.csv:2"]
    assert "class_map_unused" not in report.problems


@pytest.mark.filterwarnings("ignore:1 of 5 predictions were rejected")
def test_masks(files: EncordFiles, tmp_path: Path) -> None:
    class_map = {PEDESTRIAN: 1, CYCLIST: 2, CAR: 3}
    predictions_root = tmp_path / "predictions"
    (predictions_root / "dir1").mkdir(parents=True)
    cv2.imwrite(str(predictions_root / "dir1" / f"{SMALL}.png"), document_picture())
    ring = np.zeros((HEIGHT, WIDTH), np.uint8)
    ring[100:200, 100:200] = 3
    ring[120:180, 120:180] = 0
    ring[0:5, 0:5] = 7
    cv2.imwrite(str(predictions_root / f"{FIRST}.png"), ring)
    data_dir, project = files.path, load_project(files.path)

    with PredictionWriter(cache_dir=data_dir, project=project) as writer:
        import_mask_predictions(
            project,
            data_root=predictions_root,
            cache_dir=data_dir,
            prediction_writer=writer,
            class_map=class_map,
            du_hash_name_lookup=lambda file_pth: (file_pth.stem, 0),
        )

    table = files.table()
    small = table[table["frame_id"] == SMALL]
    assert list(small["class"]) == ["Pedestrian", "Pedestrian", "Cyclist"]
    assert list(small["area"]) == [6, 9, 12]
    large = table[table["frame_id"] == FIRST]
    assert list(large["class"]) == ["Car"]
    counts = {"size": [HEIGHT, WIDTH], "counts": large["rle_counts"].iloc[0]}
    assert (rle_codec.decode(counts) == (ring == 3)).all()
    assert set(table["confidence"]) == {1.0}
    assert writer.report.problems["pixel_value_unknown"].count == 1
    assert (writer.report.rows, writer.report.rejected) == (5, 1)


def test_masks_exactly_as_shown_take_the_order_of_the_ontology(files: EncordFiles, tmp_path: Path) -> None:
    """The template defines a class map and passes it nowhere."""
    predictions_root = tmp_path / "predictions"
    predictions_root.mkdir()
    cv2.imwrite(str(predictions_root / f"{SMALL}.png"), document_picture())
    project = load_project(files.path)
    with PredictionWriter(cache_dir=files.path, project=project) as writer:
        import_mask_predictions(
            project,
            data_root=predictions_root,
            cache_dir=files.path,
            prediction_writer=writer,
            du_hash_name_lookup=lambda file_pth: (file_pth.stem, 0),
        )
    assert list(files.table()["class"]) == ["Pedestrian", "Pedestrian", "Cyclist"]
    assert writer.report.problems["pixel_values_assumed"].examples == ["1 is Pedestrian", "2 is Cyclist"]


def test_metrics_of_the_predictions(files: EncordFiles) -> None:
    data_dir = files.path
    with PredictionWriter(data_dir, load_project(data_dir)) as writer:
        writer.add_prediction(FIRST, CAR, 0.5, bbox={"x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2})
    report = run_metrics(data_dir=data_dir, iterator_cls=PredictionIterator)
    assert report.values["crop_brightness"] == 3
    assert run_metrics(data_dir=data_dir, iterator_cls=PredictionIterator).is_up_to_date
    assert [unit["data_hash"] for unit, _ in PredictionIterator(data_dir)] == [FIRST]


def test_print_ontology_and_data_mapping(files: EncordFiles) -> None:
    printed = json.loads(run("print", "ontology", "--json", folder=files.path).stdout)
    assert printed == {"objects": {name: key for key, name in CLASSES.items()}, "classifications": {}}
    text = run("print", "ontology", folder=files.path).stdout
    assert all(f"{name}" in text and key in text for key, name in CLASSES.items())
    mapping = json.loads(run("print", "data-mapping", "--json", "--project", ".", folder=files.path).stdout)
    assert mapping == {name: f"{name}.png" for name in (FIRST, SECOND, SMALL)}


def test_visualise_is_view() -> None:
    from predscope.cli.parser import build_parser

    parser = build_parser()
    assert parser.parse_args(["visualise"]).command is parser.parse_args(["view"]).command
