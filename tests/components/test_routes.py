"""Images, thumbnails and objects by id over HTTP; what must not be served is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from components import session, urls
from components.browser_code import browser_component
from components.routes import MIDDLEWARE, ROUTES
from predscope import Project, import_predictions, stage_predictions
from tests.shapes_dataset import ShapesDataset


@pytest.fixture
def client(shapes_project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(session.PROJECT_VARIABLE, str(shapes_project.path))
    monkeypatch.setattr(session, "_open_project", None)
    with TestClient(Starlette(routes=ROUTES, middleware=MIDDLEWARE), base_url="http://127.0.0.1") as test_client:
        yield test_client


def test_an_image_is_served_as_it_is_and_may_be_kept(client: TestClient, shapes_project: Project) -> None:
    index = shapes_project.frame_index("a")
    answer = client.get(urls.image_url(index, "1"))
    assert answer.status_code == 200
    assert answer.content == shapes_project.image_file(index).read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "image/jpeg"


def test_a_thumbnail_is_a_jpeg(client: TestClient, shapes_project: Project) -> None:
    answer = client.get(urls.thumbnail_url(shapes_project.frame_index("b"), "1"))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize("address", ["/api/image/3", "/api/thumb/3", "/api/image/99", "/api/thumb/99"])
def test_missing_images_and_frames_are_not_found(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "frame" in answer.text


@pytest.mark.parametrize(
    "address",
    ["/api/image/-1", "/api/image/..%2f..%2fpredscope.json", "/api/image/%2fetc%2fpasswd", "/api/thumb/../../x"],
)
def test_a_request_cannot_name_a_path(client: TestClient, address: str) -> None:
    assert client.get(address).status_code in (400, 404)


def test_objects_of_several_frames_come_in_one_answer(client: TestClient) -> None:
    address = urls.objects_url(["labels", "p:model"], "7")
    frames = client.get(f"{address}&frames=1,0").json()["frames"]
    assert [frame["frame"] for frame in frames] == ["b", "a"]
    assert len(frames[1]["objects"]) == 5
    only_labels = client.get(f"{urls.objects_url(['labels'], '7')}&frames=0").json()["frames"]
    assert len(only_labels[0]["objects"]) == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("frames=0,x&sets=labels", 400),
        ("sets=labels", 400),
        ("frames=" + ",".join("0" * 65) + "&sets=labels", 400),
        ("frames=99&sets=labels", 404),
        ("frames=0&sets=p:nobody", 404),
        ("frames=0&sets=labels&preview=gone", 404),
    ],
)
def test_odd_requests_for_objects_are_refused_in_words(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"{urls.OBJECTS_ROUTE}?{query}")
    assert answer.status_code == status
    assert len(answer.text) > 10


def test_set_names_with_commas_survive_the_address(
    client: TestClient, shapes_project: Project, shapes_dataset: ShapesDataset
) -> None:
    import_predictions(shapes_project, shapes_dataset.predictions, name="a, b & c")
    frames = client.get(f"{urls.objects_url(['p:a, b & c'], '8')}&frames=0").json()["frames"]
    assert len(frames[0]["objects"]) == 2, "and an import by another process is seen at once"


def test_a_staged_import_can_be_looked_at(
    client: TestClient, shapes_project: Project, shapes_dataset: ShapesDataset
) -> None:
    with stage_predictions(shapes_project, shapes_dataset.predictions, name="new") as staged:
        address = urls.objects_url(["labels", "p:new"], "7", staged.staged_id)
        frames = client.get(f"{address}&frames=0").json()["frames"]
        assert len(frames[0]["objects"]) == 5
    assert client.get(f"{address}&frames=0").status_code == 404


def test_foreign_hosts_are_refused(client: TestClient) -> None:
    assert client.get(urls.HEALTH_ROUTE, headers={"host": "evil.example"}).status_code == 400
    assert client.get(urls.HEALTH_ROUTE, headers={"host": "localhost:8501"}).status_code == 200


def test_health_names_the_project(client: TestClient, shapes_project: Project) -> None:
    assert client.get(urls.HEALTH_ROUTE).json()["project"] == str(shapes_project.path)


def test_an_image_format_that_browsers_cannot_show_is_converted(
    shapes_dataset: ShapesDataset, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (40, 30), "red").save(shapes_dataset.images / "scan.tif")
    project = Project.create(tmp_path / "with_tiff", images=shapes_dataset.images)
    monkeypatch.setenv(session.PROJECT_VARIABLE, str(project.path))
    monkeypatch.setattr(session, "_open_project", None)
    with TestClient(Starlette(routes=ROUTES), base_url="http://127.0.0.1") as client:
        answer = client.get(urls.image_url(project.frame_index("scan"), "1"))
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")


def test_the_code_of_a_component_is_served_once(client: TestClient) -> None:
    component = browser_component(
        "routes_test", html="<p></p>", script="export default () => {}", style="p { color: red }"
    )
    assert component is not None
    answer = client.get(urls.code_url("routes_test", "1"))
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text.startswith("export default () => {}")
    assert '"p { color: red }"' in answer.text
    assert client.get(urls.code_url("nothing", "1")).status_code == 404
