"""Where the computed values of a project lie, and what they belong to.

``cache/metrics`` holds ``images`` (which content each file had), ``frames`` and ``crops`` (values by content),
``objects/SET`` (values by row and by frame of one content of a set, beside an empty file for each version that has it)
and ``derived`` (values that depend on all frames or objects at once, each in a file named after everything that went
into it). All of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from predscope.metrics.blocks import PLAIN_COLUMNS, SHAPE_COLUMNS, FrameBlock, ObjectBlock
from predscope.metrics.image_index import ImageIndex
from predscope.metrics.measuring import crop_boxes, crop_keys
from predscope.metrics.store import Store
from predscope.project import ObjectSet, Project
from predscope.project.manifest import ROLES, folder_name
from predscope.project.version_names import VERSION_MARK, version_name
from predscope.recently_used import RecentlyUsed

CACHE_NAME: Final = "metrics"
_DIGEST_SIZE: Final = 12

_sizes: Final[RecentlyUsed[np.ndarray]] = RecentlyUsed(4)
_image_contents: Final[RecentlyUsed[tuple[np.ndarray, np.ndarray]]] = RecentlyUsed(4)
_sets: Final[RecentlyUsed[_SetColumns]] = RecentlyUsed(12)
_keys_of_crops: Final[RecentlyUsed[np.ndarray]] = RecentlyUsed(12)


class Workspace:
    """The computed values of one revision of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.folder = project.cache_dir / CACHE_NAME
        self.images = ImageIndex(self.folder / "images")
        self.frames = Store(self.folder / "frames")
        self.crops = Store(self.folder / "crops")

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.project.classes)

    def rows_of(self, objects: ObjectSet) -> Store:
        """Values of the objects of a set, by row."""
        return Store(self._folder_of(objects) / "rows")

    def frames_of(self, objects: ObjectSet) -> Store:
        """Values of frames that come from the objects of a set, by frame index."""
        return Store(self._folder_of(objects) / "frames")

    def derived(self, name: str, objects: ObjectSet | None, inputs: Sequence[bytes]) -> Path:
        """The file of values that depend on everything at once; it is there when they have been computed."""
        place = "frames" if objects is None else f"{objects.role}-{folder_name(objects.name)}"
        digest = hashlib.blake2b(digest_size=12)
        for part in inputs:
            digest.update(len(part).to_bytes(8) + part)
        return self.folder / "derived" / place / folder_name(name) / f"{digest.hexdigest()}.npy"

    def frame_sizes(self) -> np.ndarray:
        """float64 (frames, 2): width and height; NaN where unknown."""
        return _sizes.get(self._revision, lambda: _frame_sizes(self.project))

    def frame_block(self) -> FrameBlock:
        width, height = self.frame_sizes().T
        return FrameBlock(width, height, self.contents())

    def contents(self) -> np.ndarray:
        """uint64 (frames,): content of each frame's image when it was last looked at; 0 where unknown."""
        return self._contents()[0]

    def is_decodable(self) -> np.ndarray:
        """bool (frames,): whether the image could be decoded when it was last looked at."""
        return self._contents()[1]

    def object_block(self, objects: ObjectSet) -> ObjectBlock:
        """A whole set, plain columns only."""
        return self._columns(objects).block

    def crops_of(self, objects: ObjectSet) -> np.ndarray:
        """int32 (rows, 4): pixels of each object: left, top, right, bottom; without extent where it has no crop."""
        block = self.object_block(objects)
        width, height = self.frame_sizes()[block.frame].T
        return crop_boxes(block.box, width, height)

    def crop_keys_of(self, objects: ObjectSet) -> np.ndarray:
        """uint64 (rows,): what the crop of each object is kept under; see ``measuring.crop_keys``."""

        def compute() -> np.ndarray:
            return crop_keys(self.contents()[self.object_block(objects).frame], self.crops_of(objects))

        key = (*self._revision, objects.role, objects.name, objects.version, self.images.parts())
        return _keys_of_crops.get(key, compute)

    def set_digest(self, objects: ObjectSet) -> str:
        """Stands for the objects of a set, and for the sizes of the frames that they are on."""
        return self._columns(objects).digest

    def remove_outdated(self) -> None:
        """Delete what belongs to versions of sets that are gone; values of old ones that can still be opened stay."""
        current: set[str] = set()
        others: dict[str, set[str]] = {}
        derived = {"frames"}
        for role in ROLES:
            for name in self.project.set_names(role):
                objects = self.project.objects(role, name)
                folder = self._folder_of(objects)
                current.add(folder.name)
                if folder.is_dir():
                    (folder / _version_mark(objects.version)).touch()
            for name in self.project.published.set_names(role):
                numbers = [one.version for one in self.project.published.versions(role, name)]
                others[_set_prefix(role, name)] = {_version_mark(number) for number in numbers[:-1]}
                names = (name, *(version_name(name, number) for number in numbers))
                derived |= {f"{role}-{folder_name(one)}" for one in names}
        for folder in _folders(self.folder / "objects"):
            marks = others.get(folder.name[: -_DIGEST_SIZE * 2], set())
            if folder.name not in current and not any((folder / mark).exists() for mark in marks):
                shutil.rmtree(folder, ignore_errors=True)
        for folder in _folders(self.folder / "derived"):
            if folder.name not in derived:
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def _revision(self) -> tuple[str, str]:
        return str(self.project.path), self.project.revision

    def _contents(self) -> tuple[np.ndarray, np.ndarray]:
        return _image_contents.get((*self._revision, self.images.parts()), lambda: _contents(self.project, self.images))

    def _columns(self, objects: ObjectSet) -> _SetColumns:
        key = (*self._revision, objects.role, objects.name, objects.version)
        return _sets.get(key, lambda: _set_columns(self.project, objects, self.frame_sizes()))

    def _folder_of(self, objects: ObjectSet) -> Path:
        set_name = objects.name
        if VERSION_MARK in set_name:  # what was measured while it was the newest
            opened = {(one.role, one.name): one.set_name for one in self.project.opened}
            set_name = opened.get((objects.role, set_name), set_name)
        return self.folder / "objects" / (_set_prefix(objects.role, set_name) + self.set_digest(objects))


def _set_prefix(role: str, name: str) -> str:
    return f"{role}-{folder_name(name)}-"


def _version_mark(version: int) -> str:
    """Name of an empty file: the values are those of that version of the set, too."""
    return f"version-{version}"


def _folders(parent: Path) -> list[Path]:
    return list(parent.iterdir()) if parent.is_dir() else []


def read_derived(path: Path) -> np.ndarray | None:
    """Values of a file of ``Workspace.derived``; None if they have not been computed."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None


def write_derived(path: Path, values: np.ndarray) -> None:
    """Write such a file, whole or not at all, in place of what was computed from other inputs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(3)}.part")
    with temporary.open("wb") as file:
        np.save(file, values, allow_pickle=False)
    temporary.replace(path)
    for other in path.parent.iterdir():
        if other.name != path.name:
            other.unlink(missing_ok=True)


@dataclass(frozen=True)
class _SetColumns:
    """What is read of one version of a set, for the frames of one revision."""

    block: ObjectBlock
    digest: str


def _frame_sizes(project: Project) -> np.ndarray:
    table = project.frames_table
    return np.stack([table[side].to_numpy(zero_copy_only=False).astype(np.float64) for side in ("width", "height")], 1)


def _contents(project: Project, index: ImageIndex) -> tuple[np.ndarray, np.ndarray]:
    records = index.read()
    paths = project.frames_table["image_path"].to_pylist()
    found = [None if path is None else records.get(path) for path in paths]
    contents = np.fromiter((0 if record is None else record.content for record in found), np.uint64, len(found))
    is_decodable = np.fromiter((record is not None and not record.problem for record in found), bool, len(found))
    return contents, is_decodable


def _set_columns(project: Project, objects: ObjectSet, sizes: np.ndarray) -> _SetColumns:
    names = tuple(entry.name for entry in project.classes)
    block = ObjectBlock.from_table(objects.table(list(PLAIN_COLUMNS)), objects.role, sizes, names)
    digest = hashlib.blake2b(objects.path.read_bytes(), digest_size=_DIGEST_SIZE)
    digest.update(np.nan_to_num(sizes[np.flatnonzero(np.diff(objects.offsets))], nan=-1).tobytes())
    return _SetColumns(block, digest.hexdigest())


def read_columns() -> list[str]:
    """Columns of ``OBJECT_SCHEMA`` that metrics of objects are given."""
    return [*PLAIN_COLUMNS, *SHAPE_COLUMNS]
