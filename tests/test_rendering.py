"""Stills with overlays, and thumbnails."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from predscope import InputError, Project
from predscope.palette import to_bgr
from predscope.payload import project_layers
from predscope.rendering import encode_png, render_frame
from predscope.thumbnails import THUMBNAIL_HEIGHT, read_image, shrink, thumbnail_file


def test_labels_and_predictions_are_drawn_where_they_are(shapes_project: Project) -> None:
    index = shapes_project.frame_index("a")
    plain = read_image(shapes_project.image_file(index))
    layers = project_layers(shapes_project)
    drawn = render_frame(shapes_project, layers, index)
    changed = (drawn != plain).any(axis=2)
    assert drawn.shape == plain.shape
    assert changed[10, 15:45].all(), "top edge of the label box"
    assert not changed[100:118, 20:80].any(), "nothing is drawn where no object is"
    assert changed[65, 95:100].all(), "the mask is tinted"
    assert not changed[78:82, 112:118].any(), "its hole is not"
    color = np.array(to_bgr(layers[1].color))
    assert (np.abs(drawn.astype(int) - color).sum(axis=2) < 20).sum() > 10, "the prediction set's colour is there"


def test_predictions_below_the_threshold_are_left_out(shapes_project: Project) -> None:
    index = shapes_project.frame_index("a")
    layers = project_layers(shapes_project)
    everything = render_frame(shapes_project, layers, index)
    confident = render_frame(shapes_project, layers, index, confidence=0.5)
    differs = (everything != confident).any(axis=2)
    assert differs[5:35, 95:125].any(), "the box of confidence .05"
    assert not differs[40:].any()


def test_a_frame_without_its_image_is_drawn_on_grey(shapes_project: Project) -> None:
    index = shapes_project.frame_index("d")
    drawn = render_frame(shapes_project, project_layers(shapes_project), index)
    assert drawn.shape == (120, 160, 3)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 1
    assert encode_png(drawn).startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [(3000, 2000), (640, 480), (100, 80), (4000, 300)])
def test_thumbnails_are_small_and_keep_the_shape(tmp_path: Path, size: tuple[int, int]) -> None:
    images = tmp_path / "images"
    images.mkdir()
    cv2.imwrite(str(images / "one.jpg"), np.full((size[1], size[0], 3), 128, np.uint8))
    project = Project.create(tmp_path / "project", images=images)
    path = thumbnail_file(project, 0)
    with Image.open(path) as thumbnail:
        width, height = thumbnail.size
    assert height <= THUMBNAIL_HEIGHT
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)
    assert thumbnail_file(project, 0) == path, "made once"


def test_a_rotated_photo_has_an_upright_thumbnail(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    picture = Image.new("RGB", (400, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to show
    picture.save(images / "rotated.jpg", exif=exif)
    project = Project.create(tmp_path / "project", images=images)
    assert tuple(project.frames.loc[0, ["width", "height"]]) == (200, 400)
    with Image.open(thumbnail_file(project, 0)) as thumbnail:
        assert thumbnail.size[0] < thumbnail.size[1]


def test_an_image_that_cannot_be_decoded_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8 not a picture")
    with pytest.raises(InputError, match=r"broken\.jpg.*cannot be decoded"):
        read_image(path)


def test_shrinking_never_enlarges() -> None:
    image = np.zeros((10, 20, 3), np.uint8)
    assert shrink(image, 256, 768) is image
