"""Classes that are ignored: all numbers are those of data without them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.cli.parser import main
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.outcomes import frame_outcomes, tide_errors
from predscope.exploration.semantic_performance import semantic_performance
from predscope.importing import define_classes
from predscope.project_evaluation import evaluate_project
from predscope.schema import DeclaredClass
from tests.classification_dataset import CLASSES, write_classification
from tests.semantic_dataset import VOID, write_semantic

FRAMES, IGNORED = 30, "truck"
CAR = 2
NAMES = ("car", "truck", "bus")


def write_boxes(folder: Path, *, without: str | None = None) -> tuple[Path, Path]:
    """COCO labels and results of three classes; ``without`` one of them as if it had never been there."""
    generator = np.random.default_rng(11)
    labels: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for frame in range(1, FRAMES + 1):
        for _ in range(generator.integers(0, 9)):
            kind = int(generator.integers(0, 3))
            x, y, w, h = generator.uniform(5, 300), generator.uniform(5, 200), *generator.uniform(10, 90, 2)
            label = {"image_id": frame, "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0}
            other = int(generator.integers(0, 3)) if generator.random() < 0.3 else kind
            shift = generator.uniform(-8, 8, 2)
            result = {"image_id": frame, "bbox": [x + shift[0], y + shift[1], w, h], "score": generator.random()}
            if NAMES[kind] != without:
                labels.append({"id": len(labels) + 1, "category_id": kind + 1, **label})
            if NAMES[other] != without:
                results.append({"category_id": other + 1, **result})
    images = [{"id": frame, "file_name": f"{frame}.jpg", "width": 400, "height": 300} for frame in range(1, FRAMES + 1)]
    categories = [{"id": place + 1, "name": name} for place, name in enumerate(NAMES)]
    folder.mkdir()
    (folder / "labels.json").write_text(json.dumps({"images": images, "categories": categories, "annotations": labels}))
    (folder / "results.json").write_text(json.dumps(results))
    return folder / "labels.json", folder / "results.json"


@pytest.fixture(scope="module")
def two_projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """The same data: with a class that is ignored, and as if the class had never been there."""
    folder = tmp_path_factory.mktemp("ignored")
    made = []
    for name, without in (("ignored", None), ("without", IGNORED)):
        labels, results = write_boxes(folder / name, without=without)
        project = Project.create(folder / f"{name}_project")
        import_labels(project, labels)
        import_predictions(Project.open(project.path), results, name="m")
        made.append(Project.open(project.path))
    made[0] = define_classes(made[0], [DeclaredClass(IGNORED, is_ignored=True)])
    return made[0], made[1]


def test_the_class_is_there_and_marked(two_projects: tuple[Project, Project]) -> None:
    ignored, without = two_projects
    assert [entry.is_ignored for entry in ignored.classes] == [False, True, False]
    assert not any(entry.is_ignored for entry in without.classes)
    assert ignored.objects("labels").count > without.objects("labels").count
    assert ignored.objects("predictions", "m").count > without.objects("predictions", "m").count


def test_coco_numbers(two_projects: tuple[Project, Project]) -> None:
    numbers = [evaluate_project(project, "m").coco().statistics for project in two_projects]
    assert numbers[0]["AP"] > 0.1
    np.testing.assert_equal(numbers[0], numbers[1])
    assert numbers[0] != evaluate_project(define_all(two_projects[0]), "m").coco().statistics


def define_all(project: Project) -> Project:
    """The project with every class counted, without publishing it."""
    classes = tuple(type(entry).from_json({**entry.to_json(), "is_ignored": False}) for entry in project.classes)
    return Project(project.path, project.manifest.changed(classes=classes), project.frames_table)


@pytest.mark.parametrize("read_pairs_again", [False, True])
def test_the_operating_point_and_the_confusion_matrix(
    two_projects: tuple[Project, Project], read_pairs_again: bool
) -> None:
    found = [evaluate_project(project, "m") for project in two_projects]
    for confidence, iou in ((0.1, 0.5), (0.5, 0.7)):
        points = [one.operating_point(confidence, iou) for one in found]
        assert (points[0].micro.tp, points[0].micro.fp, points[0].micro.fn) == (
            points[1].micro.tp,
            points[1].micro.fp,
            points[1].micro.fn,
        )
        assert points[0].micro.tp > 0
        np.testing.assert_equal(points[0].macro, points[1].macro)
        matrices = [one.confusion(confidence, iou).counts for one in found]
        np.testing.assert_array_equal(matrices[0], matrices[1])
        assert not matrices[0][1].any()
        assert not matrices[0][:, 1].any()


def test_rows_name_the_objects_of_the_set(two_projects: tuple[Project, Project]) -> None:
    project = two_projects[0]
    found = evaluate_project(project, "m")
    class_id = project.objects("predictions", "m").table(["class_id"])["class_id"].to_numpy()
    np.testing.assert_array_equal(class_id[found.predictions.row], found.predictions.class_id)
    assert 1 not in found.predictions.class_id


def test_what_pages_ask(two_projects: tuple[Project, Project]) -> None:
    kinds = [np.bincount(tide_errors(project, "m", 0.1, 0.5).error, minlength=8) for project in two_projects]
    np.testing.assert_array_equal(kinds[0], kinds[1])
    outcomes = [frame_outcomes(project, "m", 0.1, 0.5) for project in two_projects]
    for name in ("tp", "fp", "fn"):
        np.testing.assert_array_equal(getattr(outcomes[0], name), getattr(outcomes[1], name))
    assert outcomes[0].tp.sum() > 0


def test_the_command_line(two_projects: tuple[Project, Project], capsys: pytest.CaptureFixture) -> None:
    told = []
    for project in two_projects:
        assert main(["evaluate", "--project", str(project.path), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    for key in ("coco", "operating_point", "label_count", "prediction_count"):
        assert told[0][key] == told[1][key]
    assert told[0]["per_class"] == told[1]["per_class"]


def test_classes_of_whole_frames(tmp_path: Path) -> None:
    """Against counts from the scores of the files, without those of the class and without its frames."""
    files = write_classification(tmp_path / "files")
    project = Project.create(tmp_path / "project", images=files.images)
    import_labels(project, files.images)
    import_predictions(Project.open(project.path), files.predictions, name="m")
    cat = CLASSES.index("cat")
    project = define_classes(Project.open(project.path), [DeclaredClass("cat", is_ignored=True)])
    counted = (files.label != cat) & np.isfinite(files.scores[:, 0])
    others = np.where(np.arange(len(CLASSES)) == cat, -1, files.scores)[counted].argmax(axis=1)
    label = files.label[counted]
    found = classification_performance(project, FrameQuery.from_params({}, project), "m")
    assert found is not None
    table = found.to_pandas().set_index("name")
    for class_id, name in enumerate(CLASSES):
        assert table.loc[name, "support"] == (0 if class_id == cat else (files.label == class_id).sum())
        assert table.loc[name, "predicted"] == (others == class_id).sum()
        assert table.loc[name, "tp"] == ((others == class_id) & (label == class_id)).sum()
    objects = evaluate_project(project, "m", iou_type=IouType.FRAME)
    assert cat not in objects.labels.class_id
    assert objects.operating_point(0.1, 0.5).micro.tp == (others == label).sum()


def test_pixels_of_an_ignored_class_are_void(tmp_path: Path) -> None:
    """Against masks in which the labelled pixels of the class are void, and the predicted ones background."""
    write_semantic(tmp_path / "one")
    project = define_classes(semantic_project(tmp_path / "one", tmp_path), [DeclaredClass("car", is_ignored=True)])
    again = write_semantic(tmp_path / "two")
    for folder, value in ((again.labels, VOID), (again.predictions, 0)):
        for path in folder.glob("*.png"):
            mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            mask[mask == CAR] = value
            assert cv2.imwrite(str(path), mask)
    other = semantic_project(tmp_path / "two", tmp_path)
    found = [semantic_performance(one, FrameQuery.from_params({}, one), "m") for one in (project, other)]
    assert found[0].mean_iou == found[1].mean_iou
    assert found[0].confusion.sum() == found[1].confusion.sum() > 0
    counted = semantic_performance(define_all(project), FrameQuery.from_params({}, project), "m")
    assert counted.confusion.sum() > found[0].confusion.sum()


def semantic_project(folder: Path, home: Path) -> Project:
    project = Project.create(home / f"{folder.name}_project", images=folder / "images")
    import_labels(project, folder / "labels")
    import_predictions(Project.open(project.path), folder / "predictions", name="m")
    return Project.open(project.path)
