from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from predscope import LabelWriter, Project

WIDTH, HEIGHT = 100, 80


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Images a.png, b.png and sub/c.png, 100 x 80, with a label each: person, car, dog."""
    for name in ("a", "b", "sub/c"):
        path = tmp_path / "images" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT), "teal").save(path)
    empty = Project.create(tmp_path / "project", images=tmp_path / "images")
    with LabelWriter(empty, box_format="xywh", units="pixels") as writer:
        for name, class_name in (("a.png", "person"), ("b.png", "car"), ("sub/c.png", "dog")):
            writer.add(name, class_name, box=[10, 10, 20, 20])
    return writer.result.project


def leftovers(project: Project) -> list[str]:
    """What lies in the staging folder."""
    staging = project.path / "staging"
    return [path.name for path in staging.iterdir()] if staging.is_dir() else []
