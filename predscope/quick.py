"""A project straight from files, kept in the user's cache under a key made from what the files hold.

``predscope view --images ... --labels ... --predictions ...`` builds one the first time and opens it the second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from predscope.locations import cache_folder
from predscope.project import Project
from predscope.report import ImportReport

if TYPE_CHECKING:
    from predscope.importing.corrections import Corrections

_LAYOUT_VERSION: Final = "1"
_CHUNK: Final = 1 << 20

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class QuickProject:
    """A project made from files, and whether it was there already."""

    project: Project
    is_new: bool
    reports: dict[str, ImportReport] = field(default_factory=dict)


def quick_project(
    *,
    images: Path | None = None,
    labels: Path | None = None,
    predictions: Mapping[str, Path] | None = None,
    corrections: Corrections | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> QuickProject:
    """The project of these files: built on the first call, opened on the next with the same content.

    Label and prediction files are told apart by their bytes, images by name, size and modification time.

    Args:
        corrections: how to take the predictions where their files do not say it, or say it wrongly; of the labels
            they concern only sizes of frames (``Corrections.of_labels``).
        name: of the project; by default that of the images folder, or of the first file.

    Raises:
        InputError: one of the inputs cannot be used; nothing is kept.
    """
    predictions = dict(predictions or {})
    folder = cache_folder() / "projects" / _content_key(images, labels, predictions, corrections)
    if (folder / "predscope.json").is_file():
        project = Project.open(folder)
        reports = {
            f"{role} {name}": project.objects(role, name).report
            for role in ("labels", "predictions")
            for name in project.set_names(role)
        }
        return QuickProject(project, is_new=False, reports=reports)
    name = name or (images or labels or next(iter(predictions.values()))).resolve().name
    return _build(folder, name, images, labels, predictions, corrections, progress)


def _build(
    folder: Path,
    name: str,
    images: Path | None,
    labels: Path | None,
    predictions: Mapping[str, Path],
    corrections: Corrections | None,
    progress: Progress | None,
) -> QuickProject:
    from predscope.importing import import_labels, import_predictions  # readers are not needed to open what is there

    building = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(building, ignore_errors=True)
    reports: dict[str, ImportReport] = {}
    try:
        project = Project.create(building, images=images, name=name)
        if labels is not None:
            told = None if corrections is None else corrections.of_labels()
            reports["labels labels"] = import_labels(project, labels, corrections=told, progress=progress).report
            project = Project.open(building)
        for set_name, source in predictions.items():
            result = import_predictions(project, source, name=set_name, corrections=corrections, progress=progress)
            reports[f"predictions {set_name}"] = result.report
            project = Project.open(building)
        try:
            building.rename(folder)
        except OSError:  # another process finished the same project first
            shutil.rmtree(building, ignore_errors=True)
        return QuickProject(Project.open(folder), is_new=True, reports=reports)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _content_key(
    images: Path | None, labels: Path | None, predictions: Mapping[str, Path], corrections: Corrections | None
) -> str:
    digest = hashlib.blake2b(_LAYOUT_VERSION.encode(), digest_size=12)
    if corrections is not None:
        digest.update(" ".join(corrections.flags()).encode())
    if images is not None:
        _add_listing(digest, images)
    for title, source in (("labels", labels), *((f"predictions {name}", path) for name, path in predictions.items())):
        if source is not None:
            digest.update(f"\0{title}\0{source.resolve()}\0".encode())
            _add_content(digest, source)
    return digest.hexdigest()


def _add_listing(digest: hashlib.blake2b, folder: Path) -> None:
    """Names, sizes and modification times of all files below a folder."""
    digest.update(f"\0images\0{folder.resolve()}\0".encode())
    if folder.is_file():  # an archive
        state = folder.stat()
        digest.update(f"{state.st_size}\0{state.st_mtime_ns}\0".encode())
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            state = (Path(root) / name).stat()
            digest.update(f"{root}/{name}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())


def _add_content(digest: hashlib.blake2b, source: Path) -> None:
    """The bytes of a file, or the listing of a folder."""
    if source.is_dir():
        _add_listing(digest, source)
        return
    if not source.is_file():
        return  # the reader says what is wrong with it
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
