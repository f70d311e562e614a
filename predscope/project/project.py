"""The project as its users see it: an immutable view of one revision of the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from predscope.errors import ProjectError
from predscope.media import ImageInfo, ImageListing, PixelSource, locate
from predscope.project.below import only_project_below
from predscope.project.creation import Progress, create_project
from predscope.project.durable import writing_into
from predscope.project.frame_images import frame_file, keep_video_indexes
from predscope.project.manifest import (
    MANIFEST_NAME,
    ROLES,
    Manifest,
    SetVersion,
    read_manifest,
    set_folder,
)
from predscope.project.object_set import ObjectSet
from predscope.project.own_folders import CACHE_NAME
from predscope.project.publishing import (
    STAGED_FRAMES,
    STAGED_RECORD,
    STAGED_SET,
    Change,
    current_frames,
    publish,
)
from predscope.project.staging import STAGING_NAME, StagingArea
from predscope.project.tables import frames_to_pandas, read_frames
from predscope.project.version_names import OpenedVersion, parse_version_name
from predscope.schema import ObjectClass, Role


class Project:
    """Frames, classes, labels and predictions in a folder, as one revision of them stood.

    An instance never changes: imports make a new revision, which ``Project.open`` shows. ``current_revision`` tells
    cheaply whether there is one, from whichever process.

    Attributes:
        path: the project folder, absolute.
    """

    def __init__(self, path: Path, manifest: Manifest, frames_table: pa.Table | None = None) -> None:
        self.path = path
        self._manifest = manifest
        self._given_frames = frames_table
        self._sets: dict[tuple[Role, str, int], ObjectSet] = {}
        self._published: Project = self
        self._opened: tuple[OpenedVersion, ...] = ()

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        images: Path | str | None = None,
        name: str | None = None,
        progress: Progress | None = None,
        on_images: Callable[[ImageListing, list[ImageInfo]], None] | None = None,
    ) -> Project:
        """Make a project in a new or empty folder, with a frame for each image, and each frame of a video, there.

        Args:
            images: the images folder, or a zip archive of images.
            name: of the project; by default that of the folder.
            progress: called with what is done, what there is to do, and what it is, in words.
            on_images: called with what was found in the images folder.

        Raises:
            InputError: the images folder is missing.
            ProjectError: there is a project already, or the folder cannot be written.
        """
        path = Path(path).expanduser().resolve()
        images_root = None if images is None else Path(images).expanduser().resolve()
        manifest = create_project(path, images_root, name=name, progress=progress, on_images=on_images)
        project = cls(path, manifest)
        keep_video_indexes(project)
        return project

    @classmethod
    def open(cls, path: Path | str) -> Project:
        """Open the newest revision.

        A folder that is no project, but has exactly one at most two levels below it, stands for that one.

        Raises:
            ProjectError: there is no project, or there are several below; it is damaged, or it was made by a newer
                version of the program.
        """
        path = Path(path).expanduser().resolve()
        if not (path / MANIFEST_NAME).exists():
            path = only_project_below(path) or path
        return cls(path, read_manifest(path))

    @classmethod
    def find(cls, start: Path | str | None = None) -> Project:
        """Open the project that is, or lies around, a folder, else the only one below it (see ``open``).

        Args:
            start: None: the current folder.

        Raises:
            ProjectError: there is none, or several lie below.
        """
        folder = Path.cwd() if start is None else Path(start).expanduser().resolve()
        for candidate in (folder, *folder.parents):
            if (candidate / MANIFEST_NAME).is_file():
                return cls.open(candidate)
        below = only_project_below(folder)
        if below is not None:
            return cls.open(below)
        raise ProjectError(
            f"{folder}: there is no Predscope project in this folder or around it. Name one with --project, or make "
            "one with: predscope init PROJECT --images DIR"
        )

    def __repr__(self) -> str:
        return f"Project({str(self.path)!r}, revision {self.revision}, {self._manifest.frame_count:,} frames)"

    @property
    def name(self) -> str:
        return self._manifest.name

    @property
    def manifest(self) -> Manifest:
        """What this view was opened with."""
        return self._manifest

    @property
    def revision(self) -> str:
        """Changes at every publish, and with the versions opened; a key for whatever is derived from the whole."""
        return "+".join([self._manifest.revision, *(f"{one.role}:{one.name}" for one in self._opened)])

    @property
    def published(self) -> Project:
        """The project without the versions that ``with_versions`` has opened."""
        return self._published

    @property
    def opened(self) -> tuple[OpenedVersion, ...]:
        """The versions that ``with_versions`` has opened."""
        return self._opened

    def with_versions(self, opened: Iterable[OpenedVersion]) -> Project:
        """The same project with versions of sets as sets of their own, named like ``model_a@1``, behind the others.

        Everything that works on a set by its name then works on them. Versions that are not there are left out.
        """
        kept = tuple(dict.fromkeys(one for one in opened if self._find_version(one.role, one.name) is not None))
        if kept == self._opened or not kept:
            return self if kept else self._published
        view = Project(self.path, self._manifest, self.frames_table)
        view.__dict__["frames"] = self.frames
        view._sets, view._published, view._opened = self._sets, self._published, kept
        return view

    def current_revision(self) -> str:
        """The revision on disk now; differs from ``revision`` after an import, by whichever process."""
        return read_manifest(self.path).revision

    def versions_named(self, names: Iterable[str]) -> list[OpenedVersion]:
        """The versions that some of the texts name, such as ``model_a@1``, for ``with_versions``."""
        return [
            OpenedVersion(role, found[0], found[1].version)
            for name in dict.fromkeys(names)
            for role in ROLES
            if (found := self._find_version(role, name)) is not None
        ]

    @property
    def images_root(self) -> Path | None:
        """The images folder, absolute; None for a project without images."""
        root = self._manifest.images_root
        return None if root is None else (self.path / root).resolve()

    @property
    def cache_dir(self) -> Path:
        """A folder for derived files, made on first use; may be deleted at any time."""
        folder = self.path / CACHE_NAME
        with writing_into(self.path):
            folder.mkdir(exist_ok=True)
        return folder

    @property
    def settings(self) -> dict[str, Any]:
        """A copy of the project's defaults: "confidence" and "iou" of the operating point."""
        return dict(self._manifest.settings)

    @property
    def classes(self) -> tuple[ObjectClass, ...]:
        """By class id."""
        return self._manifest.classes

    @cached_property
    def frames_table(self) -> pa.Table:
        """The frames, ``FRAME_SCHEMA``; row number == frame index."""
        return current_frames(self.path, self._manifest) if self._given_frames is None else self._given_frames

    @cached_property
    def frames(self) -> pd.DataFrame:
        """The frames, columns of ``FRAME_SCHEMA``; row i has ``frame_index`` i. Not to be changed.

        Integers and booleans that may be missing are pandas' nullable ones (``pd.NA``); missing strings are NaN.
        """
        return frames_to_pandas(self.frames_table)

    def frame_index(self, frame_id: str) -> int | None:
        """The index of a frame, or None if the project has no such frame."""
        return self._index_by_id.get(frame_id)

    def set_names(self, role: Role) -> list[str]:
        """Names of the label sets or prediction sets, in the order of their first import; opened versions are last."""
        return [*self._manifest.sets[role], *(one.name for one in self._opened if one.role == role)]

    def versions(self, role: Role, name: str) -> list[SetVersion]:
        """The imports of a set, oldest first, or the one that a name like ``model_a@1`` means; empty without any."""
        found = self._find_version(role, name)
        return list(self._manifest.sets[role].get(name, ())) if found is None else [found[1]]

    def objects(self, role: Role, name: str | None = None, version: int | None = None) -> ObjectSet:
        """A version of a set: the newest, of the set that was made first, unless told otherwise.

        Args:
            name: of the set, or of one of its versions, such as ``model_a@1``.

        Raises:
            ProjectError: there is no such set or version.
        """
        names = self.set_names(role)
        if name is None and names:
            name = names[0]
        versions = self.versions(role, name) if name is not None else []
        chosen = [entry.version for entry in versions if version is None or entry.version == version]
        if name is None or not chosen:
            raise ProjectError(f"{self.path}: {self._describe_missing(role, name, version, names, versions)}")
        key = (role, name, chosen[-1])
        if key not in self._sets:  # kept, with the row groups that it has read
            found = self._find_version(role, name)
            folder = set_folder(self.path, role, name if found is None else found[0], chosen[-1])
            self._sets[key] = ObjectSet(*key, folder, self._manifest.frame_count)
        return self._sets[key]

    def image_file(self, frame_index: int) -> Path | None:
        """A file with the image of a frame, absolute; None if it is missing. Never outside the images folder.

        Of a frame of a video, and of an image in an archive, it is a copy in the cache, made now if need be.

        Raises:
            IndexError: there is no such frame.
        """
        return frame_file(self, frame_index)

    def pixel_source(self, frame_index: int) -> PixelSource | None:
        """Where the pixels of a frame are: an image file, or a place in a video or an archive; None if it is missing.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 <= frame_index < self._manifest.frame_count:
            raise IndexError(f"frame index must be 0 to {self._manifest.frame_count - 1}, got {frame_index}")
        root, name = self.images_root, self._image_paths[frame_index]
        return None if root is None or name is None else locate(root, name)

    def open_staged(self, staged_id: str) -> tuple[Project, ObjectSet]:
        """An import that any process has prepared and not published: the project as it would be, and its objects.

        Raises:
            ProjectError: there is none of that id (any more).
        """
        folder = self.path / STAGING_NAME / Path(staged_id).name
        try:
            record = orjson.loads((folder / STAGED_RECORD).read_bytes())
            manifest = Manifest.from_json(record["manifest"])
            view = Project(self.path, manifest, read_frames(folder / STAGED_FRAMES))
        except (OSError, ValueError, KeyError, pa.ArrowException):
            raise ProjectError(
                f"{self.path}: there is no prepared import {staged_id!r}; it was published or discarded."
            ) from None
        return view, ObjectSet(record["role"], record["name"], 0, folder / STAGED_SET, manifest.frame_count)

    def change_settings(self, **settings: Any) -> Project:
        """Publish other defaults, e.g. ``change_settings(confidence=0.25)``; returns the new revision."""
        return Project(self.path, apply_change(self.path, Change(settings=settings)))

    @cached_property
    def _index_by_id(self) -> dict[str, int]:
        return {frame_id: index for index, frame_id in enumerate(self.frames_table["frame_id"].to_pylist())}

    @cached_property
    def _image_paths(self) -> list[str | None]:
        return self.frames_table["image_path"].to_pylist()

    def _find_version(self, role: Role, name: str) -> tuple[str, SetVersion] | None:
        """The set, and its version, that a name like ``model_a@1`` means; None for names of sets, and of nothing."""
        parsed = None if name in self._manifest.sets[role] else parse_version_name(name)
        versions = () if parsed is None else self._manifest.sets[role].get(parsed[0], ())
        return next(((parsed[0], one) for one in versions if parsed is not None and one.version == parsed[1]), None)

    @staticmethod
    def _describe_missing(
        role: Role, name: str | None, version: int | None, names: list[str], versions: list[SetVersion]
    ) -> str:
        if not names:
            return f"there are no {role} yet. Import some with: predscope import {role} PATH"
        if not versions:
            return f"there are no {role} named {name!r}; there are: {', '.join(names)}."
        there = ", ".join(str(entry.version) for entry in versions)
        return f"{role} {name!r} have no version {version}; there are: {there}."


def apply_change(path: Path, change: Change) -> Manifest:
    """Publish a change that brings no objects."""
    area = StagingArea(path)
    try:
        return publish(path, area, change)
    finally:
        area.close()
