"""The Import page: choosing, reading in a thread, mapping, correcting, importing; and what must never happen."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import session, urls
from components.imports import looking_job, staging_job
from components.imports.classes_view import FEW_ROWS, suggested_classes
from components.imports.flow import Choices, Flow
from components.imports.folders import list_folder, nearest_folder
from components.imports.report_view import correction_words
from components.imports.staging_job import JobState, Request, StagingJob
from components.imports.uploads import Upload
from components.imports.words import for_the_page
from predscope import reading_progress
from predscope.errors import InputError
from predscope.importing import import_predictions, stage_predictions
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.corrections import Corrections
from predscope.importing.inspection import inspect_source
from predscope.project import Project
from predscope.project.staging import STAGING_NAME
from tests.conftest import ROOT

LONG = 30


@pytest.fixture
def project(seven_frames: Project, tmp_path: Path) -> Project:
    """A copy to import into; ``files`` of it lie beside it."""
    shutil.copytree(seven_frames.path.parent, tmp_path / "copy")
    return Project.open(tmp_path / "copy" / "project")


@pytest.fixture
def predictions(project: Project) -> Path:
    return project.path.parent / "model_a.json"


@pytest.fixture
def renamed(project: Project, predictions: Path) -> Path:
    """The predictions with classes under other names, two of them near those of the project."""
    labels = json.loads((project.path.parent / "labels.json").read_text())
    names = ("Cars", "persn", "wolf")
    content = {
        "images": labels["images"],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, start=1)],
        "annotations": [
            {"id": number, "area": 1, "iscrowd": 0, **row}
            for number, row in enumerate(json.loads(predictions.read_text()), start=1)
        ],
    }
    path = project.path.parent / "renamed.json"
    path.write_text(json.dumps(content))
    return path


def staged_folders(project: Project) -> list[Path]:
    folder = project.path / STAGING_NAME
    return list(folder.iterdir()) if folder.is_dir() else []


def job_of(project: Project, path: Path, **options: Any) -> StagingJob:
    return StagingJob(project, Request(path, "predictions", **options), "new")


# The reading


def test_a_reading_becomes_a_version(project: Project, predictions: Path) -> None:
    job = job_of(project, predictions)
    assert job.wait(LONG) is JobState.READY
    assert job.staged is not None
    assert job.staged.report.imported == 21
    assert dict(job.geometries) == {"box": 21}
    assert Project.open(project.path).revision == project.revision, "nothing is published yet"
    job.publish("another name")
    assert job.wait(LONG) is JobState.PUBLISHED
    assert job.result is not None
    assert Project.open(project.path).objects("predictions", "another name").count == 21
    assert staged_folders(project) == []


def test_a_reading_that_fails_says_why(project: Project, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('[{"image_id": 1, "score"')
    job = job_of(project, tmp_path / "broken.json")
    assert job.wait(LONG) is JobState.FAILED
    assert "broken.json" in job.problem
    assert staged_folders(project) == []


def test_a_fault_of_the_program_is_no_silence(
    project: Project, predictions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(staging_job, "stage_predictions", fail)
    job = job_of(project, predictions)
    assert job.wait(LONG) is JobState.FAILED
    assert "fault in the program (KeyError" in job.problem


def test_a_reading_is_cancelled_at_its_next_row(
    project: Project, predictions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, ended = threading.Event(), threading.Event()

    def read_for_ever(*_: Any, progress: Callable[[int, int, str], None], **__: Any) -> None:
        try:
            for done in range(10**9):
                progress(done, 0, "Importing predictions")
                reached.set()
                time.sleep(0.001)
        finally:
            ended.set()

    monkeypatch.setattr(staging_job, "stage_predictions", read_for_ever)
    job = job_of(project, predictions)
    assert reached.wait(LONG)
    assert (job.state, job.progress.words) == (JobState.READING, "Importing predictions")
    job.cancel()
    assert job.state is JobState.CANCELLED, "the reader of the page does not wait for the thread"
    assert ended.wait(LONG)
    job.publish("new")
    assert job.state is JobState.CANCELLED


def test_what_was_cancelled_too_late_goes_as_well(
    project: Project, predictions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def wait_before_the_end(*arguments: Any, **options: Any) -> Any:
        assert go_on.wait(LONG)
        return stage_predictions(*arguments, **{**options, "progress": None})

    monkeypatch.setattr(staging_job, "stage_predictions", wait_before_the_end)
    job = job_of(project, predictions)
    job.cancel()
    go_on.set()
    job.wait(LONG)
    assert (job.state, job.staged, staged_folders(project)) == (JobState.CANCELLED, None, [])


def test_what_nobody_holds_any_more_is_discarded(project: Project, predictions: Path) -> None:
    job = job_of(project, predictions)
    assert job.wait(LONG) is JobState.READY
    assert len(staged_folders(project)) == 1
    del job
    gc.collect()
    assert staged_folders(project) == []


# What is chosen


def choices_of(path: Path, **options: Any) -> Choices:
    return Choices(inspect_source(path), "predictions", "new", **options)


def test_one_reading_for_what_is_chosen(project: Project, predictions: Path) -> None:
    flow = Flow()
    assert flow.follow(project) is None
    flow.choose(choices_of(predictions))
    while flow.follow(project) is JobState.READING:
        pass
    job = flow.job
    for _ in range(3):
        assert flow.follow(project) is JobState.READY
    flow.change(name="renamed")
    assert flow.follow(project) is JobState.READY
    assert flow.job is job, "neither a rerun nor another name reads the file again"
    assert len(staged_folders(project)) == 1
    flow.change(corrections=Corrections(box_format="xyxy"))
    assert len(flow.known_classes) == 3, "the classes stay on the page meanwhile"
    while flow.follow(project) is JobState.READING:
        pass
    assert flow.job is not job
    flow.follow(project)
    assert job is not None
    assert job.state is JobState.CANCELLED
    assert len(staged_folders(project)) == 1, "what was read for the former choices is gone"
    flow.choose(None)
    assert flow.known_classes == ()
    flow.follow(project)
    flow.follow(project)
    deadline = time.monotonic() + LONG
    while staged_folders(project) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert staged_folders(project) == []


def test_suggestions_are_for_classes_that_the_project_lacks() -> None:
    joined = [
        JoinedClass("1", "id", "Cars", 3, "Cars", True, 5),
        JoinedClass("2", "id", "person", 1, "person", False, 5),
        JoinedClass("3", "id", "wolf", 4, "wolf", True, 5),
    ]
    assert suggested_classes(joined, ["car", "person", "people"]) == {"1": "car"}


def test_corrections_in_words() -> None:
    every = Corrections(box_format="xyxy", units="relative", swap_xy=True, class_offset=-1, merge_alike_classes=True)
    assert list(correction_words(every).values()) == [
        "Read boxes as x1, y1, x2, y2 (two corners)",
        "Read coordinates as fractions of the frame",
        "Swap x and y",
        "Class ids − 1",
        "Merge class names that are alike",
    ]
    network = Corrections(network_input="640x384", network_fit="letterbox", class_ids="coco91")
    assert list(correction_words(network).values()) == [
        "Read coordinates as pixels of a network's input of 640x384",
        "Scaled and centred in the network's input",
        "Read class ids as COCO's own (1 to 90)",
    ]
    assert correction_words(Corrections()) == {}


def test_sentences_lose_the_flags_of_the_command_line(tmp_path: Path, project: Project) -> None:
    (tmp_path / "notes.md").write_text("# Notes")
    with pytest.raises(InputError) as failure:
        stage_predictions(project, tmp_path / "notes.md")
    assert "--format" in str(failure.value)
    assert "--" not in for_the_page(str(failure.value))
    assert for_the_page("Choose with --format coco or --format yolo.").startswith("Choose one of them above")
    assert for_the_page("Say which is which with --class-map.") == "Say which is which under Classes."
    assert for_the_page("Add --class-offset 1. Export the ids.") == "Export the ids."
    assert for_the_page("Draw it again.") == "Draw it again."


# Files


def test_folders_come_first_and_numbers_count(tmp_path: Path) -> None:
    for name in ("run_10", "run_9"):
        (tmp_path / name).mkdir()
    for name in ("b2.json", "b10.json", "A.json", ".hidden"):
        (tmp_path / name).write_text("[]")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    names = [entry.name for entry in list_folder(tmp_path).entries]
    assert names == ["run_9", "run_10", "A.json", "b2.json", "b10.json"]
    assert [entry.name for entry in list_folder(tmp_path, text="B1").entries] == ["b10.json"]
    assert list_folder(tmp_path / "nowhere").problem
    assert nearest_folder(tmp_path / "a" / "b" / "c.json") == tmp_path
    assert nearest_folder(tmp_path / "A.json") == tmp_path


def test_very_many_files_are_not_all_sent(tmp_path: Path) -> None:
    for number in range(510):
        (tmp_path / f"{number}.txt").touch()
    listing = list_folder(tmp_path)
    assert (len(listing.entries), listing.left_out) == (500, 10)


class Dropped:
    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._content = content

    def getbuffer(self) -> memoryview:
        return memoryview(self._content)


def test_uploads_stay_in_their_folder_and_go_with_it() -> None:
    upload = Upload([Dropped("../../etc/results.json", b"[]")])
    assert upload.path.name == "results.json"
    folder = upload.path.parent
    assert upload.path.read_bytes() == b"[]"
    several = Upload([Dropped("a.txt", b"1"), Dropped("C:\\data\\b.txt", b"2"), Dropped("..", b"3")])
    assert sorted(path.name for path in several.path.iterdir()) == ["a.txt", "b.txt", "file_3"]
    del upload
    gc.collect()
    assert not folder.exists()


# The page


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, project: Project) -> Callable[..., AppTest]:
    """``open_page(urls.IMPORT_PAGE, role="labels")``: a page with parameters in its address."""

    def start(page: str = urls.IMPORT_PAGE, **parameters: Any) -> AppTest:
        monkeypatch.setattr(session, "_open_project", None)
        monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
        app = AppTest.from_file(str(ROOT / "components" / "shell.py"), default_timeout=60)
        app.run().switch_page(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return start


def choose(app: AppTest, path: Path) -> None:
    app.text_input(key="imports.path").input(str(path)).run()
    wait(app)


def wait(app: AppTest) -> None:
    """Until nothing is being read any more."""
    for _ in range(100):
        assert not app.exception
        if not any(button.key in ("imports.cancel", "imports.look_cancel") for button in app.button):
            return
        app.run()
    raise AssertionError("it is still being read")


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    wait(app)


def said(app: AppTest) -> str:
    return "\n".join(
        str(one.value) for part in (app.markdown, app.caption, app.error, app.warning, app.info) for one in part
    )


def test_the_whole_way(open_page: Callable[..., AppTest], project: Project, renamed: Path) -> None:
    app = open_page()
    choose(app, renamed)
    assert app.text_input(key="imports.name").value == "renamed"
    assert "3 classes of the file are not in the project" in said(app)
    press(app, "imports.suggestions")
    assert "1 class of the file is not in the project" in said(app)
    app.selectbox(key="imports.class.id.3").set_value("dog").run()
    wait(app)
    assert "All 3 classes of the file are classes of the project, 3 of them as you chose." in said(app)
    app.text_input(key="imports.name").input("model_a").run()
    assert "this will be its version 2, and the earlier one is kept" in said(app)
    press(app, "imports.publish")
    assert "Imported: 21 objects as version 2 of the predictions model\\_a." in said(app)
    after = Project.open(project.path)
    assert [entry.name for entry in after.classes] == ["car", "person", "dog"]
    old, new = (after.objects("predictions", "model_a", version).table() for version in (1, 2))
    assert old["class_id"].equals(new["class_id"])
    press(app, "imports.undo")
    assert len(Project.open(project.path).versions("predictions", "model_a")) == 1


def test_a_correction_is_applied_and_taken_back(
    open_page: Callable[..., AppTest], project: Project, predictions: Path
) -> None:
    rows = json.loads(predictions.read_text())
    for row in rows:
        x, y, width, height = row["bbox"]
        row["bbox"] = [x, y, x + width, y + height]
    corners = project.path.parent / "corners.json"
    corners.write_text(json.dumps(rows))
    app = open_page()
    choose(app, corners)
    app.selectbox(key="imports.differently.box_format").set_value("xyxy").run()
    wait(app)
    assert any(button.label.startswith("Read boxes as x1") for button in app.button)
    press(app, "imports.publish")
    after = Project.open(project.path)
    right, corrected = (after.objects("predictions", name).table(["w", "h"]) for name in ("model_a", "corners"))
    assert right.equals(corrected)
    choose(app, corners)
    app.selectbox(key="imports.differently.box_format").set_value("xyxy").run()
    wait(app)
    press(app, "imports.correction.box_format")
    assert not any((button.key or "").startswith("imports.correction.") for button in app.button)


def test_what_cannot_be_read_is_said_without_flags(open_page: Callable[..., AppTest], tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes")
    app = open_page()
    choose(app, tmp_path / "notes.md")
    assert "is of no format that is known" in app.error[0].value
    assert "\\-\\-format" not in app.error[0].value
    app.button(key="imports.other").click().run()
    choose(app, tmp_path / "nothing.json")
    assert "nothing" in app.error[0].value


def test_a_path_of_another_machine_is_told_from_a_wrong_one(open_page: Callable[..., AppTest]) -> None:
    app = open_page()
    choose(app, Path("C:\\runs\\results.json"))
    assert "path of a Windows machine" in app.error[0].value


def test_of_several_inputs_one_is_chosen(open_page: Callable[..., AppTest], predictions: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in ("first.json", "second.json"):
        shutil.copy(predictions, folder / name)
    app = open_page()
    choose(app, folder)
    assert "This folder holds 2 inputs of predictions. Which one is meant?" in said(app)
    assert "**second\\.json**" in said(app)
    press(app, "imports.input.1")
    assert app.text_input(key="imports.name").value == "second"
    assert not app.button(key="imports.publish").disabled


def test_labels_of_other_images_ask_for_their_folder(
    open_page: Callable[..., AppTest], project: Project, tmp_path: Path
) -> None:
    labels = json.loads((project.path.parent / "labels.json").read_text())
    for number, image in enumerate(labels["images"]):
        image["file_name"] = f"elsewhere_{number}.jpg"
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    app = open_page()
    choose(app, project.path.parent / "labels.json")
    assert not any(box.key == "imports.images" for box in app.text_input)
    app.button(key="imports.other").click().run()
    choose(app, tmp_path / "labels.json")
    app.run()
    assert "as the folder of the images" in app.error[0].value
    assert app.text_input(key="imports.images").placeholder.startswith("As until now: ")


def test_many_classes_come_some_at_a_time(
    open_page: Callable[..., AppTest], project: Project, predictions: Path, tmp_path: Path
) -> None:
    labels = json.loads((project.path.parent / "labels.json").read_text())
    rows = json.loads(predictions.read_text())
    names = ["Cars", *(f"kind {number:03d}" for number in range(1, 300))]
    annotations = [
        {"id": number, "area": 1, "iscrowd": 0, **rows[number % len(rows)], "category_id": number % 300 + 1}
        for number in range(600)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(names, start=1)]
    content = {"images": labels["images"], "categories": categories, "annotations": annotations}
    (tmp_path / "many.json").write_text(json.dumps(content))
    app = open_page()
    choose(app, tmp_path / "many.json")
    boxes = [box for box in app.selectbox if box.label.startswith("Class of ")]
    assert len(boxes) == FEW_ROWS
    assert boxes[0].label == "Class of Cars", "first those that are likely a class of the project"
    app.text_input(key="imports.find_class").input("kind 27").run()
    boxes = [box for box in app.selectbox if box.label.startswith("Class of ")]
    assert [box.label for box in boxes] == [f"Class of kind 27{digit}" for digit in range(10)]
    app.text_input(key="imports.find_class").input("nobody").run()
    assert "No class of the file has this in its name." in said(app)


def test_a_look_that_is_given_up_ends(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_looking, go_on = threading.Event(), threading.Event()

    def inspect_slowly(path: Path, *, role: Any = None) -> Any:
        is_looking.set()
        assert go_on.wait(LONG)
        reading_progress.pulse()
        raise AssertionError("it goes on")

    monkeypatch.setattr(looking_job, "inspect_source", inspect_slowly)
    look = looking_job.LookingJob(tmp_path, None)
    assert is_looking.wait(LONG)
    assert not look.wait(0)
    look.give_up()
    go_on.set()
    assert look.wait(LONG)
    assert look.inspection is None
    assert look.problem == ""


def test_no_link_makes_the_app_read_or_change_anything(
    open_page: Callable[..., AppTest], project: Project, predictions: Path
) -> None:
    names = ("path", "source", "imports.path", "file", "folder", "imports.publish", "choose", "restore", "delete")
    app = open_page(**dict.fromkeys(names, str(predictions)))
    assert app.text_input(key="imports.path").value in (None, "")
    assert staged_folders(project) == []
    assert Project.open(project.path).revision == project.revision


def test_a_role_that_a_link_asks_for_counts_where_the_content_says_nothing(
    open_page: Callable[..., AppTest], tmp_path: Path, predictions: Path
) -> None:
    (tmp_path / "notes.md").write_text("# Notes")
    app = open_page(role="labels")
    choose(app, tmp_path / "notes.md")
    assert app.text_input(key="imports.name").value == "labels"
    app.button(key="imports.other").click().run()
    choose(app, predictions)
    assert app.text_input(key="imports.name").value == "model_a"


def test_a_read_only_project_says_so(
    open_page: Callable[..., AppTest], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: str(path) != str(project.path))
    app = open_page()
    assert "cannot be written by this user" in app.warning[0].value
    assert len(app.text_input) == 0


# Old versions on the pages


@pytest.fixture
def two_versions(project: Project, predictions: Path) -> Project:
    """Version 2 of model_a lacks most of the predictions of version 1."""
    rows = json.loads(predictions.read_text())
    path = project.path.parent / "fewer.json"
    path.write_text(json.dumps(rows[:4]))
    return import_predictions(project, path, name="model_a").project


@pytest.mark.parametrize(
    "page", [urls.EXPLORE_PAGE, urls.OBJECTS_PAGE, urls.FRAME_PAGE, urls.PERFORMANCE_PAGE, urls.ERRORS_PAGE]
)
def test_every_page_shows_an_old_version_and_leads_back(
    page: str, two_versions: Project, open_page: Callable[..., AppTest]
) -> None:
    name = "set" if page in (urls.OBJECTS_PAGE, urls.ERRORS_PAGE) else "model"
    app = open_page(page, **{name: "model_a@1"})
    assert "does not have" not in said(app)
    assert "**model\\_a@1** is an old version of the predictions model\\_a (1 of 2)" in said(app)
    app.button(key="version_back_0").click().run()
    assert not app.exception
    assert app.query_params[name] in ("model_a", ["model_a"])
    assert "old version" not in said(app)


def test_an_old_version_stays_on_offer_until_it_is_closed(
    two_versions: Project, open_page: Callable[..., AppTest]
) -> None:
    app = open_page(urls.PERFORMANCE_PAGE, model="model_a@1")
    radio = app.sidebar.radio(key="operating_point.set")
    assert (radio.options, radio.value) == (["model_a", "model_a@1"], "model_a@1")
    radio.set_value("model_a").run()
    assert app.query_params["model"] in ("model_a", ["model_a"])
    assert "**model\\_a@1** is open beside the others" in said(app)
    assert app.sidebar.radio(key="operating_point.set").options == ["model_a", "model_a@1"]
    app.button(key="version_close_0").click().run()
    assert "model\\_a@1" not in said(app)


def test_a_version_that_is_gone_is_named_as_missing(two_versions: Project, open_page: Callable[..., AppTest]) -> None:
    app = open_page(urls.EXPLORE_PAGE, model="model_a@7")
    assert "model_a@7" in app.warning[0].value.replace("\\", "")
